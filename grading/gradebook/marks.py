"""Records a hand-in's mark whenever it changes: one row in ``marks``, with its checks and the run that produced it."""

from __future__ import annotations

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
    """Record a hand-in's mark if it has changed; ``run`` returns the number of the run that produced it.

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
    """The run that is credited with what is recorded; its row is created together with the first record.

    Args:
        database: the gradebook.
        worth: what verdicts are worth, called when that row is created.
        whose: the person who marks; None for the user who started this process.
    """

    def __init__(self, database: Database, worth: Callable[[], Worth], whose: str | None = None) -> None:
        self._database, self._worth, self._whose = database, worth, whose
        self._number: int | None = None

    def number(self) -> int:
        """Return the number of the run; only in a `transaction`."""
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
        """Open a transaction of the gradebook; if it fails, the row of a run created in it does not exist either."""
        before = self._number
        try:
            with self._database.transaction():
                yield
        except BaseException:
            self._number = before
            raise

    def end(self) -> None:
        """Record that the run has ended, if it was created."""
        if self._number is not None:
            self._database.change("UPDATE runs SET ended = ? WHERE id = ?", (now(), self._number))


def now() -> str:
    """The current time, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def who() -> str:
    """The login name of the user who started this process."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"
