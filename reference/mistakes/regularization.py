"""Mistakes in the regularization term, in any loss."""

from __future__ import annotations

from functools import partial

from reference.mistakes.mistake import BOTH, GRADIENT, VALUE, Mistake, slip
from reference.mistakes.right_code import ANY_LOSS

_slip = partial(slip, "", ANY_LOSS)

MISTAKES: tuple[Mistake, ...] = (
    _slip(
        "reg-gradient-without-2",
        "The gradient of the regularization lacks its factor 2.",
        "The derivative of reg*sum(W*W) is 2*reg*W, so write dW += 2 * reg * W.",
        GRADIENT,
        {"dW += 2 * reg * W": "dW += reg * W"},
    ),
    _slip(
        "reg-missing-in-gradient",
        "The regularization is in the loss, but not in its gradient.",
        "Add the derivative of the regularization, 2*reg*W, to dW, once, after dividing by N.",
        GRADIENT,
        {"dW += 2 * reg * W": ""},
    ),
    _slip(
        "reg-missing",
        "There is no regularization, neither in the loss nor in dW: reg is not used.",
        "Add reg*sum(W*W) to the loss and its derivative, 2*reg*W, to dW.",
        BOTH,
        {"loss += reg * np.sum(W * W)": "", "dW += 2 * reg * W": ""},
    ),
    _slip(
        "reg-missing-in-loss",
        "The regularization is in dW, but not in the loss.",
        "Add reg*sum(W*W) to the loss, after dividing by N.",
        VALUE,
        {"loss += reg * np.sum(W * W)": ""},
    ),
    _slip(
        "half-convention",
        "The regularization is 0.5*reg*sum(W*W), as in the editions of 2015 and 2016; here reg*sum(W*W) is asked for.",
        "Loss and gradient fit each other; drop the 0.5 in the loss and write dW += 2 * reg * W.",
        BOTH,
        {
            "loss += reg * np.sum(W * W)": "loss += 0.5 * reg * np.sum(W * W)",
            "dW += 2 * reg * W": "dW += reg * W",
        },
    ),
    _slip(
        "reg-half-in-loss",
        "The regularization of the loss is 0.5*reg*sum(W*W), half of what is asked for.",
        "Drop the 0.5 in the loss.",
        VALUE,
        {"loss += reg * np.sum(W * W)": "loss += 0.5 * reg * np.sum(W * W)"},
    ),
    _slip(
        "reg-gradient-with-half",
        "The gradient of the regularization is four times too small: it is 0.5*reg*W.",
        "The derivative of reg*sum(W*W) is 2*reg*W; no half appears in it.",
        GRADIENT,
        {"dW += 2 * reg * W": "dW += 0.5 * reg * W"},
    ),
    _slip(
        "reg-loss-divided-by-n",
        "The loss's regularization is divided by N; only the data term is a mean.",
        "Divide the data term by N first, then add the regularization.",
        VALUE,
        {"loss += reg * np.sum(W * W)": "loss += reg * np.sum(W * W) / X.shape[0]"},
    ),
    _slip(
        "reg-gradient-divided-by-n",
        "The regularization's part of dW is divided by N; only the data term is a mean.",
        "Divide dW by N first, then add the derivative of the regularization.",
        GRADIENT,
        {"dW += 2 * reg * W": "dW += 2 * reg * W / X.shape[0]"},
    ),
    _slip(
        "reg-divided-by-n",
        "The regularization is divided by N, in the loss and in dW; only the data term is a mean.",
        "Divide the data term by N first, then add the regularization.",
        BOTH,
        {
            "loss, dW = data(W, X, y)": "N = X.shape[0]\nloss, dW = data(W, X, y)",
            "loss += reg * np.sum(W * W)": "loss = (N * loss + reg * np.sum(W * W)) / N",
            "dW += 2 * reg * W": "dW = (N * dW + 2 * reg * W) / N",
        },
    ),
    _slip(
        "reg-once-per-sample",
        "The regularization is added once for every sample instead of once.",
        "Move the line that adds it out of the loop over the samples.",
        BOTH,
        {
            "loss += reg * np.sum(W * W)": ("for _ in range(X.shape[0]):\n    loss += reg * np.sum(W * W)"),
            "dW += 2 * reg * W": "    dW += 2 * reg * W",
        },
    ),
    _slip(
        "reg-twice",
        "The regularization is twice what is asked for, in the loss and in dW. Is it added in two places?",
        "Add reg*sum(W*W) and 2*reg*W once each.",
        BOTH,
        {"dW += 2 * reg * W": "dW += 2 * reg * W\nloss += reg * np.sum(W**2)\ndW += 2 * reg * W"},
    ),
    _slip(
        "reg-twice-in-loss",
        "The loss's regularization is twice what is asked for. Is it added in two places?",
        "Add reg*sum(W*W) to the loss once.",
        VALUE,
        {"return loss": "return loss + reg * np.sum(W * W)"},
    ),
    _slip(
        "reg-sums-w",
        "The regularization of the loss sums W instead of its squares.",
        "Write reg * np.sum(W * W).",
        VALUE,
        {"loss += reg * np.sum(W * W)": "loss += reg * np.sum(W)"},
    ),
    _slip(
        "reg-square-of-sum",
        "The regularization of the loss squares the sum of W instead of summing its squares.",
        "Write reg * np.sum(W * W): square first, then sum.",
        VALUE,
        {"loss += reg * np.sum(W * W)": "loss += reg * np.sum(W) ** 2"},
    ),
    _slip(
        "reg-norm-not-squared",
        "The regularization of the loss is the norm of W, which is the square root of what is asked for.",
        "Write reg * np.sum(W * W), without a root.",
        VALUE,
        {"loss += reg * np.sum(W * W)": "loss += reg * float(np.linalg.norm(W))"},
    ),
    _slip(
        "reg-absolute-values",
        "The regularization is that of L1: it sums |W| instead of W*W.",
        "Write reg * np.sum(W * W), and 2 * reg * W in dW.",
        BOTH,
        {
            "loss += reg * np.sum(W * W)": "loss += reg * np.sum(np.abs(W))",
            "dW += 2 * reg * W": "dW += reg * np.sign(W)",
        },
    ),
    _slip(
        "reg-not-used-in-loss",
        "The loss adds sum(W*W) without multiplying it by reg.",
        "Write loss += reg * np.sum(W * W).",
        VALUE,
        {"loss += reg * np.sum(W * W)": "loss += np.sum(W**2)"},
    ),
    _slip(
        "reg-not-used-in-gradient",
        "dW adds 2*W without multiplying it by reg.",
        "Write dW += 2 * reg * W.",
        GRADIENT,
        {"dW += 2 * reg * W": "dW += 2 * W"},
    ),
    _slip(
        "reg-plus-sum-in-gradient",
        "The number reg + sum(W*W) is added to every entry of dW.",
        "dW needs the derivative of reg*sum(W*W), which is the matrix 2*reg*W.",
        GRADIENT,
        {"dW += 2 * reg * W": "dW += reg + np.sum(W * W)"},
    ),
    _slip(
        "reg-loss-in-gradient",
        "The number reg*sum(W*W) is added to every entry of dW: that is the loss's term, not its derivative.",
        "The derivative of reg*sum(W*W) is the matrix 2*reg*W.",
        GRADIENT,
        {"dW += 2 * reg * W": "dW += reg * np.sum(W * W)"},
    ),
    _slip(
        "reg-sum-in-gradient",
        "The number 2*reg*sum(W) is added to every entry of dW.",
        "Each entry of W has its own derivative: dW += 2 * reg * W, without a sum.",
        GRADIENT,
        {"dW += 2 * reg * W": "dW += 2 * reg * np.sum(W)"},
    ),
    _slip(
        "reg-in-the-divisor",
        "The loss is divided by N + reg*sum(W*W): `loss /= N + reg * np.sum(W * W)` divides by all of it.",
        "Write two statements: loss /= N, then loss += reg * np.sum(W * W).",
        VALUE,
        {"loss += reg * np.sum(W * W)": ("loss *= X.shape[0]\nloss /= X.shape[0] + reg * np.sum(W * W)")},
    ),
    _slip(
        "reg-subtracted-in-loss",
        "The regularization is subtracted from the loss instead of added.",
        "Large weights must cost: loss += reg * np.sum(W * W).",
        VALUE,
        {"loss += reg * np.sum(W * W)": "loss -= reg * np.sum(W * W)"},
    ),
    _slip(
        "reg-subtracted-in-gradient",
        "The regularization's part of dW has the wrong sign.",
        "dW is the gradient, not the step: dW += 2 * reg * W. The minus comes in when W is updated.",
        GRADIENT,
        {"dW += 2 * reg * W": "dW -= 2 * reg * W"},
    ),
    _slip(
        "reg-bias-row-exempt",
        "The last row of W is left out of the regularization.",
        "It is often wise not to regularize the bias, but here all of W is asked for: reg*sum(W*W).",
        BOTH,
        {
            "loss += reg * np.sum(W * W)": "loss += reg * np.sum(W[:-1] ** 2)",
            "dW += 2 * reg * W": "dW[:-1] += 2 * reg * W[:-1]",
        },
    ),
)
