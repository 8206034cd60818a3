"""PyTorch itself, in the worker: skipped where it is not installed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from grading.editions.callings import as_called
from grading.rubric.reading import load_rubric
from grading.rubric.settings import Rubric
from grading.running.setup import RunSetup
from grading.sandbox.client import Sandbox
from grading.sandbox.messages import Call, Raised, Returned
from tests.checks.handins import submission_of

pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'subgrader[torch]'")

CALL = Call("svm_loss_naive", (np.ones((2, 3)), np.ones((4, 2)), np.zeros(4, dtype=np.uint8), 0.5))


@pytest.fixture(scope="module")
def walled() -> Iterator[Sandbox]:
    with Sandbox.open(RunSetup(load_rubric(edition="eecs498")).limits, allow_unsafe=True) as opened:
        yield opened


def answers(walled: Sandbox, body: str, rubric: Rubric | None = None) -> object:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    code = f"import torch\ndef svm_loss_naive(W, X, y, reg):\n{lines}"
    submission = submission_of({"svm_loss_naive": (code, "svm_loss_naive")})
    with walled.start(as_called(submission, rubric or load_rubric(edition="eecs498"))) as worker:
        return worker.run([CALL])[0]


def test_tensors_are_of_float64_and_labels_can_be_indices(walled: Sandbox) -> None:
    outcome = answers(walled, "return torch.zeros(()) + X[:, 0][y].sum(), torch.ones(W.shape)")
    assert isinstance(outcome, Returned)
    assert isinstance(outcome.result.value, tuple)
    loss, dW = outcome.result.value
    assert loss.value == 4.0
    assert dW.value.dtype == np.float64


def test_code_for_a_gpu_runs_without_one(walled: Sandbox) -> None:
    body = "dW = torch.zeros(W.shape, device='cuda').cuda().to('cuda:0') + W\nreturn X.cuda().sum(), dW"
    assert isinstance(answers(walled, body), Returned)


def test_the_wall_around_memory_holds_for_tensors(walled: Sandbox) -> None:
    outcome = answers(walled, "return torch.ones(1 << 30).sum(), W")
    assert isinstance(outcome, Raised)
    assert "memory" in outcome.message


def test_where_another_edition_is_asked_for_it_is_not_there(walled: Sandbox) -> None:
    outcome = answers(walled, "return torch.zeros(3), W", load_rubric())
    assert not isinstance(outcome, Returned) or "stand-in" in str(outcome)
