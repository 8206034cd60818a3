"""A loss is its formula: value, gradient, kinks and bounds are derived, and what cannot be is said in one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from reference.formula import Labels, Term, log_sum_exp, one_hot, softplus, without_label
from reference.loss import Loss
from reference.losses import LossError, loss_named, register
from reference.problem import Problem

Formula = Callable[[Any, Any, Labels], Term]

numpy: Any = np
"""NumPy's own functions take terms; its types do not say so."""


def problem(seed: int, sizes: tuple[int, int, int] = (4, 3, 5)) -> Problem:
    N, D, C = sizes
    random = np.random.default_rng(seed)
    W, X = random.standard_normal((D, C)), random.standard_normal((N, D))
    return Problem(W, X, random.integers(0, C, N), 0.0)


def label(scores: Term, y: Labels) -> Term:
    return scores[range(len(y)), y]


# Every operation, beside the same value in plain NumPy.
OPERATIONS: dict[str, tuple[Formula, Callable[[Any, Any, Any], float]]] = {
    "products and quotients": (
        lambda W, X, y: (X @ W * (X @ W) / (3.0 + (X @ W) ** 2)).sum(),
        lambda W, X, y: ((X @ W) ** 2 / (3.0 + (X @ W) ** 2)).sum(),
    ),
    "powers": (lambda W, X, y: ((X @ W) ** 3).mean(), lambda W, X, y: ((X @ W) ** 3).mean()),
    "exp and log": (
        lambda W, X, y: numpy.log(1.0 + numpy.exp(X @ W)).sum(),
        lambda W, X, y: np.log1p(np.exp(X @ W)).sum(),
    ),
    "log_sum_exp": (
        lambda W, X, y: log_sum_exp(X @ W).sum(),
        lambda W, X, y: np.log(np.exp(X @ W).sum(axis=1)).sum(),
    ),
    "softplus": (
        lambda W, X, y: softplus(2.0 * (X @ W)).mean(),
        lambda W, X, y: np.logaddexp(0.0, 2.0 * X @ W).mean(),
    ),
    "maximum of two": (
        lambda W, X, y: np.maximum(X @ W, 1.0 - X @ W).sum(),
        lambda W, X, y: np.maximum(X @ W, 1.0 - X @ W).sum(),
    ),
    "absolute values": (lambda W, X, y: np.abs(X @ W).mean(), lambda W, X, y: np.abs(X @ W).mean()),
    "minimum": (
        lambda W, X, y: np.minimum(X @ W, 0.25).sum(axis=1).mean(),
        lambda W, X, y: np.minimum(X @ W, 0.25).sum(axis=1).mean(),
    ),
    "axes, slices and a column": (
        lambda W, X, y: ((W.T @ X.T)[1:, :2] * W[0][1:, None]).sum(axis=0, keepdims=True).sum(axis=1)[0],
        lambda W, X, y: ((X @ W).T[1:, :2] * W[0][1:, None]).sum(),
    ),
    "labels": (
        lambda W, X, y: (without_label(X @ W, y) ** 2).sum() - label(X @ W, y).sum(),
        lambda W, X, y: (np.delete(X @ W, y[0], axis=1) ** 2).sum() - (X @ W)[:, y[0]].sum(),
    ),
    "one_hot": (
        lambda W, X, y: ((X @ W - one_hot(y, W.shape[1])) ** 2).mean(axis=0).sum(),
        lambda W, X, y: ((X @ W - np.eye(W.shape[1])[y]) ** 2).mean(axis=0).sum(),
    ),
    "subtracted from numbers and arrays": (
        lambda W, X, y: (2.0 / (5.0 + (1.0 - np.ones((1, 1)) * (X @ W)) ** 2)).sum(),
        lambda W, X, y: (2.0 / (5.0 + (1.0 - X @ W) ** 2)).sum(),
    ),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_has_numpys_value_and_the_slope_of_it(operation: str) -> None:
    formula, plain = OPERATIONS[operation]
    for seed in range(3):
        case = problem(seed)
        case.y[:] = case.y[0]
        answer = Loss(formula).evaluate(case)
        y = case.y.astype(np.float64).astype(int)
        assert answer.accepts_loss(plain(case.W, case.X, y))
        step = 1e-6
        for entry in np.ndindex(case.W.shape):
            up, down = case.W.copy(), case.W.copy()
            up[entry] += step
            down[entry] -= step
            slope = (plain(up, case.X, y) - plain(down, case.X, y)) / (2 * step)
            assert answer.gradient.base[entry] == pytest.approx(slope, abs=1e-7)
        assert answer.gradient.bound.max() < 1e-11
        loss, dW = Loss(formula).loss_and_gradient(case.W, case.X, case.y, 0.0)
        assert answer.accepts_loss(loss)
        assert np.all(np.abs(dW - answer.gradient.base) <= answer.gradient.bound)


def test_a_term_that_is_added_and_taken_away_again_counts_in_the_bound_and_not_in_the_gradient() -> None:
    plain = Loss(lambda W, X, y: (X @ W).sum()).evaluate(problem(0))
    shifted = Loss(lambda W, X, y: (X @ W + 1e6 - 1e6).sum()).evaluate(problem(0))
    assert shifted.loss_bound > 1e4 * plain.loss_bound
    np.testing.assert_array_equal(shifted.gradient.base, plain.gradient.base)


def test_at_a_kink_of_an_absolute_value_every_slope_from_minus_one_to_one_is_right() -> None:
    case = Problem(np.array([[0.0, 2.0]]), np.ones((1, 1)), np.array([0]), 0.5)
    answer = Loss(lambda W, X, y: (X @ W).sum(), lambda W: numpy.abs(W).sum()).evaluate(case)
    low, high = answer.gradient.interval()
    assert (low.tolist(), high.tolist()) == ([[0.5, 1.5]], [[1.5, 1.5]])
    assert answer.gradient.judge([[0.7, 1.5]]).accepted
    assert not answer.gradient.judge([[0.4, 1.5]]).accepted


def test_a_kink_of_the_penalty_is_none_where_there_is_no_regularization() -> None:
    loss = Loss(lambda W, X, y: (X @ W).sum(), lambda W: numpy.abs(W).sum())
    assert loss.evaluate(Problem(np.zeros((1, 2)), np.ones((1, 1)), np.array([0]), 0.0)).gradient.ties == 0


def test_where_two_terms_are_equal_the_slope_of_their_maximum_is_between_theirs() -> None:
    case = Problem(np.array([[1.0, 1.0]]), np.ones((1, 1)), np.array([0]), 0.0)
    loss = Loss(lambda W, X, y: numpy.maximum((X @ W)[:, 0], 3.0 * (X @ W)[:, 1] - 2.0).sum())
    accepted = loss.evaluate(case).gradient
    for t in (0.0, 0.25, 1.0):
        assert accepted.judge([[t, 3.0 * (1.0 - t)]]).accepted
    assert not accepted.judge([[1.0, 3.0]]).accepted


def test_where_three_terms_are_equal_every_mixture_of_their_slopes_is_right_and_no_other() -> None:
    # The largest of three scores: kinks of kinks, for one parameter.
    loss = Loss(
        lambda W, X, y: numpy.maximum(numpy.maximum((X @ W)[:, 0], (X @ W)[:, 1]), (X @ W)[:, 2]).sum()
    )
    accepted = loss.evaluate(Problem(np.ones((1, 3)), np.ones((1, 1)), np.array([0]), 0.0)).gradient
    for mixture in ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.25, 0.25, 0.5], [0.5, 0.5, 0.0]):
        assert accepted.judge([mixture]).accepted
    for mixture in ([1.0, 1.0, 0.0], [0.5, 0.0, 0.0], [1.5, -0.5, 0.0]):
        judged = accepted.judge([mixture])
        assert not judged.accepted
        assert judged.certificate is not None


