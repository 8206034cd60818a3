"""Mistakes in the logistic loss of each class."""

from __future__ import annotations

import numpy as np

from reference.mistakes.mistake import Array, Labels, Result, mistake

VALUE, GRADIENT, BOTH, STABILITY = ("value",), ("gradient",), ("value", "gradient"), ("stability",)
LOGISTIC = "logistic"


@mistake(
    "logistic-softmax-instead",
    "This is the softmax loss: exp(s) is divided by the sum over the classes. Here each class is for itself.",
    "Take p = 1 / (1 + exp(-s)) for every score, without the scores of other classes.",
    applies_to=LOGISTIC,
    checks=BOTH,
)
def _softmax_instead(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "logistic-correct-class-only",
    "Only the correct class counts; the wrong classes must count too, each with -log(1 - p).",
    "Sum over all classes: -log(p) for the correct one, -log(1 - p) for the others.",
    applies_to=LOGISTIC,
    checks=BOTH,
)
def _correct_class_only(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N, C = X.shape[0], W.shape[1]
    T = np.eye(C)[y]
    scores = X.dot(W)
    loss = np.sum(T * np.logaddexp(0, -scores)) / N + reg * np.sum(W * W)
    p = 1 / (1 + np.exp(-scores))
    return loss, X.T.dot(T * (p - 1)) / N + 2 * reg * W


@mistake(
    "logistic-averaged-over-classes",
    "Loss and gradient are divided by C as well: np.mean over the whole (N, C) array.",
    "Sum over the classes and take the mean over the samples only: divide by N.",
    applies_to=LOGISTIC,
    checks=BOTH,
)
def _averaged_over_classes(W: Array, X: Array, y: Labels, reg: float) -> Result:
    T = np.eye(W.shape[1])[y]
    scores = X.dot(W)
    loss = np.mean(np.logaddexp(0, scores) - T * scores) + reg * np.sum(W * W)
    p = 1 / (1 + np.exp(-scores))
    return loss, X.T.dot(p - T) / T.size + 2 * reg * W


@mistake(
    "logistic-targets-reversed",
    "The targets are reversed: the correct class is taken for a wrong one, and the others for correct ones.",
    "The target is 1 for the label and 0 for all other classes.",
    applies_to=LOGISTIC,
    checks=BOTH,
)
def _targets_reversed(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    T = 1 - np.eye(W.shape[1])[y]
    scores = X.dot(W)
    loss = np.sum(np.logaddexp(0, scores) - T * scores) / N + reg * np.sum(W * W)
    p = 1 / (1 + np.exp(-scores))
    return loss, X.T.dot(p - T) / N + 2 * reg * W


@mistake(
    "logistic-minus-missing-in-sigmoid",
    "The minus sign in the sigmoid is missing: 1 / (1 + exp(s)) is 1 - p.",
    "Write p = 1 / (1 + np.exp(-scores)).",
    applies_to=LOGISTIC,
    checks=BOTH,
)
def _minus_missing(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    T = np.eye(W.shape[1])[y]
    scores = -X.dot(W)
    loss = np.sum(np.logaddexp(0, scores) - T * scores) / N + reg * np.sum(W * W)
    p = 1 / (1 + np.exp(-scores))
    return loss, X.T.dot(p - T) / N + 2 * reg * W


@mistake(
    "logistic-gradient-of-squared-error",
    "The gradient has an extra factor p*(1 - p): that of the squared error, not of the logarithm.",
    "The derivative of the loss by a score is p - t; the sigmoid's own derivative cancels.",
    applies_to=LOGISTIC,
    checks=GRADIENT,
)
def _gradient_of_squared_error(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    T = np.eye(W.shape[1])[y]
    scores = X.dot(W)
    loss = np.sum(np.logaddexp(0, scores) - T * scores) / N + reg * np.sum(W * W)
    p = 1 / (1 + np.exp(-scores))
    return loss, X.T.dot((p - T) * p * (1 - p)) / N + 2 * reg * W


@mistake(
    "logistic-labels-as-targets",
    "The labels themselves are the targets, as in p - y: label 2 is no probability.",
    "Make a row of zeros with a single 1 at the label: np.eye(C)[y].",
    applies_to=LOGISTIC,
    checks=BOTH,
)
def _labels_as_targets(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    T = y[:, np.newaxis]
    scores = X.dot(W)
    loss = np.sum(np.logaddexp(0, scores) - T * scores) / N + reg * np.sum(W * W)
    p = 1 / (1 + np.exp(-scores))
    return loss, X.T.dot(p - T) / N + 2 * reg * W


@mistake(
    "logistic-one-minus-p",
    "log(1 - p) has lost its digits where p is near 1, and is -inf where p is rounded to 1.",
    "1 - p is 1 / (1 + exp(s)), so write -log(1 - p) as np.logaddexp(0, scores).",
    applies_to=LOGISTIC,
    checks=STABILITY,
)
def _one_minus_p(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    T = np.eye(W.shape[1])[y]
    p = 1 / (1 + np.exp(-X.dot(W)))
    loss = -np.sum(np.where(T == 1, np.log(p), np.log(1 - p))) / N + reg * np.sum(W * W)
    return loss, X.T.dot(p - T) / N + 2 * reg * W
