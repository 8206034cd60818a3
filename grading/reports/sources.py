"""Attaches the feedback on each function to the student's own files."""

from __future__ import annotations

import re

import msgspec

from grading.grades.grade import CheckResult, Grade
from grading.intake.files import StudentFile
from grading.intake.reader import Reader, ReadingError
from grading.intake.submission import Handin, IntakeError

# In a notebook's JSON. Honest ones are full of text and pictures; each part makes an object many times its size.
_MOST_PARTS = 1_000_000
_IN_CELL = re.compile(r"(.*\.ipynb), cell (\d+)", re.IGNORECASE | re.DOTALL)


class Feedback(msgspec.Struct, frozen=True):
    """The results of one required function or class, and where it ends.

    Attributes:
        name: as in the rubric ("svm_loss_naive", "LinearSVM").
        cell: the number of its cell in a notebook, counted from 1; None in a .py file.
        lines: its first and last line there, counted from 1.
        checks: all of its checks, including those of its methods.
    """

    name: str
    cell: int | None
    lines: tuple[int, int]
    checks: list[CheckResult]

    @property
    def broken(self) -> list[CheckResult]:
        """The checks that did not pass."""
        return [check for check in self.checks if check.is_broken]

    @property
    def passed(self) -> list[CheckResult]:
        """The checks that passed."""
        return [check for check in self.checks if check.status == "passed"]

    @property
    def score(self) -> float:
        """The points of its checks."""
        return round(sum(check.points for check in self.checks), 6)

    @property
    def max_score(self) -> float:
        """The maximum points of its checks."""
        return round(sum(check.max_points for check in self.checks), 6)


class Commented(msgspec.Struct, frozen=True):
    """A file of the hand-in that contains required functions, and the feedback on them, from the top."""

    file: StudentFile
    feedback: list[Feedback]

    @property
    def is_notebook(self) -> bool:
        """Whether it is a notebook, not a .py file."""
        return self.file.name.lower().endswith(".ipynb")


def commented(handin: Handin, grade: Grade, reader: Reader | None = None) -> list[Commented]:
    """The files of a hand-in that contain required functions; none if it has changed since it was graded.

    ``reader`` reads them; by default, this process does.
    """
    if grade.state != "graded":
        return []
    found: dict[str, list[Feedback]] = {}
    for name, place in grade.functions.items():
        if place is not None:
            match = _IN_CELL.fullmatch(place.source)
            source, cell = (match[1], int(match[2])) if match else (place.source, None)
            checks = [check for check in grade.checks if check.function.partition(".")[0] == name]
            found.setdefault(source, []).append(Feedback(name, cell, place.lines, checks))
    try:
        files = (reader or Reader(apart=False)).files(handin, found, grade.submission.sha256)
    except (IntakeError, ReadingError):
        return []
    return [
        Commented(
            StudentFile(name, data), sorted(found[name], key=lambda each: (each.cell or 0, each.lines[1]))
        )
        for name, data in files.items()
        if data.count(b",") <= _MOST_PARTS
    ]
