"""``gradebook.csv``: one row a submission."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from grading.grade import Grade


def gradebook(grades: Sequence[Grade], functions: Sequence[str]) -> bytes:
    """The gradebook, in order of the submissions' names: state, score, percent, and the points of each function."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["submission", "state", "score", "max_score", "percent", *functions, "reason", "sha256"])
    for grade in sorted(grades, key=lambda g: g.submission.name):
        cells = [_cell(grade, name) for name in functions]
        rows.writerow(
            [
                inert(grade.submission.name),
                grade.state,
                f"{grade.score:g}" if grade.state == "graded" else "",
                f"{grade.max_score:g}",
                f"{grade.percent:.2f}" if grade.state == "graded" else "",
                *cells,
                inert(grade.reason or ""),
                grade.submission.sha256,
            ]
        )
    return text.getvalue().encode()


def _cell(grade: Grade, function: str) -> str:
    if grade.state != "graded":
        return ""
    return f"{sum(check.points for check in grade.checks if check.function == function):g}"


def inert(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: one starting with = + - @ or a control character is quoted."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
