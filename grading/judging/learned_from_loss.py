"""Tells whether weights can have been learned with the hand-in's own loss.

A class has the data while it is trained, so it can find good weights without any loss: by least squares, or from a list
that was handed in. What is learned from a loss lies where its gradient leads.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from grading.judging.classifier import Classifier

_SAMPLES = 200
# The cosine of the angle between the first gradient and all that was learned, in units of what it is between two
# directions that have nothing to do with each other. Where right code trains it is 20 on the digits.
_LEAST = 6.0


def beyond(start: NDArray[np.float64], W: NDArray[np.float64]) -> NDArray[np.float64]:
    """The part of ``W`` (D, C) beyond any multiple of the weights ``start`` (D, C) that training began with.

    After few or small steps, random initial weights outweigh what was learned; the penalty only shrinks them.
    """
    square = float(np.vdot(start, start))
    if not (np.isfinite(square) and square > 0.0):
        return W
    return W - (float(np.vdot(start, W)) / square) * start


def learned_from_own_loss(
    candidate: Classifier,
    learned: NDArray[np.float64],
    X: NDArray[np.float64],
    y: NDArray[np.int64],
    reg: float,
) -> bool:
    """Whether an initial step against the gradient of one of its own losses leads towards ``learned``.

    The class's own loss counts, and so does each function for the same loss: train may call any. True if there is none
    that answers, and train does not call the loss of its class: then it has its own, which nobody else can call.

    Args:
        candidate: the method train.
        learned: (D, C) what training added to its initial weights.
        X, y: (N, D) and (N,) the data that it was learned from.
        reg: regularization strength.
    """
    start = np.zeros_like(learned)
    # The class's own usually settles it, and a naive function is slow.
    for usual in (True, False):
        answers = candidate.losses_of_handin(start, X[:_SAMPLES], y[:_SAMPLES], reg, usual=usual)
        if any(_cosine(-answer.dW, learned) > _LEAST / math.sqrt(learned.size) for answer in answers):
            return True
    return not answers and not candidate.asked_the_stand_in


def _cosine(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    length = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(np.vdot(one, other)) / length if np.isfinite(length) and length > 0.0 else 0.0
