"""The squared hinge, the Huber and the logistic loss written correctly in a few ways."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.reference.right_svm import Array, LossFunction


def squared_hinge_loops(W: Array, X: Array, y: NDArray[np.int64], reg: float) -> tuple[float, Array]:
    loss, dW = 0.0, np.zeros_like(W)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            margin = scores[j] - scores[y[i]] + 1
            if j != y[i] and margin > 0:
                loss += margin**2
                dW[:, j] += 2 * margin * X[i]
                dW[:, y[i]] -= 2 * margin * X[i]
    return loss / len(y) + reg * np.sum(W * W), dW / len(y) + 2 * reg * W


def squared_hinge_with_the_label(W: Array, X: Array, y: NDArray[np.int64], reg: float) -> tuple[float, Array]:
    N = len(y)
    scores = X @ W
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, None] + 1)
    pulls = 2 * margins / N
    pulls[np.arange(N), y] -= pulls.sum(axis=1)
    return np.mean((margins**2).sum(axis=1)) - 1 + reg * np.linalg.norm(W) ** 2, X.T @ pulls + reg * (W + W)


def huber_loops(W: Array, X: Array, y: NDArray[np.int64], reg: float) -> tuple[float, Array]:
    loss, dW = 0.0, np.zeros_like(W)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            margin = scores[j] - scores[y[i]] + 1
            if j != y[i] and margin > 0:
                loss += 0.5 * margin**2 if margin <= 1 else margin - 0.5
                dW[:, j] += min(margin, 1) * X[i]
                dW[:, y[i]] -= min(margin, 1) * X[i]
    return loss / len(y) + reg * np.sum(W * W), dW / len(y) + 2 * reg * W


def logistic_loops(W: Array, X: Array, y: NDArray[np.int64], reg: float) -> tuple[float, Array]:
    loss, dW = 0.0, np.zeros_like(W)
    for i in range(X.shape[0]):
        for j in range(W.shape[1]):
            score = float(X[i] @ W[:, j])
            loss += np.logaddexp(0, score) - (score if j == y[i] else 0)
            small = np.exp(-abs(score))
            p = (1 if score > 0 else small) / (1 + small)
            dW[:, j] += (p - (j == y[i])) * X[i]
    return float(loss / len(y) + reg * np.sum(W * W)), dW / len(y) + 2 * reg * W


def logistic_of_scipy(W: Array, X: Array, y: NDArray[np.int64], reg: float) -> tuple[float, Array]:
    from scipy.special import expit, log_expit

    label = np.eye(W.shape[1])[y]
    scores = np.einsum("nd,dc->nc", X, W)
    loss = -np.sum(label * log_expit(scores) + (1 - label) * log_expit(-scores)) / len(y)
    return loss + reg * np.sum(W**2), np.einsum("nd,nc->dc", X, expit(scores) - label) / len(y) + 2 * reg * W


SQUARED_HINGE: tuple[LossFunction, ...] = (squared_hinge_loops, squared_hinge_with_the_label)
HUBER: tuple[LossFunction, ...] = (huber_loops,)
LOGISTIC: tuple[LossFunction, ...] = (logistic_loops, logistic_of_scipy)
