"""The catalogue of known mistakes.

One list, two uses: tests prove that the checks catch each mistake, and the diagnosis names the one that reproduces a
student's wrong answers. It includes every kind that was counted in some 300 real hand-ins.
"""

from __future__ import annotations

from dataclasses import replace

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
    svm,
    training,
    weights,
)
from reference.mistakes.mistake import DataTerm, Mistake
from reference.mistakes.right_code import DATA

__all__ = ["CATALOGUE", "METHODS", "Mistake", "mistakes_of", "shared_mistakes"]

_IN_ANY_LOSS = (*averaging.MISTAKES, *behaviour.MISTAKES, *labels.MISTAKES, *regularization.MISTAKES)


def shared_mistakes(loss: str, data: DataTerm) -> tuple[Mistake, ...]:
    """The mistakes that can be made in any loss, for the loss whose mean data loss and gradient ``data`` returns."""
    return tuple(replace(made, subject=loss, id=f"{loss}-{made.id}", data=data) for made in _IN_ANY_LOSS)


CATALOGUE: tuple[Mistake, ...] = (
    *(
        replace(made, subject=loss, id=f"{loss}-{made.id}", code=f"{data.strip()}\n\n\n{made.code}")
        for made in _IN_ANY_LOSS
        for loss, data in DATA.items()
    ),
    *logistic.MISTAKES,
    *margin_losses.MISTAKES,
    *softmax.MISTAKES,
    *svm.MISTAKES,
)
"""Mistakes in the losses; if two give the same answers, the likelier one comes first."""

METHODS: tuple[Mistake, ...] = (
    *history.MISTAKES,
    *prediction.MISTAKES,
    *sampling.MISTAKES,
    *training.MISTAKES,
    *weights.MISTAKES,
)
"""Mistakes in a classifier's methods train and predict."""


def mistakes_of(subject: str) -> tuple[Mistake, ...]:
    """The mistakes that can be made in ``subject``: a loss, "train" or "predict"; see `shared_mistakes`, too."""
    return tuple(mistake for mistake in (*CATALOGUE, *METHODS) if mistake.subject == subject)
