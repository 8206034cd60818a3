"""``index.html``: the class on one page that can be sorted and filtered without a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from grading.grades.grade import Grade, Status
from grading.reports.common_repairs import places_of
from grading.reports.pages import page
from grading.reports.statistics import CheckCount, Statistics, in_order, mistakes_of, reasons, statistics
from grading.reports.text import SIGNS, points, shown, visible

if TYPE_CHECKING:
    from markupsafe import Markup


class Row(msgspec.Struct, frozen=True):
    """One hand-in."""

    name: str
    link: str | None
    score: str
    percent: float | None
    reason: str
    mistakes: str
    for_person: bool
    cells: Markup


class ClassPage:
    """Writes a class as a table of hand-ins by checks, with a summary for the instructor above it."""

    file_name = "index.html"
    takes_hidden = True

    def __init__(self, link_to: str | None = "report.html", said: Sequence[str] = ()) -> None:
        """``link_to`` is the page in each hand-in's folder; None if its name must not be revealed.

        ``said`` has sentences on how the hand-ins were found.
        """
        self.link_to = link_to
        self.said = said

    def render(self, grades: Sequence[Grade], functions: Sequence[str]) -> bytes:
        """The page's bytes. ``functions`` puts the columns into the rubric's order."""
        grades = [shown(grade) for grade in in_order(grades)]
        counts = statistics(grades)
        order = {name: i for i, name in enumerate(functions)}
        columns = sorted(counts.checks, key=lambda check: order.get(check.function, len(order)))
        return page(
            "class.html",
            "class.js",
            ("common.css", "class.css"),
            counts=counts,
            said=[visible(sentence) for sentence in self.said],
            bars=_bars(counts),
            columns=columns,
            groups=_groups(columns),
            rows=[self._row(grade, columns) for grade in grades],
            suite=grades[0].suite if grades else None,
            levels=", ".join(sorted({grade.isolation.level for grade in grades if grade.state == "graded"})),
            points=points,
        )

    def _row(self, grade: Grade, columns: Sequence[CheckCount]) -> Row:
        from markupsafe import Markup

        results = {(check.function, check.id): check.status for check in grade.checks}
        statuses = [results.get((column.function, column.check)) for column in columns]
        graded = grade.state == "graded"
        return Row(
            name=grade.submission.name,
            link=f"{quote(grade.submission.name)}/{self.link_to}" if self.link_to else None,
            score=points(grade.score) if graded else "",
            percent=grade.percent if graded else None,
            reason=grade.reason or "",
            mistakes="\n".join((*mistakes_of(grade), *places_of(grade))),
            for_person=bool(reasons(grade)),
            cells=Markup("".join(map(_cell, statuses))),
        )


def _cell(status: Status | None) -> str:
    """The cell of a check: one of six fixed strings, so that a large class costs no escaping."""
    return '<td class="none"></td>' if status is None else f'<td class="{status}">{SIGNS[status]}</td>'


def _groups(columns: Sequence[CheckCount]) -> list[tuple[str, int]]:
    """The functions above the columns, and how many columns each spans."""
    groups: dict[str, int] = {}
    for column in columns:
        groups[column.function] = groups.get(column.function, 0) + 1
    return list(groups.items())


class Bar(msgspec.Struct, frozen=True):
    """A bar of the histogram, in the units of a drawing 100 high."""

    label: str
    count: int
    x: int
    y: float
    height: float


def _bars(counts: Statistics) -> list[Bar]:
    most = max(counts.histogram) or 1
    bars = []
    for i, count in enumerate(counts.histogram):
        height = round(100 * count / most, 1)
        label = f"{10 * i}–{10 * i + 10}"
        bars.append(Bar(label, count, 42 * i, round(100 - height, 1), height))
    return bars
