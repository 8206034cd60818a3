"""Pictures for the student's page: turns numbers into coordinates, which templates draw as SVG.

Drawn by hand because a class has thousands: matplotlib takes 36 ms for one curve, and all of these together 2 ms; they
follow the page into dark mode, and are the same bytes in every run.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import msgspec
import numpy as np

from grading.grades.grade import GradientComparison, LossHistory, TrainingFacts
from grading.grades.notebook_execution import SearchFacts
from grading.intake.png import png_of

_LEFT, _RIGHT = 62, 392
_TOP, _BOTTOM = 10, 190
_OUT_OF_SIGHT = 2.0  # losses above this multiple of the reference's largest are cut off
_MOST_CELLS_WITH_NUMBERS = 60
_MOST_CELLS = 400
_DARKEST = 0.45  # so that text on it is readable


class Tick(msgspec.Struct, frozen=True):
    """A mark on an axis: its position and its text."""

    at: float
    label: str


class Curves(msgspec.Struct, frozen=True):
    """Loss curves over the reference's band: points in SVG's form, and the ranges of the axes."""

    band: str
    lines: list[str]
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    cut: bool
    first: float | None
    last: float | None
    reference_last: tuple[float, float]


class Whisker(msgspec.Struct, frozen=True):
    """One training: its seed, its accuracy, the interval around it, and whether it is enough."""

    seed: int
    y: float
    at: float
    low: float
    high: float
    correct: int
    total: int
    passes: bool


class Accuracies(msgspec.Struct, frozen=True):
    """Accuracies of several trainings on one axis, with the threshold and the reference's."""

    whiskers: list[Whisker]
    threshold: float
    reference: list[float]
    reference_y: float
    ticks: list[Tick]
    bottom: float


class Template(msgspec.Struct, frozen=True):
    """The weights of one class as a picture, and the reference's, as data URLs."""

    name: str
    mine: str
    reference: str


class Training(msgspec.Struct, frozen=True):
    """All pictures of one function's trainings."""

    facts: TrainingFacts
    curves: Curves | None
    accuracies: Accuracies
    templates: list[Template]


class Cell(msgspec.Struct, frozen=True):
    """A cell of a map: its corner, its darkness (0 to 0.45) and its number."""

    x: float
    y: float
    shade: float
    text: str


class Map(msgspec.Struct, frozen=True):
    """A matrix as a map of shaded cells, with the headings of rows and columns."""

    cells: list[Cell]
    width: int
    height: int
    cell_width: float
    cell_height: float
    columns: list[Tick]
    rows: list[Tick]
    left: int
    largest: str


def training(facts: TrainingFacts) -> Training:
    """The pictures of one function's trainings."""
    return Training(facts, _curves(facts), _accuracies(facts), _templates(facts))


def distances(comparison: GradientComparison) -> Map | None:
    """The map of |dW - accepted|; None if nothing in it is a number."""
    rows = comparison.distance
    numbers = [x for row in rows for x in row if x is not None]
    if not numbers or not max(numbers) > 0.0:
        return None
    return _map(
        rows, [str(j) for j in range(len(rows[0]))], [str(i) for i in range(len(rows))], 0.0, ("?", _DARKEST)
    )


def search(facts: SearchFacts) -> Map | None:
    """The map of validation accuracies: a row for each learning rate, a column for each reg; None if it is empty.

    The best has the strongest colour. If a pair was tried twice, the last accuracy is shown.
    """
    found = {(pair.learning_rate, pair.reg): pair.validation for pair in facts.results}
    rates, regs = sorted({rate for rate, _ in found}), sorted({reg for _, reg in found})
    numbers = [accuracy for accuracy in found.values() if accuracy is not None]
    if not numbers or len(rates) * len(regs) > _MOST_CELLS:
        return None
    rows = [[found.get((rate, reg)) for reg in regs] for rate in rates]
    # Even the worst gets half of the darkness, so that tried pairs look different from untried ones.
    lowest = 2.0 * min(numbers) - max(numbers)
    return _map(rows, [f"{reg:.4g}" for reg in regs], [f"{rate:.4g}" for rate in rates], lowest, ("–", 0.0))


def _map(
    rows: Sequence[Sequence[float | None]],
    columns: Sequence[str],
    names: Sequence[str],
    lowest: float,
    missing: tuple[str, float],
) -> Map:
    """Cells that are darker the farther their numbers are above ``lowest``; ``missing`` is text and shade for NaN."""
    height, width = len(rows), len(rows[0])
    with_numbers = height * width <= _MOST_CELLS_WITH_NUMBERS
    cell_width, cell_height = (58.0, 26.0) if with_numbers else (max(3.0, min(26.0, 360.0 / width)),) * 2
    left = 14 + 8 * max(map(len, names))
    largest = max(x for row in rows for x in row if x is not None)
    span = (largest - lowest) or 1.0
    cells = [
        Cell(
            x=round(left + j * cell_width, 1),
            y=round(20 + i * cell_height, 1),
            shade=missing[1] if x is None else round(_DARKEST * (x - lowest) / span, 3),
            text=(missing[0] if x is None else short(x)) if with_numbers else "",
        )
        for i, row in enumerate(rows)
        for j, x in enumerate(row)
    ]
    every = 1 if with_numbers else max(1, math.ceil(16.0 / cell_width))
    return Map(
        cells=cells,
        width=math.ceil(left + 4 + width * cell_width),
        height=math.ceil(24 + height * cell_height),
        cell_width=round(cell_width, 1),
        cell_height=round(cell_height, 1),
        columns=[
            Tick(round(left + (j + 0.5) * cell_width, 1), label)
            for j, label in enumerate(columns)
            if not j % every
        ],
        rows=[
            Tick(round(20 + (i + 0.5) * cell_height, 1), label)
            for i, label in enumerate(names)
            if not i % every
        ],
        left=left - 5,
        largest=short(largest),
    )


