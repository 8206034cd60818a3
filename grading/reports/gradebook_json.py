"""``gradebook.json``: the class for other programs, with every score and the counts of the class page."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from grading.grades.grade import Grade, Repair, SuiteFacts
from grading.reports.common_repairs import in_short
from grading.reports.statistics import Statistics, in_order, mistakes_of, reasons, statistics
from grading.reports.text import shown


class GradebookEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One hand-in. ``score`` and ``percent`` are None if it was not graded, and ``reason`` says why.

    ``repair`` has the changes found that make each wrong function right, whatever students are told;
    the lines around them are omitted. ``by_hand`` has the points given by a person, None if nothing is marked.
    """

    name: str
    path: str
    sha256: str
    state: str
    reason: str | None
    score: float | None
    max_score: float
    percent: float | None
    functions: dict[str, float]
    by_hand: float | None
    mistakes: list[str]
    for_person: list[str]
    repair: dict[str, Repair]


class Gradebook(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file."""

    schema: int
    suite: SuiteFacts | None
    statistics: Statistics
    submissions: list[GradebookEntry]


class GradebookJson:
    """Writes a class as JSON, in order of names."""

    file_name = "gradebook.json"
    takes_hidden = True

    def render(self, grades: Sequence[Grade], functions: Sequence[str]) -> bytes:
        """The file's bytes."""
        grades = [shown(grade) for grade in in_order(grades)]
        book = Gradebook(
            schema=1,
            suite=grades[0].suite if grades else None,
            statistics=statistics(grades),
            submissions=[_entry(grade, functions) for grade in grades],
        )
        return msgspec.json.format(msgspec.json.encode(book), indent=1) + b"\n"


def _entry(grade: Grade, functions: Sequence[str]) -> GradebookEntry:
    graded = grade.state == "graded"
    return GradebookEntry(
        name=grade.submission.name,
        path=grade.submission.path,
        sha256=grade.submission.sha256,
        state=grade.state,
        reason=grade.reason,
        score=grade.score if graded else None,
        max_score=grade.max_score,
        percent=round(grade.percent, 2) if graded else None,
        functions={name: function_points(grade, name) for name in functions} if graded else {},
        by_hand=grade.by_hand[0] if any(item.points is not None for item in grade.manual) else None,
        mistakes=mistakes_of(grade),
        for_person=reasons(grade),
        repair=in_short(grade.repair),
    )


def function_points(grade: Grade, function: str) -> float:
    """The points of one function's checks."""
    return round(sum(check.points for check in grade.checks if check.function == function), 6)