def test_what_is_within_reach_of_a_moved_parameter_is_within_the_bounds() -> None:
    rng = np.random.default_rng(1)
    for name in ("svm", "softmax"):
        case = problem(3)
        moved = np.full(case.W.shape, 1e-5)
        wide = loss_named(name).evaluate(case, moved=moved)
        assert wide.gradient.ties == 0
        for _ in range(20):
            there = Problem(case.W + moved * rng.uniform(-1.0, 1.0, moved.shape), case.X, case.y, 0.0)
            answer = loss_named(name).evaluate(there)
            assert abs(answer.loss - wide.loss) <= wide.loss_bound
            assert (np.abs(answer.gradient.base - wide.gradient.base) <= wide.gradient.bound).all()


BEFORE = "import numpy as np\n\n\ndef data_loss(W, X, y):\n    scores = X @ W\n    "
REFUSED = {
    "np.sin(scores)": "line 6 of odd.py: numpy.sin is not known here; use what is:",
    "np.where(scores > 0, scores, 0)": "a comparison is not known here; use numpy.maximum",
    "np.einsum('ij->', scores)": "numpy.einsum is not known here; use @, * and sum",
    "scores.sum(axis=2)": "a sum over axis 2 of an array of shape (5, 4) is not known here; use one of its axes",
    "scores @ X": "(5, 4) @ (5, 3) is not known here; use matrices that fit",
    "scores + np.ones(5)": "+ of the shapes (5, 4) and (5,) is not known here; use x[:, None] for a column",
    "scores[[0, 1]].sum()": "an index of arrays is not known here; use slices",
    "np.log(scores).sum()": "which is not finite, is not known here; use log_sum_exp or softplus",
    "np.exp(1000 * scores).sum()": "line 6 of odd.py: exp of ",
    "scores": "the formula returns an array of shape (5, 4); it must return one number",
    "3.0": "the formula returns a float; it must return one number",
    "X.sum()": "the formula does not depend on W",
    "scores ** 0.5": "the power 0.5 is not known here; use positive whole numbers",
    "scores[:, 9].sum()": "line 6 of odd.py: IndexError: index 9 is out of bounds",
    "scores.maximum(0)": "line 6 of odd.py: AttributeError: 'Term' object has no attribute 'maximum'",
    "np.abs(np.abs(np.abs(scores) - 1) - 1).sum()": "the formula takes 3 maxima or absolute values of each other",
    "scores if scores.sum() else X": "a term as a condition is not known here",
}


@pytest.mark.parametrize("expression", REFUSED)
def test_what_is_no_formula_is_refused_in_one_line_that_says_where_and_what_to_use(expression: str) -> None:
    with pytest.raises(LossError) as refused:
        register("odd", BEFORE + f"return {expression}\n")
    assert REFUSED[expression] in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "odd.py" in str(refused.value)
