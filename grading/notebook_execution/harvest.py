"""Extracts the results of a notebook from what its process sent: none of it is trusted, all of it is checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from grading.grades.notebook_execution import History, NotebookPicture, SearchFacts, SearchPair
from grading.intake.png import NoPictureError, checked
from grading.notebook_execution.confirming import Confirmation
from grading.notebook_execution.scoring import Counted, HeldOut
from grading.rubric.settings import Search
from grading.sandbox.messages import Received
from grading.sandbox.notebook_worker import Cell, CellOutcome

_MOST_PICTURES = 24
_MOST_PICTURE_BYTES = 6 << 20
_MOST_PAIRS = 400
_MOST_STEPS = 200

_SCATTERED = re.compile(r"\bscatter\s*\(")
_PLOTTED_LOSS = re.compile(r"\bplot\s*\(\s*\w*(?:loss|hist)")
_WEIGHTS, _SHOWN = re.compile(r"\.W\b"), re.compile(r"\bimshow\s*\(")
_SHOWN_WEIGHTS = re.compile(r"\bimshow\s*\([^)]{0,200}\bw(?:img)?\b")


@dataclass(frozen=True, eq=False)
class Found:
    """The results of a search.

    Attributes:
        facts: the facts for the report.
        sides: the declared learning rates and regularization strengths; None if they were not lists of numbers.
        validation, test: how many of how many pictures the model's weights classify correctly; None without weights.
        confirmation: the result of training entries of the table again; None if nothing depends on it.
    """

    facts: SearchFacts
    sides: tuple[tuple[float, ...], tuple[float, ...]] | None
    validation: Counted | None
    test: Counted | None
    confirmation: Confirmation | None = None


def search_found(
    search: Search, cells: Iterable[Cell], outcomes: Iterable[CellOutcome], held_out: HeldOut
) -> Found | None:
    """The results of a search after the last cell that mentions the model; None if there are none."""
    asked = {cell.number for cell in cells if search.weights in cell.wanted}
    last: Mapping[str, Received] = {}
    for outcome in outcomes:
        if outcome.number in asked and {search.weights, search.best} & outcome.found.keys():
            last = outcome.found
    if not last:
        return None
    W = _array(last.get(search.weights), 2)
    best_val, claimed_test = _share(last.get(search.best)), _share(last.get(search.test))
    scored = None if W is None else held_out.score(W, best_val, claimed_test)
    validation, test = (None, None) if scored is None else (scored.validation, scored.test)
    sides = [_array(last.get(name), 1) for name in (search.learning_rates, search.regs)]
    facts = SearchFacts(
        model=search.model,
        results=_pairs(last.get(search.results)),
        best_val=best_val,
        test=claimed_test,
        validation_again=None if validation is None else validation[0] / validation[1],
        test_again=None if test is None else test[0] / test[1],
    )
    declared = None
    if sides[0] is not None and sides[1] is not None:
        declared = tuple(sides[0].tolist()), tuple(sides[1].tolist())
    return Found(facts, declared, validation, test)


def history_found(searches: Iterable[Search], outcomes: Sequence[CellOutcome]) -> History | None:
    """The losses of the training whose curve the notebook draws, thinned; None if there are none."""
    names = {search.history for search in searches}
    for outcome in reversed(outcomes):
        for name in sorted(names & outcome.found.keys()):
            losses = _array(outcome.found[name], 1)
            if losses is not None and losses.size > 1:
                steps = np.unique(np.linspace(0, losses.size - 1, min(losses.size, _MOST_STEPS)).astype(int))
                values = [float(loss) if np.isfinite(loss) else None for loss in losses[steps]]
                return History(steps=steps.tolist(), losses=values)
    return None


def pictures_found(
    cells: Sequence[Cell], outcomes: Iterable[CellOutcome]
) -> tuple[list[NotebookPicture], int]:
    """The pictures that can be shown, in order, and the number of those that cannot."""
    code = {cell.number: cell.code for cell in cells}
    shown: list[NotebookPicture] = []
    refused, room = 0, _MOST_PICTURE_BYTES
    for outcome in outcomes:
        for data in outcome.pictures:
            try:
                picture = checked(data)
            except NoPictureError:
                refused += 1
                continue
            if len(shown) == _MOST_PICTURES or len(picture.png) > room:
                refused += 1
                continue
            room -= len(picture.png)
            shown.append(
                NotebookPicture(
                    cell=outcome.number,
                    kind=_kind(code[outcome.number]),
                    width=picture.width,
                    height=picture.height,
                    png=picture.png,
                )
            )
    return shown, refused


def _kind(code: str) -> Literal["loss", "search", "weights", "other"]:
    weights = _WEIGHTS.search(code)
    if _SCATTERED.search(code):
        return "search"
    if (weights and _SHOWN.search(code, weights.end())) or _SHOWN_WEIGHTS.search(code):
        return "weights"
    return "loss" if _PLOTTED_LOSS.search(code) else "other"


def _array(received: Received | None, dimensions: int) -> NDArray[np.float64] | None:
    value = None if received is None else received.value
    if not isinstance(value, np.ndarray) or value.ndim != dimensions or value.dtype.kind not in "fiub":
        return None
    return value.astype(np.float64)


def _share(received: Received | None) -> float | None:
    value = None if received is None else received.value
    if isinstance(value, np.ndarray) and value.size == 1 and value.dtype.kind in "fiu":
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        return None
    return float(value)


def _pairs(received: Received | None) -> list[SearchPair]:
    table = _array(received, 2)
    if table is None or table.shape[1] != 4:
        return []
    return [
        SearchPair(
            learning_rate=learning_rate,
            reg=reg,
            training=training if 0 <= training <= 1 else None,
            validation=validation if 0 <= validation <= 1 else None,
        )
        for learning_rate, reg, training, validation in table[:_MOST_PAIRS].tolist()
        if np.isfinite(learning_rate) and np.isfinite(reg)
    ]
