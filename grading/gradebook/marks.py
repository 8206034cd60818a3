"""What a hand-in gets, written down where that changes: a row of ``marks``, with its checks and in whose run."""

from __future__ import annotations

import getpass
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec

from grading.gradebook.as_reported import Worth
from grading.gradebook.database import Database
from grading.grades.grade import Grade
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
        (c.function, c.id, c.status, c.points, c.max_points, c.hidden, c.diagnosis and c.diagnosis.id)
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


class OwnRun:
    """The run in whose name something is written down; its row is made together with the first thing that is.

    Args:
        database: the gradebook.
        worth: what verdicts are worth, asked for when that row is made.
        whose: who marks; None for the user who started this process.
    """

    def __init__(self, database: Database, worth: Callable[[], Worth], whose: str | None = None) -> None:
        self._database, self._worth, self._whose = database, worth, whose
        self._number: int | None = None

    def number(self) -> int:
        """The number of the run; only in a `transaction`."""
        if self._number is None:
            worth = self._worth()
            code = suite_version(), suite_hash(), worth.facts.rubric_sha256
            self._number = self._database.change(
                "INSERT INTO runs (began, who, version, code, rubric_sha256, title) VALUES (?, ?, ?, ?, ?, ?)",
                (now(), self._whose or who(), *code, worth.settings.title),
            )
        return self._number

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """As that of the gradebook; if it fails, a run that was begun in it has not been begun."""
        before = self._number
        try:
            with self._database.transaction():
                yield
        except BaseException:
            self._number = before
            raise

    def end(self) -> None:
        """Write down that it has ended, if it has been begun."""
        if self._number is not None:
            self._database.change("UPDATE runs SET ended = ? WHERE id = ?", (now(), self._number))


def now() -> str:
    """The time, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def who() -> str:
    """The login name of the user who started this process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"
