"""What a hand-in gets, written down where that changes: a row of ``marks``, with its checks and in whose run."""

from __future__ import annotations

import getpass
import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from grading.gradebook.database import Database
from grading.grades.grade import Grade, SuiteFacts
from grading.running.code_version import suite_hash
from grading.running.setup import suite_version

LATEST = "SELECT * FROM marks WHERE handin = ? ORDER BY id DESC LIMIT 1"


def write_mark(
    database: Database, handin: int, grade: Grade, verdict: int | None, run: Callable[[], int]
) -> None:
    """Write down what a hand-in gets, if that is not what it had; ``run`` is the number of the run that says so.

    Raises:
        OSError: it cannot be written.
    """
    late = grade.late
    graded = grade.state == "graded"
    checks = [
        (
            c.function,
            c.id,
            c.status,
            c.points,
            c.max_points,
            c.hidden,
            c.diagnosis.id if c.diagnosis else None,
        )
        for c in grade.checks
    ]
    values = (
        *(verdict, grade.state, grade.reason),
        *(
            (late.raw_score if late else grade.score, late.factor if late else 1.0, grade.score)
            if graded
            else (None,) * 3
        ),
        grade.max_score,
        *((late.due, late.submitted, late.minutes) if late else (None,) * 3),
    )
    digest = hashlib.sha256(msgspec.json.encode((values, checks))).hexdigest()
    latest = database.select(LATEST, (handin,))
    if latest and latest[0]["digest"] == digest:
        return
    statement = (
        "INSERT INTO marks (handin, run, made, verdict, state, reason, points, factor, score, max_score, due, "
        "submitted, minutes_late, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )
    number = database.change(statement, (handin, run(), now(), *values, digest))
    database.change_many(
        "INSERT INTO checks VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [(number, *check) for check in checks]
    )


def begin_run(database: Database, facts: SuiteFacts, title: str, whose: str | None = None) -> int:
    """The number of a new run, by default in the name of the user who started this process."""
    return database.change(
        "INSERT INTO runs (began, who, version, code, rubric_sha256, title) VALUES (?, ?, ?, ?, ?, ?)",
        (now(), whose or who(), suite_version(), suite_hash(), facts.rubric_sha256, title),
    )


def now() -> str:
    """The time, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def who() -> str:
    """The login name of the user who started this process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"
