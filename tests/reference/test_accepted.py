"""Exact ties: what is accepted, what is not, and the proof that goes with a refusal."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from reference.accepted import AcceptedGradients, Certificate
from reference.losses import loss_named
from reference.problem import Problem
from reference.projection import TiedBox

svm = loss_named("svm")

Array = NDArray[np.float64]


def tied(seed: int, N: int, features: int, C: int, *, reg: float = 0.25) -> Problem:
    """Every pair is tied: a sample scores 1 for its label and 0 for the rest."""
    random = np.random.default_rng(seed)
    y = random.integers(0, C, N)
    others = (
        random.integers(-3, 4, (N, features)) / 2.0 if seed % 2 else random.standard_normal((N, features))
    )
    W = np.vstack([np.eye(C), np.zeros((features, C))])
    return Problem(W=W, X=np.hstack([np.eye(C)[y], others]), y=y, reg=reg)


def gradient_counting(problem: Problem, weights: Array) -> Array:
    """The gradient in which the tied pair (i, j) counts with weight weights[i, j]."""
    rows = np.arange(len(problem.y))
    steps = weights.copy()
    steps[rows, problem.y] = 0.0
    steps[rows, problem.y] = -steps.sum(axis=1)
    return problem.X.T @ steps / len(problem.y) + 2.0 * problem.reg * problem.W


def loss(problem: Problem, W: Array) -> float:
    return svm.evaluate(Problem(W, problem.X, problem.y, problem.reg)).loss


def rise(problem: Problem, direction: Array) -> float:
    """The rate at which the loss rises along the direction, from a step that changes no other pair's sign."""
    step = 2.0**-20
    return (loss(problem, problem.W + step * direction) - loss(problem, problem.W)) / step


def assert_proves(certificate: Certificate | None, problem: Problem, dW: Array) -> None:
    """Follow the certificate by evaluating the loss, without the machinery that wrote it."""
    assert certificate is not None
    V = certificate.direction
    assert np.abs(V).max() == 1.0
    slack = 2.0**-18 * (1.0 + np.abs(problem.W).sum())
    assert rise(problem, V) == pytest.approx(certificate.high, abs=slack)
    assert -rise(problem, -V) == pytest.approx(certificate.low, abs=slack)
    assert np.vdot(V, dW) == pytest.approx(certificate.promised)
    assert not certificate.low <= certificate.promised <= certificate.high


@pytest.mark.parametrize("sizes", [(1, 0, 2), (1, 2, 3), (5, 3, 4), (8, 6, 5), (40, 3, 6)])
def test_at_exact_ties_every_mixture_of_greater_and_greater_or_equal_is_accepted(
    sizes: tuple[int, int, int],
) -> None:
    for seed in range(5):
        problem = tied(seed, *sizes)
        gradient = svm.evaluate(problem).gradient
        shape = (sizes[0], sizes[2])
        assert gradient.ties == sizes[0] * (sizes[2] - 1)
        random = np.random.default_rng(seed)
        mixtures = [np.full(shape, t) for t in (0.0, 0.5, 1.0)]
        mixtures += [random.integers(0, 2, shape).astype(float) for _ in range(3)]
        mixtures += [random.integers(0, 3, shape) / 2.0, random.random(shape)]
        for weights in mixtures:
            judged = gradient.judge(gradient_counting(problem, weights))
            assert judged.accepted, judged.excess
            assert judged.certificate is None


def test_all_mixtures_of_a_small_problem_are_accepted_one_by_one() -> None:
    problem = tied(1, 3, 1, 3)
    gradient = svm.evaluate(problem).gradient
    pairs = [(i, j) for i in range(3) for j in range(3) if j != problem.y[i]]
    for chosen in itertools.product([0.0, 0.5, 1.0], repeat=len(pairs)):
        weights = np.zeros((3, 3))
        for pair, t in zip(pairs, chosen, strict=True):
            weights[pair] = t
        assert gradient.judge(gradient_counting(problem, weights)).accepted


@pytest.mark.parametrize("sizes", [(1, 0, 2), (1, 2, 3), (5, 3, 4), (8, 6, 5), (40, 3, 6)])
def test_a_forward_difference_is_refused_at_exact_ties_with_a_certificate(
    sizes: tuple[int, int, int],
) -> None:
    for seed in range(5):
        problem = tied(seed, *sizes, reg=0.0)
        dW = np.zeros_like(problem.W)
        for entry in np.ndindex(dW.shape):
            direction = np.zeros_like(dW)
            direction[entry] = 1.0
            dW[entry] = rise(problem, direction)
        judged = svm.evaluate(problem).gradient.judge(dW)
        assert not judged.accepted
        assert_proves(judged.certificate, problem, dW)


