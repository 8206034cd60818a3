"""What trains the reference is the loss that submissions are judged by, without its bounds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from reference.losses import evaluate_of, training_loss
from reference.problem import Problem


@pytest.mark.parametrize("name", ["svm", "softmax"])
@pytest.mark.parametrize("reg_scale", [1.0, 0.5])
@pytest.mark.parametrize("seed", range(20))
def test_loss_and_gradient_are_those_that_are_accepted(name: str, reg_scale: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    N, D, C = (int(rng.integers(low, 12)) for low in (1, 1, 2))
    W, X, y = rng.standard_normal((D, C)), rng.standard_normal((N, D)), rng.integers(0, C, N)
    loss, dW = training_loss(name, reg_scale=reg_scale, delta=1.5)(W, X, y, 0.25)
    true = evaluate_of(name)(Problem(W, X, y, 0.25), reg_scale=reg_scale, delta=1.5)
    assert true.accepts_loss(loss)
    assert np.all(np.abs(dW - true.gradient.base) <= true.gradient.bound)


@pytest.mark.parametrize("name", ["svm", "softmax"])
def test_what_leaves_the_range_of_float64_is_not_finite_and_says_nothing(name: str) -> None:
    W, X, y = np.full((1, 2), 1e300), np.full((1, 1), 1e300), np.zeros(1, np.int64)
    with np.errstate(all="raise"):
        loss, _ = training_loss(name, reg_scale=1.0, delta=1.0)(W, X, y, 1.0)
    assert not math.isfinite(loss)
