"""How the reports were written: kept in the gradebook, so that they can be rewritten without grading.

A mark that a person gives changes points and nothing else. What the run that graded knew, and the gradebook would not
(the rubric's points, the forms of reports, the roster), is kept here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from grading.gradebook.database import Database
from grading.grades.grade import Grade, LateFacts, SuiteFacts
from grading.grades.roster import Matches, Roster, Student
from grading.intake.submission import Handin, Platform
from grading.rubric.settings import Settings


class Worth(msgspec.Struct, frozen=True, kw_only=True):
    """What verdicts are worth, and the facts that reports tell: of one rubric and run.

    Attributes:
        settings: the rubric's.
        facts: of the suite.
        max_score: the points of everything that is asked.
        asked: the names that are asked for.
    """

    settings: Settings
    facts: SuiteFacts
    max_score: float
    asked: tuple[str, ...]


class Forms(msgspec.Struct, frozen=True, kw_only=True):
    """How the reports on hand-ins were written: in which forms, and whether with what was hidden."""

    worth: Worth
    formats: tuple[str, ...]
    release: bool


class Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What of one hand-in is in its reports, and not in its verdict. Names on disk need not be text."""

    path: bytes
    parts: tuple[tuple[bytes, bytes], ...] = ()
    lms_id: str = ""
    lms: Platform = ""
    late: LateFacts | None = None
    warnings: tuple[str, ...] = ()

    def handin(self, name: str) -> Handin:
        """The hand-in called ``name``, and where it lies."""
        parts = tuple((os.fsdecode(inside), os.fsdecode(known)) for inside, known in self.parts)
        return Handin(name, Path(os.fsdecode(self.path)), parts, lms_id=self.lms_id, lms=self.lms)


class ClassForms(msgspec.Struct, frozen=True, kw_only=True):
    """How the reports on the whole class were written.

    Attributes:
        forms: of the hand-ins that were graded in the same run.
        decided_by: what decided about verdicts then.
        names: of all hand-ins in the class.
        said: remarks on how the class was found.
        anonymous: whether with pseudonyms.
        students, headings: the roster, if there was one; ``of`` has the number of each hand-in's student there.
    """

    forms: Forms
    decided_by: str
    names: tuple[str, ...]
    said: tuple[str, ...]
    anonymous: bool
    students: tuple[Student, ...] | None
    headings: tuple[str, ...]
    of: dict[str, int]

    def matches(self) -> Matches | None:
        """Whose work is whose; None where there was no roster."""
        if self.students is None:
            return None
        roster = Roster(self.students, self.headings)
        return Matches(roster, {name: self.students[number] for name, number in self.of.items()})


def kept_of(handin: Handin, verdict: Grade, grade: Grade) -> Kept:
    """What the reports on ``grade`` have that ``verdict`` has not."""
    facts = grade.submission
    return Kept(
        path=os.fsencode(os.path.abspath(handin.path)),  # noqa: PTH100
        parts=tuple((os.fsencode(inside), os.fsencode(known)) for inside, known in handin.parts),
        lms_id=facts.lms_id,
        lms=facts.lms,
        late=grade.late,
        warnings=tuple(grade.warnings[len(verdict.warnings) :]),
    )


def class_forms(
    forms: Forms,
    decided_by: str,
    names: Sequence[str],
    said: Sequence[str],
    matches: Matches | None,
    *,
    anonymous: bool,
) -> ClassForms:
    """What is to be kept of the reports on a class."""
    students = None if matches is None else matches.roster.students
    number: Mapping[int, int] = {id(student): i for i, student in enumerate(students or ())}
    of = {} if matches is None else {name: number[id(student)] for name, student in matches.of.items()}
    return ClassForms(
        forms=forms,
        decided_by=decided_by,
        names=tuple(names),
        said=tuple(said),
        anonymous=anonymous,
        students=students,
        headings=() if matches is None else matches.roster.headings,
        of=of,
    )


def keep_forms(database: Database, forms: Forms) -> int:
    """The number of these forms in the gradebook, where they are written if need be."""
    text = msgspec.json.encode(forms, order="deterministic").decode()
    for row in database.select("SELECT id FROM report_settings WHERE settings = ?", (text,)):
        return int(row["id"])
    return database.change("INSERT INTO report_settings (settings) VALUES (?)", (text,))


def keep_reported(database: Database, handin: int, forms: int, kept: Kept, hand_mark: int) -> None:
    """Write down with what the reports on a hand-in have been written."""
    _keep(database, "reports", "handin", (handin, forms, msgspec.json.encode(kept).decode(), hand_mark))


def keep_class(database: Database, forms: ClassForms, hand_mark: int) -> None:
    """Write down with what the reports on the class have been written."""
    text = msgspec.json.encode(forms, order="deterministic").decode()
    _keep(database, "class_reports", "id", (1, text, hand_mark))


def _keep(database: Database, table: str, key: str, row: tuple[object, ...]) -> None:
    """Put ``row``, whose first value is the ``key``, into a table, if that is not what stands there."""
    rows = database.select(f"SELECT * FROM {table} WHERE {key} = ?", row[:1])
    if not rows or tuple(rows[0]) != row:
        database.change(f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * len(row))})", row)


def kept_class(database: Database) -> ClassForms | None:
    """With what the reports on the class were written; None where no run of this version has written any."""
    rows = database.select("SELECT settings FROM class_reports")
    return msgspec.json.decode(rows[0]["settings"], type=ClassForms) if rows else None
