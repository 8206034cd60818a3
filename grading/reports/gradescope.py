"""``results.json``: the output of a Gradescope autograder.

The form follows the autograder specifications, https://gradescope-autograders.readthedocs.io/en/latest/specs/.
"""

from __future__ import annotations

from typing import Any

import msgspec

from grading.grades.grade import CheckResult, Grade, ManualItem
from grading.grades.late import sentence
from grading.reports.html_report import command, place_of, where
from grading.reports.shown_repairs import as_text, repair_shown_by, told
from grading.reports.text import one_line, points, shown
from grading.words import say, together

_LONGEST_NAME = 100  # characters


class GradescopeReport:
    """Writes a `Grade` so that Gradescope shows each check as a test, in plain text."""

    file_name = "results.json"
    takes_hidden = True

    def render(self, grade: Grade) -> bytes:
        """The file's bytes. Gradescope measures the time itself, so none is written."""
        # Hidden checks stay, since Gradescope hides them; students read everything else.
        grade = shown(msgspec.structs.replace(grade, repair=told(grade.repair)))
        results: dict[str, Any] = {
            "score": grade.score,
            "output": _summary(grade),
            "output_format": "text",
            "test_output_format": "text",
            "test_name_format": "text",
            "visibility": "visible",
            # The grader's printed output is for the course's staff.
            "stdout_visibility": "hidden",
            "extra_data": {
                "sha256": grade.submission.sha256,
                "suite_version": grade.suite.version,
                "rubric_sha256": grade.suite.rubric_sha256,
                "seed": grade.suite.seed,
                "isolation": grade.isolation.level,
            },
            "tests": [_test(number, check, grade) for number, check in enumerate(grade.checks, 1)]
            + [_marked(item) for item in grade.manual if item.points is not None],
        }
        return msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n"


def _summary(grade: Grade) -> str:
    lines = [say("Not graded: {reason}", reason=grade.reason or "")] if grade.state == "not_graded" else []
    lines += [sentence(grade.late)] if grade.late is not None and grade.late.factor != 1.0 else []
    lines += [
        say(
            "A person marks: {question} ({most} points)", question=item.question, most=points(item.max_points)
        )
        for item in grade.manual
        if item.points is None
    ]
    lines += list(grade.warnings)
    lines.append(say("To repeat this grade: {command}", command=command(grade)))
    return "\n".join(lines)


def _test(number: int, check: CheckResult, grade: Grade) -> dict[str, Any]:
    return {
        "score": check.points,
        "max_score": check.max_points,
        "status": "passed" if check.status == "passed" else "failed",
        "name": f"{check.function}: {check.id}",
        "number": str(number),
        "output": explain(check, grade),
        "tags": [check.function, check.id],
        # If one is hidden, Gradescope does not show the total either.
        "visibility": "after_published" if check.hidden else "visible",
    }


def _marked(item: ManualItem) -> dict[str, Any]:
    return {
        "score": item.points,
        "max_score": item.max_points,
        "name": one_line(item.question)[:_LONGEST_NAME],
        "output": item.comment,
        "visibility": "visible",
    }


def explain(check: CheckResult, grade: Grade) -> str:
    """Everything about a check as plain text: promise, message, diagnosis, both answers, input, place."""
    lines = [say("What was asked: {promise}", promise=check.title)]
    if check.status != "passed":
        lines.append(check.message)
    if check.diagnosis is not None:
        lines += [together(check.diagnosis.title, check.diagnosis.hint)]
    repair = repair_shown_by(check, grade)
    if repair is not None:
        lines += [as_text(check.function, repair)]
    if check.expected is not None:
        lines += [
            say("expected: {expected}", expected=check.expected or ""),
            say("got:      {got}", got=check.got or ""),
        ]
    if check.counterexample is not None:
        lines += [say("To see it:"), check.counterexample.code.rstrip("\n")]
    place = where(place_of(check.function, grade))
    if check.status != "passed" and place is not None:
        lines.append(say("{function} is defined in {place}.", function=check.function, place=place))
    return "\n".join(lines + [say("Accepted, but: {remark}", remark=remark) for remark in check.remarks])
