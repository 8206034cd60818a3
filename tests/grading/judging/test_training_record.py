"""What is read from what came back from train."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grading.judging.training_record import calls_of
from grading.sandbox.messages import Received


def received(value: Any) -> Received:
    kind = "numpy.ndarray" if isinstance(value, np.ndarray) else type(value).__name__
    return Received(kind, tuple(map(received, value)) if isinstance(value, (tuple, list)) else value)


W, X, y = np.arange(12.0).reshape(2, 3, 2), np.ones((2, 5, 3)), np.array([[0, 1, 0, 1, 1]] * 2)
REG = np.array([0.5, 0.25])


def test_calls_read_the_same_side_by_side_and_one_by_one() -> None:
    together = calls_of(received((W, X, y, REG)))
    single = calls_of(received([(W[k], X[k], y[k], float(REG[k])) for k in range(2)]))
    assert len(together) == len(single) == 2
    for one, other in zip(together, single, strict=True):
        assert np.array_equal(one.W, other.W)
        assert np.array_equal(one.X_batch, other.X_batch)
        assert np.array_equal(one.y_batch, other.y_batch)
        assert (one.reg, one.words) == (other.reg, other.words)


@pytest.mark.parametrize(
    "forged",
    [
        (),
        (W, X, y),
        (W, X, y, REG, REG),
        (W, X, y, REG[:1]),
        (W[:1], X, y, REG),
        (W, X, y[:, 0], REG),
        (W, X, y, REG[:, None]),
        (W, X, y, np.array([1, 2])),
        (W, X, y, "reg"),
        (None, X, y, REG),
    ],
)
def test_what_is_no_record_of_calls_counts_as_none(forged: tuple[object, ...]) -> None:
    assert calls_of(received(forged)) == ()
