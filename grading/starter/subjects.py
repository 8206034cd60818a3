"""The text about each loss in the files handed out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Subject:
    """The text about one loss.

    Attributes:
        module: the file that its functions go into, without its extension.
        title: its name in running text.
        definition: the formula, with R in place of the regularization.
        explanation: its goal, and how to see that it is right.
        hints: for a function with loops (False) and for a vectorized one (True).
        question: an inline question; "" for none.
    """

    module: str
    title: str
    definition: str
    explanation: str
    hints: Mapping[bool, str]
    question: str


SVM = Subject(
    module="linear_svm",
    title="multiclass SVM",
    definition="L = 1/N sum_i sum_{j != y_i} max(0, s_ij - s_iy_i + DELTA) + R",
    explanation="The score of the right class shall be ahead of every other by at least DELTA; what is missing to that "
    "counts. For W = 0 the loss is DELTA times (number of classes - 1): a quick test.",
    hints={
        False: "For each sample and each wrong class whose margin is positive, what happens to the loss if you raise "
        "an entry of that class's column of W? And of the right class's column?",
        True: "All scores at once are X.dot(W), all margins one subtraction more. The gradient is one product of X.T "
        "with a matrix that says how often each sample counts for each class.",
    },
    question="Now and then one entry does not agree in the comparison of gradients, although the code is right. Why? "
    "Give an example in one dimension.",
)
SOFTMAX = Subject(
    module="softmax",
    title="softmax (cross-entropy)",
    definition="L = 1/N sum_i (log sum_j exp(s_ij) - s_iy_i) + R",
    explanation="The scores are read as logarithms of probabilities that have not been normalized; the loss is the "
    "mean of -log(probability of the right class). For W = 0 it is log(number of classes): a quick test.",
    hints={
        False: "exp of a large score overflows. Subtracting the same number from all scores of a sample changes no "
        "probability; subtract the largest. The gradient needs the probabilities and nothing else.",
        True: "Subtract each row's largest score, exponentiate, divide by the sums of the rows. The gradient is one "
        "product of X.T with the probabilities, after a small change at the right classes.",
    },
    question="Why does the loss lie near log(number of classes) before any training?",
)
_KNOWN = {"svm": SVM, "softmax": SOFTMAX}


def subject_of(reference: str) -> Subject:
    """Return the text about a loss, given the rubric's name for it; general text for an instructor's own loss."""
    return _KNOWN.get(reference) or Subject(
        module=reference,
        title=reference.replace("_", " "),
        definition="L = 1/N sum_i L_i + R, with L_i as in the lecture",
        explanation="The loss of each sample is that of the lecture.",
        hints={False: "Loss first, then the gradient.", True: "Think of whole matrices."},
        question="",
    )
