"""Mistakes in dW of the softmax loss, and in what is added or left out for numbers near 0."""

from __future__ import annotations

import numpy as np

from reference.mistakes.mistake import Array, Labels, Result, mistake

VALUE, GRADIENT, BOTH, INTERFACE = ("value",), ("gradient",), ("value", "gradient"), ("interface",)


@mistake(
    "softmax-p-instead-of-p-minus-1",
    "dW uses p for every class; for the right class it must be p - 1.",
    "Before multiplying with X.T: p[np.arange(N), y] -= 1.",
    applies_to="softmax",
    checks=GRADIENT,
)
def _p_instead_of_p_minus_1(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-p-plus-1",
    "dW uses p + 1 for the right class; it must be p - 1.",
    "The right class's score appears in the loss with a minus: p[np.arange(N), y] -= 1.",
    applies_to="softmax",
    checks=GRADIENT,
)
def _p_plus_1(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    p[np.arange(N), y] += 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-label-column-only",
    "Only the column of the right class is updated in dW.",
    "Every class gets p * X[i]; the right one gets (p - 1) * X[i].",
    applies_to="softmax",
    checks=GRADIENT,
)
def _label_column_only(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    per_score = np.zeros(scores.shape)
    per_score[np.arange(N), y] = p[np.arange(N), y] - 1
    return loss, X.T.dot(per_score) / N + 2 * reg * W


@mistake(
    "softmax-label-column-missing",
    "The column of the right class is not updated in dW.",
    "Every class gets p * X[i]; the right one gets (p - 1) * X[i].",
    applies_to="softmax",
    checks=GRADIENT,
)
def _label_column_missing(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    p[np.arange(N), y] = 0
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-minus-1-only",
    "dW only subtracts the samples from their right class's column; the probabilities are missing from it.",
    "Every class gets p * X[i]; the right one gets (p - 1) * X[i].",
    applies_to="softmax",
    checks=GRADIENT,
)
def _minus_1_only(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    per_score = np.zeros(scores.shape)
    per_score[np.arange(N), y] = -1
    return loss, X.T.dot(per_score) / N + 2 * reg * W


@mistake(
    "softmax-label-number-subtracted",
    "The labels themselves are subtracted from the probabilities; a 1 belongs in the right class's place.",
    "y holds class numbers, not a one-hot matrix: p[np.arange(N), y] -= 1.",
    applies_to="softmax",
    checks=GRADIENT,
)
def _label_number_subtracted(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    return loss, X.T.dot(p - y[:, np.newaxis]) / N + 2 * reg * W


@mistake(
    "softmax-1-subtracted-in-all-rows",
    "p[:, y] -= 1 subtracts 1 in whole columns: in all samples, not only in those with that label.",
    "Index rows and columns together: p[np.arange(N), y] -= 1.",
    applies_to="softmax",
    checks=GRADIENT,
)
def _all_rows(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    p[:, y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-1-subtracted-everywhere",
    "1 is subtracted from every probability; only the right class's is p - 1.",
    "Index rows and columns together: p[np.arange(N), y] -= 1.",
    applies_to="softmax",
    checks=GRADIENT,
)
def _everywhere(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    return loss, X.T.dot(p - 1) / N + 2 * reg * W


@mistake(
    "softmax-1-subtracted-in-rows-by-label",
    "p[y] picks whole rows of p, by label; the right class's entry of each row is needed.",
    "Index rows and columns together: p[np.arange(N), y] -= 1.",
    applies_to="softmax",
    checks=INTERFACE,
)
def _rows_by_label(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    p[y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-repeated-labels-lost",
    "dW[:, y] -= ... keeps only one sample of each label: with an index array, repeated labels are counted once.",
    "Subtract in the (N, C) array instead: p[np.arange(N), y] -= 1, then X.T.dot(p).",
    applies_to="softmax",
    checks=GRADIENT,
)
def _repeated_labels_lost(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    dW = X.T.dot(p)
    dW[:, y] -= X.T
    return loss, dW / N + 2 * reg * W


@mistake(
    "softmax-gradient-not-normalized",
    "dW uses the exponentials; they must be divided by their sum first.",
    "Use the probabilities, exponentials / exponentials.sum(axis=1, keepdims=True).",
    applies_to="softmax",
    checks=GRADIENT,
)
def _gradient_not_normalized(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    exponentials[np.arange(N), y] -= 1
    return loss, X.T.dot(exponentials) / N + 2 * reg * W


@mistake(
    "softmax-gradient-of-p",
    "dW has an extra factor p*(1 - p): that is the derivative of a probability, not of its logarithm.",
    "The derivative of -log(p_y) with respect to the scores is simply p - 1 for the right class and p for the others.",
    applies_to="softmax",
    checks=GRADIENT,
)
def _gradient_of_p(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    slope = p * (1 - p)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p * slope) / N + 2 * reg * W


@mistake(
    "softmax-sigmoid",
    "Each score goes through a sigmoid of its own; in a softmax the classes share one sum.",
    "Divide the exponentials by their sum over the classes.",
    applies_to="softmax",
    checks=BOTH,
)
def _sigmoid(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    p = 1 / (1 + np.exp(-X.dot(W)))
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-twice",
    "The softmax is applied twice: once to the scores, once more to the probabilities.",
    "Exponentiate and normalize the scores once.",
    applies_to="softmax",
    checks=BOTH,
)
def _twice(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    p = X.dot(W)
    for _ in range(2):
        p = np.exp(p - p.max(axis=1, keepdims=True))
        p = p / p.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N + reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-number-added-in-log",
    "A small number is added inside the logarithm, as in log(p + 1e-8): the loss is off by about 1e-8 / p.",
    "Compute the loss as -s_y + log(sum of exp(s_j)) with shifted scores; the sum is at least 1 then.",
    applies_to="softmax",
    checks=VALUE,
)
def _number_added_in_log(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y] + 1e-8)) / N + reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W


@mistake(
    "softmax-probabilities-clipped",
    "The probabilities are cut off near 0 and 1, as in np.clip(p, 1e-7, 1 - 1e-7): sure predictions get a wrong loss.",
    "Compute the loss as -s_y + log(sum of exp(s_j)) with shifted scores; the sum is at least 1 then.",
    applies_to="softmax",
    checks=VALUE,
)
def _clipped(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = exponentials / exponentials.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(np.clip(p[np.arange(N), y], 1e-7, 1 - 1e-7))) / N + reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W
