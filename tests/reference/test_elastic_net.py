"""Softmax with squares and absolute values of the weights: what they add, and the slopes that are right at 0."""

from __future__ import annotations

import numpy as np
import pytest

from reference.losses import evaluate_of
from reference.problem import Problem

PROBLEM = Problem(np.array([[1.0, -2.0], [0.0, 3.0]]), np.ones((2, 2)), np.array([0, 1]), 0.5)


def test_the_penalty_is_that_of_the_squares_and_of_the_absolute_values() -> None:
    both, squares = (evaluate_of(name)(PROBLEM) for name in ("elastic_net", "softmax"))
    assert both.accepts_loss(squares.loss + 0.5 * 6.0)
    assert not both.accepts_loss(squares.loss)


@pytest.mark.parametrize(("at_zero", "right"), [(0.0, True), (1.0, True), (-1.0, True), (1.01, False)])
def test_at_0_every_slope_between_the_sides_is_right(at_zero: float, right: bool) -> None:
    slopes = np.where(PROBLEM.W == 0.0, at_zero, np.sign(PROBLEM.W))
    squares = evaluate_of("softmax")(PROBLEM).gradient.base
    assert evaluate_of("elastic_net")(PROBLEM).gradient.judge(squares + 0.5 * slopes).accepted == right
