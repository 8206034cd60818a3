"""The catalogue of known mistakes.

One list, two uses: tests prove that the checks catch each of them, and the diagnosis names the one that gives a
student's own wrong answers. Every kind that was counted in some 300 real hand-ins is here.
"""

from __future__ import annotations

from reference.mistakes import (
    averaging,
    behaviour,
    history,
    labels,
    logistic,
    margin_losses,
    prediction,
    regularization,
    sampling,
    softmax,
    softmax_gradient,
    svm,
    svm_gradient,
    training,
    weights,
)
from reference.mistakes.mistake import Mistake, declared, shared_mistakes

__all__ = [
    "CATALOGUE",
    "METHODS",
    "Mistake",
    "averaging",
    "behaviour",
    "history",
    "labels",
    "logistic",
    "margin_losses",
    "mistakes_of",
    "prediction",
    "regularization",
    "sampling",
    "shared_mistakes",
    "softmax",
    "softmax_gradient",
    "svm",
    "svm_gradient",
    "training",
    "weights",
]

CATALOGUE: tuple[Mistake, ...] = tuple(m for m in declared() if not {"train", "predict"} & set(m.applies_to))
"""Those of the losses; where two give the same answers, the likelier one first."""

METHODS: tuple[Mistake, ...] = tuple(m for m in declared() if {"train", "predict"} & set(m.applies_to))
"""Those of a classifier's methods train and predict."""


def mistakes_of(subject: str) -> tuple[Mistake, ...]:
    """The mistakes that can be made in ``subject``: a loss, "train" or "predict"; see `shared_mistakes`, too."""
    return tuple(mistake for mistake in (*CATALOGUE, *METHODS) if subject in mistake.applies_to)
