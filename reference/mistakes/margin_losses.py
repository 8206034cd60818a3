"""Mistakes in the losses of margins: the Huber loss, the squared hinge loss, and the hinge loss with the L1 penalty."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference.mistakes.mistake import Array, Labels, Result, mistake

VALUE, GRADIENT, BOTH = ("value",), ("gradient",), ("value", "gradient")


def _of_margins(parts: Any, W: Array, X: Array, y: Labels, reg: float) -> Result:
    """``parts`` makes of the margins, (N, C) and 0 at the label, the losses and their derivatives by the scores."""
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1.0)
    margins[np.arange(N), y] = 0
    losses, pulls = parts(margins)
    pulls[np.arange(N), y] = -pulls.sum(axis=1)
    return np.sum(losses) / N + reg * np.sum(W * W), X.T.dot(pulls) / N + 2 * reg * W


def _with_penalty(penalty: Any, W: Array, X: Array, y: Labels, reg: float) -> Result:
    """The hinge loss; ``penalty`` makes of W and reg the penalty and its gradient."""
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1.0)
    margins[np.arange(N), y] = 0
    counts = (margins > 0) * 1.0
    counts[np.arange(N), y] = -counts.sum(axis=1)
    added, gradient = penalty(W, reg)
    return np.sum(margins) / N + added, X.T.dot(counts) / N + gradient


@mistake(
    "huber-squared-everywhere",
    "Large margins are squared, too; beyond 1 the loss is linear: m - 1/2.",
    "Take np.where(m <= 1, m**2 / 2, m - 0.5), and np.minimum(m, 1) for its derivative.",
    applies_to="huber",
    checks=BOTH,
    within=_of_margins,
)
def _squared_everywhere(margins: Array) -> Result:
    return margins**2 / 2, margins.copy()


@mistake(
    "huber-not-squared",
    "The margins are not squared where they are small: this is the SVM's hinge loss.",
    "Take np.where(m <= 1, m**2 / 2, m - 0.5), and np.minimum(m, 1) for its derivative.",
    applies_to="huber",
    checks=BOTH,
    within=_of_margins,
)
def _huber_not_squared(margins: Array) -> Result:
    return margins, (margins > 0) * 1.0


@mistake(
    "huber-without-the-half",
    "The small margins are squared without the factor 1/2: at 1 the loss jumps.",
    "m**2 / 2 and m - 1/2 meet at m = 1, where both are 1/2.",
    applies_to="huber",
    checks=VALUE,
    within=_of_margins,
)
def _without_the_half(margins: Array) -> Result:
    return np.where(margins <= 1, margins**2, margins - 0.5), np.minimum(margins, 1.0)


@mistake(
    "huber-jump",
    "The linear part lacks its - 1/2: at 1 the loss jumps.",
    "m**2 / 2 and m - 1/2 meet at m = 1, where both are 1/2.",
    applies_to="huber",
    checks=VALUE,
    within=_of_margins,
)
def _jump(margins: Array) -> Result:
    return np.where(margins <= 1, margins**2 / 2, margins), np.minimum(margins, 1.0)


@mistake(
    "huber-gradient-not-clipped",
    "The gradient of a large margin grows with it; beyond 1 it stays at 1.",
    "The derivative of the loss by a margin is np.minimum(m, 1).",
    applies_to="huber",
    checks=GRADIENT,
    within=_of_margins,
)
def _gradient_not_clipped(margins: Array) -> Result:
    return np.where(margins <= 1, margins**2 / 2, margins - 0.5), margins.copy()


@mistake(
    "squared-hinge-not-squared",
    "The margins are not squared: this is the SVM's hinge loss.",
    "Square each positive margin before summing, and differentiate the square: 2 * margin.",
    applies_to="squared_hinge",
    checks=BOTH,
    within=_of_margins,
)
def _not_squared(margins: Array) -> Result:
    return margins, (margins > 0) * 1.0


@mistake(
    "squared-hinge-gradient-of-the-hinge",
    "The loss is squared, but dW is the gradient of the hinge itself.",
    "The derivative of margin**2 is 2 * margin, times that of the margin.",
    applies_to="squared_hinge",
    checks=GRADIENT,
    within=_of_margins,
)
def _gradient_of_the_hinge(margins: Array) -> Result:
    return margins**2, (margins > 0) * 1.0


@mistake(
    "squared-hinge-gradient-without-2",
    "The gradient of the data term lacks the factor 2 that comes from the square.",
    "The derivative of margin**2 is 2 * margin, times that of the margin.",
    applies_to="squared_hinge",
    checks=GRADIENT,
    within=_of_margins,
)
def _gradient_without_2(margins: Array) -> Result:
    return margins**2, margins.copy()


@mistake(
    "squared-hinge-square-of-the-sum",
    "The sum of a sample's margins is squared instead of each margin.",
    "Square first, sum then: np.sum(margins**2).",
    applies_to="squared_hinge",
    checks=VALUE,
    within=_of_margins,
)
def _square_of_the_sum(margins: Array) -> Result:
    return margins.sum(axis=1) ** 2, 2 * margins


@mistake(
    "l1-gradient-of-squares",
    "The gradient of the penalty is 2*reg*W, that of the squares; the derivative of |w| is its sign.",
    "Write dW += reg * np.sign(W).",
    applies_to="svm_l1",
    checks=GRADIENT,
    within=_with_penalty,
)
def _gradient_of_squares(W: Array, reg: float) -> Result:
    return reg * np.sum(np.abs(W)), 2 * reg * W


@mistake(
    "l1-sign-missing",
    "The gradient of the penalty is reg for every weight; the derivative of |w| is -1 where w is negative.",
    "Write dW += reg * np.sign(W).",
    applies_to="svm_l1",
    checks=GRADIENT,
    within=_with_penalty,
)
def _sign_missing(W: Array, reg: float) -> Result:
    return reg * np.sum(np.abs(W)), reg


@mistake(
    "l1-factor-2-too-many",
    "The gradient of the penalty has an extra factor 2: the derivative of |w| is its sign.",
    "Write dW += reg * np.sign(W), without a factor.",
    applies_to="svm_l1",
    checks=GRADIENT,
    within=_with_penalty,
)
def _factor_2_too_many(W: Array, reg: float) -> Result:
    return reg * np.sum(np.abs(W)), 2 * reg * np.sign(W)


@mistake(
    "l1-absolute-value-missing",
    "The loss adds reg*sum(W), in which negative weights take from positive ones.",
    "The penalty is reg*sum(|W|): write reg * np.sum(np.abs(W)).",
    applies_to="svm_l1",
    checks=VALUE,
    within=_with_penalty,
)
def _absolute_value_missing(W: Array, reg: float) -> Result:
    return reg * np.sum(W), reg * np.sign(W)


@mistake(
    "l1-squares-instead",
    "The penalty is reg*sum(W*W), in the loss and in dW; here reg*sum(|W|) is asked for.",
    "Write reg * np.sum(np.abs(W)) in the loss and reg * np.sign(W) in dW.",
    applies_to="svm_l1",
    checks=BOTH,
    within=_with_penalty,
)
def _squares_instead(W: Array, reg: float) -> Result:
    return reg * np.sum(W * W), 2 * reg * W
