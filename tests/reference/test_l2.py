"""The regularization alone: exact values lie within its bounds, and nothing that is off by more."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from reference.losses import evaluate_of
from reference.problem import Problem


@pytest.mark.parametrize("scale", [1.0, 0.5])
@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_the_exact_value_lies_within_the_bound(scale: float, size: float) -> None:
    W = np.random.default_rng(0).normal(scale=size, size=(4, 3))
    answer = evaluate_of("l2")(Problem(W, np.ones((2, 4)), np.zeros(2, dtype=np.int64), 0.3), reg_scale=scale)
    exact = Fraction(scale) * Fraction(0.3) * sum(Fraction(w) ** 2 for w in W.ravel().tolist())
    assert abs(Fraction(answer.loss) - exact) <= Fraction(answer.loss_bound)
    assert answer.accepts_loss(scale * 0.3 * float((W.T**2).sum()))
    assert not answer.accepts_loss(float(exact) * (1 + 1e-12))
    assert answer.gradient.judge(W * 0.3 * (2 * scale)).accepted
    assert not answer.gradient.judge(W * 0.3 * scale).accepted


def test_without_a_strength_there_is_nothing() -> None:
    answer = evaluate_of("l2")(Problem(np.ones((2, 2)), np.ones((1, 2)), np.zeros(1, dtype=np.int64), 0.0))
    assert (answer.loss, answer.gradient.base.tolist()) == (0.0, [[0.0, 0.0], [0.0, 0.0]])
