"""Mistakes in the softmax loss: in its probabilities, in dW, and in the treatment of numbers near 0."""

from __future__ import annotations

from functools import partial

from reference.mistakes.mistake import BOTH, GRADIENT, INTERFACE, STABILITY, VALUE, Mistake, slip
from reference.mistakes.right_code import SOFTMAX, SOFTMAX_OF_LOGARITHMS

_slip = partial(slip, "softmax", SOFTMAX)
_of_logarithms = partial(slip, "softmax", SOFTMAX_OF_LOGARITHMS)

MISTAKES: tuple[Mistake, ...] = (
    _slip(
        "softmax-no-shift",
        "exp is taken of the scores as they are: above 709 it is inf, and where a whole row is below -745 "
        "its sum is 0.",
        "Subtract each row's own largest score first: scores - scores.max(axis=1, keepdims=True). It changes "
        "nothing else.",
        STABILITY,
        {"scores - scores.max(axis=1, keepdims=True)": "scores"},
    ),
    _slip(
        "softmax-shift-by-the-overall-maximum",
        "One number, the largest score of all samples, is subtracted everywhere: rows far below it underflow to 0/0.",
        "Subtract from each row its own maximum: scores - scores.max(axis=1, keepdims=True).",
        STABILITY,
        {"scores.max(axis=1, keepdims=True)": "np.max(scores)"},
    ),
    _slip(
        "softmax-shift-by-the-mean",
        "Each row's mean is subtracted: a score far above the mean still overflows.",
        "Subtract from each row its maximum: scores - scores.max(axis=1, keepdims=True).",
        STABILITY,
        {"scores.max(": "scores.mean("},
    ),
    _slip(
        "softmax-shift-per-class",
        "The maximum is taken over the samples (axis 0): every class is shifted by another number, which is "
        "not allowed.",
        "Subtract from each row its own maximum: scores.max(axis=1, keepdims=True).",
        BOTH,
        {"scores.max(axis=1, keepdims=True)": "np.max(scores, axis=0)"},
    ),
    _slip(
        "softmax-shift-not-undone",
        "The scores are shifted inside the logarithm only: the largest score is missing from the loss.",
        "Shift first and then use the shifted scores everywhere.",
        VALUE,
        {
            "-np.sum(np.log(p[np.arange(N), y]))": "np.sum(np.log(exponentials.sum(axis=1)) - scores[np.arange(N), y])"
        },
    ),
    _slip(
        "softmax-p-instead-of-log",
        "The loss sums -p of the right classes; it should sum -log(p).",
        "Take np.log of the right class's probability.",
        VALUE,
        {"np.log(p[np.arange(N), y])": "p[np.arange(N), y]"},
    ),
    _slip(
        "softmax-log-of-mean",
        "The logarithm is taken of the mean probability; the loss is the mean of the logarithms.",
        "Take np.log of each sample's probability first, then average.",
        VALUE,
        {"np.sum(np.log(p[np.arange(N), y])) / N": "np.log(np.mean(p[np.arange(N), y]))"},
    ),
    _of_logarithms(
        "softmax-log-of-all-classes",
        "The loss sums -log(p) over all classes; only the right class of each sample counts.",
        "Pick the right class's probability of each row: p[np.arange(N), y].",
        VALUE,
        {"log_p[np.arange(N), y]": "log_p"},
    ),
    _of_logarithms(
        "softmax-log-of-class-0",
        "The loss takes the probability of class 0 for every sample instead of that of its own class.",
        "Pick the right class's probability of each row: p[np.arange(N), y].",
        VALUE,
        {"log_p[np.arange(N), y]": "log_p[:, 0]"},
    ),
    _of_logarithms(
        "softmax-log-of-largest-class",
        "The loss takes the probability of the class that wins instead of that of the right class.",
        "Pick the right class's probability of each row: p[np.arange(N), y].",
        VALUE,
        {"log_p[np.arange(N), y]": "log_p.max(axis=1)"},
    ),
    _slip(
        "softmax-log-of-the-score",
        "The logarithm is taken of the right class's raw score.",
        "Exponentiate and normalize first: the loss is -log(exp(s_y) / sum of exp(s_j)).",
        INTERFACE + VALUE,
        {"np.log(p[np.arange(N), y])": "np.log(scores[np.arange(N), y])"},
    ),
    _slip(
        "softmax-loss-without-log-sum",
        "The loss is minus the right class's score; the logarithm of the sum of exponentials is missing.",
        "The loss of a sample is -s_y + log(sum of exp(s_j)).",
        VALUE,
        {"np.log(p[np.arange(N), y])": "scores[np.arange(N), y]"},
    ),
    _slip(
        "softmax-label-term-missing",
        "The loss is the logarithm of the sum of exponentials; the right class's score is not subtracted.",
        "The loss of a sample is -s_y + log(sum of exp(s_j)).",
        VALUE,
        {
            "-np.sum(np.log(p[np.arange(N), y]))": "np.sum(np.log(exponentials.sum(axis=1)) + scores.max(axis=1))"
        },
    ),
    _slip(
        "softmax-label-not-in-sum",
        "The sum of exponentials leaves the right class out.",
        "The sum runs over all classes, the right one too; it is the SVM loss that skips it.",
        BOTH,
        {
            "p = exponentials / exponentials.sum(axis=1, keepdims=True)": (
                "total = exponentials.sum(axis=1) - exponentials[np.arange(N), y]\n"
                "p = exponentials / total[:, np.newaxis]"
            )
        },
    ),
    _slip(
        "softmax-normalized-over-everything",
        "The exponentials are divided by their sum over all samples; each row must be divided by its own sum.",
        "Sum over the classes only: exponentials.sum(axis=1, keepdims=True).",
        BOTH,
        {"exponentials.sum(axis=1, keepdims=True)": "np.sum(exponentials)"},
    ),
    _slip(
        "softmax-normalized-over-samples",
        "The exponentials are summed over the samples (axis 0); each row must be divided by its own sum.",
        "Sum over the classes: exponentials.sum(axis=1, keepdims=True).",
        BOTH,
        {"exponentials.sum(axis=1, keepdims=True)": "exponentials.sum(axis=0)"},
    ),
    _slip(
        "softmax-sums-not-a-column",
        "The rows' sums, shape (N,), divide along the wrong axis, which fits only when N equals C.",
        "Keep them a column: exponentials.sum(axis=1, keepdims=True).",
        INTERFACE,
        {"exponentials.sum(axis=1, keepdims=True)": "exponentials.sum(axis=1)"},
    ),
    _slip(
        "softmax-logarithm-to-base-10",
        "The logarithm is taken to base 10.",
        "np.log is the natural logarithm; np.log10 and np.log2 are not.",
        VALUE,
        {"np.log(": "np.log10("},
    ),
    _slip(
        "softmax-logarithm-to-base-2",
        "The logarithm is taken to base 2.",
        "np.log is the natural logarithm; np.log10 and np.log2 are not.",
        VALUE,
        {"np.log(": "np.log2("},
    ),
    _slip(
        "softmax-p-instead-of-p-minus-1",
        "dW uses p for every class; for the right class it must be p - 1.",
        "Before multiplying with X.T: p[np.arange(N), y] -= 1.",
        GRADIENT,
        {"p[np.arange(N), y] -= 1": ""},
    ),
    _slip(
        "softmax-p-plus-1",
        "dW uses p + 1 for the right class; it must be p - 1.",
        "The right class's score appears in the loss with a minus: p[np.arange(N), y] -= 1.",
        GRADIENT,
        {"p[np.arange(N), y] -= 1": "p[np.arange(N), y] += 1"},
    ),
    _slip(
        "softmax-label-column-only",
        "Only the column of the right class is updated in dW.",
        "Every class gets p * X[i]; the right one gets (p - 1) * X[i].",
        GRADIENT,
        {
            "p[np.arange(N), y] -= 1": (
                "per_score = np.zeros(scores.shape)\nper_score[np.arange(N), y] = p[np.arange(N), y] - 1"
            ),
            "X.T.dot(p)": "X.T.dot(per_score)",
        },
    ),
    _slip(
        "softmax-label-column-missing",
        "The column of the right class is not updated in dW.",
        "Every class gets p * X[i]; the right one gets (p - 1) * X[i].",
        GRADIENT,
        {"p[np.arange(N), y] -= 1": "p[np.arange(N), y] = 0"},
    ),
    _slip(
        "softmax-minus-1-only",
        "dW only subtracts the samples from their right class's column; the probabilities are missing from it.",
        "Every class gets p * X[i]; the right one gets (p - 1) * X[i].",
        GRADIENT,
        {
            "p[np.arange(N), y] -= 1": (
                "per_score = np.zeros(scores.shape)\nper_score[np.arange(N), y] = -1"
            ),
            "X.T.dot(p)": "X.T.dot(per_score)",
        },
    ),
    _slip(
        "softmax-label-number-subtracted",
        "The labels themselves are subtracted from the probabilities; a 1 belongs in the right class's place.",
        "y holds class numbers, not a one-hot matrix: p[np.arange(N), y] -= 1.",
        GRADIENT,
        {"p[np.arange(N), y] -= 1": "p -= y[:, np.newaxis]"},
    ),
    _slip(
        "softmax-1-subtracted-in-all-rows",
        "p[:, y] -= 1 subtracts 1 in whole columns: in all samples, not only in those with that label.",
        "Index rows and columns together: p[np.arange(N), y] -= 1.",
        GRADIENT,
        {"p[np.arange(N), y] -= 1": "p[:, y] -= 1"},
    ),
    _slip(
        "softmax-1-subtracted-everywhere",
        "1 is subtracted from every probability; only the right class's is p - 1.",
        "Index rows and columns together: p[np.arange(N), y] -= 1.",
        GRADIENT,
        {"p[np.arange(N), y] -= 1": "p -= 1"},
    ),
    _slip(
        "softmax-1-subtracted-in-rows-by-label",
        "p[y] picks whole rows of p, by label; the right class's entry of each row is needed.",
        "Index rows and columns together: p[np.arange(N), y] -= 1.",
        INTERFACE,
        {"p[np.arange(N), y] -= 1": "p[y] -= 1"},
    ),
    _slip(
        "softmax-repeated-labels-lost",
        "dW[:, y] -= ... keeps only one sample of each label: with an index array, repeated labels are counted once.",
        "Subtract in the (N, C) array instead: p[np.arange(N), y] -= 1, then X.T.dot(p).",
        GRADIENT,
        {"p[np.arange(N), y] -= 1": "dW = X.T.dot(p)\ndW[:, y] -= X.T", "X.T.dot(p) / N": "dW / N"},
    ),
    _slip(
        "softmax-gradient-not-normalized",
        "dW uses the exponentials; they must be divided by their sum first.",
        "Use the probabilities, exponentials / exponentials.sum(axis=1, keepdims=True).",
        GRADIENT,
        {
            "p[np.arange(N), y] -= 1": "exponentials[np.arange(N), y] -= 1",
            "X.T.dot(p)": "X.T.dot(exponentials)",
        },
    ),
    _slip(
        "softmax-gradient-of-p",
        "dW has an extra factor p*(1 - p): that is the derivative of a probability, not of its logarithm.",
        "The derivative of -log(p_y) with respect to the scores is simply p - 1 for the right class and p "
        "for the others.",
        GRADIENT,
        {
            "p[np.arange(N), y] -= 1": "slope = p * (1 - p)\np[np.arange(N), y] -= 1",
            "X.T.dot(p)": "X.T.dot(p * slope)",
        },
    ),
    _slip(
        "softmax-sigmoid",
        "Each score goes through a sigmoid of its own; in a softmax the classes share one sum.",
        "Divide the exponentials by their sum over the classes.",
        BOTH,
        {
            "exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))": "",
            "exponentials / exponentials.sum(axis=1, keepdims=True)": "1 / (1 + np.exp(-scores))",
        },
    ),
    _slip(
        "softmax-twice",
        "The softmax is applied twice: once to the scores, once more to the probabilities.",
        "Exponentiate and normalize the scores once.",
        BOTH,
        {
            "loss = ": (
                "p = np.exp(p - p.max(axis=1, keepdims=True))\np = p / p.sum(axis=1, keepdims=True)\nloss = "
            )
        },
    ),
    _slip(
        "softmax-number-added-in-log",
        "A small number is added inside the logarithm, as in log(p + 1e-8): the loss is off by about 1e-8 / p.",
        "Compute the loss as -s_y + log(sum of exp(s_j)) with shifted scores; the sum is at least 1 then.",
        VALUE,
        {"np.log(p[np.arange(N), y]": "np.log(p[np.arange(N), y] + 1e-8"},
    ),
    _slip(
        "softmax-probabilities-clipped",
        "The probabilities are cut off near 0 and 1, as in np.clip(p, 1e-7, 1 - 1e-7): sure predictions get "
        "a wrong loss.",
        "Compute the loss as -s_y + log(sum of exp(s_j)) with shifted scores; the sum is at least 1 then.",
        VALUE,
        {"np.log(p[np.arange(N), y])": "np.log(np.clip(p[np.arange(N), y], 1e-7, 1 - 1e-7))"},
    ),
)
