"""Mistakes in the logistic loss of each class."""

from __future__ import annotations

from functools import partial

from reference.mistakes.mistake import BOTH, GRADIENT, STABILITY, Mistake, slip
from reference.mistakes.right_code import LOGISTIC, SOFTMAX

_slip = partial(slip, "logistic", LOGISTIC)

MISTAKES: tuple[Mistake, ...] = (
    slip(
        "logistic",
        SOFTMAX,
        "logistic-softmax-instead",
        "This is the softmax loss: exp(s) is divided by the sum over the classes. Here each class is for itself.",
        "Take p = 1 / (1 + exp(-s)) for every score, without the scores of other classes.",
        BOTH,
        {},
    ),
    _slip(
        "logistic-correct-class-only",
        "Only the correct class counts; the wrong classes must count too, each with -log(1 - p).",
        "Sum over all classes: -log(p) for the correct one, -log(1 - p) for the others.",
        BOTH,
        {"np.logaddexp(0, scores) - T * scores": "T * np.logaddexp(0, -scores)", "p - T": "T * (p - 1)"},
    ),
    _slip(
        "logistic-averaged-over-classes",
        "Loss and gradient are divided by C as well: np.mean over the whole (N, C) array.",
        "Sum over the classes and take the mean over the samples only: divide by N.",
        BOTH,
        {
            "N = X.shape[0]": "",
            "np.sum(np.logaddexp(0, scores) - T * scores) / N": "np.mean(np.logaddexp(0, scores) - T * scores)",
            "X.T.dot(p - T) / N": "X.T.dot(p - T) / T.size",
        },
    ),
    _slip(
        "logistic-targets-reversed",
        "The targets are reversed: the correct class is taken for a wrong one, and the others for correct ones.",
        "The target is 1 for the label and 0 for all other classes.",
        BOTH,
        {"T = np": "T = 1 - np"},
    ),
    _slip(
        "logistic-minus-missing-in-sigmoid",
        "The minus sign in the sigmoid is missing: 1 / (1 + exp(s)) is 1 - p.",
        "Write p = 1 / (1 + np.exp(-scores)).",
        BOTH,
        {"X.dot(W)": "-X.dot(W)"},
    ),
    _slip(
        "logistic-gradient-of-squared-error",
        "The gradient has an extra factor p*(1 - p): that of the squared error, not of the logarithm.",
        "The derivative of the loss by a score is p - t; the sigmoid's own derivative cancels.",
        GRADIENT,
        {"p - T": "(p - T) * p * (1 - p)"},
    ),
    _slip(
        "logistic-labels-as-targets",
        "The labels themselves are the targets, as in p - y: label 2 is no probability.",
        "Make a row of zeros with a single 1 at the label: np.eye(C)[y].",
        BOTH,
        {"np.eye(W.shape[1])[y]": "y[:, np.newaxis]"},
    ),
    _slip(
        "logistic-one-minus-p",
        "log(1 - p) has lost its digits where p is near 1, and is -inf where p is rounded to 1.",
        "1 - p is 1 / (1 + exp(s)), so write -log(1 - p) as np.logaddexp(0, scores).",
        STABILITY,
        {
            "loss = np.sum(np.logaddexp(0, scores) - T * scores)": (
                "p = 1 / (1 + np.exp(-scores))\nloss = -np.sum(np.where(T == 1, np.log(p), np.log(1 - p)))"
            )
        },
    ),
)
