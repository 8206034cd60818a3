"""The catalogue of known mistakes.

One list, two uses: tests prove that the checks catch each of them, and the diagnosis names the one that gives a
student's own wrong answers. Every kind that was counted in some 300 real hand-ins is here.
"""

from __future__ import annotations

from reference.mistakes import (
    averaging,
    behaviour,
    labels,
    regularization,
    softmax,
    softmax_gradient,
    svm,
    svm_gradient,
)
from reference.mistakes.mistake import Mistake, declared

__all__ = [
    "CATALOGUE",
    "Mistake",
    "averaging",
    "behaviour",
    "labels",
    "mistakes_of",
    "regularization",
    "softmax",
    "softmax_gradient",
    "svm",
    "svm_gradient",
]

CATALOGUE: tuple[Mistake, ...] = declared()
"""All of them; where two give the same answers, the likelier one first."""


def mistakes_of(subject: str) -> tuple[Mistake, ...]:
    """The mistakes that can be made in ``subject``: "svm", "softmax"."""
    return tuple(mistake for mistake in CATALOGUE if subject in mistake.applies_to)
