"""The softmax loss written correctly in many ways, some of them only while exponentials stay in range."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tests.reference.right_svm import Array, LossFunction


def nested_loops(W: Array, X: Array, y: NDArray[np.int64], reg: float) -> tuple[float, Array]:
    dW = np.zeros_like(W)
    loss = 0.0
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        scores -= np.max(scores)
        p = np.exp(scores) / np.sum(np.exp(scores))
        loss += -np.log(p[y[i]])
        for j in range(W.shape[1]):
            dW[:, j] += p[j] * X[i]
        dW[:, y[i]] -= X[i]
    return loss / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W


def course_vectorized(W: Array, X: Array, y: NDArray[np.int64], reg: float) -> tuple[float, Array]:
    N = X.shape[0]
    scores = X.dot(W)
    scores -= np.max(scores, axis=1, keepdims=True)
    p = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)
    loss = -np.log(p[np.arange(N), y]).sum() / N + reg * np.sum(W**2)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


def no_shift(W: Array, X: Array, y: NDArray[np.int64], reg: float) -> tuple[float, Array]:
    N, C = X.shape[0], W.shape[1]
    exponentials = np.exp(np.einsum("nd,dc->nc", X, W))
    total = exponentials.sum(axis=1)
    label = np.eye(C)[y]
    loss = np.mean(np.log(total) - np.log((exponentials * label).sum(axis=1)))
    dW = X.T @ (exponentials * (1 / total)[:, None]) - X.T @ label
    return loss + reg * np.linalg.norm(W) ** 2, dW / N + 2 * reg * W


def shift_by_the_maximum_of_all(W: Array, X: Array, y: NDArray[np.int64], reg: float) -> tuple[float, Array]:
    N = X.shape[0]
    scores = X @ W
    scores = scores - scores.max()
    exponentials = np.exp(scores)
    p = (exponentials.T / exponentials.sum(axis=1)).T
    loss = np.sum(-np.log(p[np.arange(N), y])) / N + reg * np.trace(W.T @ W)
    steps = (p - np.eye(W.shape[1])[y]) / N
    return loss, np.einsum("nd,nc->dc", X, steps) + 2 * reg * W


def log_sum_exp_of_plain_scores(W: Array, X: Array, y: NDArray[np.int64], reg: float) -> tuple[float, Array]:
    N = X.shape[0]
    scores = X @ W
    log_total = np.log(np.exp(scores).sum(axis=1))
    loss = (log_total.sum() - scores[np.arange(N), y].sum()) / N + reg * np.sum(W * W)
    p = np.exp(scores - log_total[:, None])
    p[np.arange(N), y] -= 1
    return loss, X.T @ p / N + 2 * reg * W


def log_sum_exp(W: Array, X: Array, y: NDArray[np.int64], reg: float) -> tuple[float, Array]:
    N = X.shape[0]
    scores = X @ W
    top = scores.max(axis=1)
    log_total = top + np.log(np.exp(scores - top[:, None]).sum(axis=1))
    loss = (log_total.sum() - scores[np.arange(N), y].sum()) / N + reg * np.sum(W * W)
    p = np.exp(scores - log_total[:, None])
    dW = 2 * reg * W
    for i in range(N):
        dW += np.outer(X[i] / N, p[i])
        dW[:, y[i]] -= X[i] / N
    return loss, dW


def library_log_softmax(W: Array, X: Array, y: NDArray[np.int64], reg: float) -> tuple[float, Array]:
    from scipy.special import log_softmax

    N = X.shape[0]
    log_p = log_softmax(X @ W, axis=1)
    steps = np.exp(log_p)
    np.subtract.at(steps, (np.arange(N), y), 1)
    loss = -log_p[np.arange(N), y].mean() + reg * (W * W).sum(axis=1).sum()
    return loss, (steps.T @ X).T / N + 2 * reg * W


def row_by_row_with_regularization_in_each(
    W: Array, X: Array, y: NDArray[np.int64], reg: float
) -> tuple[float, Array]:
    N, C = X.shape[0], W.shape[1]
    share = 1.0 / N
    loss = 0.0
    dW = np.zeros_like(W)
    for i in reversed(range(N)):
        scores = [float(X[i] @ W[:, c]) for c in range(C)]
        top = max(scores)
        exponentials = [math.exp(score - top) for score in scores]
        total = sum(exponentials)
        loss += share * (top - scores[y[i]] + math.log(total)) + share * reg * float(np.sum(W * W))
        dW += share * 2 * reg * W
        for c in range(C):
            dW[:, c] += share * (exponentials[c] / total - (c == y[i])) * X[i]
    return loss, dW


def powers_of_e(W: Array, X: Array, y: NDArray[np.int64], reg: float) -> tuple[float, Array]:
    N = X.shape[0]
    scores = (X @ W).T
    powers = np.e ** (scores - np.mean(scores, axis=0))
    label = np.zeros_like(powers)
    label[y, np.arange(N)] = 1.0
    p = powers / powers.sum(axis=0)
    loss = np.average(-np.log(np.sum(p * label, axis=0))) + reg * sum(float(w @ w) for w in W)
    return loss, -((label - p) @ X).T / N + 2 * reg * W


def every_probability_for_itself(W: Array, X: Array, y: NDArray[np.int64], reg: float) -> tuple[float, Array]:
    N, C = X.shape[0], W.shape[1]
    loss = reg * np.sum(W * W)
    dW = reg * (W + W)
    for j in range(C):
        for i in range(N):
            p = np.exp(X[i] @ W[:, j]) / np.sum(np.exp(X[i] @ W))
            if j == y[i]:
                loss -= np.log(p) / N
                dW[:, j] -= X[i] / N
            dW[:, j] += p * X[i] / N
    return loss, dW


STABLE_AT_ANY_GAP: tuple[LossFunction, ...] = (
    log_sum_exp,
    library_log_softmax,
    row_by_row_with_regularization_in_each,
)
STABLE: tuple[LossFunction, ...] = (*STABLE_AT_ANY_GAP, nested_loops, course_vectorized)
"""Right at any shift of the scores, while no probability underflows."""
RIGHT: tuple[LossFunction, ...] = (
    *STABLE,
    no_shift,
    shift_by_the_maximum_of_all,
    log_sum_exp_of_plain_scores,
    powers_of_e,
    every_probability_for_itself,
)
"""Right while the exponentials of the scores themselves stay in range."""
