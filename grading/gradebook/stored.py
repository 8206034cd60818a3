"""A mark of the gradebook as the grade that it was, for the reports on a class."""

from __future__ import annotations

import sqlite3

import msgspec

from grading.grade import CheckResult, Grade, IsolationFacts, LateFacts, SubmissionFacts
from grading.gradebook.database import Database
from grading.gradebook.marking import decided_by, marked
from grading.gradebook.records import decoded
from grading.suite import Suite, suite_facts


def stored(database: Database, mark: sqlite3.Row, suite: Suite) -> Grade | None:
    """The grade behind a mark, None if its record is damaged.

    Where the rubric of now asks the same, it is worth what that says; else what it was worth.
    """
    (handin,) = database.select("SELECT * FROM handins WHERE id = ?", (mark["handin"],))
    if mark["verdict"] is None:
        return _not_graded(handin, mark, suite)
    (verdict,) = database.select("SELECT decided_by, record FROM verdicts WHERE id = ?", (mark["verdict"],))
    grade = decoded(verdict["record"])
    if grade is None:
        return None
    grade = msgspec.structs.replace(
        grade, submission=msgspec.structs.replace(grade.submission, lms_id=handin["lms_id"])
    )
    same = verdict["decided_by"] == decided_by(suite)
    grade = (marked(grade, suite) if same else None) or _as_it_was(grade, database, mark)
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
    return msgspec.structs.replace(grade, score=round(late.factor * grade.score, 6), late=late)


def _as_it_was(grade: Grade, database: Database, mark: sqlite3.Row) -> Grade:
    rows = database.select("SELECT * FROM checks WHERE mark = ?", (mark["id"],))
    worth = {(row["function"], row["check_id"]): (row["points"], row["max_points"]) for row in rows}

    def valued(check: CheckResult) -> CheckResult:
        points, most = worth.get((check.function, check.id), (check.points, check.max_points))
        return msgspec.structs.replace(check, points=points, max_points=most)

    checks = [valued(check) for check in grade.checks]
    return msgspec.structs.replace(grade, checks=checks, score=mark["points"], max_score=mark["max_score"])


def _not_graded(handin: sqlite3.Row, mark: sqlite3.Row, suite: Suite) -> Grade:
    return Grade(
        submission=SubmissionFacts(
            name=handin["name"], path=handin["path"], sha256="", kind=None, lms_id=handin["lms_id"]
        ),
        suite=suite_facts(suite),
        isolation=IsolationFacts(level="none", detail=""),
        state="not_graded",
        reason=mark["reason"],
        score=0.0,
        max_score=mark["max_score"],
        functions=dict.fromkeys(suite.rubric.asked_names),
        checks=[],
        manual=[],
        warnings=[],
        seconds=0.0,
    )
