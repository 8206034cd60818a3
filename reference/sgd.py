"""Stochastic gradient descent as in the assignment, and a bound on the distance of W from its optimum.

Each step draws ``batch_size`` rows of the training data, records the loss of that batch, and then moves W
against the gradient: W -= learning_rate * dW (H. Robbins and S. Monro, A Stochastic Approximation Method, 1951).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]
Loss = Callable[[Matrix, Matrix, Labels, float], tuple[float, Matrix]]
"""(W, X, y, reg) -> (loss, dW)."""
Losses = Callable[[Matrix, Matrix, Labels, Matrix], tuple[Matrix, Matrix]]
"""The same for K problems of the same sizes: every array has an additional first axis."""

INITIAL_SCALE = 0.001
"""The standard deviation of the initial W if none is given."""


def predict(W: Matrix, X: Matrix) -> Labels:
    """The class with the highest score for each row of X: (N,) int64, the smallest label at an exact tie.

    Args:
        W: (D, C) weights.
        X: (N, D) data.
    """
    scores: Matrix = X @ W
    labels: Labels = scores.argmax(axis=1).astype(np.int64)
    return labels


def accuracy(W: Matrix, X: Matrix, y: Labels) -> float:
    """The share of the rows of X, (N, D), whose predicted class is their label in y, (N,)."""
    return float(np.mean(predict(W, X) == y))


def train(
    loss: Loss,
    X: Matrix,
    y: Labels,
    *,
    W: Matrix | None = None,
    learning_rate: float,
    reg: float,
    num_iters: int,
    batch_size: int,
    rng: np.random.Generator,
    replace: bool = True,
) -> tuple[Matrix, Matrix]:
    """Take ``num_iters`` steps of stochastic gradient descent.

    Args:
        loss: the loss and gradient of a batch.
        X: (N, D) training data; left unchanged.
        y: (N,) labels.
        W: (D, C) where to start; left unchanged. If None, small random numbers for max(y) + 1 classes.
        learning_rate: the step size.
        reg: regularization strength.
        num_iters: the number of steps.
        batch_size: the number of rows that each step draws; at most N without replacement.
        rng: the source of randomness.
        replace: whether a batch may contain a row twice.

    Returns:
        (D, C) the final W, and (num_iters,) the loss of each batch before its update.

    Raises:
        ValueError: a batch without replacement is larger than the data.
    """
    count = len(X)
    W = _initial(X, y, rng) if W is None else W
    history = np.empty(num_iters)
    for step in range(num_iters):
        batch = rng.choice(count, batch_size, replace=replace)
        history[step], dW = loss(W, X[batch], y[batch], reg)
        W = W - learning_rate * dW
    return W.copy(), history


def train_alike(
    losses: Losses,
    X: Matrix,
    y: Labels,
    *,
    learning_rate: float,
    reg: float,
    num_iters: int,
    batch_size: int,
    rngs: Sequence[np.random.Generator],
) -> tuple[Matrix, Matrix]:
    """Train like `train` with each of K generators, side by side, which takes hardly longer than one of them.

    Args:
        losses: the losses and gradients of a batch for each.
        X, y, learning_rate, reg, num_iters, batch_size: as in `train`.
        rngs: the sources of randomness.

    Returns:
        (K, D, C) the final W, and (K, num_iters) the losses.
    """
    W = np.stack([_initial(X, y, rng) for rng in rngs])
    history = np.empty((len(rngs), num_iters))
    strengths = np.full(len(rngs), reg)
    # What `Generator.choice` draws step by step.
    drawn = [rng.integers(len(X), size=(num_iters, batch_size)) for rng in rngs]
    for step, batches in enumerate(np.stack(drawn, axis=1)):
        history[:, step], dW = losses(W, X[batches], y[batches], strengths)
        W = W - learning_rate * dW
    return W, history


def _initial(X: Matrix, y: Labels, rng: np.random.Generator) -> Matrix:
    return INITIAL_SCALE * rng.standard_normal((X.shape[1], int(y.max()) + 1))


class Suboptimality(msgspec.Struct, frozen=True):
    """Bounds on how far W is from the minimum of a regularized loss, proved by one subgradient there.

    Attributes:
        gap: the loss at W is at most this much above the smallest possible.
        distance: the Frobenius norm of W minus the minimizer is at most this.
    """

    gap: float
    distance: float


def suboptimality(gradient: Matrix, reg: float, *, reg_scale: float = 1.0) -> Suboptimality:
    """Bounds the distance to the optimum by a subgradient of the loss on all training data.

    Both losses are convex, so with their regularization they are m-strongly convex, m = 2 * reg_scale * reg:
    the gap is at most |g|^2 / (2m) and the distance at most |g| / m (Y. Nesterov, Introductory Lectures on Convex
    Optimization, 2004, theorem 2.1.10, whose proof needs no more than a subgradient).

    Args:
        gradient: (D, C) any subgradient of the loss on all training data, at the W in question.
        reg: regularization strength; with 0 nothing is bounded, and both are infinite.
        reg_scale: 1.0 or 0.5, the regularization convention.
    """
    norm = float(np.linalg.norm(gradient))
    convexity = 2.0 * reg_scale * reg
    if convexity <= 0.0:
        return Suboptimality(math.inf, math.inf)
    return Suboptimality(norm**2 / (2.0 * convexity), norm / convexity)
