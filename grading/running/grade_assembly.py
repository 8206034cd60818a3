"""Assembles the grade of a hand-in from the results of its checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from grading.grades.grade import (
    CheckResult,
    Grade,
    IsolationFacts,
    ManualItem,
    Place,
    Repair,
    SubmissionFacts,
    TrainingFacts,
)
from grading.grades.notebook_execution import Execution
from grading.grades.translation import kept_with
from grading.intake.submission import Handin, Submission
from grading.judging.training import baselines
from grading.rubric.settings import Settings
from grading.running.from_rubric import training_plan
from grading.running.setup import RunSetup, suite_facts
from grading.words import say
from grading.words.origins import know


def not_graded(
    handin: Handin, setup: RunSetup, isolation: IsolationFacts | None, reason: str, seconds: float = 0.0
) -> Grade:
    """Return the grade of a hand-in that could not be graded, with the reason."""
    return Grade(
        submission=SubmissionFacts(name=handin.name, path=str(handin.path), sha256="", kind=None),
        suite=suite_facts(setup),
        isolation=isolation or IsolationFacts(level="none", detail=say("no student code was run")),
        state="not_graded",
        reason=reason,
        score=0.0,
        max_score=setup.max_score,
        functions=dict.fromkeys(setup.rubric.asked_names),
        checks=[],
        manual=[],
        warnings=[],
        seconds=seconds,
    )


def unwritten(grade: Grade, error: Exception) -> Grade:
    """Return a grade whose reports could not be written as "not graded", since nobody can read it."""
    if isinstance(error, OSError):
        reason = say(
            "its reports could not be written ({error}); fix that and run the same command again",
            error=error.strerror or error,
        )
    else:
        reason = say(
            "a defect of the grader, not of the hand-in: {error}; please report it",
            error=f"{type(error).__name__}: {error}",
        )
    return msgspec.structs.replace(grade, state="not_graded", reason=reason, score=0.0, checks=[])


def graded(
    submission: Submission,
    setup: RunSetup,
    isolation: IsolationFacts,
    results: list[CheckResult],
    trainings: list[TrainingFacts],
    remarks: Sequence[str],
    seconds: float,
    execution: Execution | None = None,
    repairs: Mapping[str, Repair] | None = None,
) -> Grade:
    """Return the grade of a submission whose checks have been run."""
    rubric = setup.rubric
    places: dict[str, Place | None] = dict.fromkeys(rubric.asked_names)
    for name, definition in submission.definitions.items():
        source = definition.source + (f", {definition.cell}" if definition.cell else "")
        places[name] = Place(source=source, lines=definition.lines)
    grade = Grade(
        submission=SubmissionFacts(
            name=submission.name,
            path=submission.path,
            sha256=submission.sha256,
            kind=submission.kind.value,
        ),
        suite=suite_facts(setup),
        isolation=isolation,
        state="graded",
        reason=None,
        # Points have at most a few decimals; rounding keeps sums like 0.1 + 0.2 from showing their last bits.
        score=round(sum(result.points for result in results), 6),
        max_score=round(setup.max_score, 6),
        functions=places,
        checks=results,
        manual=[
            ManualItem(question=q.question, answer=q.answer, max_points=rubric.settings.manual_points)
            for q in submission.questions
        ]
        + manual_items(rubric.settings),
        warnings=[*submission.warnings, *remarks],
        seconds=seconds,
        trainings=trainings,
        execution=execution,
        edition=submission.edition,
        repair=dict(repairs or {}),
        methods={
            name: Place(source=text.place, lines=text.lines)
            for name in rubric.settings.functions
            if (text := submission.methods.get(name)) is not None
        },
        baselines=baselines.baselines(training_plan(rubric)) if trainings else [],
    )
    know(submission.said)
    return msgspec.structs.replace(grade, said=kept_with(grade))


def manual_items(settings: Settings) -> list[ManualItem]:
    """The items that the rubric leaves to a person, whatever the hand-in contains."""
    return [
        ManualItem(question=item.title, answer="", max_points=item.points, source="rubric")
        for item in settings.manual
    ]


def known_by(grade: Grade, handin: Handin | None) -> Grade:
    """Return the grade with the identifiers that the learning platform uses for the student, if they are known."""
    if handin is None or not handin.lms_id:
        return grade
    submission = msgspec.structs.replace(grade.submission, lms_id=handin.lms_id, lms=handin.lms)
    return msgspec.structs.replace(grade, submission=submission)
