"""Takes a check's expected and got sentences apart into numbers, and marks the wrong entries."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence

import msgspec

_NAMED = re.compile(r"(?:^|, )(loss|dW|W) = ")
_ROUNDING = 1e-9  # of the largest entry: far above rounding, far below what readers would call a difference
_MOST_ENTRIES = 400

Rows = list[list[float]]


class Entry(msgspec.Struct, frozen=True):
    """One number as written, and whether it differs from its partner."""

    text: str
    wrong: bool


class Pair(msgspec.Struct, frozen=True):
    """One quantity, ``loss`` or ``dW``, as it should be and as it was: rows of entries."""

    name: str
    expected: list[list[Entry]]
    got: list[list[Entry]]


def pairs(expected: str | None, got: str | None) -> list[Pair]:
    """The quantities of the two sentences that can be compared entry by entry; empty if none can."""
    right, wrong = _quantities(expected or ""), _quantities(got or "")
    if not right or list(right) != list(wrong):
        return []
    result = []
    for name, rows in right.items():
        others = wrong[name]
        if [len(row) for row in rows] != [len(row) for row in others]:
            return []
        result.append(_pair(name, rows, others))
    return result


def _quantities(sentence: str) -> dict[str, Rows]:
    """``loss = 1.0, dW = [[0.0, 1.0]]`` as rows of numbers by name; empty if any part is something else."""
    parts = _NAMED.split(sentence)
    if parts[0]:
        return {}
    result = {}
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        rows = _rows(text)
        if rows is None:
            return {}
        result[name] = rows
    return result


def _rows(text: str) -> Rows | None:
    try:
        value = json.loads(re.sub(r"\binf\b", "Infinity", re.sub(r"\bnan\b", "NaN", text)))
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, list):
        value = [value]
    if not all(isinstance(row, list) for row in value):
        value = [value]
    numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for row in value for x in row)
    if not numbers or not 0 < sum(map(len, value)) <= _MOST_ENTRIES:
        return None
    try:
        return [[float(x) for x in row] for row in value]
    except OverflowError:
        return None


def _pair(name: str, expected: Rows, got: Rows) -> Pair:
    finite = [abs(x) for row in expected for x in row if math.isfinite(x)]
    tolerance = _ROUNDING * max(finite, default=0.0)
    marks = _marks(expected, got, tolerance)
    if not any(map(any, marks)):
        # The check has failed, so even small differences are wrong.
        marks = _marks(expected, got, 0.0)
    return Pair(name, _entries(expected, marks), _entries(got, marks))


def _marks(expected: Rows, got: Rows, tolerance: float) -> list[list[bool]]:
    return [
        [not _same(a, b, tolerance) for a, b in zip(x, y, strict=True)]
        for x, y in zip(expected, got, strict=True)
    ]


def _same(a: float, b: float, tolerance: float) -> bool:
    return a == b or abs(a - b) <= tolerance or (math.isnan(a) and math.isnan(b))


def _entries(rows: Rows, marks: Sequence[Sequence[bool]]) -> list[list[Entry]]:
    return [[Entry(repr(x), m) for x, m in zip(r, w, strict=True)] for r, w in zip(rows, marks, strict=True)]
