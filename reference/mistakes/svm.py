"""Mistakes in the margins of the SVM loss: loss and dW go wrong, or the loss alone."""

from __future__ import annotations

import numpy as np

from reference.mistakes.mistake import Array, Labels, Result, mistake

VALUE, BOTH, INTERFACE = ("value",), ("value", "gradient"), ("interface",)


@mistake(
    "svm-label-class-not-skipped",
    "The right class counts as if it were a wrong one: the loss is too large by exactly delta = 1 per sample.",
    "Leave out j == y[i], whose margin is always delta: skip it, or set its margin to 0 before summing.",
    applies_to="svm",
    checks=VALUE,
)
def _label_class_not_skipped(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1)
    loss = np.sum(margins) / N + reg * np.sum(W * W)
    counts = (margins > 0).astype(float)
    counts[np.arange(N), y] = 0
    counts[np.arange(N), y] = -np.sum(counts, axis=1)
    return loss, X.T.dot(counts) / N + 2 * reg * W


@mistake(
    "svm-label-class-counted-in-gradient",
    "The right class counts as if it were a wrong one, in the loss and in the counts that make dW.",
    "Leave out j == y[i]: set its margin to 0 before you sum and before you count the margins above 0.",
    applies_to="svm",
    checks=BOTH,
)
def _label_class_counted(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1)
    loss = np.sum(margins) / N + reg * np.sum(W * W)
    counts = (margins > 0).astype(float)
    counts[np.arange(N), y] = -np.sum(counts, axis=1)
    return loss, X.T.dot(counts) / N + 2 * reg * W


@mistake(
    "svm-delta-subtracted-once",
    "The right class's margin of 1 is taken out once for all samples instead of once for each.",
    "Subtract it before averaging from every sample, or set the right class's margins to 0.",
    applies_to="svm",
    checks=VALUE,
)
def _delta_subtracted_once(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1)
    loss = (np.sum(margins) - 1) / N + reg * np.sum(W * W)
    margins[np.arange(N), y] = 0
    counts = (margins > 0).astype(float)
    counts[np.arange(N), y] = -np.sum(counts, axis=1)
    return loss, X.T.dot(counts) / N + 2 * reg * W


