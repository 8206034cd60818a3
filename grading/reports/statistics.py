"""Counts over a class, for the class page, the gradebook and the job summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from grading.grades.grade import Grade
from grading.reports.common_repairs import FixedPlace, fixed_places
from grading.words import later, say

_BINS = 10


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """A known mistake and the number of hand-ins that make it, each counted once."""

    id: str
    title: str
    submissions: int


class CheckCount(msgspec.Struct, frozen=True, kw_only=True):
    """A check of a function: how many hand-ins it was run on, how many passed, and whether it is ``hidden``."""

    function: str
    check: str
    asked: int
    passed: int
    hidden: bool = False


class ForPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A hand-in that somebody has to look at, and why."""

    name: str
    reasons: list[str]


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """Counts over a class. ``histogram[i]`` counts scores from 10 i percent up to 10 (i + 1); 100 is in the last."""

    submissions: int
    graded: int
    mean_percent: float | None
    median_percent: float | None
    histogram: list[int]
    mistakes: list[Mistake]
    places: list[FixedPlace]
    checks: list[CheckCount]
    passed_by_nobody: list[CheckCount]
    for_person: list[ForPerson]


def statistics(grades: Sequence[Grade]) -> Statistics:
    """Count a class. Equal classes give equal counts, whatever the order of the grades."""
    grades = in_order(grades)
    graded = [grade for grade in grades if grade.state == "graded"]
    percents = sorted(grade.percent for grade in graded)
    histogram = [0] * _BINS
    for percent in percents:
        histogram[min(int(percent * _BINS / 100), _BINS - 1)] += 1
    checks = _checks(graded)
    return Statistics(
        submissions=len(grades),
        graded=len(graded),
        mean_percent=round(sum(percents) / len(percents), 2) if percents else None,
        median_percent=round(_median(percents), 2) if percents else None,
        histogram=histogram,
        mistakes=_mistakes(graded),
        places=fixed_places(graded),
        checks=checks,
        passed_by_nobody=[check for check in checks if not check.passed],
        for_person=[ForPerson(name=g.submission.name, reasons=r) for g in grades if (r := reasons(g))],
    )


def _median(ordered: Sequence[float]) -> float:
    """The median; NumPy's imports masked arrays, which takes as long as all reports on a small class."""
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def in_order(grades: Sequence[Grade]) -> list[Grade]:
    """Grades sorted by the names of their hand-ins, the order of every report on a class."""
    return sorted(grades, key=lambda grade: (grade.submission.name, grade.submission.path))


def mistakes_of(grade: Grade) -> list[str]:
    """The ids of the recognized mistakes, each once."""
    return list(dict.fromkeys(check.diagnosis.id for check in grade.checks if check.diagnosis is not None))


def reasons(grade: Grade) -> list[str]:
    """Reasons why a person has to look at a hand-in; empty for most."""
    result = []
    if grade.state == "not_graded":
        result.append(say("not graded: {reason}", reason=grade.reason or say("no reason was given")))
    if grade.to_mark:
        one, many = later("1 written answer to mark"), later("{count} written answers to mark")
        result.append(say(one if grade.to_mark == 1 else many, count=grade.to_mark))
    claims = [claim for run in (grade.execution.notebooks if grade.execution else []) for claim in run.claims]
    missed = sum(not claim.reproduced for claim in claims)
    if missed:
        result.append(
            say(
                "{missed} of {count} accuracies in the notebook not reproduced",
                missed=missed,
                count=len(claims),
            )
        )
    manual = [check for check in grade.checks if check.status == "manual"]
    result += [
        say("{function}: {check} needs manual grading", function=check.function, check=check.id)
        for check in manual
    ]
    return result


def _mistakes(graded: Sequence[Grade]) -> list[Mistake]:
    titles: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for grade in graded:
        counts.update(mistakes_of(grade))
        for check in grade.checks:
            if check.diagnosis is not None:
                titles.setdefault(check.diagnosis.id, check.diagnosis.title)
    ordered = sorted(counts, key=lambda mistake: (-counts[mistake], mistake))
    return [Mistake(id=mistake, title=titles[mistake], submissions=counts[mistake]) for mistake in ordered]


def _checks(graded: Sequence[Grade]) -> list[CheckCount]:
    """Every check that was run on any hand-in, in the order of the fullest report."""
    asked: Counter[tuple[str, str]] = Counter()
    passed: Counter[tuple[str, str]] = Counter()
    hidden: set[tuple[str, str]] = set()
    # Reports have the rubric's order; taking the longest first preserves it even if some lack checks.
    for grade in sorted(graded, key=lambda grade: -len(grade.checks)):
        for check in grade.checks:
            asked[check.function, check.id] += 1
            if check.hidden:
                hidden.add((check.function, check.id))
            passed[check.function, check.id] += check.status == "passed"
    return [
        CheckCount(
            function=function,
            check=check,
            asked=number,
            passed=passed[function, check],
            hidden=(function, check) in hidden,
        )
        for (function, check), number in asked.items()
    ]
