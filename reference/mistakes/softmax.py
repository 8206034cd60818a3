"""Mistakes in the probabilities of the softmax loss: loss and dW go wrong, or the loss alone."""

from __future__ import annotations

import numpy as np

from reference.mistakes.mistake import Array, Labels, Result, mistake

VALUE, BOTH, STABILITY, INTERFACE = ("value",), ("value", "gradient"), ("stability",), ("interface",)


@mistake(
    "softmax-no-shift",
    "exp is taken of the scores as they are: above 709 it is inf, and where a whole row is below -745 its sum is 0.",
    "Subtract each row's own largest score first: scores - scores.max(axis=1, keepdims=True). It changes nothing else.",
    applies_to="softmax",
    checks=STABILITY,
)
def _no_shift(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    exponentials = np.exp(X.dot(W))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-shift-by-the-overall-maximum",
    "One number, the largest score of all samples, is subtracted everywhere: rows far below it underflow to 0/0.",
    "Subtract from each row its own maximum: scores - scores.max(axis=1, keepdims=True).",
    applies_to="softmax",
    checks=STABILITY,
)
def _overall_maximum(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - np.max(scores))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-shift-by-the-mean",
    "Each row's mean is subtracted: a score far above the mean still overflows.",
    "Subtract from each row its maximum: scores - scores.max(axis=1, keepdims=True).",
    applies_to="softmax",
    checks=STABILITY,
)
def _mean_shift(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.mean(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-shift-per-class",
    "The maximum is taken over the samples (axis 0): every class is shifted by another number, which is not allowed.",
    "Subtract from each row its own maximum: scores.max(axis=1, keepdims=True).",
    applies_to="softmax",
    checks=BOTH,
)
def _shift_per_class(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - np.max(scores, axis=0))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-shift-not-undone",
    "The scores are shifted inside the logarithm only: the largest score is missing from the loss.",
    "Shift first and then use the shifted scores everywhere.",
    applies_to="softmax",
    checks=VALUE,
)
def _shift_not_undone(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    loss = np.sum(np.log(exponentials.sum(axis=1)) - scores[np.arange(N), y]) / N + reg * np.sum(W * W)
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-p-instead-of-log",
    "The loss sums -p of the right classes; it should sum -log(p).",
    "Take np.log of the right class's probability.",
    applies_to="softmax",
    checks=VALUE,
)
def _p_instead_of_log(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.sum(p[np.arange(N), y]) / N + reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-log-of-mean",
    "The logarithm is taken of the mean probability; the loss is the mean of the logarithms.",
    "Take np.log of each sample's probability first, then average.",
    applies_to="softmax",
    checks=VALUE,
)
def _log_of_mean(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.log(np.mean(p[np.arange(N), y])) + reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-log-of-all-classes",
    "The loss sums -log(p) over all classes; only the right class of each sample counts.",
    "Pick the right class's probability of each row: p[np.arange(N), y].",
    applies_to="softmax",
    checks=VALUE,
)
def _log_of_all_classes(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    scores -= scores.max(axis=1, keepdims=True)
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    loss = -np.sum(log_p) / N + reg * np.sum(W * W)
    p = np.exp(log_p)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-log-of-class-0",
    "The loss takes the probability of class 0 for every sample instead of that of its own class.",
    "Pick the right class's probability of each row: p[np.arange(N), y].",
    applies_to="softmax",
    checks=VALUE,
)
def _log_of_class_0(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    scores -= scores.max(axis=1, keepdims=True)
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    loss = -np.sum(log_p[:, 0]) / N + reg * np.sum(W * W)
    p = np.exp(log_p)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-log-of-largest-class",
    "The loss takes the probability of the class that wins instead of that of the right class.",
    "Pick the right class's probability of each row: p[np.arange(N), y].",
    applies_to="softmax",
    checks=VALUE,
)
def _log_of_largest_class(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    scores -= scores.max(axis=1, keepdims=True)
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    loss = -np.sum(log_p.max(axis=1)) / N + reg * np.sum(W * W)
    p = np.exp(log_p)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-log-of-the-score",
    "The logarithm is taken of the right class's raw score.",
    "Exponentiate and normalize first: the loss is -log(exp(s_y) / sum of exp(s_j)).",
    applies_to="softmax",
    checks=("interface", "value"),
)
def _log_of_the_score(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    loss = -np.sum(np.log(scores[np.arange(N), y])) / N + reg * np.sum(W * W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-loss-without-log-sum",
    "The loss is minus the right class's score; the logarithm of the sum of exponentials is missing.",
    "The loss of a sample is -s_y + log(sum of exp(s_j)).",
    applies_to="softmax",
    checks=VALUE,
)
def _without_log_sum(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    loss = -np.sum(scores[np.arange(N), y]) / N + reg * np.sum(W * W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-label-term-missing",
    "The loss is the logarithm of the sum of exponentials; the right class's score is not subtracted.",
    "The loss of a sample is -s_y + log(sum of exp(s_j)).",
    applies_to="softmax",
    checks=VALUE,
)
def _label_term_missing(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    top = scores.max(axis=1, keepdims=True)
    exponentials = np.exp(scores - top)
    loss = np.sum(np.log(exponentials.sum(axis=1)) + top[:, 0]) / N + reg * np.sum(W * W)
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-label-not-in-sum",
    "The sum of exponentials leaves the right class out.",
    "The sum runs over all classes, the right one too; it is the SVM loss that skips it.",
    applies_to="softmax",
    checks=BOTH,
)
def _label_not_in_sum(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    total = exponentials.sum(axis=1) - exponentials[np.arange(N), y]
    p = exponentials / total[:, np.newaxis]
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-normalized-over-everything",
    "The exponentials are divided by their sum over all samples; each row must be divided by its own sum.",
    "Sum over the classes only: exponentials.sum(axis=1, keepdims=True).",
    applies_to="softmax",
    checks=BOTH,
)
def _normalized_over_everything(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / np.sum(exponentials)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-normalized-over-samples",
    "The exponentials are summed over the samples (axis 0); each row must be divided by its own sum.",
    "Sum over the classes: exponentials.sum(axis=1, keepdims=True).",
    applies_to="softmax",
    checks=BOTH,
)
def _normalized_over_samples(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=0)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-sums-not-a-column",
    "The rows' sums, shape (N,), divide along the wrong axis, which fits only when N equals C.",
    "Keep them a column: exponentials.sum(axis=1, keepdims=True).",
    applies_to="softmax",
    checks=INTERFACE,
)
def _sums_not_a_column(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=1)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-logarithm-to-base-10",
    "The logarithm is taken to base 10.",
    "np.log is the natural logarithm; np.log10 and np.log2 are not.",
    applies_to="softmax",
    checks=VALUE,
)
def _base_10(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log10(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-logarithm-to-base-2",
    "The logarithm is taken to base 2.",
    "np.log is the natural logarithm; np.log10 and np.log2 are not.",
    applies_to="softmax",
    checks=VALUE,
)
def _base_2(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log2(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W
