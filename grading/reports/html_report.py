"""``report.html``: the student's page, one file that needs no network."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from grading.grade import CheckResult, Grade, Place
from grading.reports.answers import Pair, pairs
from grading.reports.pages import page
from grading.reports.text import points, shown

_MOST_INPUT_ENTRIES = 200
_LONGEST_NUMBER = 8


@dataclass(frozen=True)
class Broken:
    """A check that did not pass, with what the page shows of it."""

    check: CheckResult
    place: str | None
    inputs: list[tuple[str, list[list[str]]]]
    pairs: list[Pair]


class HtmlReport:
    """Writes a `Grade` as a page: what to mend first, with the smallest input that shows it; then one line a pass."""

    file_name = "report.html"

    def render(self, grade: Grade) -> bytes:
        """The page's bytes."""
        grade = shown(grade)
        return page(
            "student.html",
            "student.js",
            ("common.css", "student.css"),
            grade=grade,
            points=points,
            by_function=_by_function(grade),
            places={name: where(place) for name, place in grade.functions.items()},
            broken=[_broken(check, grade) for check in grade.checks if check.status in ("failed", "error")],
            remarks=list(dict.fromkeys(remark for check in grade.checks for remark in check.remarks)),
            command=command(grade),
        )


def where(place: Place | None) -> str | None:
    """Where a function stands, in words."""
    return None if place is None else f"{place.source}, lines {place.lines[0]}–{place.lines[1]}"


def command(grade: Grade) -> str:
    """The command that repeats this grade in a checkout of the suite."""
    return f"python grader.py {shlex.quote(grade.submission.path)}"


def place_of(function: str, grade: Grade) -> Place | None:
    """The place of ``svm_loss_naive``, or that of the class for ``LinearSVM.train``."""
    return grade.functions.get(function) or grade.functions.get(function.partition(".")[0])


def _by_function(grade: Grade) -> dict[str, list[CheckResult]]:
    groups: dict[str, list[CheckResult]] = {}
    for check in grade.checks:
        groups.setdefault(check.function, []).append(check)
    return groups


def _broken(check: CheckResult, grade: Grade) -> Broken:
    return Broken(
        check, where(place_of(check.function, grade)), _inputs(check), pairs(check.expected, check.got)
    )


def _inputs(check: CheckResult) -> list[tuple[str, list[list[str]]]]:
    """The counterexample as small tables, W first; none where it is too large to be looked at."""
    example = check.counterexample
    if example is None or example.W is None or example.X is None or example.y is None:
        return []
    size = sum(map(len, example.W)) + sum(map(len, example.X))
    if size > _MOST_INPUT_ENTRIES:
        return []
    return [
        ("W", [[_short(x) for x in row] for row in example.W]),
        ("X", [[_short(x) for x in row] for row in example.X]),
        ("y", [[repr(label)] for label in example.y]),
        ("reg", [[repr(example.reg)]]),
    ]


def _short(value: float) -> str:
    """A number as Python writes it, or to five digits where that is long: the Python to paste has all of them."""
    text = repr(value)
    return text if len(text) <= _LONGEST_NUMBER else f"{value:.5g}"
