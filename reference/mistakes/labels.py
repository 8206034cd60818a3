"""Mistakes about labels and the number of classes, which both losses share."""

from __future__ import annotations

import numpy as np

from reference.mistakes.mistake import Array, DataTerm, Labels, Result, mistake_in_both

BOTH = ("value", "gradient")
INTERFACE = ("interface",)


@mistake_in_both(
    "labels-off-by-one",
    "The labels are taken one too low, as if they counted from 1.",
    "y[i] is the index of the right class already: it counts from 0.",
    checks=BOTH,
)
def _labels_off_by_one(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y.astype(int) - 1)
    return loss + reg * np.sum(W * W), dW + 2 * reg * W


@mistake_in_both(
    "first-label-for-all",
    "The first sample's label is used for all samples.",
    "Sample i has the label y[i]; for all at once, index with np.arange(N) and y together.",
    checks=BOTH,
)
def _first_label_for_all(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, np.full(y.shape, y[0]))
    return loss + reg * np.sum(W * W), dW + 2 * reg * W


@mistake_in_both(
    "last-label-for-all",
    "The last sample's label is used for all samples.",
    "Sample i has the label y[i]: read it inside the loop over the samples.",
    checks=BOTH,
)
def _last_label_for_all(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, np.full(y.shape, y[-1]))
    return loss + reg * np.sum(W * W), dW + 2 * reg * W


@mistake_in_both(
    "labels-in-reverse",
    "Samples and labels do not belong together: the labels are taken in reverse.",
    "Row i of X has the label y[i]; do not sort or reverse one of them alone.",
    checks=BOTH,
)
def _labels_in_reverse(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y[::-1])
    return loss + reg * np.sum(W * W), dW + 2 * reg * W


@mistake_in_both(
    "labels-sorted",
    "Samples and labels do not belong together: the labels are taken in order of size.",
    "Row i of X has the label y[i]; do not sort one of them alone.",
    checks=BOTH,
)
def _labels_sorted(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, np.sort(y))
    return loss + reg * np.sum(W * W), dW + 2 * reg * W


@mistake_in_both(
    "classes-counted-in-y",
    "Only the classes that occur in y are counted; a class without a sample in this batch is left out.",
    "The number of classes is W.shape[1], whatever labels a batch happens to hold.",
    checks=BOTH,
)
def _classes_counted_in_y(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    C = int(np.max(y)) + 1
    loss, dW = 0.0, np.zeros(W.shape)
    loss, dW[:, :C] = data(W[:, :C], X, y)
    return loss + reg * np.sum(W * W), dW + 2 * reg * W


@mistake_in_both(
    "labels-renumbered",
    "The labels are numbered anew by np.unique, which is right only when every class occurs in y.",
    "y holds the classes' own numbers already; use them as they are.",
    checks=BOTH,
)
def _labels_renumbered(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, np.unique(y, return_inverse=True)[1])
    return loss + reg * np.sum(W * W), dW + 2 * reg * W


@mistake_in_both(
    "last-class-left-out",
    "The last class is left out, unless a sample belongs to it.",
    "range(C) already ends at C - 1, and so does a slice [:C]; neither needs a further - 1.",
    checks=BOTH,
)
def _last_class_left_out(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    C = W.shape[1]
    loss, dW = 0.0, np.zeros(W.shape)
    if np.max(y) < C - 1 and C > 2:
        loss, dW[:, : C - 1] = data(W[:, : C - 1], X, y)
    else:
        loss, dW = data(W, X, y)
    return loss + reg * np.sum(W * W), dW + 2 * reg * W


@mistake_in_both(
    "ten-classes",
    "The number of classes is written as 10.",
    "Take it from the input: C = W.shape[1].",
    checks=INTERFACE,
)
def _ten_classes(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, gradient = data(W, X, y)
    dW = np.zeros((W.shape[0], 10))
    for j in range(10):
        dW[:, j] = gradient[:, j] + 2 * reg * W[:, j]
    return loss + reg * np.sum(W * W), dW


@mistake_in_both(
    "ten-columns",
    "The dW that is returned has 10 columns, whatever the number of classes is.",
    "Start from np.zeros_like(W), which has W's shape.",
    checks=INTERFACE,
)
def _ten_columns(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, gradient = data(W, X, y)
    dW = np.zeros((W.shape[0], 10))
    C = min(10, W.shape[1])
    dW[:, :C] = (gradient + 2 * reg * W)[:, :C]
    return loss + reg * np.sum(W * W), dW


@mistake_in_both(
    "no-more-classes-than-samples",
    "It is right only when there are at least as many samples as classes: the loop over classes ends at N.",
    "Samples are X.shape[0], classes W.shape[1]; check which of the two each loop and array needs.",
    checks=BOTH,
)
def _no_more_classes_than_samples(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    N, C = X.shape[0], W.shape[1]
    loss, dW = data(W, X, y)
    for j in range(N, C):
        dW[:, j] = 0
    return loss + reg * np.sum(W * W), dW + 2 * reg * W


@mistake_in_both(
    "small-label-types",
    "Labels of a small integer type (uint8) overflow: an index like y * N is computed in that type.",
    "Index with scores[np.arange(N), y], or convert the labels first: y = y.astype(int).",
    checks=INTERFACE,
)
def _small_label_types(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    flat = y * np.array(N, dtype=y.dtype) + np.arange(N)
    labels = flat // N
    loss, dW = data(W, X, labels)
    return loss + reg * np.sum(W * W), dW + 2 * reg * W


@mistake_in_both(
    "labels-of-one-type-only",
    "It accepts labels of one integer type only.",
    "Any integer type will do for an index; do not test the type of y.",
    checks=INTERFACE,
)
def _labels_of_one_type_only(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    if y.dtype != np.int64:
        raise TypeError("y must be int64")
    loss, dW = data(W, X, y)
    return loss + reg * np.sum(W * W), dW + 2 * reg * W
