"""Compares a submission's classifiers with others on the same data: accuracy, memory, and time to predict."""

from __future__ import annotations

import math

import msgspec

from grading.grades.grade import Baseline, Grade, TrainingFacts
from grading.words import say

_BYTES_OF_A_NUMBER = 8
_DATA = {"digits": "digits", "cifar10": "CIFAR-10"}


class Row(msgspec.Struct, frozen=True):
    """One classifier in words. ``mine`` if it is the submission's."""

    name: str
    accuracy: str
    stored: str
    seconds: str
    mine: bool


class Comparison(msgspec.Struct, frozen=True):
    """A table, and a sentence that introduces it."""

    sentence: str
    headings: tuple[str, str, str, str]
    rows: list[Row]


def comparison(grade: Grade) -> Comparison | None:
    """The table of a grade; None if nothing was trained."""
    if not grade.trainings or not grade.baselines:
        return None
    first = grade.trainings[0]
    return Comparison(
        sentence=say(
            "Classified are the {total} validation pictures of {data}. A linear classifier keeps one number for each "
            "feature and class; nearest neighbours learn nothing, keep every training picture, and compare with all of "
            "them to answer.",
            total=first.runs[0].total,
            data=_DATA.get(first.data, first.data),
        ),
        headings=(say("classifier"), say("accuracy"), say("keeps"), say("answers in")),
        rows=[
            *(_mine(facts) for facts in grade.trainings),
            *(_beside(baseline) for baseline in grade.baselines),
        ],
    )


def _mine(facts: TrainingFacts) -> Row:
    weights = (math.prod(facts.picture) + 1) * len(facts.classes)
    run = facts.runs[0]
    return Row(facts.function, _share(run.correct / run.total), _size(weights * _BYTES_OF_A_NUMBER), "", True)


def _beside(baseline: Baseline) -> Row:
    if baseline.k is None:
        name = say("linear, {loss} loss, trained by the reference", loss=baseline.name)
    elif baseline.k == 1:
        name = say("the nearest neighbour")
    else:
        name = say("{k} nearest neighbours", k=baseline.k)
    return Row(
        name, _share(baseline.accuracy), _size(baseline.stored_bytes), f"{baseline.seconds:.2g} s", False
    )


def _share(value: float) -> str:
    return f"{value:.1%}"


def _size(count: int) -> str:
    size = float(count)
    for unit in ("bytes", "kB", "MB"):
        if size < 1000.0:
            return f"{size:.3g} {unit}"
        size /= 1000.0
    return f"{size:.3g} GB"