def short(value: float) -> str:
    """A number to three digits."""
    return f"{value:.3g}"


def _curves(facts: TrainingFacts) -> Curves | None:
    """The readable loss histories over the reference's band; None if there are none."""
    histories = [run.history for run in facts.runs if run.history is not None]
    drawn = [history for history in histories if any(loss is not None for loss in history.losses)]
    if not drawn:
        return None
    band = facts.reference.band
    losses = [loss for history in drawn for loss in history.losses if loss is not None]
    top = max(band.upper)
    highest = min(max(*losses, top), _OUT_OF_SIGHT * top) if top > 0.0 else max(losses)
    lowest = min(0.0, *band.lower)
    last_step = max(1, band.steps[-1])
    x, y = _Axis(0.0, last_step, _LEFT, _RIGHT), _Axis(lowest, highest or 1.0, _BOTTOM, _TOP)
    forth = _points(x.along(band.steps), y.along(band.upper))
    back = _points(x.along(band.steps[::-1]), y.along(band.lower[::-1]))
    finite = [loss for loss in drawn[0].losses if loss is not None]
    return Curves(
        band=f"{forth} {back}",
        lines=[line for history in drawn for line in _lines(history, x, y)],
        x_ticks=[Tick(x(value), f"{value:g}") for value in _round_numbers(0.0, last_step)],
        y_ticks=[Tick(y(value), f"{value:g}") for value in _round_numbers(lowest, highest)],
        cut=max(losses) > highest or len(finite) < len(drawn[0].losses),
        first=finite[0],
        last=drawn[0].losses[-1],
        reference_last=(band.lower[-1], band.upper[-1]),
    )


class _Axis:
    """Maps a value to its place on an axis, clipped to it, to a tenth of a pixel."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self._low, self._span = low, (high - low) or 1.0
        self._start, self._length = start, end - start

    def __call__(self, value: float) -> float:
        share = min(1.0, max(0.0, (value - self._low) / self._span))
        return round(self._start + share * self._length, 1)

    def along(self, values: Sequence[float]) -> list[float]:
        """The places of many values; NaN where there is no value."""
        shares = np.clip((np.asarray(values, dtype=np.float64) - self._low) / self._span, 0.0, 1.0)
        places: list[float] = np.round(self._start + shares * self._length, 1).tolist()
        return places


def _points(x: Sequence[float], y: Sequence[float]) -> str:
    return " ".join(map("%g,%g".__mod__, zip(x, y, strict=True)))


def _lines(history: LossHistory, x: _Axis, y: _Axis) -> list[str]:
    """The history as runs of points; it breaks where a loss is not a number."""
    across = x.along(history.steps)
    # None becomes NaN.
    down = y.along(history.losses)  # type: ignore[arg-type]
    ends = [-1, *(k for k, loss in enumerate(history.losses) if loss is None), len(across)]
    return [_points(across[a + 1 : b], down[a + 1 : b]) for a, b in pairwise(ends) if b > a + 1]


def _round_numbers(low: float, high: float) -> list[float]:
    """Three to six round numbers from ``low`` to ``high``."""
    span = high - low
    if not (math.isfinite(span) and span > 0.0):
        return [low]
    step: float = 10.0 ** math.floor(math.log10(span / 3.0))
    step *= next(factor for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if span / (factor * step) <= 5.5)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [k * step for k in range(first, last + 1)]


def _accuracies(facts: TrainingFacts) -> Accuracies:
    shares = [facts.threshold, *facts.reference.accuracies]
    shares += [end for run in facts.runs for end in (run.lower, run.upper)]
    low, high = max(0.0, min(shares) - 0.02), min(1.0, max(shares) + 0.02)
    x = _Axis(low, high, _LEFT, _RIGHT)
    whiskers = [
        Whisker(
            seed=run.seed,
            y=22.0 + 26.0 * k,
            at=x(run.correct / run.total),
            low=x(run.lower),
            high=x(run.upper),
            correct=run.correct,
            total=run.total,
            passes=run.correct >= run.least,
        )
        for k, run in enumerate(facts.runs)
    ]
    bottom = 22.0 + 26.0 * (len(whiskers) + 1) - 8.0
    return Accuracies(
        whiskers=whiskers,
        threshold=x(facts.threshold),
        reference=[x(share) for share in facts.reference.accuracies],
        reference_y=22.0 + 26.0 * len(whiskers),
        ticks=[Tick(x(value), f"{100.0 * value:.4g} %") for value in _round_numbers(low, high)],
        bottom=bottom,
    )


def _templates(facts: TrainingFacts) -> list[Template]:
    size = math.prod(facts.picture)
    mine, reference = facts.templates, facts.reference.templates
    if len(mine) != len(reference) or len(mine) != size * len(facts.classes):
        return []
    shape = tuple(facts.picture)
    return [
        Template(
            name=name,
            mine=_png(mine[k * size : (k + 1) * size], shape),
            reference=_png(reference[k * size : (k + 1) * size], shape),
        )
        for k, name in enumerate(facts.classes)
    ]


@lru_cache(maxsize=256)
def _png(pixels: bytes, shape: tuple[int, ...]) -> str:
    """A picture as a ``data:`` URL. The reference's pictures are on every page of a class, and drawn once."""
    return "data:image/png;base64," + base64.b64encode(png_of(pixels, shape)).decode()
