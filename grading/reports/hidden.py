"""Reduces a grade to what students may read before its hidden checks are released.

A hidden check is removed entirely, with its points, its pictures and everything about its function's training. The
other checks do not depend on it (`grading.running.runner`), so nothing can be read between the lines either.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from grading.grades.grade import Grade
from grading.reports.shown_repairs import told
from grading.words import say


def from_here(grade: Grade) -> Grade:
    """The grade with the hand-in's path relative to the current folder; only its name if it is elsewhere."""
    path, here = Path(grade.submission.path), Path.cwd()
    if not path.is_absolute():
        return grade
    told = path.relative_to(here) if path.is_relative_to(here) else Path(path.name)
    return msgspec.structs.replace(
        grade, submission=msgspec.structs.replace(grade.submission, path=str(told))
    )


def for_students(grade: Grade) -> Grade:
    """The grade as if the hidden checks did not exist, with a sentence that says how many there are.

    Repairs are reduced to what students are told.
    """
    grade = msgspec.structs.replace(grade, repair=told(grade.repair))
    hidden = [check for check in grade.checks if check.hidden]
    if not hidden:
        return grade
    checks = [check for check in grade.checks if not check.hidden]
    score = round(sum(check.points for check in checks) + grade.by_hand[0], 6)
    late = grade.late
    if late is not None:
        late = msgspec.structs.replace(late, raw_score=score)
        score = round(score * late.factor, 6)
    drawn = {check.function for check in hidden if check.id == "accuracy"}
    if len(hidden) == 1:
        sentence = say(
            "One more check is shown only after the release of the results; its points are not in this score."
        )
    else:
        sentence = say(
            "{count} more checks are shown only after the release of the results; their points are not in this score.",
            count=len(hidden),
        )
    return msgspec.structs.replace(
        grade,
        checks=checks,
        score=score,
        max_score=round(grade.max_score - sum(check.max_points for check in hidden), 6),
        late=late,
        trainings=[facts for facts in grade.trainings if facts.function not in drawn],
        warnings=[*grade.warnings, sentence],
    )


def released(grade: Grade) -> Grade:
    """The grade with its hidden checks made visible."""
    checks = [
        msgspec.structs.replace(check, hidden=False) if check.hidden else check for check in grade.checks
    ]
    return msgspec.structs.replace(grade, checks=checks, repair=told(grade.repair))
