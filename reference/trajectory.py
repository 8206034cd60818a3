"""The course of a training whose batches are known, step by step, with bounds for accumulated rounding.

When all rows of X are equal and all labels too, every batch of ``batch_size`` rows is the same, whatever is
drawn. So W and the loss history are known at each step, up to rounding: that of the step itself, and that of
the steps before it, which the loss's curvature carries on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reference import softmax, svm
from reference.answer import Answer
from reference.losses import evaluate_of
from reference.problem import Problem
from reference.rounding import UNDERFLOW, UNIT_ROUNDOFF, gamma

Matrix = NDArray[np.float64]

_SECOND_ORDER = 2.0**-30
"""Share of a bound that pays for the rounding of the bound itself and for products of two errors."""


@dataclass(frozen=True, eq=False)
class Movement:
    """How much the loss and data gradient of one sample can change when W moves a little."""

    loss: float
    gradient: Matrix


Sensitivity = Callable[[Problem, Matrix, float], Movement | None]


@dataclass(frozen=True, eq=False)
class KnownLoss:
    """A loss whose trajectories can be bounded: its value, and its sensitivity to movements of W.

    Attributes:
        evaluate: the reference answer, called with a problem, reg_scale and delta.
        sensitivity: called with a problem of one sample, the (D, C) largest movements of W's entries, and
            delta; None where the movement could change the gradient by a jump.
    """

    evaluate: Callable[..., Answer]
    sensitivity: Sensitivity


@dataclass(frozen=True, eq=False)
class Trajectory:
    """What a right ``train`` goes through; entry k of each is after k steps.

    Attributes:
        W: (K + 1, D, C) the weights; W[0] is where it starts.
        W_bound: (K + 1, D, C) how far right float64 code can be from them.
        losses: (K,) the history: the loss before each update.
        loss_bounds: (K,) how far right float64 code can be from it.
    """

    W: Matrix
    W_bound: Matrix
    losses: Matrix
    loss_bounds: Matrix

    @property
    def steps(self) -> int:
        """K: how many steps are known. Fewer than asked for when the next one starts at a kink."""
        return len(self.losses)


def expected_updates(
    loss: KnownLoss,
    problem: Problem,
    *,
    learning_rate: float,
    num_iters: int,
    batch_size: int,
    reg_scale: float = 1.0,
    delta: float = 1.0,
) -> Trajectory:
    """The trajectory of gradient descent on data with one distinct sample.

    It ends early at a step where rounding decides whether a margin counts, because from there on two right
    answers go different ways. The first step is known for any W whose margins are not near 0.

    Args:
        loss: `SVM`, `SOFTMAX`, or another one by `known_loss`.
        problem: W is where training starts; the rows of X are all equal, and so are the labels.
        learning_rate: the step size.
        num_iters: how many steps, if no kink is met.
        batch_size: how many equal rows each batch holds: it matters for rounding only.
        reg_scale: 1.0 or 0.5, the regularization convention.
        delta: the margin of the SVM loss.

    Raises:
        ValueError: the rows of X or the labels are not all equal.
        OverflowError: the training leaves the range of float64.
    """
    if np.ptp(problem.X, axis=0).any() or np.ptp(problem.y):
        raise ValueError("the batches are known only if all rows of X are equal and all labels too")
    X = np.repeat(problem.X[:1], batch_size, axis=0)
    y = np.repeat(problem.y[:1], batch_size)
    shrink = 2.0 * reg_scale * problem.reg * learning_rate
    W, bound = problem.W, np.zeros_like(problem.W)
    Ws, bounds, losses, loss_bounds = [W], [bound], [], []
    for _ in range(num_iters):
        movement = loss.sensitivity(Problem(W, X[:1], y[:1], problem.reg), bound, delta)
        if movement is None:
            break
        answer = loss.evaluate(Problem(W, X, y, problem.reg), reg_scale=reg_scale, delta=delta)
        regularization = reg_scale * problem.reg * float(np.sum(bound * (2.0 * np.abs(W) + bound)))
        losses.append(answer.loss)
        # Twice: the answer's bounds hold at this W, and a right W is within `bound` of it.
        loss_bounds.append((2.0 * answer.loss_bound + movement.loss + regularization) * (1.0 + _SECOND_ORDER))

        dW = answer.gradient.base
        W = W - learning_rate * dW
        # The product and the difference are rounded, by the student and here; twice for products of errors.
        rounding = 4.0 * UNIT_ROUNDOFF * (np.abs(learning_rate * dW) + np.abs(W) + UNDERFLOW)
        of_gradient = abs(learning_rate) * (2.0 * answer.gradient.bound + movement.gradient)
        bound = (abs(1.0 - shrink) + _SECOND_ORDER) * bound + of_gradient * (1.0 + _SECOND_ORDER) + rounding
        Ws.append(W)
        bounds.append(bound)
    return Trajectory(np.array(Ws), np.array(bounds), np.array(losses), np.array(loss_bounds))


def _hinge_sensitivity(problem: Problem, moved: Matrix, delta: float) -> Movement | None:
    """The data gradient does not change at all, as long as no margin changes its sign."""
    W, x, label = problem.W, problem.X[0], int(problem.y[0])
    _, D, _ = problem.sizes
    scores, sizes = x @ W, np.abs(x) @ np.abs(W)
    margins = scores - scores[label] + delta
    # Both scores of a margin move.
    movements = np.abs(x) @ moved
    movements = (movements + movements[label]) * (1.0 + _SECOND_ORDER)
    window = 4.0 * gamma(D + 3) * (sizes + sizes[label] + abs(delta) + UNDERFLOW)
    others = np.arange(len(margins)) != label
    if (np.abs(margins) <= movements + window)[others].any():
        return None
    return Movement(float(movements[others & (margins > 0.0)].sum()), np.zeros_like(W))


def _softmax_sensitivity(problem: Problem, moved: Matrix, delta: float) -> Movement:
    """A probability changes by at most half of the largest change of a score, the loss by twice of it.

    d p_k / d s_l = p_k (1[k=l] - p_l), whose absolute values sum over l to 2 p_k (1 - p_k) <= 1/2; those of
    dL/ds = p - 1[y] sum to 2 (1 - p_y) <= 2.
    """
    x = np.abs(problem.X[0])
    largest = float((x @ moved).max())
    return Movement(2.0 * largest, np.repeat(0.5 * largest * x[:, None], problem.W.shape[1], axis=1))


SVM = KnownLoss(svm.evaluate, _hinge_sensitivity)
SOFTMAX = KnownLoss(softmax.evaluate, _softmax_sensitivity)
_BOUNDED = {"svm": SVM, "softmax": SOFTMAX}


def _at_rest(problem: Problem, moved: Matrix, delta: float) -> Movement | None:
    """Of a loss of unknown curvature only so much is known: if W does not move, nothing does."""
    return None if moved.any() else Movement(0.0, np.zeros_like(moved))


def known_loss(name: str) -> KnownLoss:
    """A loss by name; of one that is not this package's own, a trajectory is known for one step."""
    return _BOUNDED.get(name) or KnownLoss(evaluate_of(name), _at_rest)


def known_steps(name: str, num_iters: int) -> int:
    """How many of ``num_iters`` steps a trajectory can be known for."""
    return num_iters if name in _BOUNDED else 1
