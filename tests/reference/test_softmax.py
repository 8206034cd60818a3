"""The softmax loss, its gradient and their bounds."""

from __future__ import annotations

import math

import numpy as np

from reference.losses import loss_named
from reference.problem import Problem

softmax = loss_named("softmax")


def test_zero_weights_give_log_of_the_number_of_classes() -> None:
    problem = Problem(W=np.zeros((2, 4)), X=np.array([[1.0, 2.0]]), y=np.array([3]), reg=1.0)
    answer = softmax.evaluate(problem)
    assert answer.accepts_loss(math.log(4.0))
    assert answer.gradient.judge([[0.25, 0.25, 0.25, -0.75], [0.5, 0.5, 0.5, -1.5]]).accepted


def test_a_gap_beyond_the_reach_of_exp_leaves_the_loss_finite() -> None:
    problem = Problem(W=np.array([[0.0, 5000.0]]), X=np.array([[1.0]]), y=np.array([0]), reg=0.0)
    answer = softmax.evaluate(problem)
    assert answer.accepts_loss(5000.0)
    assert answer.gradient.judge([[-1.0, 1.0]]).accepted
