"""Lists everybody's marks, or one student's through time, as rows for `grader.py gradebook`."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from grading.gradebook.database import Database, GradebookError
from grading.gradebook.hand_marks import counting
from grading.gradebook.stored import reported
from grading.intake.safe_names import shown

COLUMNS = (
    *("name", "student", "student_id", "email", "lms_id", "state", "score", "max_score", "points", "factor"),
    *("minutes_late", "submitted", "due"),
    *("reason", "made", "who", "version", "rubric_sha256", "sha256", "path"),
)
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
    """Return everybody's current mark, in order of names, or only of those who match all filters.

    Args:
        database: the gradebook.
        state: "graded" or "not_graded".
        below: only those below this percentage.
        failed: only those who have not passed this check: "gradient", "svm_loss_naive" or "svm_loss_naive:gradient".
        late: only those whose work was late.
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
    """Return all marks that a student ever had, oldest first, each with the checks whose results it changed.

    Raises:
        GradebookError: nobody has that name.
    """
    rows = database.select(_HISTORY, (name,))
    if not rows:
        known = [row["name"] for row in database.select("SELECT name FROM handins ORDER BY name")]
        import difflib

        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
        raise GradebookError(
            f"nobody is called {shown(name)!r} in the gradebook"
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
    """Return all marks ever given by people, or those for one student, oldest first; ``counts`` says which hold now.

    Raises:
        GradebookError: nobody has that name.
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
        if (work := reported(database, handin)) is not None
        for number in counting(work.grade, work.marks)
    }
    return [
        {key: row[key] for key in row.keys() if key not in ("id", "handin", "item")}  # noqa: SIM118
        | {"counts": (row["handin"], row["id"]) in holds}
        for row in rows
    ]


def _checks(database: Database, mark: sqlite3.Row) -> dict[str, str]:
    query = "SELECT function || ':' || check_id AS what, status FROM checks WHERE mark = ?"
    return {row["what"]: row["status"] for row in database.select(query, (mark["mark"],))}
