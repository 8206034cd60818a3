"""Mistakes in the logistic loss, in the squared hinge loss, and in the L1 penalty."""

from __future__ import annotations

import numpy as np

from reference.mistakes.mistake import Array, Labels, Result, mistake

VALUE, GRADIENT, BOTH, STABILITY = ("value",), ("gradient",), ("value", "gradient"), ("stability",)
LOGISTIC, SQUARED_HINGE, L1 = "logistic", "squared_hinge", "svm_l1"


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


@mistake(
    "squared-hinge-not-squared",
    "The margins are not squared: this is the SVM's hinge loss.",
    "Square each positive margin before summing, and differentiate the square: 2 * margin.",
    applies_to=SQUARED_HINGE,
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
    "squared-hinge-gradient-of-the-hinge",
    "The loss is squared, but dW is the gradient of the hinge itself.",
    "The derivative of margin**2 is 2 * margin, times that of the margin.",
    applies_to=SQUARED_HINGE,
    checks=GRADIENT,
)
def _gradient_of_the_hinge(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1.0)
    margins[np.arange(N), y] = 0
    pulls = (margins > 0) * 1.0
    pulls[np.arange(N), y] = -pulls.sum(axis=1)
    return np.sum(margins**2) / N + reg * np.sum(W * W), X.T.dot(pulls) / N + 2 * reg * W


@mistake(
    "squared-hinge-gradient-without-2",
    "The gradient of the data term lacks the factor 2 that comes from the square.",
    "The derivative of margin**2 is 2 * margin, times that of the margin.",
    applies_to=SQUARED_HINGE,
    checks=GRADIENT,
)
def _hinge_gradient_without_2(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1.0)
    margins[np.arange(N), y] = 0
    pulls = margins.copy()
    pulls[np.arange(N), y] = -pulls.sum(axis=1)
    return np.sum(margins**2) / N + reg * np.sum(W * W), X.T.dot(pulls) / N + 2 * reg * W


@mistake(
    "squared-hinge-square-of-the-sum",
    "The sum of a sample's margins is squared instead of each margin.",
    "Square first, sum then: np.sum(margins**2).",
    applies_to=SQUARED_HINGE,
    checks=VALUE,
)
def _square_of_the_sum(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1.0)
    margins[np.arange(N), y] = 0
    pulls = 2 * margins
    pulls[np.arange(N), y] = -pulls.sum(axis=1)
    return np.sum(margins.sum(axis=1) ** 2) / N + reg * np.sum(W * W), X.T.dot(pulls) / N + 2 * reg * W


@mistake(
    "l1-gradient-of-squares",
    "The gradient of the penalty is 2*reg*W, that of the squares; the derivative of |w| is its sign.",
    "Write dW += reg * np.sign(W).",
    applies_to=L1,
    checks=GRADIENT,
)
def _gradient_of_squares(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1.0)
    margins[np.arange(N), y] = 0
    counts = (margins > 0) * 1.0
    counts[np.arange(N), y] = -counts.sum(axis=1)
    return np.sum(margins) / N + reg * np.sum(np.abs(W)), X.T.dot(counts) / N + 2 * reg * W


@mistake(
    "l1-sign-missing",
    "The gradient of the penalty is reg for every weight; the derivative of |w| is -1 where w is negative.",
    "Write dW += reg * np.sign(W).",
    applies_to=L1,
    checks=GRADIENT,
)
def _sign_missing(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1.0)
    margins[np.arange(N), y] = 0
    counts = (margins > 0) * 1.0
    counts[np.arange(N), y] = -counts.sum(axis=1)
    return np.sum(margins) / N + reg * np.sum(np.abs(W)), X.T.dot(counts) / N + reg


@mistake(
    "l1-factor-2-too-many",
    "The gradient of the penalty has an extra factor 2: the derivative of |w| is its sign.",
    "Write dW += reg * np.sign(W), without a factor.",
    applies_to=L1,
    checks=GRADIENT,
)
def _factor_2_too_many(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1.0)
    margins[np.arange(N), y] = 0
    counts = (margins > 0) * 1.0
    counts[np.arange(N), y] = -counts.sum(axis=1)
    return np.sum(margins) / N + reg * np.sum(np.abs(W)), X.T.dot(counts) / N + 2 * reg * np.sign(W)


@mistake(
    "l1-absolute-value-missing",
    "The loss adds reg*sum(W), in which negative weights take from positive ones.",
    "The penalty is reg*sum(|W|): write reg * np.sum(np.abs(W)).",
    applies_to=L1,
    checks=VALUE,
)
def _absolute_value_missing(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1.0)
    margins[np.arange(N), y] = 0
    counts = (margins > 0) * 1.0
    counts[np.arange(N), y] = -counts.sum(axis=1)
    return np.sum(margins) / N + reg * np.sum(W), X.T.dot(counts) / N + reg * np.sign(W)


@mistake(
    "l1-squares-instead",
    "The penalty is reg*sum(W*W), in the loss and in dW; here reg*sum(|W|) is asked for.",
    "Write reg * np.sum(np.abs(W)) in the loss and reg * np.sign(W) in dW.",
    applies_to=L1,
    checks=BOTH,
)
def _squares_instead(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1.0)
    margins[np.arange(N), y] = 0
    counts = (margins > 0) * 1.0
    counts[np.arange(N), y] = -counts.sum(axis=1)
    return np.sum(margins) / N + reg * np.sum(W * W), X.T.dot(counts) / N + 2 * reg * W
