"""Imports output folders from before there was a gradebook, in which each grade is in a file of its own."""

from __future__ import annotations

import contextlib
import zlib
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from grading.gradebook.database import Database
from grading.grades.grade import Grade


class _Record(msgspec.Struct):
    """The content of such a file."""

    key: str
    grade: Grade


def take_over(folder: Path, database: Database) -> None:
    """Convert the records in ``folder`` to hand-ins, verdicts and marks, and remove them.

    They were graded by older code, so none of them counts as what grading now would give; but they are history, and
    their students stay in the class.

    Raises:
        OSError: the gradebook cannot be written.
    """
    files = sorted(folder.glob("*.json"))
    if not files:
        return
    with database.transaction():
        run = 0
        for file in files:
            try:
                grade = msgspec.json.decode(file.read_bytes(), type=_Record).grade
            except (OSError, msgspec.DecodeError, UnicodeDecodeError):
                continue
            made = datetime.fromtimestamp(file.stat().st_mtime, UTC).isoformat(timespec="seconds")
            run = run or database.change(
                "INSERT INTO runs (began, who, version, code, rubric_sha256, title) VALUES (?, '', ?, '', ?, '')",
                (made, grade.suite.version, grade.suite.rubric_sha256),
            )
            _take_over(grade, made, run, database)
    for file in files:
        with contextlib.suppress(OSError):
            file.unlink()


def _take_over(grade: Grade, made: str, run: int, database: Database) -> None:
    facts = grade.submission
    if database.select("SELECT 1 FROM handins WHERE name = ?", (facts.name,)):
        return  # a run that was killed has already imported it
    path = str(Path(facts.path).absolute())
    handin = database.change("INSERT INTO handins (name, path, lms_id) VALUES (?, ?, '')", (facts.name, path))
    record = zlib.compress(msgspec.json.encode(grade), 1)
    verdict = database.change(
        "INSERT INTO verdicts (handin, run, made, sha256, key, decided_by, record) VALUES (?, ?, ?, ?, '', '', ?)",
        (handin, run, made, facts.sha256, record),
    )
    mark = database.change(
        "INSERT INTO marks (handin, run, verdict, made, state, points, factor, score, max_score, digest) "
        "VALUES (?, ?, ?, ?, ?, ?, 1.0, ?, ?, '')",
        (handin, run, verdict, made, grade.state, grade.score, grade.score, grade.max_score),
    )
    rows = [(mark, c.function, c.id, c.status, c.points, c.max_points, c.hidden, None) for c in grade.checks]
    database.change_many("INSERT INTO checks VALUES (?, ?, ?, ?, ?, ?, ?, ?)", list(rows))
