"""For GitHub Actions: a job summary in Markdown, and annotations as workflow commands.

Append ``github-summary.md`` to the file that ``$GITHUB_STEP_SUMMARY`` names, and print ``github-annotations.txt``. The
forms are those of https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from grading.grade import CheckResult, Grade
from grading.reports.html_report import place_of
from grading.reports.markdown_report import escape
from grading.reports.statistics import Statistics, broken, in_order, statistics
from grading.reports.text import points, shown

_MOST_ROWS = 500  # a step's summary may hold 1 MiB
_MOST_MISTAKES = 10


class GitHubSummary:
    """Writes a class as the summary of a job."""

    file_name = "github-summary.md"
    takes_hidden = False

    def render(self, grades: Sequence[Grade], functions: Sequence[str]) -> bytes:
        """The summary's bytes."""
        del functions
        grades = [shown(grade) for grade in in_order(grades)]
        counts = statistics(grades)
        lines = [f"## Grades: {counts.graded} of {counts.submissions} graded", ""]
        lines += ["| | submission | score | to mend |", "|---|---|---|---|"]
        lines += [_row(grade) for grade in grades[:_MOST_ROWS]]
        if len(grades) > _MOST_ROWS:
            lines += ["", f"… and {len(grades) - _MOST_ROWS} more."]
        return ("\n".join([*lines, *_mistakes(counts)]) + "\n").encode()


def _row(grade: Grade) -> str:
    name = escape(grade.submission.name)
    if grade.state == "not_graded":
        return f"| ⚠️ | {name} | not graded | {escape(grade.reason or '')} |"
    checks = ", ".join(f"`{check.function}`: {check.id}" for check in broken(grade))
    sign = "❌" if checks else "✅"
    return f"| {sign} | {name} | {points(grade.score)} of {points(grade.max_score)} | {checks} |"


def _mistakes(counts: Statistics) -> list[str]:
    if not counts.mistakes:
        return []
    rows = [f"| {m.submissions} | {escape(m.title)} |" for m in counts.mistakes[:_MOST_MISTAKES]]
    return ["", "### Commonest mistakes", "", "| submissions | mistake |", "|---|---|", *rows]


class GitHubAnnotations:
    """Writes an ``error`` command for every check that failed, at the function that failed it."""

    file_name = "github-annotations.txt"
    takes_hidden = False

    def render(self, grades: Sequence[Grade], functions: Sequence[str]) -> bytes:
        """The commands' bytes, one command a line."""
        del functions
        lines = []
        for grade in map(shown, in_order(grades)):
            if grade.state == "not_graded":
                lines.append(
                    _command(
                        {"file": grade.submission.path, "title": f"{grade.submission.name}: not graded"},
                        grade.reason or "",
                    )
                )
            lines += [_error(check, grade) for check in broken(grade)]
        return "".join(line + "\n" for line in lines).encode()


def _error(check: CheckResult, grade: Grade) -> str:
    title = f"{grade.submission.name}: {check.function}: {check.id}"
    message = check.message
    if check.diagnosis is not None:
        message += f"\n{check.diagnosis.title} {check.diagnosis.hint}"
    return _command({**_location(check.function, grade), "title": title}, message)


def _location(function: str, grade: Grade) -> dict[str, str]:
    """File and lines as GitHub counts them. In notebooks and archives there are none: only the file is named."""
    place = place_of(function, grade)
    submission = PurePosixPath(grade.submission.path)
    if place is None or not place.source.endswith(".py") or grade.submission.kind == "zip":
        return {"file": str(submission)}
    file = submission if submission.suffix == ".py" else submission / place.source
    return {"file": str(file), "line": str(place.lines[0]), "endLine": str(place.lines[1])}


def _command(properties: dict[str, str], message: str) -> str:
    values = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::error {values}::{_data(message)}"


def _data(text: str) -> str:
    """A message that cannot end its command: percent signs and line ends are written as the runner reads them."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
