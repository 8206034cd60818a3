"""Records how the reports were written, so that they can be rewritten without grading.

A mark by a person changes only points. This module stores what the grading run knew but the gradebook otherwise would
not: the rubric's points, the formats of the reports, the roster.
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
    """What verdicts are worth, and the facts that reports state, for one rubric and run.

    Attributes:
        settings: the rubric's.
        facts: about the suite.
        max_score: the sum of all points that can be earned.
        asked: the requested names.
    """

    settings: Settings
    facts: SuiteFacts
    max_score: float
    asked: tuple[str, ...]


class Forms(msgspec.Struct, frozen=True, kw_only=True):
    """How the reports on hand-ins were written: in which formats, and whether hidden parts were shown."""

    worth: Worth
    formats: tuple[str, ...]
    release: bool


class Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The part of a hand-in's reports that is not in its verdict. Names on disk need not be text."""

    path: bytes
    parts: tuple[tuple[bytes, bytes], ...] = ()
    lms_id: str = ""
    lms: Platform = ""
    late: LateFacts | None = None
    warnings: tuple[str, ...] = ()

    def handin(self, name: str) -> Handin:
        """Return the hand-in called ``name``, with its location."""
        parts = tuple((os.fsdecode(inside), os.fsdecode(known)) for inside, known in self.parts)
        return Handin(name, Path(os.fsdecode(self.path)), parts, lms_id=self.lms_id, lms=self.lms)


class ClassForms(msgspec.Struct, frozen=True, kw_only=True):
    """How the reports on the whole class were written.

    Attributes:
        forms: those of the hand-ins that were graded in the same run.
        decided_by: the hash of what decided verdicts then.
        names: all hand-ins in the class.
        said: remarks on how the class was found.
        anonymous: whether pseudonyms were used.
        students, headings: the roster, if there was one; ``of`` maps each hand-in to its student's number there.
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
        """Which student each hand-in belongs to; None if there was no roster."""
        if self.students is None:
            return None
        roster = Roster(self.students, self.headings)
        return Matches(roster, {name: self.students[number] for name, number in self.of.items()})


def kept_of(handin: Handin, verdict: Grade, grade: Grade) -> Kept:
    """Extract what the reports on ``grade`` contain and ``verdict`` does not."""
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
    """Extract what must be kept of the reports on a class."""
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


def text_of(forms: Forms | ClassForms) -> str:
    """Return the forms as the gradebook stores them; equal ones have equal texts."""
    return msgspec.json.encode(forms, order="deterministic").decode()


def keep_forms(database: Database, text: str) -> int:
    """Return the number of the forms with this text in the gradebook, storing them if necessary."""
    for row in database.select("SELECT id FROM report_settings WHERE settings = ?", (text,)):
        return int(row["id"])
    return database.change("INSERT INTO report_settings (settings) VALUES (?)", (text,))


def keep_reported(database: Database, handin: int, forms: int, kept: Kept, hand_mark: int) -> None:
    """Record the data with which the reports on a hand-in were written."""
    _keep(database, "reports", "handin", (handin, forms, msgspec.json.encode(kept).decode(), hand_mark))


def keep_class(database: Database, forms: ClassForms, hand_mark: int) -> None:
    """Record the data with which the reports on the class were written."""
    _keep(database, "class_reports", "id", (1, text_of(forms), hand_mark))


def _keep(database: Database, table: str, key: str, row: tuple[object, ...]) -> None:
    """Store ``row``, whose first value is the ``key``, in a table unless it is there already."""
    rows = database.select(f"SELECT * FROM {table} WHERE {key} = ?", row[:1])
    if not rows or tuple(rows[0]) != row:
        database.change(f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * len(row))})", row)


def kept_class(database: Database) -> ClassForms | None:
    """Return how the reports on the class were written; None if no run of this version has written any."""
    rows = database.select("SELECT settings FROM class_reports")
    return msgspec.json.decode(rows[0]["settings"], type=ClassForms) if rows else None
