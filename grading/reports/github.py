"""For GitHub Actions: a job summary in Markdown, annotations as workflow commands, and a step's outputs.

Append ``github-summary.md`` to the file named by ``$GITHUB_STEP_SUMMARY``, ``github-outputs.txt`` to that of
``$GITHUB_OUTPUT``, and print the others, as ``ci/grade.sh`` does. The forms are those of https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from grading.grades.grade import CheckResult, Grade, Place
from grading.reports.html_report import place_of
from grading.reports.markdown_report import escape
from grading.reports.pages import assignment
from grading.reports.shown_repairs import repair_shown_by, sentence_of
from grading.reports.statistics import Statistics, in_order, statistics
from grading.reports.text import points, shown
from grading.words import say, together

_MOST_ROWS = 500  # a step's summary may hold 1 MiB
_MOST_MISTAKES = 10
_IN_CELL = re.compile(r"(.*\.ipynb), cell (\d+)")


class GitHubSummary:
    """Writes a class as a job summary."""

    file_name = "github-summary.md"
    takes_hidden = False

    def render(self, grades: Sequence[Grade], functions: Sequence[str]) -> bytes:
        """The summary's bytes."""
        grades = [shown(grade) for grade in in_order(grades)]
        counts = statistics(grades)
        lines = [
            "## " + say("Grades: {graded} of {count} graded", graded=counts.graded, count=counts.submissions),
            "",
        ]
        name = assignment(grades[0].suite) if grades else ""
        lines += [escape(name), ""] if name else []
        lines += [f"| | {say('submission')} | {say('score')} | {say('to fix')} |", "|---|---|---|---|"]
        lines += [_row(grade) for grade in grades[:_MOST_ROWS]]
        if len(grades) > _MOST_ROWS:
            lines += ["", say("… and {count} more.", count=len(grades) - _MOST_ROWS)]
        return ("\n".join([*lines, *_mistakes(counts)]) + "\n").encode()


def _row(grade: Grade) -> str:
    name = escape(grade.submission.name)
    if grade.state == "not_graded":
        return f"| ⚠️ | {name} | {say('not graded')} | {escape(grade.reason or '')} |"
    checks = ", ".join(f"`{check.function}`: {check.id}" for check in grade.broken)
    sign = "❌" if checks else "✅"
    return f"| {sign} | {name} | {_score(grade)} | {checks} |"


def _score(grade: Grade) -> str:
    return say("{got} of {most}", got=points(grade.score), most=points(grade.max_score))


def _mistakes(counts: Statistics) -> list[str]:
    if not counts.mistakes:
        return []
    rows = [f"| {m.submissions} | {escape(m.title)} |" for m in counts.mistakes[:_MOST_MISTAKES]]
    return [
        "",
        "### " + say("Commonest mistakes"),
        "",
        f"| {say('submissions')} | {say('mistake')} |",
        "|---|---|",
        *rows,
    ]


class GitHubClassroom:
    """Writes the points of a single hand-in as the two notices that GitHub Classroom reads; nothing for several."""

    file_name = "github-classroom.txt"
    takes_hidden = False

    def render(self, grades: Sequence[Grade], functions: Sequence[str]) -> bytes:
        """The commands' bytes, one command a line."""
        if len(grades) != 1:
            return b""
        got, most = points(grades[0].score), points(grades[0].max_score)
        return (
            f"::notice title=Autograding complete::Points {got}/{most}\n"
            f'::notice title=Autograding report::{{"totalPoints":{got},"maxPoints":{most}}}\n'
        ).encode()


class GitHubOutputs:
    """Writes the points of a single hand-in as outputs of a step; nothing for several."""

    file_name = "github-outputs.txt"
    takes_hidden = False

    def render(self, grades: Sequence[Grade], functions: Sequence[str]) -> bytes:
        """The outputs' bytes, one a line."""
        if len(grades) != 1:
            return b""
        return f"score={points(grades[0].score)}\nmax-score={points(grades[0].max_score)}\n".encode()


class GitHubAnnotations:
    """Writes an ``error`` command for every check that failed, at the line that repairs it or at its function."""

    file_name = "github-annotations.txt"
    takes_hidden = False

    def render(self, grades: Sequence[Grade], functions: Sequence[str]) -> bytes:
        """The commands' bytes, one command a line."""
        lines = []
        for grade in map(shown, in_order(grades)):
            if grade.state == "not_graded":
                lines.append(
                    _command(
                        {
                            "file": grade.submission.path,
                            "title": say("{name}: not graded", name=grade.submission.name),
                        },
                        grade.reason or "",
                    )
                )
            lines += [_error(check, grade) for check in grade.broken]
        return "".join(line + "\n" for line in lines).encode()


def _error(check: CheckResult, grade: Grade) -> str:
    title = f"{grade.submission.name}: {check.function}: {check.id}"
    message = check.message
    if check.diagnosis is not None:
        message += "\n" + together(check.diagnosis.title, check.diagnosis.hint)
    repair = grade.repair.get(check.function)
    place = place_of(check.function, grade)
    if repair is not None and check.id in repair.checks:
        line = repair.changes[0].line
        place = Place(source=repair.changes[0].source, lines=(line, line))
        if repair_shown_by(check, grade) is not None:
            message += "\n" + together(sentence_of(check.function, repair), repair.changes[0].sentence)
    return _command({**_location(place, grade), "title": title}, message)


def _location(place: Place | None, grade: Grade) -> dict[str, str]:
    """File and lines as GitHub counts them: for a notebook those of its JSON, for an archive none."""
    submission = PurePosixPath(grade.submission.path)
    if place is None or grade.submission.kind == "zip":
        return {"file": str(submission)}
    source = _IN_CELL.fullmatch(place.source)
    name = source[1] if source else place.source
    file = submission if submission.suffix in (".py", ".ipynb") else submission / name
    if source is None:
        return {"file": str(file), "line": str(place.lines[0]), "endLine": str(place.lines[1])}
    lines = _lines_in_json(Path(file), int(source[2]), place.lines)
    if lines is None:
        return {"file": str(file)}
    return {"file": str(file), "line": str(lines[0]), "endLine": str(lines[1])}


def _lines_in_json(file: Path, cell: int, lines: tuple[int, int]) -> tuple[int, int] | None:
    """The lines of a cell within the notebook's file; None unless every line of its cells has one of its own."""
    try:
        text = file.read_text(encoding="utf-8")
        sources = [cell["source"] for cell in json.loads(text)["cells"]]
        written = [line.strip().removesuffix(",") for line in text.splitlines()]
        reached = 0
        for number, source in enumerate(sources, 1):
            if isinstance(source, str):
                return None
            places = []
            for line in source:
                # Notebooks are written with or without escapes for non-ASCII characters.
                forms = (json.dumps(line, ensure_ascii=False), json.dumps(line))
                reached = next(k for k in range(reached, len(written)) if written[k] in forms) + 1
                places.append(reached)
            if number == cell:
                return places[lines[0] - 1], places[min(lines[1], len(places)) - 1]
    except (OSError, ValueError, KeyError, TypeError, IndexError, StopIteration, RecursionError):
        pass
    return None


def _command(properties: dict[str, str], message: str) -> str:
    values = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::error {values}::{_data(message)}"


def _data(text: str) -> str:
    """A message that cannot end its command: percent signs and line ends are encoded as the runner expects."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
