"""Objects of the student's classes, from step to step, and the loss that is plugged into them."""

from __future__ import annotations

import numpy as np
import pytest

from grading.sandbox.client import Sandbox
from grading.sandbox.messages import (
    Assign,
    Create,
    Invoke,
    PluggedCalls,
    PlugLoss,
    Read,
    Returned,
    Step,
)
from tests.grading.sandbox.building import one_file, reasons, results, value


def test_objects_live_from_step_to_step(sandbox: Sandbox) -> None:
    code = """
        class Model:
            def __init__(self): self.W = None
            def grow(self, by):
                self.W = self.W + by
                return self.W.sum()
    """
    steps = (
        Create("Model", "m"),
        Assign("m", "W", np.ones((2, 2))),
        Invoke("m", "grow", (1.0,)),
        Read("m", "W"),
    )
    with sandbox.start(one_file(code)) as worker:
        assert value(worker.run(steps)[2]) == 8.0
        np.testing.assert_array_equal(value(worker.run([Read("m", "W")])[0]), np.full((2, 2), 2.0))


def test_a_plugged_loss_answers_and_keeps_what_it_was_asked(sandbox: Sandbox) -> None:
    code = """
        class Model:
            def __init__(self): self.W = None
            def train(self, X, y):
                history = []
                for _ in range(3):
                    loss, dW = self.loss(X, y, 0.5)
                    self.W -= dW
                    history.append(loss)
                return history
    """
    losses, gradients = np.array([5.0, 6.0]), np.stack([np.ones((2, 2)), 2 * np.ones((2, 2))])
    outcomes = results(
        sandbox,
        code,
        Create("Model", "m"),
        Assign("m", "W", np.zeros((2, 2))),
        PlugLoss("m", losses, gradients),
        Invoke("m", "train", (np.ones((1, 2)), np.array([1]))),
        PluggedCalls("m"),
    )
    history, calls = value(outcomes[3]), value(outcomes[4])
    assert isinstance(history, tuple)
    assert isinstance(calls, tuple)
    assert [item.value for item in history] == [5.0, 6.0, 5.0]
    W, X, y, reg = (column.value for column in calls)
    assert (W.shape, X.shape, y.shape) == ((3, 2, 2), (3, 1, 2), (3, 1))
    assert W[:, 0, 0].tolist() == [0.0, -1.0, -3.0]
    assert reg.tolist() == [0.5] * 3


@pytest.mark.parametrize(
    "batch",
    [
        "X[:k], y[:k], 0.5",
        "X, y.tolist(), 0.5",
        "X, y, 1",
        "X.astype(object), y, 0.5",
        "X, y[0], 0.5",
        "X, y",
    ],
)
def test_calls_of_a_loss_that_are_not_alike_come_one_by_one(sandbox: Sandbox, batch: str) -> None:
    code = f"""
        class Model:
            def train(self, X, y):
                for k in (1, 2):
                    self.loss({batch})
    """
    outcomes = results(
        sandbox,
        code,
        Create("Model", "m"),
        Assign("m", "W", np.zeros((2, 2))),
        PlugLoss("m", np.ones(1), np.zeros((1, 2, 2))),
        Invoke("m", "train", (np.ones((2, 2)), np.array([1, 0]))),
        PluggedCalls("m"),
    )
    calls = outcomes[4]
    assert isinstance(calls, Returned)
    assert calls.result.type_name == "list"
    assert isinstance(calls.result.value, tuple)
    assert [len(call.value) for call in calls.result.value] == [4, 4]


@pytest.mark.parametrize("asked", [Read("nobody", "W"), Invoke("nobody", "train"), PluggedCalls("nobody")])
def test_an_object_that_was_never_made_is_not_an_error_of_the_students(sandbox: Sandbox, asked: Step) -> None:
    assert reasons(results(sandbox, "x = 1", asked)) == ["skipped"]
