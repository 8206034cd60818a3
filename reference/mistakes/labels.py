"""Mistakes about labels and the number of classes, in any loss."""

from __future__ import annotations

from functools import partial

from reference.mistakes.mistake import BOTH, INTERFACE, Mistake, slip
from reference.mistakes.right_code import ANY_LOSS

_slip = partial(slip, "", ANY_LOSS)

MISTAKES: tuple[Mistake, ...] = (
    _slip(
        "labels-off-by-one",
        "The labels are taken one too low, as if they counted from 1.",
        "y[i] is the index of the right class already: it counts from 0.",
        BOTH,
        {"X, y)": "X, y.astype(int) - 1)"},
    ),
    _slip(
        "first-label-for-all",
        "The first sample's label is used for all samples.",
        "Sample i has the label y[i]; for all at once, index with np.arange(N) and y together.",
        BOTH,
        {"X, y)": "X, np.full(y.shape, y[0]))"},
    ),
    _slip(
        "last-label-for-all",
        "The last sample's label is used for all samples.",
        "Sample i has the label y[i]: read it inside the loop over the samples.",
        BOTH,
        {"X, y)": "X, np.full(y.shape, y[-1]))"},
    ),
    _slip(
        "labels-in-reverse",
        "Samples and labels do not belong together: the labels are taken in reverse.",
        "Row i of X has the label y[i]; do not sort or reverse one of them alone.",
        BOTH,
        {"X, y)": "X, y[::-1])"},
    ),
    _slip(
        "labels-sorted",
        "Samples and labels do not belong together: the labels are taken in order of size.",
        "Row i of X has the label y[i]; do not sort one of them alone.",
        BOTH,
        {"X, y)": "X, np.sort(y))"},
    ),
    _slip(
        "classes-counted-in-y",
        "Only the classes that occur in y are counted; a class without a sample in this batch is left out.",
        "The number of classes is W.shape[1], whatever labels a batch happens to hold.",
        BOTH,
        {
            "loss, dW = data(W, X, y)": (
                "C = int(np.max(y)) + 1\n"
                "loss, dW = 0.0, np.zeros(W.shape)\n"
                "loss, dW[:, :C] = data(W[:, :C], X, y)"
            )
        },
    ),
    _slip(
        "labels-renumbered",
        "The labels are numbered anew by np.unique, which is right only when every class occurs in y.",
        "y holds the classes' own numbers already; use them as they are.",
        BOTH,
        {"X, y)": "X, np.unique(y, return_inverse=True)[1])"},
    ),
    _slip(
        "last-class-left-out",
        "The last class is left out, unless a sample belongs to it.",
        "range(C) already ends at C - 1, and so does a slice [:C]; neither needs a further - 1.",
        BOTH,
        {
            "loss, dW = data(W, X, y)": (
                "C = W.shape[1]\n"
                "loss, dW = 0.0, np.zeros(W.shape)\n"
                "if np.max(y) < C - 1 and C > 2:\n"
                "    C -= 1\n"
                "loss, dW[:, :C] = data(W[:, :C], X, y)"
            )
        },
    ),
    _slip(
        "ten-classes",
        "The number of classes is written as 10.",
        "Take it from the input: C = W.shape[1].",
        INTERFACE,
        {
            "dW += 2 * reg * W": (
                "gradient, dW = dW, np.zeros((W.shape[0], 10))\n"
                "for j in range(10):\n"
                "    dW[:, j] = gradient[:, j] + 2 * reg * W[:, j]"
            )
        },
    ),
    _slip(
        "ten-columns",
        "The dW that is returned has 10 columns, whatever the number of classes is.",
        "Start from np.zeros_like(W), which has W's shape.",
        INTERFACE,
        {
            "dW += 2 * reg * W": (
                "dW += 2 * reg * W\n"
                "C = min(10, W.shape[1])\n"
                "gradient, dW = dW, np.zeros((W.shape[0], 10))\n"
                "dW[:, :C] = gradient[:, :C]"
            )
        },
    ),
    _slip(
        "no-more-classes-than-samples",
        "It is right only when there are at least as many samples as classes: the loop over classes ends at N.",
        "Samples are X.shape[0], classes W.shape[1]; check which of the two each loop and array needs.",
        BOTH,
        {
            "loss, dW = data(W, X, y)": (
                "loss, dW = data(W, X, y)\nfor j in range(X.shape[0], W.shape[1]):\n    dW[:, j] = 0"
            )
        },
    ),
    _slip(
        "small-label-types",
        "Labels of a small integer type (uint8) overflow: an index like y * N is computed in that type.",
        "Index with scores[np.arange(N), y], or convert the labels first: y = y.astype(int).",
        INTERFACE,
        {
            "loss, dW = data(W, X, y)": (
                "N = X.shape[0]\n"
                "flat = y * np.array(N, dtype=y.dtype) + np.arange(N)\n"
                "loss, dW = data(W, X, flat // N)"
            )
        },
    ),
    _slip(
        "labels-of-one-type-only",
        "It accepts labels of one integer type only.",
        "Any integer type will do for an index; do not test the type of y.",
        INTERFACE,
        {
            "loss, dW = data(W, X, y)": (
                'if y.dtype != np.int64:\n    raise TypeError("y must be int64")\nloss, dW = data(W, X, y)'
            )
        },
    ),
)
