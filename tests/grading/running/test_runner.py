"""Both losses side by side, or in one process: what the one does decides nothing about the other."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace

from grading.rubric.reading import load_rubric
from grading.running.runner import Runner
from grading.sandbox.client import Sandbox, Worker
from grading.sandbox.walls.levels import DisturbedError
from tests.checks.handins import SOFTMAX, SVM, Handed, rubric_of, submission_of


def no_worker(loss: str) -> Worker:
    raise AssertionError(loss)


def test_a_loss_that_is_disturbed_ends_the_hand_in_only_when_the_other_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    disturbed, ended = threading.Event(), []

    def run(_: Runner, planned: Sequence[tuple[str, str]]) -> None:
        if planned[0][0].startswith("svm"):
            disturbed.set()
            raise DisturbedError
        assert disturbed.wait(10)
        # By now the other could have come out; it waits all the same.
        threading.Event().wait(0.05)
        ended.append(planned)

    monkeypatch.setattr(Runner, "_run_in_order", run)
    runner = Runner(submission_of({}), no_worker, load_rubric())
    with ThreadPoolExecutor(2) as lanes:
        with pytest.raises(DisturbedError):
            runner.results(lanes)
        assert len(ended) == 1


LEAVING = SVM.replace("    n = len(y)\n", "    n = len(y)\n    numbers = np\n    numbers.spoilt = True\n", 1)
SPOILT = SOFTMAX.replace("    n = len(y)\n", "    n = len(y) + hasattr(np, 'spoilt')\n", 1)
ENDING = SOFTMAX.replace(
    "    n = len(y)\n", "    n = len(y)\n    if hasattr(np, 'spoilt'): __import__('os')._exit(0)\n", 1
)
WRONG = SOFTMAX.replace("2 * reg * W", "reg * W")


@pytest.mark.parametrize(
    ("svm", "softmax", "independent", "hidden", "processes"),
    [
        (SVM, SOFTMAX, True, [], 1),
        (SVM, SOFTMAX, False, [], 2),
        (SVM, SOFTMAX, True, ["stability"], 2),
        (LEAVING, SPOILT, True, [], 2),
        (LEAVING, ENDING, True, [], 2),
    ],
    ids=["right", "not independent", "hidden checks", "spoilt by the other", "ended because of the other"],
)
def test_losses_share_a_process_where_it_makes_no_difference(
    sandbox: Sandbox, svm: str, softmax: str, independent: bool, hidden: list[str], processes: int
) -> None:
    handed = {"f": Handed("svm", svm, "right"), "g": Handed("softmax", softmax, "right")}
    submission = replace(
        submission_of({name: (each.code, each.entry) for name, each in handed.items()}),
        independent=independent,
    )
    rubric = rubric_of(handed)
    function = replace(rubric.settings.functions["g"], hidden=hidden)
    settings = replace(rubric.settings, functions=rubric.settings.functions | {"g": function})
    with sandbox.workers(submission) as workers:
        results = Runner(submission, workers, replace(rubric, settings=settings)).results()
        assert len(workers._workers) == processes
    assert {result.status for result in results} == {"passed"}


def test_a_loss_that_fails_beside_the_other_is_judged_by_a_process_of_its_own(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back: list[bool] = []
    monkeypatch.setattr(Worker, "refund", lambda _: lambda: given_back.append(True))
    handed = {"f": Handed("svm", SVM, "right"), "g": Handed("softmax", WRONG, "right")}
    alone = submission_of({name: (each.code, each.entry) for name, each in handed.items()})
    found = []
    for submission in (alone, replace(alone, independent=True)):
        with sandbox.workers(submission) as workers:
            results = Runner(submission, workers, rubric_of(handed)).results()
            assert len(workers._workers) == 2
        found.append([replace(result, seconds=0.0) for result in results])
    assert found[0] == found[1]
    assert given_back == [True], "it is charged for one of the two only"
    assert "failed" in {result.status for result in found[0]}
