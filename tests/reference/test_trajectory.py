"""Right training stays within the bounds of the known trajectory, however it is written; wrong leaves them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial

import numpy as np
import pytest

from reference.loss import Loss
from reference.losses import loss_named
from reference.problem import Problem
from reference.sgd import Labels, Matrix, train
from reference.trajectory import Trajectory, expected_updates, surely_follow

BATCH = 5
SVM, SOFTMAX = loss_named("svm"), loss_named("softmax")


def problem(seed: int, scale: float = 1.0, reg: float = 0.1) -> Problem:
    rng = np.random.default_rng(seed)
    features, classes = int(rng.integers(1, 8)), int(rng.integers(2, 6))
    x = scale * rng.standard_normal((1, features))
    label = rng.integers(0, classes)
    W = rng.standard_normal((features, classes)) / scale
    return Problem(W, np.repeat(x, 7, axis=0), np.repeat(label, 7), reg)


def loops_svm(W: Matrix, X: Matrix, y: Labels, reg: float) -> tuple[float, Matrix]:
    loss, dW = 0.0, np.zeros_like(W)
    for x, label in zip(X, y, strict=True):
        for j in range(W.shape[1]):
            margin = sum(a * b for a, b in zip(x, W[:, j] - W[:, label], strict=True)) + 1.0
            if j != label and margin > 0:
                loss += margin / len(X)
                dW[:, j] += x / len(X)
                dW[:, label] -= x / len(X)
    return float(loss) + float((reg * W * W).sum()), dW + W * reg + W * reg


def masks_svm(W: Matrix, X: Matrix, y: Labels, reg: float) -> tuple[float, Matrix]:
    rows = np.arange(len(X))
    scores = np.einsum("nd,dc->nc", X[::-1], W)[::-1]
    margins = np.maximum(0, scores - scores[rows, y][:, None] + 1)
    margins[rows, y] = 0
    counts = (margins > 0).astype(float)
    counts[rows, y] = -counts.sum(axis=1)
    return margins.sum() / len(X) + reg * np.linalg.norm(W) ** 2, X.T.dot(counts) / len(X) + 2 * reg * W


def unshifted_softmax(W: Matrix, X: Matrix, y: Labels, reg: float) -> tuple[float, Matrix]:
    p = np.exp(X @ W)
    p /= p.sum(axis=1, keepdims=True)
    rows = np.arange(len(X))
    loss = -np.log(p[rows, y]).mean() + reg * np.sum(W**2)
    p[rows, y] -= 1
    return float(loss), np.tensordot(X, p / len(X), ((0,), (0,))) + reg * 2 * W


def shifted_softmax(W: Matrix, X: Matrix, y: Labels, reg: float) -> tuple[float, Matrix]:
    loss, dW = 0.0, np.zeros_like(W)
    for x, label in zip(X, y, strict=True):
        scores = x @ W
        scores -= scores.max()
        exponentials = np.exp(scores)
        loss += np.log(exponentials.sum()) - scores[label]
        for j in range(W.shape[1]):
            dW[:, j] += (exponentials[j] / exponentials.sum() - (j == label)) * x
    return float(loss / len(X) + reg * np.sum(W * W)), dW / len(X) + 2 * reg * W


Student = Callable[[Matrix, Matrix, Labels, float], tuple[float, Matrix]]
RIGHT: list[tuple[Loss, Student]] = [
    (SVM, loops_svm),
    (SVM, masks_svm),
    (SOFTMAX, unshifted_softmax),
    (SOFTMAX, shifted_softmax),
]


def excess(loss: Loss, student: Student, case: Problem, rate: float, steps: int, known_rate: float) -> float:
    """How far the student's training is from the known trajectory, in units of its bounds."""
    known = expected_updates(loss, case, learning_rate=known_rate, num_iters=steps, batch_size=BATCH)
    if known.steps == 0:
        return 0.0
    W, history = train(
        student, case.X, case.y, W=case.W, learning_rate=rate, reg=case.reg, num_iters=known.steps,
        batch_size=BATCH, rng=np.random.default_rng(0),
    )  # fmt: skip
    of_W = np.abs(W - known.W[-1]) / np.maximum(known.W_bound[-1], np.finfo(float).tiny)
    of_history = np.abs(history - known.losses) / known.loss_bounds
    return float(max(of_W.max(), of_history.max()))


@pytest.mark.parametrize(("loss", "student"), RIGHT)
@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
@pytest.mark.parametrize("reg", [0.0, 0.1, 3.0])
def test_right_training_stays_within_the_bounds(
    loss: Loss, student: Student, scale: float, reg: float
) -> None:
    worst = max(
        excess(loss, student, problem(seed, scale, reg * scale**2), rate / scale**2, 20, rate / scale**2)
        for seed in range(20)
        for rate in (0.01, 0.1)
    )
    assert worst <= 1.0


@pytest.mark.parametrize(("loss", "student"), RIGHT)
def test_a_learning_rate_off_by_a_millionth_leaves_the_bounds(loss: Loss, student: Student) -> None:
    for seed in range(20):
        assert excess(loss, student, problem(seed), 0.1 * (1 + 1e-6), 20, 0.1) > 1.0