@mistake(
    "svm-delta-0",
    "The margin delta = 1 is missing: a wrong class should cost as soon as it comes within 1 of the right one.",
    "Write max(0, s_j - s_y + 1).",
    applies_to="svm",
    checks=BOTH,
)
def _delta_0(W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            margin = scores[j] - scores[y[i]]
            if j != y[i] and margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    return loss / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W


@mistake(
    "svm-delta-10",
    "The margin delta is 10 instead of 1.",
    "Write max(0, s_j - s_y + 1).",
    applies_to="svm",
    checks=BOTH,
)
def _delta_10(W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            margin = scores[j] - scores[y[i]] + 10
            if j != y[i] and margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    return loss / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W


@mistake(
    "svm-delta-subtracted",
    "The margin delta is subtracted instead of added.",
    "Write max(0, s_j - s_y + 1).",
    applies_to="svm",
    checks=BOTH,
)
def _delta_subtracted(W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            margin = scores[j] - scores[y[i]] - 1
            if j != y[i] and margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    return loss / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W


@mistake(
    "svm-delta-missing-in-loss",
    "The loss lacks the margin delta = 1.",
    "The loss of a pair is max(0, s_j - s_y + 1): the same margin that decides whether dW changes.",
    applies_to="svm",
    checks=VALUE,
)
def _delta_missing_in_loss(W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            margin = scores[j] - scores[y[i]]
            if j != y[i] and margin + 1 > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    return loss / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W


@mistake(
    "svm-margins-not-clipped",
    "Negative margins count too: a class that is safely behind lowers the loss.",
    "A class that is more than delta behind costs nothing: write max(0, margin), and leave it out of dW.",
    applies_to="svm",
    checks=BOTH,
)
def _margins_not_clipped(W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            if j != y[i]:
                loss += scores[j] - scores[y[i]] + 1
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    return loss / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W


@mistake(
    "svm-loss-not-clipped",
    "The loss adds up negative margins too.",
    "A class that is more than delta behind costs nothing: write np.maximum(0, margins) before summing.",
    applies_to="svm",
    checks=VALUE,
)
def _loss_not_clipped(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = scores - scores[np.arange(N), y][:, np.newaxis] + 1
    margins[np.arange(N), y] = 0
    loss = np.sum(margins) / N + reg * np.sum(W * W)
    counts = (margins > 0).astype(float)
    counts[np.arange(N), y] = -np.sum(counts, axis=1)
    return loss, X.T.dot(counts) / N + 2 * reg * W


@mistake(
    "svm-scores-swapped",
    "The difference of the scores has the wrong sign: the right class is punished for being ahead.",
    "Write scores[j] - scores[y[i]] + 1.",
    applies_to="svm",
    checks=BOTH,
)
def _scores_swapped(W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            margin = scores[y[i]] - scores[j] + 1
            if j != y[i] and margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    return loss / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W


@mistake(
    "svm-threshold-1",
    "A margin counts only when it is above 1 instead of above 0: delta is asked for twice.",
    "Once delta is added to the difference of the scores, compare with 0.",
    applies_to="svm",
    checks=BOTH,
)
def _threshold_1(W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            margin = scores[j] - scores[y[i]] + 1
            if j != y[i] and margin > 1:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    return loss / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W


@mistake(
    "svm-margins-squared",
    "The margins are squared.",
    "That is another loss, the L2-SVM. Here the plain margins are summed.",
    applies_to="svm",
    checks=BOTH,
)
def _margins_squared(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1)
    margins[np.arange(N), y] = 0
    loss = np.sum(margins**2) / N + reg * np.sum(W * W)
    margins *= 2
    margins[np.arange(N), y] = -np.sum(margins, axis=1)
    return loss, X.T.dot(margins) / N + 2 * reg * W


@mistake(
    "svm-counts-violations",
    "The loss counts the margins above 0 instead of summing them.",
    "Sum the margins themselves; their count is what the right class's column of dW needs.",
    applies_to="svm",
    checks=VALUE,
)
def _counts_violations(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1)
    margins[np.arange(N), y] = 0
    counts = (margins > 0).astype(float)
    loss = np.sum(counts) / N + reg * np.sum(W * W)
    counts[np.arange(N), y] = -np.sum(counts, axis=1)
    return loss, X.T.dot(counts) / N + 2 * reg * W


@mistake(
    "svm-worst-class-only",
    "Only the class with the largest margin counts for each sample.",
    "That is another loss (Crammer and Singer's). Here the margins of all wrong classes are summed.",
    applies_to="svm",
    checks=BOTH,
)
def _worst_class_only(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1)
    margins[np.arange(N), y] = 0
    worst = np.argmax(margins, axis=1)
    largest = margins[np.arange(N), worst]
    loss = np.sum(largest) / N + reg * np.sum(W * W)
    counts = np.zeros(scores.shape)
    counts[np.arange(N), worst] = largest > 0
    counts[np.arange(N), y] -= largest > 0
    return loss, X.T.dot(counts) / N + 2 * reg * W


@mistake(
    "svm-max-over-samples",
    "np.max(margins, 0) is the largest entry of each column; np.maximum(0, margins) is what clips at 0.",
    "Write np.maximum(0, margins).",
    applies_to="svm",
    checks=VALUE,
)
def _max_over_samples(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = scores - scores[np.arange(N), y][:, np.newaxis] + 1
    margins[np.arange(N), y] = 0
    loss = np.sum(np.max(margins, 0)) / N + reg * np.sum(W * W)
    counts = (margins > 0).astype(float)
    counts[np.arange(N), y] = -np.sum(counts, axis=1)
    return loss, X.T.dot(counts) / N + 2 * reg * W
