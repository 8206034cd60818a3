"""Mistakes about the mean over the samples, signs, and what was never written; both losses share them."""

from __future__ import annotations

import numpy as np

from reference.mistakes.mistake import Array, DataTerm, Labels, Result, mistake_in_both

VALUE, GRADIENT, BOTH = ("value",), ("gradient",), ("value", "gradient")


@mistake_in_both(
    "not-written",
    "The function returns 0 and zeros whatever it is given: the template's start values, so it seems not written yet.",
    "Write the part between the template's rows of asterisks. If it is written, look whether loss and dW are set.",
    checks=BOTH,
    whole=True,
)
def _not_written(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss = 0.0
    dW = np.zeros_like(W)
    return loss, dW


@mistake_in_both(
    "gradient-not-written",
    "dW is all zeros, as in the template: the gradient seems not written yet.",
    "Write the gradient. If it is written, look whether it is stored in the dW that is returned.",
    checks=GRADIENT,
)
def _gradient_not_written(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, _ = data(W, X, y)
    loss += reg * np.sum(W * W)
    dW = np.zeros(W.shape)
    return loss, dW


@mistake_in_both(
    "gradient-only-of-reg",
    "dW holds the regularization's part only; the data term is missing from it.",
    "Add up the gradients of the samples' losses, divide by N, and add the regularization's part.",
    checks=GRADIENT,
)
def _gradient_only_of_reg(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, _ = data(W, X, y)
    loss += reg * np.sum(W * W)
    dW = 2 * reg * W
    return loss, dW


@mistake_in_both(
    "nothing-averaged",
    "The data term is a sum over the samples, in the loss and in dW; it should be their mean.",
    "Divide both by N = X.shape[0], before the regularization is added.",
    checks=BOTH,
)
def _nothing_averaged(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    loss, dW = data(W, X, y)
    loss = N * loss + reg * np.sum(W * W)
    dW = N * dW + 2 * reg * W
    return loss, dW


@mistake_in_both(
    "gradient-not-averaged",
    "dW is exactly N times too large in its data term: it is not divided by the number of samples.",
    "Write dW /= X.shape[0] where the loss is divided by it, before the regularization is added.",
    checks=GRADIENT,
)
def _gradient_not_averaged(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    dW *= X.shape[0]
    loss += reg * np.sum(W * W)
    dW += 2 * reg * W
    return loss, dW


@mistake_in_both(
    "loss-not-averaged",
    "The loss is exactly N times too large in its data term: it is not divided by the number of samples.",
    "Write loss /= X.shape[0], before the regularization is added.",
    checks=VALUE,
)
def _loss_not_averaged(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss *= X.shape[0]
    loss += reg * np.sum(W * W)
    dW += 2 * reg * W
    return loss, dW


@mistake_in_both(
    "gradient-averaged-twice",
    "The data term of dW is divided by N twice.",
    "Divide either each sample's part or their sum by N, not both.",
    checks=GRADIENT,
)
def _gradient_averaged_twice(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += reg * np.sum(W * W)
    dW /= X.shape[0]
    dW += 2 * reg * W
    return loss, dW


@mistake_in_both(
    "averaged-over-classes",
    "The data term is divided by the number of classes too; it is a mean over the samples only.",
    "np.mean over a whole matrix divides by N*C; sum it and divide by N.",
    checks=BOTH,
)
def _averaged_over_classes(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    C = W.shape[1]
    loss, dW = data(W, X, y)
    loss = loss / C + reg * np.sum(W * W)
    dW = dW / C + 2 * reg * W
    return loss, dW


@mistake_in_both(
    "loss-averaged-over-classes",
    "The data term of the loss is divided by the number of classes too; it is a mean over the samples only.",
    "np.mean over a whole matrix divides by N*C; sum it and divide by N.",
    checks=VALUE,
)
def _loss_averaged_over_classes(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss = loss / W.shape[1] + reg * np.sum(W * W)
    dW += 2 * reg * W
    return loss, dW


@mistake_in_both(
    "averaged-over-features",
    "The data term is divided by the number of features instead of the number of samples.",
    "X is (N, D): the samples are X.shape[0].",
    checks=BOTH,
)
def _averaged_over_features(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    N, D = X.shape
    loss, dW = data(W, X, y)
    loss = loss * N / D + reg * np.sum(W * W)
    dW = dW * N / D + 2 * reg * W
    return loss, dW


@mistake_in_both(
    "loss-negated",
    "The data term of the loss has the wrong sign.",
    "A loss is never negative here: check the sign in front of it.",
    checks=VALUE,
)
def _loss_negated(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss = -loss + reg * np.sum(W * W)
    dW += 2 * reg * W
    return loss, dW


@mistake_in_both(
    "gradient-negated",
    "The data term of dW has the wrong sign.",
    "dW is the gradient, which points uphill; the minus comes in when W is updated.",
    checks=GRADIENT,
)
def _gradient_negated(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += reg * np.sum(W * W)
    dW = -dW + 2 * reg * W
    return loss, dW


@mistake_in_both(
    "everything-negated",
    "All of dW has the wrong sign.",
    "dW is the gradient, which points uphill; the minus comes in when W is updated.",
    checks=GRADIENT,
)
def _everything_negated(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += reg * np.sum(W * W)
    dW += 2 * reg * W
    return loss, -dW


@mistake_in_both(
    "last-sample-only",
    "Only the last sample counts, in the loss and in dW.",
    "Check the indentation: what belongs to a sample must be inside the loop over the samples.",
    checks=BOTH,
)
def _last_sample_only(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    for i in range(N):
        one = data(W, X[i : i + 1], y[i : i + 1])
    loss = one[0] / N + reg * np.sum(W * W)
    dW = one[1] / N + 2 * reg * W
    return loss, dW


@mistake_in_both(
    "gradient-of-last-sample",
    "dW is the last sample's alone.",
    "Write dW += ... inside the loop, where it now says dW = ..., or check its indentation.",
    checks=GRADIENT,
)
def _gradient_of_last_sample(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    loss, _ = data(W, X, y)
    for i in range(N):
        _, dW = data(W, X[i : i + 1], y[i : i + 1])
    loss += reg * np.sum(W * W)
    dW = dW / N + 2 * reg * W
    return loss, dW


@mistake_in_both(
    "last-sample-left-out",
    "The last sample is left out.",
    "range(N) already ends at N - 1, and so does a slice [:N]; neither needs a further - 1.",
    checks=BOTH,
)
def _last_sample_left_out(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(N - 1):
        one = data(W, X[i : i + 1], y[i : i + 1])
        loss += one[0] / N
        dW += one[1] / N
    return loss + reg * np.sum(W * W), dW + 2 * reg * W


@mistake_in_both(
    "first-sample-left-out",
    "The first sample is left out.",
    "Indices start at 0: use range(N), not range(1, N).",
    checks=BOTH,
)
def _first_sample_left_out(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(1, N):
        one = data(W, X[i : i + 1], y[i : i + 1])
        loss += one[0] / N
        dW += one[1] / N
    return loss + reg * np.sum(W * W), dW + 2 * reg * W
