"""The SVM loss, its gradient and their bounds."""

from __future__ import annotations

import numpy as np
import pytest

from reference.losses import loss_named
from reference.problem import Problem

svm = loss_named("svm")


def test_a_problem_done_by_hand_has_the_loss_and_gradient_of_the_hand() -> None:
    # Scores [2, 1, 1.5], label 0: margins 0 and 0.5 against delta 1, so class 1 is exactly tied.
    problem = Problem(W=np.array([[2.0, 1.0, 1.5]]), X=np.array([[1.0]]), y=np.array([0]), reg=2.0)
    answer = svm.evaluate(problem)
    assert answer.loss == 0.5 + 2.0 * 7.25
    lower, upper = answer.gradient.interval()
    np.testing.assert_array_equal(lower, [[8.0 - 2.0, 4.0, 6.0 + 1.0]])
    np.testing.assert_array_equal(upper, [[8.0 - 1.0, 5.0, 6.0 + 1.0]])
    assert answer.gradient.judge([[7.0, 4.0, 7.0]]).accepted
    assert answer.gradient.judge([[6.0, 5.0, 7.0]]).accepted
    assert answer.gradient.judge([[6.5, 4.5, 7.0]]).accepted
    assert not answer.gradient.judge([[6.0, 4.0, 7.0]]).accepted


@pytest.mark.parametrize("reg_scale", [1.0, 0.5])
def test_reg_scale_scales_the_regularization_and_nothing_else(reg_scale: float) -> None:
    problem = Problem(W=np.array([[1.0, -3.0]]), X=np.array([[0.0]]), y=np.array([1]), reg=0.5)
    answer = svm.evaluate(problem, reg_scale=reg_scale)
    assert answer.loss == 1.0 + reg_scale * 5.0
    np.testing.assert_array_equal(answer.gradient.base, reg_scale * problem.W)


def test_numbers_beyond_float64_are_refused_with_a_reason() -> None:
    problem = Problem(W=np.full((2, 2), 1e300), X=np.full((1, 2), 1e10), y=np.array([0]), reg=0.0)
    with pytest.raises(OverflowError, match="no float64 answer"):
        svm.evaluate(problem)


@pytest.mark.parametrize("loss", [np.nan, np.inf, -np.inf])
def test_a_loss_that_is_not_finite_is_never_accepted(loss: float) -> None:
    answer = svm.evaluate(Problem(W=np.zeros((1, 2)), X=np.ones((1, 1)), y=np.array([0]), reg=0.0))
    assert not answer.accepts_loss(loss)


def test_delta_is_the_margin_asked_for() -> None:
    problem = Problem(W=np.zeros((2, 4)), X=np.ones((3, 2)), y=np.array([0, 1, 3]), reg=0.0)
    assert svm.evaluate(problem, delta=10.0).loss == 30.0


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.int64])
def test_labels_of_any_integer_type_give_the_same_answer(kind: type[np.integer]) -> None:
    W, X = np.array([[1.0, -3.0]]), np.array([[0.5], [2.0]])
    answer = svm.evaluate(Problem(W=W, X=X, y=np.array([1, 0]).astype(kind), reg=0.5))
    assert answer.loss == 0.5 * 3.0 + 0.5 * 10.0
    np.testing.assert_array_equal(answer.gradient.base, [[0.25 + 1.0, -0.25 - 3.0]])
