"""Mistakes in how a function behaves, whatever it computes: what it returns, raises, changes and remembers."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference.mistakes.mistake import Array, DataTerm, Labels, Result, mistake_in_both

GRADIENT, INTERFACE = ("gradient",), ("interface",)


@mistake_in_both(
    "returns-nothing",
    "The function returns nothing.",
    "End it with: return loss, dW",
    checks=INTERFACE,
)
def _returns_nothing(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Any:
    loss, dW = data(W, X, y)
    loss += reg * np.sum(W * W)
    dW += 2 * reg * W


@mistake_in_both(
    "returns-only-the-loss",
    "Only the loss is returned.",
    "End the function with: return loss, dW",
    checks=INTERFACE,
)
def _returns_only_the_loss(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Any:
    loss, _ = data(W, X, y)
    return loss + reg * np.sum(W * W)


@mistake_in_both(
    "returned-in-the-wrong-order",
    "Loss and dW are returned in the wrong order.",
    "End the function with: return loss, dW",
    checks=INTERFACE,
)
def _wrong_order(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    return dW + 2 * reg * W, loss + reg * np.sum(W * W)


@mistake_in_both(
    "returns-three-things",
    "Three things are returned, where two are asked for.",
    "End the function with: return loss, dW",
    checks=INTERFACE,
)
def _three_things(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Any:
    loss, dW = data(W, X, y)
    return loss + reg * np.sum(W * W), dW + 2 * reg * W, X.dot(W)


@mistake_in_both(
    "loss-of-each-sample",
    "The loss is an array with one number for each sample; it should be one number.",
    "Sum the samples' losses and divide by N before returning.",
    checks=INTERFACE,
)
def _loss_of_each_sample(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    _, dW = data(W, X, y)
    losses = np.zeros(X.shape[0])
    for i in range(X.shape[0]):
        losses[i] = data(W, X[i : i + 1], y[i : i + 1])[0]
    return losses + reg * np.sum(W * W), dW + 2 * reg * W


@mistake_in_both(
    "gradient-transposed",
    "dW is returned transposed, as (C, D).",
    "dW has W's shape, (D, C): return dW.T instead, or compute X.T.dot(...) in the first place.",
    checks=INTERFACE,
)
def _gradient_transposed(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    return loss + reg * np.sum(W * W), (dW + 2 * reg * W).T


@mistake_in_both(
    "gradient-flat",
    "dW is returned as a flat array.",
    "dW has W's shape, (D, C).",
    checks=INTERFACE,
)
def _gradient_flat(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    return loss + reg * np.sum(W * W), np.ravel(dW + 2 * reg * W)


@mistake_in_both(
    "x-not-transposed",
    "X is multiplied without being transposed, which fits only when there are as many samples as features.",
    "dW is (D, C): write X.T.dot(...), with (D, N) times (N, C).",
    checks=INTERFACE,
)
def _x_not_transposed(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    loss, _ = data(W, X, y)
    per_score = np.zeros((N, W.shape[1]))
    for i in range(N):
        per_score[i] = data(X[i : i + 1].dot(W), np.eye(1), y[i : i + 1])[1][0] / N
    dW = X.dot(per_score)
    return loss + reg * np.sum(W * W), dW + 2 * reg * W


@mistake_in_both(
    "type-error",
    "An operation is applied to something of the wrong type.",
    "The error message says which. A common one: N / 2 is a float in Python 3, and range needs a whole number, N // 2.",
    checks=INTERFACE,
)
def _type_error(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    for _ in range(X.shape[0] / 1):
        loss += reg * np.sum(W * W)
    return loss, dW


@mistake_in_both(
    "writes-a-file",
    "The function writes a file, for debugging, in a folder that exists on one computer only.",
    "A loss function should only compute; take the savetxt, save or open out again.",
    checks=INTERFACE,
)
def _writes_a_file(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    np.savetxt("c:/no such folder/scores.txt", X.dot(W))
    return loss + reg * np.sum(W * W), dW + 2 * reg * W


@mistake_in_both(
    "remembers-loss",
    "The loss of earlier calls is still in this one's: it adds up in something that outlives the call.",
    "Start with loss = 0.0 inside the function; keep nothing in global variables or default arguments.",
    checks=INTERFACE,
)
def _remembers_loss(
    data: DataTerm,
    W: Array,
    X: Array,
    y: Labels,
    reg: float,
    total: list[float] = [0.0],  # noqa: B006
) -> Result:
    loss, dW = data(W, X, y)
    total[0] += loss + reg * np.sum(W * W)
    return total[0], dW + 2 * reg * W


@mistake_in_both(
    "changes-w",
    "W is changed in place: the caller's weights are no longer what they were.",
    "W *= W squares the caller's own array; write W * W, which makes a new one.",
    checks=INTERFACE,
)
def _changes_w(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    dW += 2 * reg * W
    W *= W
    loss += reg * np.sum(W)
    return loss, dW


@mistake_in_both(
    "changes-x",
    "X is changed in place: the caller's data are no longer what they were.",
    "X /= N divides the caller's own array; write X / N, which makes a new one.",
    checks=INTERFACE,
)
def _changes_x(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    loss, dW = data(W, X, y)
    X /= N
    return loss + reg * np.sum(W * W), dW + 2 * reg * W


@mistake_in_both(
    "changes-y",
    "y is changed in place: the caller's labels are no longer what they were.",
    "Write labels = y - 1 instead of y -= 1, or rather leave the labels as they are: they count from 0.",
    checks=INTERFACE,
)
def _changes_y(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    y *= 0
    return loss + reg * np.sum(W * W), dW + 2 * reg * W


@mistake_in_both(
    "single-precision",
    "dW has single precision (float32): only about seven of its digits are right.",
    "NumPy computes in float64 unless told otherwise; take the float32 or the conversion out.",
    checks=GRADIENT,
    exactness=2e-6,
    whole=True,
)
def _single_precision(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += reg * np.sum(W * W)
    dW += 2 * reg * W
    return loss, dW.astype(np.float32)


@mistake_in_both(
    "single-precision-throughout",
    "The computation is done in single precision (float32): only about seven digits are right.",
    "NumPy computes in float64 unless told otherwise; take the float32 or the conversion out.",
    checks=("value", "gradient"),
    exactness=2e-6,
    whole=True,
)
def _single_precision_throughout(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    W, X = W.astype(np.float32), X.astype(np.float32)
    loss, dW = data(W, X, y)
    return np.float32(loss + reg * np.sum(W * W)), np.float32(dW + 2 * reg * W)
