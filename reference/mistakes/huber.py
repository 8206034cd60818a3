"""Mistakes in the Huber loss of the margins."""

from __future__ import annotations

import numpy as np

from reference.mistakes.mistake import Array, Labels, Result, mistake

VALUE, GRADIENT, BOTH = ("value",), ("gradient",), ("value", "gradient")


@mistake(
    "huber-squared-everywhere",
    "Large margins are squared, too; beyond 1 the loss is linear: m - 1/2.",
    "Take np.where(m <= 1, m**2 / 2, m - 0.5), and np.minimum(m, 1) for its derivative.",
    applies_to="huber",
    checks=BOTH,
)
def _squared_everywhere(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1.0)
    margins[np.arange(N), y] = 0
    pulls = margins.copy()
    pulls[np.arange(N), y] = -pulls.sum(axis=1)
    return np.sum(margins**2) / 2 / N + reg * np.sum(W * W), X.T.dot(pulls) / N + 2 * reg * W


@mistake(
    "huber-not-squared",
    "The margins are not squared where they are small: this is the SVM's hinge loss.",
    "Take np.where(m <= 1, m**2 / 2, m - 0.5), and np.minimum(m, 1) for its derivative.",
    applies_to="huber",
    checks=BOTH,
)
def _not_squared(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1.0)
    margins[np.arange(N), y] = 0
    pulls = (margins > 0) * 1.0
    pulls[np.arange(N), y] = -pulls.sum(axis=1)
    return np.sum(margins) / N + reg * np.sum(W * W), X.T.dot(pulls) / N + 2 * reg * W


@mistake(
    "huber-without-the-half",
    "The small margins are squared without the factor 1/2: at 1 the loss jumps.",
    "m**2 / 2 and m - 1/2 meet at m = 1, where both are 1/2.",
    applies_to="huber",
    checks=VALUE,
)
def _without_the_half(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1.0)
    margins[np.arange(N), y] = 0
    pulls = np.minimum(margins, 1.0)
    pulls[np.arange(N), y] = -pulls.sum(axis=1)
    losses = np.where(margins <= 1, margins**2, margins - 0.5)
    return np.sum(losses) / N + reg * np.sum(W * W), X.T.dot(pulls) / N + 2 * reg * W


@mistake(
    "huber-jump",
    "The linear part lacks its - 1/2: at 1 the loss jumps.",
    "m**2 / 2 and m - 1/2 meet at m = 1, where both are 1/2.",
    applies_to="huber",
    checks=VALUE,
)
def _jump(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1.0)
    margins[np.arange(N), y] = 0
    pulls = np.minimum(margins, 1.0)
    pulls[np.arange(N), y] = -pulls.sum(axis=1)
    losses = np.where(margins <= 1, margins**2 / 2, margins)
    return np.sum(losses) / N + reg * np.sum(W * W), X.T.dot(pulls) / N + 2 * reg * W


@mistake(
    "huber-gradient-not-clipped",
    "The gradient of a large margin grows with it; beyond 1 it stays at 1.",
    "The derivative of the loss by a margin is np.minimum(m, 1).",
    applies_to="huber",
    checks=GRADIENT,
)
def _gradient_not_clipped(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1.0)
    margins[np.arange(N), y] = 0
    pulls = margins.copy()
    pulls[np.arange(N), y] = -pulls.sum(axis=1)
    losses = np.where(margins <= 1, margins**2 / 2, margins - 0.5)
    return np.sum(losses) / N + reg * np.sum(W * W), X.T.dot(pulls) / N + 2 * reg * W
