"""The SVM loss written correctly in many ways: every order of summation that the bounds have to allow."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
LossFunction: TypeAlias = Callable[[Array, Array, NDArray[np.int64], float], tuple[float, Array]]


def nested_loops(W: Array, X: Array, y: NDArray[np.int64], reg: float) -> tuple[float, Array]:
    dW = np.zeros_like(W)
    loss = 0.0
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            margin = scores[j] - scores[y[i]] + 1
            if j != y[i] and margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    return loss / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W


def nested_loops_backwards_without_skipping_the_label(
    W: Array, X: Array, y: NDArray[np.int64], reg: float
) -> tuple[float, Array]:
    N, C = X.shape[0], W.shape[1]
    dW = 2 * reg * W
    loss = reg * float(np.linalg.norm(W)) ** 2
    for i in reversed(range(N)):
        for j in reversed(range(C)):
            margin = X[i] @ (W[:, j] - W[:, y[i]]) + 1
            if margin >= 0:
                loss += margin / N
                dW[:, j] += X[i] / N
                dW[:, y[i]] -= X[i] / N
        loss -= 1 / N
    return loss, dW


def scalars_only(W: Array, X: Array, y: NDArray[np.int64], reg: float) -> tuple[float, Array]:
    (N, D), C = X.shape, W.shape[1]
    share = 1.0 / N
    dW = np.zeros_like(W)
    loss = 0.0
    for i in range(N):
        scores = [sum(float(X[i, d]) * float(W[d, c]) for d in range(D)) for c in range(C)]
        for j in range(C):
            margin = scores[j] - (scores[y[i]] - 1.0)
            if j != y[i] and margin > 0:
                loss += share * margin
                for d in range(D):
                    dW[d, j] += share * X[i, d]
                    dW[d, y[i]] -= share * X[i, d]
    for d in range(D):
        for c in range(C):
            loss += reg * W[d, c] * W[d, c]
            dW[d, c] += reg * W[d, c] + reg * W[d, c]
    return loss, dW


def mask_and_matrix_product(W: Array, X: Array, y: NDArray[np.int64], reg: float) -> tuple[float, Array]:
    N = X.shape[0]
    scores = X @ W
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, None] + 1)
    margins[np.arange(N), y] = 0
    mask = (margins > 0).astype(float)
    mask[np.arange(N), y] = -mask.sum(axis=1)
    return margins.sum() / N + reg * np.sum(W**2), X.T.dot(mask) / N + 2 * reg * W


def all_margins_then_less_delta(W: Array, X: Array, y: NDArray[np.int64], reg: float) -> tuple[float, Array]:
    N, C = X.shape[0], W.shape[1]
    label = np.eye(C)[y]
    scores = np.einsum("nd,dc->nc", X, W)
    margins = np.clip(scores - (scores * label).sum(axis=1, keepdims=True) + 1, 0, None)
    loss = np.mean(margins.sum(axis=1)) - 1 + reg * np.trace(W.T @ W)
    mask = np.where(margins > 0, 1.0, 0.0)
    dW = np.einsum("nd,nc->dc", X, mask) - X.T @ (label * mask.sum(axis=1, keepdims=True))
    return loss, dW / N + reg * 2 * W


def class_by_class(W: Array, X: Array, y: NDArray[np.int64], reg: float) -> tuple[float, Array]:
    N, C = X.shape[0], W.shape[1]
    own = np.sum(X * W[:, y].T, axis=1)
    loss = 0.0
    dW = np.zeros_like(W)
    counts = np.zeros(N)
    for j in range(C):
        margins = np.where(y == j, 0.0, X.dot(W[:, j]) - own + 1)
        loss += margins[margins > 0].mean() * (margins > 0).mean() if (margins > 0).any() else 0.0
        counts += margins > 0
        dW[:, j] += X[margins > 0].sum(axis=0) / N
    for j in range(C):
        dW[:, j] -= (counts[y == j, None] * X[y == j]).sum(axis=0) / N
        loss += reg * W[:, j].dot(W[:, j])
        dW[:, j] += 2 * reg * W[:, j]
    return loss, dW


def row_by_row_with_regularization_in_each(
    W: Array, X: Array, y: NDArray[np.int64], reg: float
) -> tuple[float, Array]:
    loss = 0.0
    dW = np.zeros_like(W)
    for x, label in zip(X, y, strict=True):
        scores = x @ W
        margins = scores - scores[label] + 1
        wrong = (margins > 0).astype(float)
        wrong[label] = 0
        loss += wrong @ margins + reg * np.sum(np.square(W))
        wrong[label] -= wrong.sum()
        dW += np.outer(x, wrong) + 2 * reg * W
    return loss / len(X), dW / len(X)


def scores_counted_without_margins(
    W: Array, X: Array, y: NDArray[np.int64], reg: float
) -> tuple[float, Array]:
    N = X.shape[0]
    scores = X @ W
    own = scores[np.arange(N), y]
    wrong = scores > own[:, None] - 1
    wrong[np.arange(N), y] = False
    counts = wrong.sum(axis=1)
    loss = (scores[wrong].sum() - (counts * own).sum() + counts.sum()) / N
    steps = wrong / N
    np.subtract.at(steps, (np.arange(N), y), counts / N)
    return loss + reg * (W * W).sum(axis=0).sum(), (X.T @ steps) + W * (2 * reg)


RIGHT: tuple[LossFunction, ...] = (
    nested_loops,
    nested_loops_backwards_without_skipping_the_label,
    mask_and_matrix_product,
    all_margins_then_less_delta,
    class_by_class,
    row_by_row_with_regularization_in_each,
    scores_counted_without_margins,
)
"""Fast enough for real sizes."""
RIGHT_FOR_SMALL_SIZES: tuple[LossFunction, ...] = (*RIGHT, scalars_only)