@pytest.mark.parametrize(("loss", "student"), RIGHT)
def test_what_surely_follows_is_within_the_bounds(loss: Loss, student: Student) -> None:
    def trained(of: Student, rate: float) -> tuple[Matrix, Matrix]:
        return train(
            of, case.X, case.y, W=case.W, learning_rate=rate, reg=case.reg, num_iters=known.steps,
            batch_size=BATCH, rng=np.random.default_rng(0),
        )  # fmt: skip

    found = 0
    for seed in range(20):
        case = problem(seed)
        known = expected_updates(loss, case, learning_rate=0.1, num_iters=3, batch_size=BATCH)
        surely = partial(surely_follow, loss, case, learning_rate=0.1, batch_size=BATCH)
        assert known.steps == 0 or surely(*trained(loss.loss_and_gradient, 0.1))
        assert not surely(*trained(student, 0.1 * (1 + 1e-6)))
        W, history = trained(student, 0.1)
        for off in (1.0, 1.0 + 2.0**-52, 1.0 - 2.0**-51, 1.0 + 2.0**-48):
            for moved in ((W * off, history), (W, history * off)):
                if surely(*moved):
                    found += 1
                    assert (np.abs(moved[0] - known.W[-1]) <= known.W_bound[-1]).all()
                    assert (np.abs(moved[1] - known.losses) <= known.loss_bounds).all()
    assert found


def known_and_exact_svm(seed: int) -> tuple[Trajectory, list[list[list[Fraction]]], list[Fraction]]:
    """The trajectory in rational arithmetic, for as many steps as it is known."""
    case = problem(seed)
    known = expected_updates(SVM, case, learning_rate=0.1, num_iters=12, batch_size=BATCH)
    rate, reg, label = Fraction(0.1), Fraction(case.reg), int(case.y[0])
    x = [Fraction(value) for value in case.X[0].tolist()]
    W = [[Fraction(value) for value in row] for row in case.W.tolist()]
    Ws, losses = [W], []
    for _ in range(known.steps):
        scores = [
            sum((a * row[j] for a, row in zip(x, W, strict=True)), Fraction()) for j in range(len(W[0]))
        ]
        margins = [score - scores[label] + 1 if j != label else Fraction() for j, score in enumerate(scores)]
        steps = [Fraction(margin > 0) for margin in margins]
        steps[label] = -sum(steps, Fraction())
        losses.append(
            sum(max(margin, Fraction()) for margin in margins) + reg * sum(w * w for row in W for w in row)
        )
        W = [
            [w - rate * (a * step + 2 * reg * w) for w, step in zip(row, steps, strict=True)]
            for a, row in zip(x, W, strict=True)
        ]
        Ws.append(W)
    return known, Ws, losses


def test_the_exact_trajectory_is_within_the_bounds() -> None:
    for seed in range(10):
        known, Ws, losses = known_and_exact_svm(seed)
        for W, bound, exact in zip(known.W, known.W_bound, Ws, strict=True):
            for index in np.ndindex(W.shape):
                assert abs(Fraction(W[index]) - exact[index[0]][index[1]]) <= Fraction(bound[index])
        for value, bound, loss in zip(known.losses.tolist(), known.loss_bounds.tolist(), losses, strict=True):
            assert abs(Fraction(value) - loss) <= Fraction(bound)


def test_bounds_stay_far_below_what_a_mistake_changes() -> None:
    for seed in range(20):
        for loss in (SVM, SOFTMAX):
            known = expected_updates(loss, problem(seed), learning_rate=0.05, num_iters=10, batch_size=BATCH)
            assert known.W_bound.max() < 1e-9


def test_a_trajectory_ends_before_the_step_that_a_tie_leaves_open() -> None:
    # Margin of class 1: -x w_0 + x w_1 + 1 = 4 - 2 * step: exactly 0 after two steps of 1/1.
    case = Problem(np.array([[0.0, 3.0]]), np.ones((4, 1)), np.zeros(4, np.int64), 0.0)
    known = expected_updates(SVM, case, learning_rate=1.0, num_iters=10, batch_size=4)
    assert known.losses.tolist() == [4.0, 2.0]
    np.testing.assert_array_equal(known.W[-1], [[2.0, 1.0]])
    assert known.steps == 2


def test_a_start_on_a_tie_is_not_known_at_all() -> None:
    case = Problem(np.array([[1.0, 0.0]]), np.ones((4, 1)), np.zeros(4, np.int64), 0.0)
    known = expected_updates(SVM, case, learning_rate=1.0, num_iters=10, batch_size=4)
    assert known.steps == 0
    np.testing.assert_array_equal(known.W, case.W[None])


def test_softmax_has_no_kinks() -> None:
    case = Problem(np.array([[1.0, 0.0]]), np.ones((4, 1)), np.zeros(4, np.int64), 0.0)
    assert expected_updates(SOFTMAX, case, learning_rate=1.0, num_iters=10, batch_size=4).steps == 10


def test_regularization_may_follow_either_convention() -> None:
    case = problem(1)
    whole = expected_updates(SVM, case, learning_rate=0.1, num_iters=5, batch_size=4, reg_scale=0.5)
    halved = Problem(case.W, case.X, case.y, case.reg / 2)
    half = expected_updates(SVM, halved, learning_rate=0.1, num_iters=5, batch_size=4)
    np.testing.assert_allclose(whole.W, half.W, rtol=1e-14)
    np.testing.assert_allclose(whole.losses, half.losses, rtol=1e-14)


@pytest.mark.parametrize("part", ["X", "y"])
def test_two_distinct_samples_are_refused(part: str) -> None:
    case = problem(1)
    X, y = case.X.copy(), case.y.copy()
    if part == "X":
        X[2, 0] += 1
    else:
        y[2] = (y[2] + 1) % 2
    with pytest.raises(ValueError, match="all rows of X are equal and all labels too"):
        expected_updates(SVM, Problem(case.W, X, y, 0.0), learning_rate=0.1, num_iters=5, batch_size=4)
