"""The course of a training with known batches, step by step, with bounds for accumulated rounding.

If all rows of X are equal, and all labels too, every batch of ``batch_size`` rows is the same, whatever is
drawn. So W and the loss history are known at each step, up to rounding: that of the step itself, and that of
the steps before it, which the loss's curvature propagates.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from reference.loss import Loss
from reference.problem import Problem
from reference.rounding import UNDERFLOW, UNIT_ROUNDOFF

Matrix = NDArray[np.float64]

_SECOND_ORDER = 2.0**-30
"""Share of a bound that covers the rounding of the bound itself and products of two errors."""


_SURELY = 2.0 * UNIT_ROUNDOFF
"""Half of the smallest bound that there is, relative to the number: a loss is a sum, and a new W is rounded twice."""


class Trajectory(msgspec.Struct, frozen=True, eq=False):
    """The course of a right ``train``; entry k of each array is after k steps.

    Attributes:
        W: (K + 1, D, C) the weights; W[0] are the initial ones.
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
        """K: the number of known steps. Fewer than requested if the next one starts at a kink."""
        return len(self.losses)


def expected_updates(
    loss: Loss,
    problem: Problem,
    *,
    learning_rate: float,
    num_iters: int,
    batch_size: int,
    reg_scale: float = 1.0,
    delta: float = 1.0,
) -> Trajectory:
    """The trajectory of gradient descent on data with one distinct sample.

    It ends early at a step where rounding decides whether a margin counts, because two right answers diverge from
    there. The first step is known for any W whose margins are not near 0.

    Args:
        loss: the loss to minimize.
        problem: W is where training starts; the rows of X are all equal, and so are the labels.
        learning_rate: the step size.
        num_iters: the number of steps, if no kink is met.
        batch_size: the number of equal rows in each batch: it matters only for rounding.
        reg_scale: 1.0 or 0.5, the regularization convention.
        delta: the margin of the SVM loss.

    Raises:
        ValueError: the rows of X or the labels are not all equal.
        OverflowError: the training leaves the range of float64.
    """
    X, y = _batch(problem, batch_size)
    W, bound = problem.W, np.zeros_like(problem.W)
    Ws, bounds, losses, loss_bounds = [W], [bound], [], []
    for _ in range(num_iters):
        # A right W is within `bound` of this one, and its loss and gradient are within theirs.
        answer = loss.evaluate(
            Problem(W, X, y, problem.reg),
            reg_scale=reg_scale,
            delta=delta,
            moved=bound * (1.0 + _SECOND_ORDER),
        )
        if answer.gradient.ties:
            break
        losses.append(answer.loss)
        loss_bounds.append(answer.loss_bound * (1.0 + _SECOND_ORDER))
        dW = answer.gradient.base
        W = W - learning_rate * dW
        # The product and the difference are rounded, by the student and here; doubled for products of errors.
        rounding = 4.0 * UNIT_ROUNDOFF * (np.abs(learning_rate * dW) + np.abs(W) + UNDERFLOW)
        of_gradient = abs(learning_rate) * answer.gradient.bound
        bound = (bound + of_gradient) * (1.0 + _SECOND_ORDER) + rounding
        Ws.append(W)
        bounds.append(bound)
    return Trajectory(np.array(Ws), np.array(bounds), np.array(losses), np.array(loss_bounds))


def surely_follow(
    loss: Loss,
    problem: Problem,
    W: Matrix,
    history: Matrix,
    *,
    learning_rate: float,
    batch_size: int,
    reg_scale: float = 1.0,
    delta: float = 1.0,
) -> bool:
    """Whether the final W, (D, C), and the losses, (K,), are certainly within the bounds of `expected_updates`.

    It takes a fifth of the time, and suffices for nearly all right ones. The other arguments are those of
    `expected_updates`.
    """
    X, y = _batch(problem, batch_size)
    expected = problem.W
    for kept in history.tolist():
        value, dW = loss.loss_and_gradient(expected, X, y, problem.reg, reg_scale=reg_scale, delta=delta)
        if not abs(kept - value) <= _SURELY * abs(value):
            return False
        expected = expected - learning_rate * dW
    return len(history) > 0 and bool((np.abs(W - expected) <= _SURELY * np.abs(expected)).all())


def _batch(problem: Problem, batch_size: int) -> tuple[Matrix, NDArray[np.int64]]:
    """(batch_size, D) and (batch_size,) the only batch that there can be."""
    if np.ptp(problem.X, axis=0).any() or np.ptp(problem.y):
        raise ValueError("the batches are known only if all rows of X are equal and all labels too")
    return np.repeat(problem.X[:1], batch_size, axis=0), np.repeat(problem.y[:1], batch_size)
