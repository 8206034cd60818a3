"""The error bounds against 50 digits: right float64 code never leaves them, and they are not too wide."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reference.answer import Answer
from reference.loss import Loss
from reference.losses import loss_named
from reference.problem import Problem
from reference.rounding import UNIT_ROUNDOFF
from tests.reference import right_others, right_softmax, right_svm, truth
from tests.reference.right_svm import Array, LossFunction

softmax = loss_named("softmax")
svm = loss_named("svm")

squared_hinge = loss_named("squared_hinge")
logistic = loss_named("logistic")
huber = loss_named("huber")
TRUTHS = {
    svm: truth.svm,
    softmax: truth.softmax,
    squared_hinge: truth.squared_hinge,
    logistic: truth.logistic,
    huber: truth.huber,
}

LAST_EXPONENTIAL = 700.0
"""Code that takes the logarithm of a probability needs gaps between scores below this."""


def gaussian(
    seed: int, sizes: tuple[int, int, int], *, W: float = 1.0, X: float = 1.0, reg: float = 1.0
) -> Problem:
    N, D, C = sizes
    random = np.random.default_rng(seed)
    return Problem(
        W=random.standard_normal((D, C)) * W,
        X=random.standard_normal((N, D)) * X,
        y=random.integers(0, C, N),
        reg=reg,
    )


def any_small_problem(seed: int) -> Problem:
    """Sizes from 1, all scales from 1e-8 to 1e8, features of unlike scales, sums that never cancel, zeros."""
    random = np.random.default_rng(seed)
    sizes = (int(random.integers(1, 9)), int(random.integers(1, 7)), int(random.integers(2, 6)))
    W, X, reg = 10.0 ** random.integers(-8, 9, 3)
    problem = gaussian(seed, sizes, W=W, X=X, reg=reg * random.integers(0, 2))
    kind = random.integers(0, 6)
    if kind == 0:
        problem.X[:] *= 10.0 ** random.integers(-8, 9, sizes[1])
    if kind == 1:
        np.abs(problem.W, out=problem.W)
        np.abs(problem.X, out=problem.X)
    if kind == 2:
        problem.X[0] = 0.0
        problem.W[:, -1] = 0.0
    return problem


def right_functions(reference: Loss, problem: Problem, *, small: bool) -> tuple[LossFunction, ...]:
    """The right styles whose own limits the problem respects: exponentials have to stay in range."""
    if reference is squared_hinge:
        return right_others.SQUARED_HINGE
    if reference is huber:
        return right_others.HUBER
    if reference is logistic:
        return right_others.LOGISTIC
    if reference is svm:
        return right_svm.RIGHT_FOR_SMALL_SIZES if small else right_svm.RIGHT
    scores = problem.X @ problem.W
    if np.abs(scores).max() < LAST_EXPONENTIAL / 2.0:
        return right_softmax.RIGHT
    if np.ptp(scores, axis=1).max() < LAST_EXPONENTIAL:
        return right_softmax.STABLE
    return right_softmax.STABLE_AT_ANY_GAP


def _loss_excess(answer: Answer, loss: float) -> float:
    return abs(float(loss) - answer.loss) / answer.loss_bound


def loss_error(exact: truth.Truth, loss: float, answer: Answer) -> float:
    return float(abs(exact.loss - float(loss))) / answer.loss_bound


def gradient_error(exact: truth.Truth, dW: Array, answer: Answer, entries: list[tuple[int, int]]) -> float:
    return max(
        float(abs(exact.gradient(d, c) - float(dW[d, c]))) / float(answer.gradient.bound[d, c])
        for d, c in entries
    )


def all_entries(problem: Problem) -> list[tuple[int, int]]:
    return [(int(d), int(c)) for d, c in np.ndindex(problem.W.shape)]


def worst_errors(
    reference: Loss, problem: Problem, entries: list[tuple[int, int]], *, small: bool
) -> dict[str, float]:
    """Largest errors, in units of the bound, of the reference and of right code, pairwise with the truth."""
    answer: Answer = reference.evaluate(problem)
    exact: truth.Truth = TRUTHS[reference](problem)
    worst = {"reference loss": loss_error(exact, answer.loss, answer), "loss": 0.0, "gradient": 0.0}
    if answer.gradient.ties == 0:
        worst["reference gradient"] = gradient_error(exact, answer.gradient.base, answer, entries)
    for function in right_functions(reference, problem, small=small):
        loss, dW = function(problem.W, problem.X, problem.y, problem.reg)
        judged = answer.gradient.judge(dW).excess
        worst["loss"] = max(worst["loss"], _loss_excess(answer, loss), loss_error(exact, loss, answer))
        worst["gradient"] = max(worst["gradient"], judged)
        if answer.gradient.ties == 0:
            worst["gradient"] = max(worst["gradient"], gradient_error(exact, dW, answer, entries))
    return worst


@pytest.mark.parametrize("reference", [svm, softmax, squared_hinge, logistic, huber])
@pytest.mark.parametrize("block", range(5))
def test_right_code_never_leaves_the_bounds_at_any_scale(reference: Loss, block: int) -> None:
    for seed in range(100 * block, 100 * block + (100 if reference in (svm, softmax) else 25)):
        problem = any_small_problem(seed)
        worst = worst_errors(reference, problem, all_entries(problem), small=True)
        assert max(worst.values()) <= 1.0, (seed, worst)


@pytest.mark.parametrize("reference", [svm, softmax, squared_hinge, logistic, huber])
@pytest.mark.parametrize(
    ("W", "X"), [(1e-160, 1e-160), (1e-310, 1.0), (1.0, 5e-324), (1e-200, 1e150), (1e120, 1e-130)]
)
def test_right_code_never_leaves_the_bounds_where_products_underflow(
    reference: Loss, W: float, X: float
) -> None:
    for seed, reg in enumerate([0.0, 1e-5, 1.0, 1e5]):
        problem = gaussian(seed, (5, 3, 4), W=W, X=X, reg=reg)
        worst = worst_errors(reference, problem, all_entries(problem), small=True)
        assert max(worst.values()) <= 1.0, (seed, worst)


@pytest.mark.parametrize("reference", [svm, softmax])
@pytest.mark.parametrize("sizes", [(200, 3073, 10), (20, 3073, 100), (200, 20, 100)])
def test_right_code_never_leaves_the_bounds_at_real_sizes(
    reference: Loss, sizes: tuple[int, int, int]
) -> None:
    problem = gaussian(0, sizes, W=3.0 / np.sqrt(sizes[1]), reg=0.1)
    picked = np.random.default_rng(1).integers(0, sizes[1:], (30, 2)).tolist()
    worst = worst_errors(reference, problem, [(d, c) for d, c in picked], small=False)
    assert max(worst.values()) <= 1.0, worst


@pytest.mark.parametrize("reference", [svm, softmax])
@pytest.mark.parametrize("sizes", [(1, 1, 2), (6, 4, 3), (200, 3073, 10)])
def test_a_relative_error_of_a_millionth_is_caught_in_the_gradient_and_in_the_loss(
    reference: Loss, sizes: tuple[int, int, int]
) -> None:
    answer: Answer = reference.evaluate(gaussian(2, sizes))
    gradient = answer.gradient
    assert not answer.accepts_loss(answer.loss * (1.0 + 1e-6))
    for error in (1e-6, -1e-6):
        judged = gradient.judge(gradient.base * (1.0 + error))
        assert not judged.accepted
        assert judged.excess > 100.0
        one_entry = gradient.base.copy()
        largest = np.unravel_index(np.abs(one_entry).argmax(), one_entry.shape)
        one_entry[largest] *= 1.0 + error
        certificate = gradient.judge(one_entry).certificate
        assert certificate is not None
        assert certificate.entry == (int(largest[0]), int(largest[1]))


@pytest.mark.parametrize("reference", [svm, softmax, squared_hinge, logistic, huber])
def test_a_relative_error_of_a_billionth_is_caught_at_scale_1(reference: Loss) -> None:
    answer = reference.evaluate(gaussian(2, (6, 4, 3)))
    for error in (1e-9, -1e-9):
        for accepted in (answer, answer.within(1e-12)):
            assert not accepted.accepts_loss(answer.loss * (1.0 + error))
            assert not accepted.gradient.judge(answer.gradient.base * (1.0 + error)).accepted


@pytest.mark.parametrize(("reference", "functions"), [(svm, right_svm.RIGHT), (softmax, right_softmax.RIGHT)])
def test_gradients_summed_in_an_order_that_loses_every_term_use_a_good_part_of_the_bound(
    reference: Loss, functions: tuple[LossFunction, ...]
) -> None:
    # 1 + 0.99u + 0.99u + ... stays 1 when it is summed from the left: the worst that an order of summation
    # can do.
    X = np.full((500, 1), 0.99 * UNIT_ROUNDOFF)
    X[0] = 1.0
    problem = Problem(W=np.zeros((1, 2)), X=X, y=np.zeros(500, dtype=np.int64), reg=0.0)
    answer: Answer = reference.evaluate(problem)
    excess = max(answer.gradient.judge(function(*vars(problem).values())[1]).excess for function in functions)
    assert 0.2 < excess <= 1.0


def test_losses_summed_in_an_order_that_loses_every_term_use_a_good_part_of_the_bound() -> None:
    W = np.full((500, 2), np.sqrt(0.99 * UNIT_ROUNDOFF))
    problem = Problem(W=W, X=np.zeros((1, 500)), y=np.zeros(1, dtype=np.int64), reg=1.0)
    loss, _ = right_svm.scalars_only(*vars(problem).values())
    assert 0.1 < _loss_excess(svm.evaluate(problem), loss) <= 1.0


def test_scores_summed_in_an_order_that_loses_every_term_use_a_good_part_of_the_softmax_bounds() -> None:
    D = 500
    W = np.full((D, 2), 0.99 * UNIT_ROUNDOFF)
    W[0] = 1.0
    W[:, 0] = 0.0
    problem = Problem(W=W, X=np.ones((1, D)), y=np.zeros(1, dtype=np.int64), reg=0.0)
    scores = np.array([sum(W[:, c].tolist()) for c in range(2)])
    assert scores[1] == 1.0
    p = np.exp(scores) / np.exp(scores).sum()
    answer = softmax.evaluate(problem)
    assert 0.05 < _loss_excess(answer, -np.log(p[0])) <= 1.0
    assert 0.4 < answer.gradient.judge(np.outer(problem.X[0], p - [1.0, 0.0])).excess <= 1.0


@pytest.mark.parametrize("shift", [0.0, 1e4, -1e4, 1e8, -1e8])
def test_softmax_bounds_hold_for_stable_code_when_all_scores_are_shifted(shift: float) -> None:
    problem = gaussian(3, (6, 5, 4))
    problem.X[:, -1] = 1.0
    problem.W[-1] += shift
    exact = truth.softmax(problem)
    answer = softmax.evaluate(problem)
    for function in right_softmax.STABLE:
        loss, dW = function(problem.W, problem.X, problem.y, problem.reg)
        assert answer.accepts_loss(loss)
        assert loss_error(exact, loss, answer) <= 1.0
        assert answer.gradient.judge(dW).accepted


@pytest.mark.parametrize("gap", [700.0, 745.0, 750.0, 1e4, 1e8])
def test_softmax_stays_finite_and_right_at_any_gap(gap: float) -> None:
    problem = Problem(W=np.array([[0.0, 1.0, -1.0]]) * gap, X=np.ones((1, 1)), y=np.array([2]), reg=0.0)
    exact: Any = truth.softmax(problem)
    answer = softmax.evaluate(problem)
    assert loss_error(exact, answer.loss, answer) <= 1.0
    assert gradient_error(exact, answer.gradient.base, answer, all_entries(problem)) <= 1.0
    assert answer.loss_bound < 2e-14 * gap
    assert answer.gradient.bound.max() < 1e-14 * gap
