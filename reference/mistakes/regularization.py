"""Mistakes in the regularization term, which both losses share."""

from __future__ import annotations

import numpy as np

from reference.mistakes.mistake import Array, DataTerm, Labels, Result, mistake_in_both

VALUE, GRADIENT, BOTH = ("value",), ("gradient",), ("value", "gradient")


@mistake_in_both(
    "reg-gradient-without-2",
    "The gradient of the regularization lacks its factor 2.",
    "The derivative of reg*sum(W*W) is 2*reg*W, so write dW += 2 * reg * W.",
    checks=GRADIENT,
)
def _gradient_without_2(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += reg * np.sum(W * W)
    dW += reg * W
    return loss, dW


@mistake_in_both(
    "reg-missing-in-gradient",
    "The regularization is in the loss, but not in its gradient.",
    "Add the derivative of the regularization, 2*reg*W, to dW, once, after dividing by N.",
    checks=GRADIENT,
)
def _missing_in_gradient(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += reg * np.sum(W * W)
    return loss, dW


@mistake_in_both(
    "reg-missing",
    "There is no regularization, neither in the loss nor in dW: reg is not used.",
    "Add reg*sum(W*W) to the loss and its derivative, 2*reg*W, to dW.",
    checks=BOTH,
)
def _missing(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    return loss, dW


@mistake_in_both(
    "reg-missing-in-loss",
    "The regularization is in dW, but not in the loss.",
    "Add reg*sum(W*W) to the loss, after dividing by N.",
    checks=VALUE,
)
def _missing_in_loss(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    dW += 2 * reg * W
    return loss, dW


@mistake_in_both(
    "half-convention",
    "The regularization is 0.5*reg*sum(W*W), as in the editions of 2015 and 2016; here reg*sum(W*W) is asked for.",
    "Loss and gradient fit each other; drop the 0.5 in the loss and write dW += 2 * reg * W.",
    checks=BOTH,
)
def _half_convention(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += 0.5 * reg * np.sum(W * W)
    dW += reg * W
    return loss, dW


@mistake_in_both(
    "reg-half-in-loss",
    "The regularization of the loss is 0.5*reg*sum(W*W), half of what is asked for.",
    "Drop the 0.5 in the loss.",
    checks=VALUE,
)
def _half_in_loss(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += 0.5 * reg * np.sum(W * W)
    dW += 2 * reg * W
    return loss, dW


@mistake_in_both(
    "reg-gradient-with-half",
    "The gradient of the regularization is four times too small: it is 0.5*reg*W.",
    "The derivative of reg*sum(W*W) is 2*reg*W; no half appears in it.",
    checks=GRADIENT,
)
def _gradient_with_half(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += reg * np.sum(W * W)
    dW += 0.5 * reg * W
    return loss, dW


@mistake_in_both(
    "reg-loss-divided-by-n",
    "The loss's regularization is divided by N; only the data term is a mean.",
    "Divide the data term by N first, then add the regularization.",
    checks=VALUE,
)
def _loss_divided(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += reg * np.sum(W * W) / X.shape[0]
    dW += 2 * reg * W
    return loss, dW


@mistake_in_both(
    "reg-gradient-divided-by-n",
    "The regularization's part of dW is divided by N; only the data term is a mean.",
    "Divide dW by N first, then add the derivative of the regularization.",
    checks=GRADIENT,
)
def _gradient_divided(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += reg * np.sum(W * W)
    dW += 2 * reg * W / X.shape[0]
    return loss, dW


@mistake_in_both(
    "reg-divided-by-n",
    "The regularization is divided by N, in the loss and in dW; only the data term is a mean.",
    "Divide the data term by N first, then add the regularization.",
    checks=BOTH,
)
def _divided(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    loss, dW = data(W, X, y)
    loss = (N * loss + reg * np.sum(W * W)) / N
    dW = (N * dW + 2 * reg * W) / N
    return loss, dW


@mistake_in_both(
    "reg-once-per-sample",
    "The regularization is added once for every sample instead of once.",
    "Move the line that adds it out of the loop over the samples.",
    checks=BOTH,
)
def _once_per_sample(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    for _ in range(X.shape[0]):
        loss += reg * np.sum(W * W)
        dW += 2 * reg * W
    return loss, dW


@mistake_in_both(
    "reg-twice",
    "The regularization is twice what is asked for, in the loss and in dW. Is it added in two places?",
    "Add reg*sum(W*W) and 2*reg*W once each.",
    checks=BOTH,
)
def _twice(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += reg * np.sum(W * W)
    dW += 2 * reg * W
    loss += reg * np.sum(W**2)
    dW += 2 * reg * W
    return loss, dW


@mistake_in_both(
    "reg-twice-in-loss",
    "The loss's regularization is twice what is asked for. Is it added in two places?",
    "Add reg*sum(W*W) to the loss once.",
    checks=VALUE,
)
def _twice_in_loss(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += reg * np.sum(W * W)
    dW += 2 * reg * W
    return loss + reg * np.sum(W * W), dW


@mistake_in_both(
    "reg-sums-w",
    "The regularization of the loss sums W instead of its squares.",
    "Write reg * np.sum(W * W).",
    checks=VALUE,
)
def _sums_w(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += reg * np.sum(W)
    dW += 2 * reg * W
    return loss, dW


@mistake_in_both(
    "reg-square-of-sum",
    "The regularization of the loss squares the sum of W instead of summing its squares.",
    "Write reg * np.sum(W * W): square first, then sum.",
    checks=VALUE,
)
def _square_of_sum(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += reg * np.sum(W) ** 2
    dW += 2 * reg * W
    return loss, dW


@mistake_in_both(
    "reg-norm-not-squared",
    "The regularization of the loss is the norm of W, which is the square root of what is asked for.",
    "Write reg * np.sum(W * W), without a root.",
    checks=VALUE,
)
def _norm(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += reg * float(np.linalg.norm(W))
    dW += 2 * reg * W
    return loss, dW


@mistake_in_both(
    "reg-absolute-values",
    "The regularization is that of L1: it sums |W| instead of W*W.",
    "Write reg * np.sum(W * W), and 2 * reg * W in dW.",
    checks=BOTH,
)
def _absolute_values(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += reg * np.sum(np.abs(W))
    dW += reg * np.sign(W)
    return loss, dW


@mistake_in_both(
    "reg-not-used-in-loss",
    "The loss adds sum(W*W) without multiplying it by reg.",
    "Write loss += reg * np.sum(W * W).",
    checks=VALUE,
)
def _not_used_in_loss(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += np.sum(W**2)
    dW += 2 * reg * W
    return loss, dW


@mistake_in_both(
    "reg-not-used-in-gradient",
    "dW adds 2*W without multiplying it by reg.",
    "Write dW += 2 * reg * W.",
    checks=GRADIENT,
)
def _not_used_in_gradient(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += reg * np.sum(W * W)
    dW += 2 * W
    return loss, dW


@mistake_in_both(
    "reg-plus-sum-in-gradient",
    "The number reg + sum(W*W) is added to every entry of dW.",
    "dW needs the derivative of reg*sum(W*W), which is the matrix 2*reg*W.",
    checks=GRADIENT,
)
def _plus_sum(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += reg * np.sum(W * W)
    dW += reg + np.sum(W * W)
    return loss, dW


@mistake_in_both(
    "reg-loss-in-gradient",
    "The number reg*sum(W*W) is added to every entry of dW: that is the loss's term, not its derivative.",
    "The derivative of reg*sum(W*W) is the matrix 2*reg*W.",
    checks=GRADIENT,
)
def _loss_in_gradient(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += reg * np.sum(W * W)
    dW += reg * np.sum(W * W)
    return loss, dW


@mistake_in_both(
    "reg-sum-in-gradient",
    "The number 2*reg*sum(W) is added to every entry of dW.",
    "Each entry of W has its own derivative: dW += 2 * reg * W, without a sum.",
    checks=GRADIENT,
)
def _sum_in_gradient(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += reg * np.sum(W * W)
    dW += 2 * reg * np.sum(W)
    return loss, dW


@mistake_in_both(
    "reg-in-the-divisor",
    "The loss is divided by N + reg*sum(W*W): `loss /= N + reg * np.sum(W * W)` divides by all of it.",
    "Write two statements: loss /= N, then loss += reg * np.sum(W * W).",
    checks=VALUE,
)
def _in_the_divisor(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    N = X.shape[0]
    loss, dW = data(W, X, y)
    loss *= N
    loss /= N + reg * np.sum(W * W)
    dW += 2 * reg * W
    return loss, dW


@mistake_in_both(
    "reg-subtracted-in-loss",
    "The regularization is subtracted from the loss instead of added.",
    "Large weights must cost: loss += reg * np.sum(W * W).",
    checks=VALUE,
)
def _subtracted_in_loss(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss -= reg * np.sum(W * W)
    dW += 2 * reg * W
    return loss, dW


@mistake_in_both(
    "reg-subtracted-in-gradient",
    "The regularization's part of dW has the wrong sign.",
    "dW is the gradient, not the step: dW += 2 * reg * W. The minus comes in when W is updated.",
    checks=GRADIENT,
)
def _subtracted_in_gradient(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += reg * np.sum(W * W)
    dW -= 2 * reg * W
    return loss, dW


@mistake_in_both(
    "reg-bias-row-exempt",
    "The last row of W is left out of the regularization.",
    "It is often wise not to regularize the bias, but here all of W is asked for: reg*sum(W*W).",
    checks=BOTH,
)
def _bias_row_exempt(data: DataTerm, W: Array, X: Array, y: Labels, reg: float) -> Result:
    loss, dW = data(W, X, y)
    loss += reg * np.sum(W[:-1] ** 2)
    dW[:-1] += 2 * reg * W[:-1]
    return loss, dW
