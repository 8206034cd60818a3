"""Mistakes about the mean over the samples, signs, and missing code, in any loss."""

from __future__ import annotations

from functools import partial

from reference.mistakes.mistake import BOTH, GRADIENT, VALUE, Mistake, slip
from reference.mistakes.right_code import ANY_LOSS

_slip = partial(slip, "", ANY_LOSS)

MISTAKES: tuple[Mistake, ...] = (
    _slip(
        "not-written",
        "The function returns 0 and zeros whatever it is given: the template's start values, so it seems not "
        "written yet.",
        "Write the part between the template's rows of asterisks. If it is written, look whether loss and dW are set.",
        BOTH,
        {
            "loss, dW = data(W, X, y)": "loss, dW = 0.0, np.zeros_like(W)",
            "loss += reg * np.sum(W * W)": "",
            "dW += 2 * reg * W": "",
        },
        whole=True,
    ),
    _slip(
        "gradient-not-written",
        "dW is all zeros, as in the template: the gradient seems not written yet.",
        "Write the gradient. If it is written, look whether it is stored in the dW that is returned.",
        GRADIENT,
        {"dW += 2 * reg * W": "dW = np.zeros(W.shape)"},
    ),
    _slip(
        "gradient-only-of-reg",
        "dW holds the regularization's part only; the data term is missing from it.",
        "Add up the gradients of the samples' losses, divide by N, and add the regularization's part.",
        GRADIENT,
        {"dW += 2 * reg * W": "dW = 2 * reg * W"},
    ),
    _slip(
        "nothing-averaged",
        "The data term is a sum over the samples, in the loss and in dW; it should be their mean.",
        "Divide both by N = X.shape[0], before the regularization is added.",
        BOTH,
        {
            "loss, dW = data(W, X, y)": "N = X.shape[0]\nloss, dW = data(W, X, y)",
            "loss += reg * np.sum(W * W)": "loss = N * loss + reg * np.sum(W * W)",
            "dW += 2 * reg * W": "dW = N * dW + 2 * reg * W",
        },
    ),
    _slip(
        "gradient-not-averaged",
        "dW is exactly N times too large in its data term: it is not divided by the number of samples.",
        "Write dW /= X.shape[0] where the loss is divided by it, before the regularization is added.",
        GRADIENT,
        {"loss, dW = data(W, X, y)": "loss, dW = data(W, X, y)\ndW *= X.shape[0]"},
    ),
    _slip(
        "loss-not-averaged",
        "The loss is exactly N times too large in its data term: it is not divided by the number of samples.",
        "Write loss /= X.shape[0], before the regularization is added.",
        VALUE,
        {"loss, dW = data(W, X, y)": "loss, dW = data(W, X, y)\nloss *= X.shape[0]"},
    ),
    _slip(
        "gradient-averaged-twice",
        "The data term of dW is divided by N twice.",
        "Divide either each sample's part or their sum by N, not both.",
        GRADIENT,
        {"dW += 2 * reg * W": "dW /= X.shape[0]\ndW += 2 * reg * W"},
    ),
    _slip(
        "averaged-over-classes",
        "The data term is divided by the number of classes too; it is a mean over the samples only.",
        "np.mean over a whole matrix divides by N*C; sum it and divide by N.",
        BOTH,
        {
            "loss += reg * np.sum(W * W)": "loss = loss / W.shape[1] + reg * np.sum(W * W)",
            "dW += 2 * reg * W": "dW = dW / W.shape[1] + 2 * reg * W",
        },
    ),
    _slip(
        "loss-averaged-over-classes",
        "The data term of the loss is divided by the number of classes too; it is a mean over the samples only.",
        "np.mean over a whole matrix divides by N*C; sum it and divide by N.",
        VALUE,
        {"loss += reg * np.sum(W * W)": "loss = loss / W.shape[1] + reg * np.sum(W * W)"},
    ),
    _slip(
        "averaged-over-features",
        "The data term is divided by the number of features instead of the number of samples.",
        "X is (N, D): the samples are X.shape[0].",
        BOTH,
        {
            "loss, dW = data(W, X, y)": "N, D = X.shape\nloss, dW = data(W, X, y)",
            "loss += reg * np.sum(W * W)": "loss = loss * N / D + reg * np.sum(W * W)",
            "dW += 2 * reg * W": "dW = dW * N / D + 2 * reg * W",
        },
    ),
    _slip(
        "loss-negated",
        "The data term of the loss has the wrong sign.",
        "A loss is never negative here: check the sign in front of it.",
        VALUE,
        {"loss += reg * np.sum(W * W)": "loss = -loss + reg * np.sum(W * W)"},
    ),
    _slip(
        "gradient-negated",
        "The data term of dW has the wrong sign.",
        "dW is the gradient, which points uphill; the minus comes in when W is updated.",
        GRADIENT,
        {"dW += 2 * reg * W": "dW = -dW + 2 * reg * W"},
    ),
    _slip(
        "everything-negated",
        "All of dW has the wrong sign.",
        "dW is the gradient, which points uphill; the minus comes in when W is updated.",
        GRADIENT,
        {"return loss, dW": "return loss, -dW"},
    ),
    _slip(
        "last-sample-only",
        "Only the last sample counts, in the loss and in dW.",
        "Check the indentation: what belongs to a sample must be inside the loop over the samples.",
        BOTH,
        {
            "loss, dW = data(W, X, y)": (
                "N = X.shape[0]\nfor i in range(N):\n    loss, dW = data(W, X[i : i + 1], y[i : i + 1])"
            ),
            "loss += reg * np.sum(W * W)": "loss = loss / N + reg * np.sum(W * W)",
            "dW += 2 * reg * W": "dW = dW / N + 2 * reg * W",
        },
    ),
    _slip(
        "gradient-of-last-sample",
        "dW is the last sample's alone.",
        "Write dW += ... inside the loop, where it now says dW = ..., or check its indentation.",
        GRADIENT,
        {
            "loss, dW = data(W, X, y)": (
                "N = X.shape[0]\n"
                "loss, dW = data(W, X, y)\n"
                "for i in range(N):\n"
                "    _, dW = data(W, X[i : i + 1], y[i : i + 1])"
            ),
            "dW += 2 * reg * W": "dW = dW / N + 2 * reg * W",
        },
    ),
    _slip(
        "last-sample-left-out",
        "The last sample is left out.",
        "range(N) already ends at N - 1, and so does a slice [:N]; neither needs a further - 1.",
        BOTH,
        {
            "loss, dW = data(W, X, y)": (
                "N = X.shape[0]\n"
                "loss, dW = 0.0, np.zeros(W.shape)\n"
                "for i in range(N - 1):\n"
                "    one = data(W, X[i : i + 1], y[i : i + 1])\n"
                "    loss += one[0] / N\n"
                "    dW += one[1] / N"
            )
        },
    ),
    _slip(
        "first-sample-left-out",
        "The first sample is left out.",
        "Indices start at 0: use range(N), not range(1, N).",
        BOTH,
        {
            "loss, dW = data(W, X, y)": (
                "N = X.shape[0]\n"
                "loss, dW = 0.0, np.zeros(W.shape)\n"
                "for i in range(1, N):\n"
                "    one = data(W, X[i : i + 1], y[i : i + 1])\n"
                "    loss += one[0] / N\n"
                "    dW += one[1] / N"
            )
        },
    ),
)
