"""Runs inside Gradescope's container: grades the one submission and writes results.json.

The folders and files are explained in https://gradescope-autograders.readthedocs.io/en/latest/specs/ and
https://gradescope-autograders.readthedocs.io/en/latest/submission_metadata/.
"""

from __future__ import annotations

import math
import sys
import traceback
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from grading import one_thread
from grading.grades.atomic_files import write_atomically
from grading.grades.grade import Grade
from grading.grades.late import HandedIn, Lateness, duration, minutes_late
from grading.intake.reader import Reader
from grading.intake.submission import Handin
from grading.reports.gradescope import GradescopeReport
from grading.rubric.reading import load_rubric
from grading.rubric.settings import Rubric
from grading.running.run import grade_all
from grading.running.setup import RunSetup
from grading.running.work import Work
from grading.words import say, speaking


class Question(msgspec.Struct):
    """A part of an assignment and its points, as Gradescope writes them: "20.0"."""

    title: str | None = None
    weight: str | float | None = None


class Dates(msgspec.Struct):
    """When an assignment is due, for all students or for one, and its parts."""

    due_date: datetime | None = None
    outline: list[Question] = msgspec.field(default_factory=list)


class User(msgspec.Struct):
    """A student, who may have been given more time."""

    assignment: Dates | None = None


class Metadata(msgspec.Struct):
    """The part of ``submission_metadata.json`` that matters here; everything else in it is skipped."""

    created_at: datetime | None = None
    assignment: Dates = msgspec.field(default_factory=Dates)
    users: list[User] = msgspec.field(default_factory=list)

    @property
    def handed_in(self) -> HandedIn | None:
        """The submission time, and the latest due date in the group; None if Gradescope does not state the time."""
        if self.created_at is None:
            return None
        dates = [self.assignment.due_date]
        dates += [user.assignment.due_date for user in self.users if user.assignment is not None]
        return HandedIn(self.created_at, "Gradescope", max((d for d in dates if d is not None), default=None))

    @property
    def points(self) -> float | None:
        """The points of the autograder's part on Gradescope; None if they are not stated.

        The assignment's ``total_points`` is something else: it includes what people mark.
        """
        weights = [
            part.weight for part in self.assignment.outline if (part.title or "").lower() == "autograder"
        ]
        try:
            found = float(weights[0] or 0.0) if len(weights) == 1 else 0.0
        except ValueError:
            return None
        return found if found > 0 and math.isfinite(found) else None


def main(root: Path) -> int:
    """Grade what is in ``root/submission``; a failure of ours is recorded as one and reported to the staff."""
    results = root / "results" / "results.json"
    results.parent.mkdir(parents=True, exist_ok=True)
    try:
        write_atomically(results, _graded(root))
    except Exception as error:
        traceback.print_exc()
        write_atomically(results, _failed(f"{type(error).__name__}: {error}"))
    return 0


def _graded(root: Path) -> bytes:
    one_thread()
    metadata = _metadata(root / "submission_metadata.json")
    rubric = load_rubric(root / "source" / "rubric" / "rubric.toml")
    with speaking(rubric.settings.lang):
        return _results(rubric, metadata, Handin("submission", root / "submission"))


def _results(rubric: Rubric, metadata: Metadata, handin: Handin) -> bytes:
    # Here everything but the student's files is the grader's own, and closed to the user that student code runs as, so
    # the best level available is good enough.
    setup = RunSetup(rubric, allow_unsafe=True)
    with (
        Reader() as reader,
        Work(setup, reader) as work,
        closing(grade_all([handin], work, jobs=1)) as outcomes,
    ):
        grade = next(outcomes).grade
    handed_in = metadata.handed_in
    times = {} if handed_in is None else {handin.name: handed_in}
    grade = Lateness(rubric.settings.late, times=times).applied(grade)
    print(f"isolation: {grade.isolation.level} ({grade.isolation.detail})")
    results: dict[str, Any] = msgspec.json.decode(GradescopeReport().render(grade))
    if grade.late is None and handed_in is not None and handed_in.due is not None:
        _say_lateness(results, minutes_late(handed_in.when, handed_in.due))
    _scale(results, grade, metadata)
    return _encoded(results)


def _metadata(path: Path) -> Metadata:
    """Read what Gradescope says about the submission; empty if that is missing or unreadable."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Metadata)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        print(f"{path.name} was skipped: {error}")
        return Metadata()


def _say_lateness(results: dict[str, Any], minutes: int) -> None:
    """State lateness that costs nothing by the rubric: the staff may have rules of their own."""
    results["extra_data"]["minutes_late"] = minutes
    if minutes:
        results["output"] += "\n" + say(
            "Handed in {duration} after the due date.", duration=duration(minutes)
        )


def _scale(results: dict[str, Any], grade: Grade, metadata: Metadata) -> None:
    """Scale the points to the autograder's points on Gradescope, if those differ from the rubric's."""
    total = metadata.points
    if total is None or not grade.max_score or total == grade.max_score:
        return
    factor = total / grade.max_score
    results["score"] = round(results["score"] * factor, 4)
    for test in results["tests"]:
        test["score"] = round(test["score"] * factor, 4)
        test["max_score"] = round(test["max_score"] * factor, 4)
    results["output"] += "\n" + say(
        "The rubric's {most:g} points are {total:g} here: {score:g} become {scaled:g}.",
        most=grade.max_score,
        total=total,
        score=grade.score,
        scaled=results["score"],
    )


def _failed(reason: str) -> bytes:
    return _encoded(
        {
            "score": 0,
            "output": say(
                "Nothing has been graded: the grader itself failed. That is not your fault; please tell "
                "the staff of your course. ({reason})",
                reason=reason,
            ),
            "output_format": "text",
            "visibility": "visible",
            "stdout_visibility": "hidden",
            "tests": [],
        }
    )


def _encoded(results: dict[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n"


def program() -> NoReturn:
    """The program of `run_autograder`, with the folder as its argument."""
    sys.exit(main(Path(sys.argv[1])))
