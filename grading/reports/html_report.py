"""``report.html``: the student's page, one file that needs no network."""

from __future__ import annotations

import re
import shlex

import msgspec

from grading import PREFIX, PROGRAM
from grading.grades.grade import (
    Certificate,
    CheckResult,
    Counterexample,
    Grade,
    GradientComparison,
    Place,
    Repair,
    Status,
)
from grading.grades.late import sentence
from grading.reports.answers import Entry, Pair, pairs
from grading.reports.cards import Card, cards
from grading.reports.classifier_comparison import comparison
from grading.reports.notebook_runs import introduction, shown_runs
from grading.reports.pages import page
from grading.reports.pictures import Map, distances, short, training
from grading.reports.shown_repairs import pages_parts_of, repair_shown_by, sentence_of
from grading.reports.text import SIGNS, points, shown
from grading.words import later, said_place, say

_MOST_INPUT_ENTRIES = 200
_LONGEST_NUMBER = 8


class Input(msgspec.Struct, frozen=True):
    """A counterexample as small tables by name, W first; ``rounded`` if they do not show all digits."""

    tables: list[tuple[str, list[list[str]]]]
    rounded: bool


class Gradient(msgspec.Struct, frozen=True):
    """A wrong dW beside the accepted one, which at a kink is an interval for each entry.

    ``direction`` is that of the certificate if it takes more than one weight; ``proof`` states the certificate in
    words if the check's message does not.
    """

    accepted: list[list[str]]
    got: list[list[Entry]]
    ties: int
    together: bool
    map: Map | None
    direction: list[list[str]] | None
    proof: str | None


class Broken(msgspec.Struct, frozen=True):
    """A check that did not pass, with what the page shows about it.

    ``name`` is that of its function or class; the checks in ``same`` did not pass for the same reason.
    """

    check: CheckResult
    place: str | None
    name: str
    input: Input | None
    pairs: list[Pair]
    gradient: Gradient | None
    repair: Repair | None
    same: list[CheckResult]


class Points(msgspec.Struct, frozen=True):
    """A function's points and their maximum; ``link`` is the first of its checks that did not pass."""

    name: str
    got: float
    most: float
    link: str | None


class HtmlReport:
    """Writes a `Grade` as a page: first what to fix, with the smallest input that shows it; then one line per pass."""

    file_name = "report.html"
    takes_hidden = False

    def __init__(self, source_page: str | None = None) -> None:
        """``source_page`` is the page that shows the student's files, if there is one."""
        self.source_page = source_page

    def render(self, grade: Grade) -> bytes:
        """The page's bytes."""
        grade = shown(grade)
        return page(
            "student.html",
            "student.js",
            ("common.css", "student.css"),
            pictures=True,
            grade=grade,
            source_page=self.source_page,
            points=points,
            statuses=statuses(),
            repair_sentence=sentence_of,
            repair_parts=pages_parts_of,
            unmarked=_unmarked,
            signs=SIGNS,
            functions=_functions(grade),
            unsatisfied={check.function for check in grade.checks if check.status != "passed"},
            by_function=by_function(grade),
            places={name: where(place) for name, place in grade.functions.items()},
            broken=[_broken(card, grade) for card in cards(grade)],
            trainings=[training(facts) for facts in grade.trainings],
            beside=comparison(grade),
            introduction=introduction(grade.execution) if grade.execution is not None else "",
            executed=shown_runs(grade),
            remarks=grade.remarks,
            command=command(grade),
            late=sentence(grade.late) if grade.late is not None else "",
        )


def where(place: Place | None) -> str | None:
    """Where a function is, in words."""
    if place is None:
        return None
    source, (first, last) = said_place(place.source), place.lines
    if first == last:
        return say("{source}, line {line}", source=source, line=first)
    return say("{source}, lines {first}–{last}", source=source, first=first, last=last)


def statuses() -> dict[Status, str]:
    """The word for each state of a check."""
    return {
        "passed": say("passed"),
        "failed": say("failed"),
        "error": say("error"),
        "skipped": say("skipped"),
        "manual": say("manual"),
    }


