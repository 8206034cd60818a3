"""What `grader.py gradebook` shows: everybody's marks, or one student's through time."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from grading.gradebook.database import Database, GradebookError
from grading.gradebook.hand_marks import counting
from grading.gradebook.stored import reported
from grading.reports.gradebook import inert
from grading.reports.text import in_short, visible

COLUMNS = (
    *("name", "student", "student_id", "email", "lms_id", "state", "score", "max_score", "points", "factor"),
    *("minutes_late", "submitted", "due"),
    *("reason", "made", "who", "version", "rubric_sha256", "sha256", "path"),
)
_SHOWN = ("name", "student", "state", "score", "max_score", "points", "factor", "made", "who", "reason")
_OF_MARKS = ("rubric", "checks", "question", "max_points", "comment", "counts")
_LONGEST_QUESTION = 100
_HISTORY = """
    SELECT handins.name, marks.made, runs.who, runs.version, substr(runs.rubric_sha256, 1, 12) AS rubric, marks.state,
        marks.score, marks.max_score, marks.points, marks.factor, marks.reason, marks.id AS mark
    FROM marks JOIN handins ON handins.id = marks.handin JOIN runs ON runs.id = marks.run
    WHERE handins.name = ? ORDER BY marks.id
"""
Row = Mapping[str, Any]


def marks(
    database: Database,
    *,
    state: str | None = None,
    below: float | None = None,
    failed: str | None = None,
    late: bool = False,
) -> list[Row]:
    """The present mark of everybody, in order of names, or of those only whom all filters name.

    Args:
        database: the gradebook.
        state: "graded" or "not_graded".
        below: less than so many percent.
        failed: who has not passed this check: "gradient", "svm_loss_naive" or "svm_loss_naive:gradient".
        late: whose work was late.
    """
    conditions: list[str] = []
    values: dict[str, object] = {}
    if state is not None:
        conditions.append("state = :state")
        values["state"] = state
    if below is not None:
        conditions.append("score < :below * max_score / 100.0")
        values["below"] = below
    if late:
        conditions.append("minutes_late > 0")
    if failed is not None:
        function, colon, check = failed.partition(":")
        which = "function = :function AND check_id = :check" if colon else ":function IN (function, check_id)"
        conditions.append(
            f"EXISTS (SELECT 1 FROM checks WHERE checks.mark = gradebook.mark AND status != 'passed' AND {which})"
        )
        values |= {"function": function, "check": check}
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = database.select(f"SELECT {', '.join(COLUMNS)} FROM gradebook{where} ORDER BY name", values)
    return [dict(row) for row in rows]


def history(database: Database, name: str) -> list[Row]:
    """All marks that a student ever had, the first first, each with the checks that it changed.

    Raises:
        GradebookError: nobody is called so.
    """
    rows = database.select(_HISTORY, (name,))
    if not rows:
        known = [row["name"] for row in database.select("SELECT name FROM handins ORDER BY name")]
        import difflib

        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
        raise GradebookError(
            f"nobody is called {visible(name)!r} in the gradebook"
            + (f"; there is {', '.join(near)}" if near else "")
        )
    found: list[Row] = []
    before: dict[str, str] = {}
    for row in rows:
        checks = _checks(database, row)
        changed = {what: status for what, status in checks.items() if before.get(what) != status}
        told = {what: status for what, status in changed.items() if before or status != "passed"}
        found.append({name: row[name] for name in row.keys() if name != "mark"} | {"checks": told})  # noqa: SIM118
        before = checks
    return found


def hand_marks(database: Database, name: str | None = None) -> list[Row]:
    """All marks that persons ever gave, or those for one student, the first first; ``counts`` says which hold now.

    Raises:
        GradebookError: nobody is called so.
    """
    if name is not None:
        history(database, name)
    rows = database.select(
        "SELECT handins.name, handins.student, question, points, max_points, comment, who, made, hand_marks.id, "
        "handin, item FROM hand_marks JOIN handins ON handins.id = handin "
        "WHERE :name IS NULL OR name = :name ORDER BY hand_marks.id",
        {"name": name},
    )
    holds = {
        (handin, number)
        for handin in {row["handin"] for row in rows}
        for number in _counting(database, handin)
    }
    return [
        {key: row[key] for key in row.keys() if key not in ("id", "handin", "item")}  # noqa: SIM118
        | {
            "question": in_short(row["question"], _LONGEST_QUESTION),
            "counts": (row["handin"], row["id"]) in holds,
        }
        for row in rows
    ]


def _counting(database: Database, handin: int) -> set[int]:
    """The numbers of the marks that are part of a hand-in's grade."""
    work = reported(database, handin)
    return counting(work.grade, work.marks) if work is not None else set()


def _checks(database: Database, mark: sqlite3.Row) -> dict[str, str]:
    query = "SELECT function || ':' || check_id AS what, status FROM checks WHERE mark = ?"
    return {row["what"]: row["status"] for row in database.select(query, (mark["mark"],))}


def as_csv(rows: Sequence[Row]) -> str:
    """The rows as CSV, all columns; no spreadsheet takes a cell for a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(rows[0] if rows else COLUMNS)
    for row in rows:
        writer.writerow(
            [inert(_cell(value)) if isinstance(value, str | dict) else _cell(value) for value in row.values()]
        )
    return text.getvalue()


def as_json(rows: Sequence[Row]) -> str:
    """The rows as JSON, all columns."""
    return msgspec.json.format(msgspec.json.encode(rows), indent=1).decode() + "\n"


def as_table(rows: Sequence[Row]) -> str:
    """The rows to be read: what says nothing of anybody is left out."""
    import os

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    columns = [name for name in rows[0] if name in (*_SHOWN, *_OF_MARKS)] if rows else []
    table = Table(box=None, pad_edge=False)
    said = [name for name in columns if any(row[name] not in (None, "", {}) for row in rows)]
    for name in said:
        number = isinstance(rows[0][name], float)
        table.add_column(name.replace("_", " "), justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(visible(_cell(row[name]))) for name in said))
    text = io.StringIO()
    width = None if os.isatty(1) else 200
    Console(file=text, width=width, highlight=False).print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, dict):
        return ", ".join(f"{what} {status}" for what, status in value.items())
    return "" if value is None else str(value)
