"""Mistakes in the losses of margins: the Huber loss, the squared hinge loss, and the hinge loss with the L1 penalty."""

from __future__ import annotations

from functools import partial

from reference.mistakes.mistake import BOTH, GRADIENT, VALUE, Mistake, edited, slip
from reference.mistakes.right_code import SVM_IN_ARRAYS

_SUM, _COUNTS = "np.sum(margins)", "(margins > 0).astype(float)"
_HUBER = "np.where(margins <= 1, margins**2 / 2, margins - 0.5)"
_huber = partial(
    slip, "huber", edited(SVM_IN_ARRAYS, {_SUM: f"np.sum({_HUBER})", _COUNTS: "np.minimum(margins, 1)"})
)
_squared_hinge = partial(
    slip, "squared_hinge", edited(SVM_IN_ARRAYS, {_SUM: "np.sum(margins**2)", _COUNTS: "2 * margins"})
)
_l1 = partial(
    slip,
    "svm_l1",
    edited(SVM_IN_ARRAYS, {"W * W": "np.abs(W)", "2 * reg * W": "reg * np.sign(W)"}),
)

MISTAKES: tuple[Mistake, ...] = (
    _huber(
        "huber-squared-everywhere",
        "Large margins are squared, too; beyond 1 the loss is linear: m - 1/2.",
        "Take np.where(m <= 1, m**2 / 2, m - 0.5), and np.minimum(m, 1) for its derivative.",
        BOTH,
        {_HUBER: "margins**2 / 2", "np.minimum(margins, 1)": "margins.copy()"},
    ),
    _huber(
        "huber-not-squared",
        "The margins are not squared where they are small: this is the SVM's hinge loss.",
        "Take np.where(m <= 1, m**2 / 2, m - 0.5), and np.minimum(m, 1) for its derivative.",
        BOTH,
        {_HUBER: "margins", "np.minimum(margins, 1)": "(margins > 0) * 1.0"},
    ),
    _huber(
        "huber-without-the-half",
        "The small margins are squared without the factor 1/2: at 1 the loss jumps.",
        "m**2 / 2 and m - 1/2 meet at m = 1, where both are 1/2.",
        VALUE,
        {"margins**2 / 2": "margins**2"},
    ),
    _huber(
        "huber-jump",
        "The linear part lacks its - 1/2: at 1 the loss jumps.",
        "m**2 / 2 and m - 1/2 meet at m = 1, where both are 1/2.",
        VALUE,
        {"margins - 0.5": "margins"},
    ),
    _huber(
        "huber-gradient-not-clipped",
        "The gradient of a large margin grows with it; beyond 1 it stays at 1.",
        "The derivative of the loss by a margin is np.minimum(m, 1).",
        GRADIENT,
        {"np.minimum(margins, 1)": "margins.copy()"},
    ),
    _squared_hinge(
        "squared-hinge-not-squared",
        "The margins are not squared: this is the SVM's hinge loss.",
        "Square each positive margin before summing, and differentiate the square: 2 * margin.",
        BOTH,
        {"margins**2": "margins", "2 * margins": "(margins > 0) * 1.0"},
    ),
    _squared_hinge(
        "squared-hinge-gradient-of-the-hinge",
        "The loss is squared, but dW is the gradient of the hinge itself.",
        "The derivative of margin**2 is 2 * margin, times that of the margin.",
        GRADIENT,
        {"2 * margins": "(margins > 0) * 1.0"},
    ),
    _squared_hinge(
        "squared-hinge-gradient-without-2",
        "The gradient of the data term lacks the factor 2 that comes from the square.",
        "The derivative of margin**2 is 2 * margin, times that of the margin.",
        GRADIENT,
        {"2 * margins": "margins.copy()"},
    ),
    _squared_hinge(
        "squared-hinge-square-of-the-sum",
        "The sum of a sample's margins is squared instead of each margin.",
        "Square first, sum then: np.sum(margins**2).",
        VALUE,
        {"margins**2": "margins.sum(axis=1) ** 2"},
    ),
    _l1(
        "l1-gradient-of-squares",
        "The gradient of the penalty is 2*reg*W, that of the squares; the derivative of |w| is its sign.",
        "Write dW += reg * np.sign(W).",
        GRADIENT,
        {"reg * np.sign(W)": "2 * reg * W"},
    ),
    _l1(
        "l1-sign-missing",
        "The gradient of the penalty is reg for every weight; the derivative of |w| is -1 where w is negative.",
        "Write dW += reg * np.sign(W).",
        GRADIENT,
        {"reg * np.sign(W)": "reg"},
    ),
    _l1(
        "l1-factor-2-too-many",
        "The gradient of the penalty has an extra factor 2: the derivative of |w| is its sign.",
        "Write dW += reg * np.sign(W), without a factor.",
        GRADIENT,
        {"reg * np.sign(W)": "2 * reg * np.sign(W)"},
    ),
    _l1(
        "l1-absolute-value-missing",
        "The loss adds reg*sum(W), in which negative weights take from positive ones.",
        "The penalty is reg*sum(|W|): write reg * np.sum(np.abs(W)).",
        VALUE,
        {"np.abs(W)": "W"},
    ),
    _l1(
        "l1-squares-instead",
        "The penalty is reg*sum(W*W), in the loss and in dW; here reg*sum(|W|) is asked for.",
        "Write reg * np.sum(np.abs(W)) in the loss and reg * np.sign(W) in dW.",
        BOTH,
        {"np.abs(W)": "W * W", "reg * np.sign(W)": "2 * reg * W"},
    ),
)
