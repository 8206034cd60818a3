"""A report to show below a notebook's cell or in a console: only what was checked there."""

from __future__ import annotations

from grading.grades.grade import Grade
from grading.reports.answers import pairs
from grading.reports.gradescope import explain
from grading.reports.html_report import place_of, where
from grading.reports.pages import fragment
from grading.reports.shown_repairs import parts_of, repair_shown_by, sentence_of
from grading.reports.text import SIGNS, points, shown
from grading.words import say


def inline_text(grade: Grade) -> str:
    """The report as plain text: failures with everything that helps, then a line for each check."""
    grade = shown(grade)
    lines = [_score(grade), ""]
    for check in grade.broken:
        lines += [f"{SIGNS[check.status]} {check.function}: {check.id}", explain(check, grade), ""]
    for check in grade.checks:
        counted = f"{points(check.points)}/{points(check.max_points)}"
        got = counted if check.max_points else say("not counted")
        why = f"  {check.message}" if check.status == "skipped" else ""
        lines.append(f"{SIGNS[check.status]} {check.function}: {check.id} {got}{why}")
    lines += [say("Accepted, but: {remark}", remark=remark) for remark in grade.remarks]
    return "\n".join([*lines, "", grade.isolation.detail])


def _score(grade: Grade) -> str:
    got, most = points(grade.score), points(grade.max_score)
    return say(
        "{functions}: {got} of {most} points", functions=", ".join(grade.functions), got=got, most=most
    )


def inline_html(grade: Grade) -> str:
    """The report as HTML to embed in other output: it has no effect outside, and loads and runs nothing."""
    grade = shown(grade)
    return fragment(
        "inline.html",
        "inline.css",
        grade=grade,
        points=points,
        signs=SIGNS,
        repair_sentence=sentence_of,
        repair_parts=parts_of,
        broken=[
            (
                check,
                where(place_of(check.function, grade)),
                pairs(check.expected, check.got),
                repair_shown_by(check, grade),
            )
            for check in grade.broken
        ],
        remarks=grade.remarks,
    )
