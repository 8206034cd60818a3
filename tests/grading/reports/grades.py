"""Grades to write reports from."""

from __future__ import annotations

import base64

import msgspec
import numpy as np

from grading.grades.grade import (
    Certificate,
    CheckResult,
    Counterexample,
    Diagnosis,
    Grade,
    GradientComparison,
    HistoryBand,
    IsolationFacts,
    LossHistory,
    ManualItem,
    Place,
    ReferenceTraining,
    SubmissionFacts,
    SuiteFacts,
    TrainingFacts,
    TrainingRun,
)
from grading.grades.notebook_execution import (
    Claim,
    Execution,
    FailedCell,
    NotebookPicture,
    NotebookRun,
    SearchFacts,
    SearchPair,
)

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
FUNCTIONS = ["svm_loss_naive", "LinearSVM.train"]


def a_check(**changes: object) -> CheckResult:
    """A failed check with everything that a check can have."""
    check = CheckResult(
        id="value",
        function="svm_loss_naive",
        title="The loss equals its definition.",
        status="failed",
        points=0.0,
        max_points=4.0,
        message="The loss is wrong.",
        remarks=["A 0-d array; accepted."],
        counterexample=Counterexample(
            code="W = np.array([[0.0, 1.0]])", W=[[0.0, 1.0]], X=[[1.0]], y=[0], reg=1.0
        ),
        expected="loss = 3.0",
        got="loss = 2.0",
        diagnosis=Diagnosis(id="no-delta", title="The delta is missing.", hint="Add it."),
        cases=1000,
        seconds=0.25,
    )
    return msgspec.structs.replace(check, **changes)


def a_passed_check(**changes: object) -> CheckResult:
    """A check that passed."""
    nothing: dict[str, object] = dict.fromkeys(("counterexample", "expected", "got", "diagnosis"))
    passed = {
        "id": "interface",
        "status": "passed",
        "points": 2.0,
        "max_points": 2.0,
        "message": "",
        "remarks": [],
    }
    return a_check(**{**nothing, **passed, **changes})


def a_comparison(**changes: object) -> GradientComparison:
    """A dW at a kink, of which no accepted one has both entries."""
    comparison = GradientComparison(
        low=[[-1.0, 0.0]],
        high=[[0.0, 1.0]],
        got=[[0.0, 1.0]],
        distance=[[0.5, 0.5]],
        wrong=[[True, True]],
        ties=1,
        certificate=Certificate(V=[[1.0, 1.0]], entry=None, rises=0.0, promised=1.0),
    )
    return msgspec.structs.replace(comparison, **changes)


def trainings(
    losses: list[float | None], picture: tuple[int, ...] = (8, 8), classes: int = 10
) -> TrainingFacts:
    """Two trainings, the first with these losses, of which the second falls short."""
    size = classes * int(np.prod(picture))
    steps = list(range(len(losses)))
    history = LossHistory(steps=steps, losses=losses)
    run = TrainingRun(seed=231, correct=960, total=1000, least=930, lower=0.9, upper=0.96, history=history)
    return TrainingFacts(
        function="LinearSVM.train",
        data="digits",
        threshold=0.95,
        classes=[f"class {k}" for k in range(classes)],
        picture=list(picture),
        runs=[
            run,
            msgspec.structs.replace(run, seed=232, correct=929, history=None),
        ],
        templates=bytes(k % 251 for k in range(size)),
        suboptimality=0.5,
        reference=ReferenceTraining(
            seeds=[0, 1],
            accuracies=[0.97, 0.98],
            band=HistoryBand(steps=steps, lower=[0.5] * len(losses), upper=[4.0] * len(losses)),
            templates=bytes(k % 241 for k in range(size)),
        ),
    )


def an_execution() -> Execution:
    """A notebook run to its end: a cell that failed, two claims of which one holds, a search, and a picture."""
    search = SearchFacts(
        model="best_svm",
        results=[
            SearchPair(
                learning_rate=rate, reg=reg, training=0.4, validation=None if reg > 2e4 else 0.3 + 1e6 * rate
            )
            for rate in (1e-7, 5e-8)
            for reg in (1e4, 5e4)
        ],
        best_val=0.4,
        test=0.38,
        validation_again=0.4,
        test_again=None,
    )
    run = NotebookRun(
        notebook="svm.ipynb",
        state="completed",
        cells=9,
        ended=9,
        stopped_at=None,
        reason=None,
        failed=[FailedCell(cell=4, error="NameError: name 'x' is not defined")],
        remarks=["A remark."],
        claims=[
            Claim(cell=7, line="validation accuracy: 0.4", claimed=0.4, got=0.39, reproduced=True),
            Claim(cell=8, line="test accuracy: 0.9", claimed=0.9, got=None, reproduced=False),
        ],
        searches=[search],
        history=None,
        pictures=[NotebookPicture(cell=6, kind="loss", width=1, height=1, png=base64.b64decode(PIXEL))],
        seconds=3.0,
    )
    return Execution(data="CIFAR-10", notebooks=[run])


def a_grade(
    name: str = "ada", message: str = "The loss is wrong.", reason: str | None = None, **changes: object
) -> Grade:
    """A grade with one failed check, or one that is not graded for ``reason``."""
    grade = Grade(
        submission=SubmissionFacts(name=name, path=f"class/{name}.ipynb", sha256="0" * 64, kind="notebook"),
        suite=SuiteFacts(
            version="0.1.0",
            rubric_sha256="1" * 64,
            seed=231,
            reg_scale="either",
            python="3.11.7",
            numpy="2.4.6",
        ),
        isolation=IsolationFacts(level="full", detail="bubblewrap"),
        state="graded" if reason is None else "not_graded",
        reason=reason,
        score=0.0,
        max_score=4.0,
        functions={"svm_loss_naive": Place(source="ada.ipynb, cell 3", lines=(1, 9)), "LinearSVM": None},
        checks=[a_check(message=message)],
        manual=[ManualItem(question="Why?", answer="", max_points=2.0)],
        warnings=["Two copies were found."],
        seconds=1.5,
    )
    return msgspec.structs.replace(grade, **changes)


def a_class(size: int) -> list[Grade]:
    """Hand-ins of three sorts: one in three passes, one fails with a known mistake, one is not graded."""
    grades = []
    for i in range(size):
        name = f"student{i:04d}"
        if i % 3 == 0:
            grades.append(
                a_grade(
                    name,
                    checks=[a_passed_check(id="value", points=4.0, max_points=4.0)],
                    score=4.0,
                    manual=[],
                )
            )
        elif i % 3 == 1:
            grades.append(a_grade(name, manual=[]))
        else:
            grades.append(a_grade(name, reason="a PDF, not code", checks=[], manual=[]))
    return grades