@pytest.mark.parametrize("sizes", [(1, 2, 3), (5, 3, 4), (8, 6, 5)])
def test_a_gradient_within_the_range_of_every_entry_but_outside_the_set_is_refused_with_a_certificate(
    sizes: tuple[int, int, int],
) -> None:
    for seed in range(10):
        problem = tied(seed, *sizes)
        gradient = svm.evaluate(problem).gradient
        lower, upper = gradient.interval()
        dW = lower + np.random.default_rng(seed).integers(1, 4, lower.shape) / 4.0 * (upper - lower)
        assert ((lower <= dW) & (dW <= upper)).all()
        judged = gradient.judge(dW)
        assert not judged.accepted
        assert judged.certificate is not None
        assert judged.certificate.entry is None
        assert_proves(judged.certificate, problem, dW)
        assert gradient.judge(judged.nearest).accepted
        np.testing.assert_allclose(judged.nearest + judged.error, dW)


def test_a_tie_leaves_no_room_for_an_error_elsewhere() -> None:
    problem = tied(2, 5, 3, 4)
    gradient = svm.evaluate(problem).gradient
    dW = gradient_counting(problem, np.ones((5, 4)))
    dW[0, 0] += 1e-6
    judged = gradient.judge(dW)
    assert not judged.accepted
    assert judged.certificate is not None


def test_the_certificate_of_a_smooth_point_names_one_weight() -> None:
    problem = Problem(W=np.array([[0.0, 0.0]]), X=np.array([[2.0]]), y=np.array([0]), reg=0.0)
    gradient = svm.evaluate(problem).gradient
    up = gradient.judge([[-2.0, 3.0]]).certificate
    down = gradient.judge([[-2.5, 2.0]]).certificate
    assert up is not None
    assert down is not None
    assert up.entry == (0, 1)
    assert (up.promised, up.high) == (3.0, 2.0)
    assert down.entry == (0, 0)
    assert (down.promised, down.low) == (-2.5, -2.0)


def test_the_certificate_of_a_kink_names_a_direction_of_simple_numbers() -> None:
    problem = Problem(W=np.array([[1.0, 0.0]]), X=np.array([[1.0]]), y=np.array([0]), reg=0.0)
    certificate = svm.evaluate(problem).gradient.judge([[0.0, 1.0]]).certificate
    assert certificate is not None
    assert certificate.entry is None
    assert certificate.direction.tolist() == [[1.0, 1.0]]
    assert (certificate.promised, certificate.high) == (1.0, 0.0)


def distance_from_set(gradient: AcceptedGradients, problem: Problem, dW: Array) -> float:
    """Least largest error over the entries, from the generators as the mathematics lists them."""
    from scipy.optimize import linprog

    generators = np.zeros((gradient.ties, *dW.shape))
    pairs = [(i, j) for i, j in np.ndindex(len(problem.y), problem.W.shape[1]) if j != problem.y[i]]
    for generator, (i, j) in zip(generators, pairs, strict=True):
        generator[:, j] = problem.X[i] / len(problem.X)
        generator[:, problem.y[i]] = -generator[:, j]
    columns = generators.reshape(gradient.ties, -1).T
    error = (dW - gradient.base).ravel()
    ones = np.ones((error.size, 1))
    solution = linprog(
        c=np.append(np.zeros(gradient.ties), 1.0),
        A_ub=np.block([[-columns, -ones], [columns, -ones]]),
        b_ub=np.concatenate([-error, error]),
        bounds=[*[(0.0, 1.0)] * gradient.ties, (0.0, None)],
    )
    return float(solution.fun)


def test_the_judge_agrees_with_a_linear_programme_on_random_gradients_around_the_set() -> None:
    verdicts = []
    for seed in range(120):
        random = np.random.default_rng(seed)
        problem = tied(
            seed, int(random.integers(1, 7)), int(random.integers(0, 3)), int(random.integers(2, 4))
        )
        gradient = svm.evaluate(problem).gradient
        # Weights from outside [0, 1] leave the set now and then; 1/16 keeps clear of its edge.
        weights = random.integers(-4, 21, (len(problem.y), problem.W.shape[1])) / 16.0
        if seed % 2:
            weights = weights.clip(0.0, 1.0)
        dW = gradient_counting(problem, weights)
        distance = distance_from_set(gradient, problem, dW)
        assert distance < 1e-12 or distance > 1e-6
        verdicts.append(gradient.judge(dW).accepted)
        assert verdicts[-1] == (distance < 1e-12)
    assert 20 < sum(verdicts) < 100


