"""Mistakes in dW of the SVM loss, and in indexing."""

from __future__ import annotations

import numpy as np

from reference.mistakes.mistake import Array, Labels, Result, mistake

GRADIENT, BOTH, KINKS, INTERFACE = ("gradient",), ("value", "gradient"), ("kinks",), ("interface",)


@mistake(
    "svm-label-column-missing",
    "The column of the right class is never updated in dW.",
    "Each margin above 0 pulls two ways: + X[i] in column j, - X[i] in column y[i].",
    applies_to="svm",
    checks=GRADIENT,
)
def _label_column_missing(W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            margin = scores[j] - scores[y[i]] + 1
            if j != y[i] and margin > 0:
                loss += margin
                dW[:, j] += X[i]
    return loss / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W


@mistake(
    "svm-label-column-only",
    "Only the column of the right class is updated in dW.",
    "Each margin above 0 pulls two ways: + X[i] in column j, - X[i] in column y[i].",
    applies_to="svm",
    checks=GRADIENT,
)
def _label_column_only(W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            margin = scores[j] - scores[y[i]] + 1
            if j != y[i] and margin > 0:
                loss += margin
                dW[:, y[i]] -= X[i]
    return loss / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W


@mistake(
    "svm-label-column-once",
    "In the column of the right class, a sample is subtracted once instead of once for each margin above 0.",
    "The right class's score appears in every margin: subtract X[i] as often as margins are above 0.",
    applies_to="svm",
    checks=GRADIENT,
)
def _label_column_once(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1)
    margins[np.arange(N), y] = 0
    loss = np.sum(margins) / N + reg * np.sum(W * W)
    counts = (margins > 0).astype(float)
    counts[np.arange(N), y] = -1.0 * (np.sum(counts, axis=1) > 0)
    return loss, X.T.dot(counts) / N + 2 * reg * W


@mistake(
    "svm-label-column-always",
    "In the column of the right class, every sample is subtracted once, whatever its margins are.",
    "The right class's score appears in every margin: subtract X[i] as often as margins are above 0.",
    applies_to="svm",
    checks=GRADIENT,
)
def _label_column_always(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1)
    margins[np.arange(N), y] = 0
    loss = np.sum(margins) / N + reg * np.sum(W * W)
    counts = (margins > 0).astype(float)
    counts[np.arange(N), y] = -1.0
    return loss, X.T.dot(counts) / N + 2 * reg * W


@mistake(
    "svm-label-column-added",
    "In the column of the right class the samples are added; they must be subtracted.",
    "The right class's score appears in a margin with a minus: dW[:, y[i]] -= X[i].",
    applies_to="svm",
    checks=GRADIENT,
)
def _label_column_added(W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            margin = scores[j] - scores[y[i]] + 1
            if j != y[i] and margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] += X[i]
    return loss / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W


@mistake(
    "svm-count-in-boolean-mask",
    "The count of the margins above 0 is stored in an array of booleans, which can hold only 0 and 1.",
    "Make the mask numbers first: mask = (margins > 0).astype(float).",
    applies_to="svm",
    checks=GRADIENT,
)
def _count_in_boolean_mask(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1)
    margins[np.arange(N), y] = 0
    loss = np.sum(margins) / N + reg * np.sum(W * W)
    mask = margins > 0
    mask[np.arange(N), y] = -np.sum(mask, axis=1)
    return loss, X.T.dot(mask) / N + 2 * reg * W


@mistake(
    "svm-margins-in-gradient",
    "dW weighs each sample by its margin; it must only ask whether the margin is above 0.",
    "The derivative of max(0, m) is 1 where m > 0 and 0 elsewhere, not m.",
    applies_to="svm",
    checks=GRADIENT,
)
def _margins_in_gradient(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1)
    margins[np.arange(N), y] = 0
    loss = np.sum(margins) / N + reg * np.sum(W * W)
    margins[np.arange(N), y] = -np.sum(margins, axis=1)
    return loss, X.T.dot(margins) / N + 2 * reg * W


@mistake(
    "svm-gradient-not-clipped",
    "dW is updated for every wrong class, also where the margin is below 0.",
    "Update dW only if the margin is above 0, where the loss changes.",
    applies_to="svm",
    checks=GRADIENT,
)
def _gradient_not_clipped(W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            if j == y[i]:
                continue
            loss += max(0, scores[j] - scores[y[i]] + 1)
            dW[:, j] += X[i]
            dW[:, y[i]] -= X[i]
    return loss / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W


@mistake(
    "svm-gradient-without-delta",
    "dW asks whether the wrong class is ahead; it should ask whether the margin, with delta = 1, is above 0.",
    "Use the same margin for dW as for the loss: scores[j] - scores[y[i]] + 1 > 0.",
    applies_to="svm",
    checks=GRADIENT,
)
def _gradient_without_delta(W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            if j == y[i]:
                continue
            loss += max(0, scores[j] - scores[y[i]] + 1)
            if scores[j] > scores[y[i]]:
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    return loss / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W


@mistake(
    "svm-repeated-labels-lost",
    "dW[:, y] -= ... keeps only one sample of each label: with an index array, repeated labels are counted once.",
    "Put the counts in an (N, C) array and multiply, X.T.dot(counts), or use np.add.at.",
    applies_to="svm",
    checks=GRADIENT,
)
def _repeated_labels_lost(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1)
    margins[np.arange(N), y] = 0
    loss = np.sum(margins) / N + reg * np.sum(W * W)
    counts = (margins > 0).astype(float)
    dW = X.T.dot(counts)
    dW[:, y] -= X.T * np.sum(counts, axis=1)
    return loss, dW / N + 2 * reg * W


@mistake(
    "svm-tie-counted-for-the-label-only",
    "A margin of exactly 0 counts (>= 0) for the right class's column of dW, but not (> 0) for the wrong class's.",
    "Use one mask for both: either margins > 0 or margins >= 0, but the same.",
    applies_to="svm",
    checks=KINKS,
)
def _tie_counted_for_the_label(W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            margin = scores[j] - scores[y[i]] + 1
            if j != y[i] and margin >= 0:
                loss += margin
                dW[:, y[i]] -= X[i]
            if j != y[i] and margin > 0:
                dW[:, j] += X[i]
    return loss / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W


@mistake(
    "svm-tie-counted-for-the-wrong-class-only",
    "A margin of exactly 0 counts (>= 0) for the wrong class's column of dW, but not (> 0) for the right class's.",
    "Use one mask for both: either margins > 0 or margins >= 0, but the same.",
    applies_to="svm",
    checks=KINKS,
)
def _tie_counted_for_the_wrong_class(W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            margin = scores[j] - scores[y[i]] + 1
            if j != y[i] and margin >= 0:
                loss += margin
                dW[:, j] += X[i]
            if j != y[i] and margin > 0:
                dW[:, y[i]] -= X[i]
    return loss / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W


@mistake(
    "svm-stops-at-the-label",
    "The classes that come after the right one are never looked at.",
    "At j == y[i], go on with the next class (continue) instead of ending the loop (break).",
    applies_to="svm",
    checks=BOTH,
)
def _stops_at_the_label(W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            if j == y[i]:
                break
            margin = scores[j] - scores[y[i]] + 1
            if margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    return loss / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W


@mistake(
    "svm-label-of-class-index",
    "The label is looked up with the index of the class, y[j]; it belongs to the sample, y[i].",
    "Write scores[y[i]] and dW[:, y[i]].",
    applies_to="svm",
    checks=INTERFACE,
)
def _label_of_class_index(W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            margin = scores[j] - scores[y[j]] + 1
            if j != y[i] and margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    return loss / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W


@mistake(
    "svm-column-of-x",
    "X[:, i] is a feature of all samples; sample i is the row X[i].",
    "Write dW[:, j] += X[i].",
    applies_to="svm",
    checks=INTERFACE,
)
def _column_of_x(W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            margin = scores[j] - scores[y[i]] + 1
            if j != y[i] and margin > 0:
                loss += margin
                dW[:, j] += X[:, i]
                dW[:, y[i]] -= X[:, i]
    return loss / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W


@mistake(
    "svm-scores-of-labels-as-rows",
    "scores[y] picks whole rows of the scores, by label; the right class's score of each sample is needed.",
    "Write scores[np.arange(N), y], one entry per row.",
    applies_to="svm",
    checks=INTERFACE,
)
def _scores_of_labels_as_rows(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[y] + 1)
    margins[np.arange(N), y] = 0
    loss = np.sum(margins) / N + reg * np.sum(W * W)
    counts = (margins > 0).astype(float)
    counts[np.arange(N), y] = -np.sum(counts, axis=1)
    return loss, X.T.dot(counts) / N + 2 * reg * W


@mistake(
    "svm-label-scores-not-a-column",
    "The right classes' scores, shape (N,), are subtracted along the wrong axis, which fits only when N equals C.",
    "Make them a column: scores - scores[np.arange(N), y][:, np.newaxis].",
    applies_to="svm",
    checks=INTERFACE,
)
def _label_scores_not_a_column(W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y] + 1)
    margins[np.arange(N), y] = 0
    loss = np.sum(margins) / N + reg * np.sum(W * W)
    counts = (margins > 0).astype(float)
    counts[np.arange(N), y] = -np.sum(counts, axis=1)
    return loss, X.T.dot(counts) / N + 2 * reg * W