def command(grade: Grade) -> str:
    """The command that repeats this grade, to be typed in a checkout's folder."""
    data = grade.suite.data
    where = " --data DIR" if data is not None and data.name == "cifar10" else ""
    called = PROGRAM if PREFIX else f"python {PROGRAM}"
    return f"{called} {shlex.quote(grade.submission.path)}{where}"


def place_of(function: str, grade: Grade) -> Place | None:
    """The place of a function; for a method like ``LinearSVM.train``, its own or else that of the class."""
    return (
        grade.functions.get(function)
        or grade.methods.get(function)
        or grade.functions.get(function.partition(".")[0])
    )


def _functions(grade: Grade) -> list[Points]:
    return [
        Points(
            name,
            sum(check.points for check in checks),
            sum(check.max_points for check in checks),
            next((f"{name}-{c.id}" for c in checks if c.is_broken), None),
        )
        for name, checks in by_function(grade).items()
    ]


def by_function(grade: Grade) -> dict[str, list[CheckResult]]:
    """The checks of each function, in the order of the report."""
    groups: dict[str, list[CheckResult]] = {}
    for check in grade.checks:
        groups.setdefault(check.function, []).append(check)
    return groups


def _broken(card: Card, grade: Grade) -> Broken:
    check = card.check
    place = where(place_of(check.function, grade))
    return Broken(
        check,
        place,
        check.function if check.function in grade.functions else check.function.partition(".")[0],
        _input(check.counterexample),
        pairs(check.expected, check.got),
        _gradient(check.gradient) if check.gradient is not None else None,
        repair_shown_by(check, grade),
        card.same,
    )


def _gradient(found: GradientComparison) -> Gradient:
    certificate = found.certificate
    several = certificate is not None and certificate.entry is None
    return Gradient(
        accepted=[
            [_interval(low, high) for low, high in zip(*rows, strict=True)]
            for rows in zip(found.low, found.high, strict=True)
        ],
        got=[
            [
                Entry(say("not finite") if x is None else _short(x), wrong)
                for x, wrong in zip(*rows, strict=True)
            ]
            for rows in zip(found.got, found.wrong, strict=True)
        ],
        ties=found.ties,
        together=found.together,
        map=distances(found),
        direction=[[_short(x) for x in row] for row in certificate.V] if certificate and several else None,
        # At a kink, the check's message ends with it.
        proof=_proof(certificate) if certificate and not found.ties else None,
    )


def _interval(low: float, high: float) -> str:
    return _short(low) if low == high else say("{low} to {high}", low=_short(low), high=_short(high))


def _proof(certificate: Certificate) -> str:
    truth, promised = short(certificate.rises), short(certificate.promised)
    if certificate.entry is None:
        return say(
            "move W along V, and the loss rises at rate {truth}, but your dW promises {promised}.",
            truth=truth,
            promised=promised,
        )
    i, j = certificate.entry
    up = later(
        "raise W[{i}, {j}] a little, and the loss rises at rate {truth}, but your dW promises {promised}."
    )
    down = later(
        "lower W[{i}, {j}] a little, and the loss rises at rate {truth}, but your dW promises {promised}."
    )
    return say(up if certificate.V[i][j] > 0.0 else down, i=i, j=j, truth=truth, promised=promised)


def _input(example: Counterexample | None) -> Input | None:
    """The tables of a counterexample; None if it has none, or is too large to look at."""
    if example is None or example.W is None or example.X is None or example.y is None:
        return None
    numbers = [x for row in example.W + example.X for x in row]
    if len(numbers) > _MOST_INPUT_ENTRIES:
        return None
    tables = [
        ("W", [[_short(x) for x in row] for row in example.W]),
        ("X", [[_short(x) for x in row] for row in example.X]),
        ("y", [[repr(label)] for label in example.y]),
        ("reg", [[repr(example.reg)]]),
    ]
    return Input(tables, rounded=any(_short(x) != repr(x) for x in numbers))


def _short(value: float) -> str:
    """A number as Python writes it, or to five digits if that is long: the Python to paste has all of them."""
    text = repr(value)
    return text if len(text) <= _LONGEST_NUMBER else f"{value:.5g}"


def _unmarked(question: str) -> str:
    """A question of the notebook without Markdown's asterisks around its heading."""
    return re.sub(r"\*\*(.+?)\*\*", r"\1", question)
