"""Tensors in the place of arrays: with PyTorch where it is installed, and with a tiny one everywhere."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import grader
from grading import commands
from grading.editions.tensors import diagnosis_for_tensors, in_tensors, said_of_tensors
from grading.grades.grade import Diagnosis
from grading.protocol.wire import WireCalling
from grading.rubric.reading import RubricError, load_rubric, require_packages
from grading.sandbox.inside.adapting import adapted, prepare
from tests.grading.editions import tiny_torch

W, X, y = np.ones((2, 3)), np.ones((4, 2)), np.array([0, 1, 2, 0], dtype=np.uint8)


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", tiny_torch)


def of(name: str, thing: Any, **how: Any) -> Any:
    kind = how.pop("kind", "loss")
    return adapted(
        {name: thing, "own": how.pop("own", None)}, [WireCalling(name, kind, tensors=True, **how)]
    )[name]


def test_a_loss_gets_tensors_and_is_heard_as_arrays() -> None:
    got: list[Any] = []

    def loss(*given: Any) -> Any:
        got.extend(given)
        return tiny_torch.Tensor(3.0), tiny_torch.Tensor(2.0 * given[0].array)

    value, dW = of("f", loss)(W, X, y, 0.5)
    assert (type(value), value) == (float, 3.0)
    assert isinstance(dW, np.ndarray)
    assert np.array_equal(dW, 2.0 * W)
    assert [type(given) for given in got] == [tiny_torch.Tensor] * 3 + [float]
    assert got[2].array.dtype == np.int64, "PyTorch takes uint8 for truth values"


def test_what_a_function_does_to_its_arguments_is_seen() -> None:
    mine = W.copy()

    def loss(weights: Any, *_: Any) -> Any:
        weights.array[0, 0] = 7.0
        return 0.0, weights

    of("f", loss)(mine, X, y, 0.5)
    assert mine[0, 0] == 7.0


def test_what_is_no_loss_and_gradient_is_handed_on_as_it_is() -> None:
    assert of("f", lambda *_: None)(W, X, y, 0.5) is None
    assert of("f", lambda *_: (1.0, "dW"))(W, X, y, 0.5) == (1.0, "dW")


def test_a_train_gets_the_loss_and_its_weights_come_back() -> None:
    seen: list[Any] = []

    def train(loss: Any, weights: Any, data: Any, labels: Any, rate: float, steps: int) -> Any:
        value, dW = loss(weights, data, labels, 0.25)
        seen.append((type(value), type(dW)))
        return tiny_torch.Tensor(weights.array - rate * dW.array), [value] * steps

    arguments = ("loss", "W", "X", "y", "learning_rate", "num_iters")
    model = of("train", train, kind="train", arguments=arguments)()
    model.W = W
    asked: list[Any] = []

    def known(*given: Any) -> Any:
        asked.append((model.W.copy(), *given))
        return 5.0, np.full((2, 3), 4.0)

    model.loss = known
    weights, history = model.train(X, y, learning_rate=0.5, reg=0.25, num_iters=2)
    assert history == [5.0, 5.0]
    assert np.array_equal(weights, W - 2.0)
    assert np.array_equal(model.W, weights)
    assert seen == [(tiny_torch.Tensor, tiny_torch.Tensor)]
    assert [type(part) for part in asked[0]] == [np.ndarray, np.ndarray, np.ndarray, float]


def test_a_function_that_predicts_is_heard_as_arrays() -> None:
    labels = of(
        "predict",
        lambda weights, data: tiny_torch.Tensor((data.array @ weights.array).argmax(axis=1)),
        kind="predict",
    )
    assert labels(W, X).tolist() == [0, 0, 0, 0]


def test_the_students_own_settings_come_back_afterwards() -> None:
    undo = prepare([WireCalling("f", "loss", tensors=True)])
    assert (tiny_torch.get_default_dtype(), tiny_torch.get_num_threads()) == (np.float64, 1)
    undo()
    assert (tiny_torch.get_default_dtype(), tiny_torch.get_num_threads()) == (np.float32, 4)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("y = np.array([0, 1])", "y = torch.tensor([0, 1])"),
        ("np.tile([1.0, 2.0], (12, 1))", "torch.tensor([1.0, 2.0]).repeat(12, 1)"),
        ("losses = iter([8.0, 7.75])", "losses = iter(torch.tensor([8.0, 7.75]))"),
        ("np.random.randn(8, 4), np.arange(8) % 4", "torch.randn(8, 4), torch.arange(8) % 4"),
    ],
)
def test_code_is_shown_with_tensors(ours: str, theirs: str) -> None:
    assert in_tensors(ours) == theirs


def test_hints_that_only_numpy_could_follow_are_left_out() -> None:
    assert said_of_tensors("np.argmax(X.dot(self.W), axis=1)") == "torch.argmax(X.mm(W), dim=1)"
    plain = Diagnosis(id="x", title="It is wrong.", hint="Use np.add.at.")
    assert diagnosis_for_tensors(plain) == Diagnosis(id="x", title="It is wrong.", hint="")
    assert diagnosis_for_tensors(Diagnosis(id="x", title="np.bincount is wrong.", hint="")) is None


def test_where_pytorch_is_not_installed_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "torch" else find(name, *rest)
    )
    with pytest.raises(RubricError, match=r"eecs498 needs PyTorch.*pip install"):
        require_packages(load_rubric(edition="eecs498"))
    require_packages(load_rubric())
    assert grader.main([str(tmp_path), "--edition", "eecs498"]) == commands.WRONG_USE
    assert capsys.readouterr().err.count("\n") == 1
