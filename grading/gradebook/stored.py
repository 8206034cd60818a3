"""Restores grades from the gradebook's marks, for the reports on a class."""

from __future__ import annotations

import sqlite3
import zlib

import msgspec

from grading.gradebook.as_reported import Forms, Kept, Worth
from grading.gradebook.database import Database
from grading.gradebook.hand_marks import HandMark, marks_of, with_marks
from grading.gradebook.marks import LATEST
from grading.gradebook.verdict_points import marked
from grading.grades.grade import CheckResult, Grade, IsolationFacts, LateFacts, SubmissionFacts
from grading.intake.submission import Handin


def decoded(record: bytes) -> Grade | None:
    """Decode the grade in a record; None if it is damaged, or of a form no longer supported."""
    try:
        return msgspec.json.decode(zlib.decompress(record), type=Grade)
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError):
        return None


def stored(database: Database, number: int, worth: Worth, now_decided_by: str) -> Grade | None:
    """Return the grade behind a hand-in's last mark; None if there is none or its record is damaged.

    Its points are by the current rubric if that asks the same; otherwise, they are unchanged.
    """
    rows = database.select(LATEST, (number,))
    if not rows:
        return None
    mark = rows[0]
    (handin,) = database.select("SELECT * FROM handins WHERE id = ?", (number,))
    if mark["verdict"] is None:
        return _not_graded(handin, mark, worth)
    (verdict,) = database.select("SELECT decided_by, record FROM verdicts WHERE id = ?", (mark["verdict"],))
    grade = decoded(verdict["record"])
    if grade is None:
        return None
    grade = msgspec.structs.replace(
        grade, submission=msgspec.structs.replace(grade.submission, lms_id=handin["lms_id"])
    )
    same = verdict["decided_by"] == now_decided_by
    counted = marked(grade, worth) if same else None
    if counted is not None:
        grade = with_marks(counted, marks_of(database, handin["id"]), worth.settings.manual_points)
    else:
        grade = _as_it_was(grade, database, mark)
    if mark["factor"] is None or mark["due"] is None:
        return grade
    late = LateFacts(
        due=mark["due"],
        submitted=mark["submitted"],
        source="",
        minutes=mark["minutes_late"],
        factor=mark["factor"],
        raw_score=grade.score,
    )
    return _late(grade, late)


class Reported(msgspec.Struct, frozen=True):
    """A hand-in as it is in its reports, with its current marks.

    Attributes:
        grade: as it is now.
        handin: its location.
        forms: how its reports were written.
        marks: all marks by people, including those that do not count.
        verdict: the number of the verdict behind it.
    """

    grade: Grade
    handin: Handin
    forms: Forms
    marks: list[HandMark]
    verdict: int


def reported(database: Database, handin: int) -> Reported | None:
    """Return a graded hand-in as the run that wrote its reports had it; None if there is no such hand-in."""
    rows = database.select(
        "SELECT handins.name, report_settings.settings, reports.facts, verdicts.id, verdicts.record FROM reports "
        "JOIN handins ON handins.id = reports.handin JOIN report_settings ON report_settings.id = reports.settings "
        "JOIN marks ON marks.id = (SELECT max(id) FROM marks WHERE marks.handin = handins.id) "
        "JOIN verdicts ON verdicts.id = marks.verdict WHERE reports.handin = ?",
        (handin,),
    )
    verdict = decoded(rows[0]["record"]) if rows else None
    if verdict is None:
        return None
    forms = msgspec.json.decode(rows[0]["settings"], type=Forms)
    kept = msgspec.json.decode(rows[0]["facts"], type=Kept)
    grade = marked(verdict, forms.worth)
    if grade is None:
        return None
    marks = marks_of(database, handin)
    facts = msgspec.structs.replace(grade.submission, lms_id=kept.lms_id, lms=kept.lms)
    grade = msgspec.structs.replace(grade, submission=facts, warnings=[*grade.warnings, *kept.warnings])
    grade = with_marks(grade, marks, forms.worth.settings.manual_points)
    if kept.late is not None:
        grade = _late(grade, msgspec.structs.replace(kept.late, raw_score=grade.score))
    return Reported(grade, kept.handin(rows[0]["name"]), forms, marks, rows[0]["id"])


def _late(grade: Grade, late: LateFacts) -> Grade:
    return msgspec.structs.replace(grade, score=round(late.factor * grade.score, 6), late=late)


def _as_it_was(grade: Grade, database: Database, mark: sqlite3.Row) -> Grade:
    rows = database.select("SELECT * FROM checks WHERE mark = ?", (mark["id"],))
    worth = {(row["function"], row["check_id"]): (row["points"], row["max_points"]) for row in rows}

    def valued(check: CheckResult) -> CheckResult:
        points, most = worth.get((check.function, check.id), (check.points, check.max_points))
        return msgspec.structs.replace(check, points=points, max_points=most)

    checks = [valued(check) for check in grade.checks]
    return msgspec.structs.replace(grade, checks=checks, score=mark["points"], max_score=mark["max_score"])


def _not_graded(handin: sqlite3.Row, mark: sqlite3.Row, worth: Worth) -> Grade:
    return Grade(
        submission=SubmissionFacts(
            name=handin["name"], path=handin["path"], sha256="", kind=None, lms_id=handin["lms_id"]
        ),
        suite=worth.facts,
        isolation=IsolationFacts(level="none", detail=""),
        state="not_graded",
        reason=mark["reason"],
        score=0.0,
        max_score=mark["max_score"],
        functions=dict.fromkeys(worth.asked),
        checks=[],
        manual=[],
        warnings=[],
        seconds=0.0,
    )