@pytest.mark.parametrize("sizes", [(1, 1, 2), (2, 2, 3), (6, 3, 4), (20, 4, 5)])
def test_the_judge_is_exact_to_the_bound_at_the_edge_of_the_set(sizes: tuple[int, int, int]) -> None:
    for seed in range(30):
        random = np.random.default_rng(seed)
        problem = tied(seed, *sizes)
        gradient = svm.evaluate(problem).gradient
        direction = random.standard_normal(problem.W.shape)
        slopes = problem.X @ direction
        slopes -= slopes[np.arange(len(problem.y)), problem.y][:, None]
        edge = gradient_counting(problem, (slopes > 0.0).astype(float))
        outwards = np.sign(direction) * gradient.bound
        assert gradient.judge(edge + 0.7 * outwards).accepted
        assert gradient.judge(edge - 0.7 * outwards).accepted
        assert gradient.judge(edge + 0.7 * gradient.bound * random.choice([-1.0, 1.0], edge.shape)).accepted
        assert not gradient.judge(edge + 1.3 * outwards).accepted


def test_the_linear_programme_finds_a_point_within_the_bound_where_least_squares_does_not() -> None:
    # The point of the line t*(1, 1, 1) nearest to (0, 0, 2.9) is off by 1.93; in the largest error, by 1.45.
    box = TiedBox(np.ones((1, 3)), np.array([10.0]), np.full(3, 1.5))
    residual = np.array([5.0, 5.0, 7.9])
    assert np.abs(residual - residual.mean()).max() > 1.5
    assert np.abs(residual - box.nearest(residual)).max() <= 1.5


def test_equal_samples_with_equal_labels_share_one_generator() -> None:
    problem = tied(1, 1, 3, 4)
    repeated = Problem(problem.W, np.repeat(problem.X, 200, axis=0), np.repeat(problem.y, 200), 0.0)
    gradient = svm.evaluate(repeated).gradient
    assert gradient.ties == 600
    weights = np.random.default_rng(0).integers(0, 2, (200, 4)).astype(float)
    assert gradient.judge(gradient_counting(repeated, weights)).accepted
    assert not gradient.judge(gradient_counting(repeated, weights * 3.0)).accepted


def test_tied_samples_of_zeros_change_nothing() -> None:
    problem = Problem(W=np.zeros((2, 3)), X=np.zeros((4, 2)), y=np.array([0, 1, 2, 0]), reg=1.0)
    gradient = svm.evaluate(problem, delta=0.0).gradient
    assert gradient.ties == 8
    assert gradient.judge(np.zeros((2, 3))).accepted
    judged = gradient.judge(np.full((2, 3), 1e-200))
    assert not judged.accepted
    assert judged.certificate is not None


def test_thousands_of_ties_are_judged() -> None:
    problem = tied(1, 400, 2, 6)
    gradient = svm.evaluate(problem).gradient
    assert gradient.ties == 2000
    weights = np.random.default_rng(0).integers(0, 2, (400, 6)).astype(float)
    assert gradient.judge(gradient_counting(problem, weights)).accepted
    assert not gradient.judge(gradient.interval()[1]).accepted


def test_a_margin_that_rounding_puts_on_either_side_of_zero_counts_as_tied() -> None:
    # 0.1 + 0.2 and 0.3 differ in their last bit, so the order of a sum decides the sign of the margin.
    W = np.array([[0.1, 1.3], [0.2, 0.0]])
    problem = Problem(W=W, X=np.ones((1, 2)), y=np.array([1]), reg=0.0)
    gradient = svm.evaluate(problem).gradient
    assert gradient.ties == 1
    assert gradient.judge([[0.0, 0.0], [0.0, 0.0]]).accepted
    assert gradient.judge([[1.0, -1.0], [1.0, -1.0]]).accepted
    assert not gradient.judge([[1.0, -1.0], [0.0, 0.0]]).accepted


def test_a_margin_beyond_rounding_is_not_tied() -> None:
    W = np.array([[0.1, 1.3 - 1e-14], [0.2, 0.0]])
    gradient = svm.evaluate(Problem(W=W, X=np.ones((1, 2)), y=np.array([1]), reg=0.0)).gradient
    assert gradient.ties == 0
    assert not gradient.judge([[0.0, 0.0], [0.0, 0.0]]).accepted


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("seed", [0, None])
def test_a_gradient_that_is_not_finite_is_refused_without_a_warning(value: float, seed: int | None) -> None:
    problem = (
        tied(0, 2, 2, 3) if seed == 0 else Problem(np.ones((5, 3)), np.ones((2, 5)), np.array([0, 1]), 0.5)
    )
    gradient = svm.evaluate(problem).gradient
    dW = gradient.base.copy()
    dW[1, 1] = value
    judged = gradient.judge(dW)
    assert not judged.accepted
    assert judged.excess == np.inf
    assert judged.certificate is None


def test_a_gradient_of_another_shape_is_an_error_of_the_caller() -> None:
    gradient = svm.evaluate(tied(0, 2, 2, 3)).gradient
    with pytest.raises(ValueError, match=r"shape \(5, 3\) is needed, got \(3, 5\)"):
        gradient.judge(gradient.base.T)
