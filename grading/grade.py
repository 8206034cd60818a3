"""The grade of one submission: the value that every report is written from.

The JSON form of `Grade` is a contract; ``docs/report.schema.json`` describes it and a test holds the two together.
"""

from __future__ import annotations

from typing import Literal

import msgspec

SCHEMA_VERSION: Literal[1] = 1

Status = Literal["passed", "failed", "error", "skipped", "manual"]


class SubmissionFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Which hand-in was graded. ``sha256`` is over the names and bytes of every file read."""

    name: str
    path: str
    sha256: str
    kind: Literal["notebook", "package", "files", "zip"] | None


class SuiteFacts(msgspec.Struct, frozen=True, kw_only=True):
    """With what it was graded."""

    version: str
    rubric_sha256: str
    seed: int
    reg_scale: float | Literal["either"]
    python: str
    numpy: str


class IsolationFacts(msgspec.Struct, frozen=True, kw_only=True):
    """How the student's code was kept apart."""

    level: str
    detail: str


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a function stands: file (and notebook cell) and first and last line, counted from 1."""

    source: str
    lines: tuple[int, int]


class Counterexample(msgspec.Struct, frozen=True, kw_only=True):
    """The smallest input found that shows the mistake: as Python to paste, and as numbers.

    ``W``, ``X``, ``y``, ``reg`` are None where the input is not that of a loss function.
    """

    code: str
    W: list[list[float]] | None = None
    X: list[list[float]] | None = None
    y: list[int] | None = None
    reg: float | None = None


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """A known mistake that reproduces the student's wrong answers."""

    id: str
    title: str
    hint: str


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """One check of one function. ``title`` is the promise, ``message`` what came of it, both for the student.

    ``cases`` counts the inputs tried; ``seconds`` is the only field that may differ between two runs.
    """

    id: str
    function: str
    title: str
    status: Status
    points: float
    max_points: float
    message: str
    remarks: list[str]
    counterexample: Counterexample | None
    expected: str | None
    got: str | None
    diagnosis: Diagnosis | None
    cases: int
    seconds: float


class ManualItem(msgspec.Struct, frozen=True, kw_only=True):
    """An inline question for a person to mark."""

    question: str
    answer: str
    max_points: float


class Grade(msgspec.Struct, frozen=True, kw_only=True):
    """The whole report of one submission. ``reason`` says why when ``state`` is not_graded."""

    schema: Literal[1] = SCHEMA_VERSION
    submission: SubmissionFacts
    suite: SuiteFacts
    isolation: IsolationFacts
    state: Literal["graded", "not_graded"]
    reason: str | None
    score: float
    max_score: float
    functions: dict[str, Place | None]
    checks: list[CheckResult]
    manual: list[ManualItem]
    warnings: list[str]
    seconds: float

    @property
    def percent(self) -> float:
        """Score in percent of what could be had; 0 when nothing could."""
        return 100.0 * self.score / self.max_score if self.max_score else 0.0
