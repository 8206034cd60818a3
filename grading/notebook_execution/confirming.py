"""Confirms a table of accuracies by repeating a few of its trainings.

The table is a list of numbers that a program can make up. Two of its entries, chosen by the hash of the hand-in, are
trained again in the notebook's process, with the notebook's own class and data; the grader scores the weights. Classes
get permuted numbers, so stored weights fit nothing.

Trainings from different random numbers differ, and some settings hardly converge: an entry is contradicted only after
three trainings, if it is farther from all of them than trainings of one model, different pictures and, in addition,
twice the distance between the three explain. Entries come from the better half of the table, where trainings converge.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from grading.grades.notebook_execution import SearchPair
from grading.notebook_execution.claims import CLOSE
from grading.notebook_execution.scoring import HeldOut
from grading.sandbox.notebook_worker import NotTrainedError, Trainer, Training
from grading.words import say

#: The checks whose points depend on the table.
RESTS_ON_TABLE = "grid", "best"
_ENTRIES, _TRAININGS = 2, 3


@dataclass(frozen=True)
class Confirmation:
    """The result of training some entries again.

    Attributes:
        state: "unknown" if no training could be repeated.
        entry: the contradicted entry.
        again: the accuracies of its trainings.
        why: the reason for "unknown".
    """

    state: Literal["confirmed", "contradicted", "unknown"]
    entry: SearchPair | None = None
    again: tuple[float, ...] = ()
    why: str = ""


def confirm(
    table: Sequence[SearchPair], model: str, train: Trainer, pictures: HeldOut, digest: bytes
) -> Confirmation:
    """Train some entries of ``table`` again.

    Args:
        table: the search's table.
        model: the variable that holds its best model.
        train: makes the notebook do it.
        pictures: the pictures that the weights are scored on.
        digest: a hash of the hand-in.
    """
    for number, entry in enumerate(chosen(table, digest)):
        assert entry.validation is not None
        again: list[float] = []
        while True:
            classes = _order(pictures.classes, b"%d %d" % (number, len(again)) + digest)
            training = Training(model, entry.learning_rate, entry.reg, tuple(classes.tolist()))
            try:
                value = train(training).value
            except NotTrainedError as error:
                return Confirmation("unknown", why=str(error))
            scored = _scored(value, classes, entry.validation, pictures)
            if scored is None:
                return Confirmation("unknown", why=say("its weights have no shape that fits the pictures"))
            again.append(scored)
            if is_near(entry.validation, again, len(pictures.validation.labels)):
                break
            if len(again) == _TRAININGS:
                return Confirmation("contradicted", entry, tuple(again))
    return Confirmation("confirmed")


def chosen(table: Sequence[SearchPair], digest: bytes) -> list[SearchPair]:
    """The entries to train again, from the better half of the table, chosen by the hash of the hand-in."""
    known = [entry for entry in table if entry.validation is not None]
    known.sort(key=lambda entry: (-(entry.validation or 0.0), entry.learning_rate, entry.reg))
    better = known[: max(_ENTRIES, math.ceil(len(known) / 2))]
    return [better[k] for k in _order(len(better), digest)[:_ENTRIES]]


def is_near(claimed: float, again: Sequence[float], pictures: int) -> bool:
    """Whether an accuracy can be that of one more training like these, each scored on ``pictures`` pictures."""
    share = min(max(claimed, *again, 1 / pictures), 1 - 1 / pictures)
    of_pictures = 2.0 * math.sqrt(2.0 * share * (1.0 - share) / pictures)
    margin = CLOSE + of_pictures + 2.0 * (max(again) - min(again))
    return min(again) - margin <= claimed <= max(again) + margin


def _scored(value: object, classes: NDArray[np.int64], claimed: float, pictures: HeldOut) -> float | None:
    if not isinstance(value, np.ndarray) or value.ndim != 2 or value.dtype.kind not in "fiu":
        return None
    W = value.astype(np.float64)
    if W.shape[1] == len(classes):
        W = W[:, classes]
    elif W.shape[0] == len(classes):
        W = W[classes]
    score = pictures.score(W, claimed, None)
    return None if score is None else score.validation[0] / score.validation[1]


def _order(count: int, key: bytes) -> NDArray[np.int64]:
    """A permutation of the numbers below ``count`` that depends on ``key``."""
    keys = np.frombuffer(hashlib.shake_256(key).digest(8 * count), ">u8")
    return np.argsort(keys, kind="stable")
