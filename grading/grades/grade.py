"""The grade of one submission: the value that every report is written from.

The JSON form of `Grade` is a contract; ``docs/report.schema.json`` describes it and a test holds the two together.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from grading.grades.notebook_execution import Execution
from grading.intake.submission import Platform
from grading.rubric.settings import Hint
from grading.words import Language, say

SCHEMA_VERSION: Literal[2] = 2

Part = Literal["all", "ordinary", "loss", "dW"]
Status = Literal["passed", "failed", "error", "skipped", "manual"]


class SubmissionFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which hand-in was graded.

    ``sha256`` is over the names and bytes of every file read; ``lms_id`` is what the learning platform ``lms`` knows
    the student by, where its download says so.
    """

    name: str
    path: str
    sha256: str
    kind: Literal["notebook", "package", "files", "zip"] | None
    lms_id: str = ""
    lms: Platform = ""


class DataFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What classifiers were trained on. ``sha256`` is over its files, ``remarks`` are sentences about them."""

    name: str
    sha256: str
    remarks: list[str] = []


class SuiteFacts(msgspec.Struct, frozen=True, kw_only=True):
    """With what it was graded; ``notebooks`` is the hash of the data that they were run with, None if they were not.

    ``course`` and ``assignment`` are what the rubric calls the course and the assignment.
    """

    version: str
    rubric_sha256: str
    seed: int
    reg_scale: float | Literal["either"]
    python: str
    numpy: str
    notebooks: str | None = None
    language: Language = "en"
    data: DataFacts | None = None
    course: str = ""
    assignment: str = ""


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


TURNED = "layout-of-2015"
"""The `Diagnosis` that says that a function is right in the other layout."""


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """A known mistake that reproduces the student's wrong answers."""

    id: str
    title: str
    hint: str


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """A proof that a gradient is wrong: moving W along ``V``, the loss rises at the rate ``rises``, not ``promised``.

    ``V``, (D, C), holds 1 or -1 at ``entry`` = (feature, class) and 0 elsewhere, where one weight is enough.
    """

    V: list[list[float]]
    entry: tuple[int, int] | None
    rises: float
    promised: float


class GradientComparison(msgspec.Struct, frozen=True, kw_only=True):
    """The dW that came back beside those that are accepted, entry by entry, (D, C) each.

    An accepted dW lies between ``low`` and ``high``, which differ only where ``ties`` margins are 0; but not every
    array between them is accepted. ``distance`` is that of ``got`` from the nearest accepted dW. Entries of ``got`` and
    ``distance`` that are no finite numbers are None. Where they are wrong ``together``, each entry of ``got`` is in its
    interval, and ``wrong`` are those that differ from the nearest accepted dW.
    """

    low: list[list[float]]
    high: list[list[float]]
    got: list[list[float | None]]
    distance: list[list[float | None]]
    wrong: list[list[bool]]
    ties: int
    certificate: Certificate | None
    together: bool = False


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """One check of one function. ``title`` is the promise, ``message`` the result, both for the student.

    ``gradient`` is there where dW is at fault and small enough to be looked at.
    ``cases`` counts the inputs tried; ``seconds`` is the only field that may differ between two runs. Of a ``hidden``
    check, a report for students says nothing before the results are released.
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
    hidden: bool = False
    gradient: GradientComparison | None = None

    @property
    def is_broken(self) -> bool:
        """Whether it was run and did not pass."""
        return self.status in ("failed", "error")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change that helps to repair a function, and where it is.

    Attributes:
        source: the file (and notebook cell).
        line: the line that is marked, in the file or the cell, counted from 1.
        column, width: the characters of it that are marked, counted from 0.
        after: whether nothing is wrong there, but something is missing after it.
        first: the number of the first line of ``excerpt``.
        excerpt: the student's own lines around it.
        kind, sentence: what kind of change it is, and what a student reads about that; "" where it is not told.
        lines: the change, line by line, "-" or "+" in front; none where it is not told.
    """

    source: str
    line: int
    column: int
    width: int
    after: bool
    first: int
    excerpt: list[str]
    kind: str = ""
    sentence: str = ""
    lines: list[str] = []


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    """Changes that make a wrong function right, found by trying; the function with them was judged by all checks.

    Attributes:
        part: what the changes make right: all, all but large scores ("ordinary"), the loss, or dW; where it is not all,
            more is wrong than was found.
        checks: those that failed, or were skipped, and pass with the changes.
        changes: made one after the other.
        elsewhere: another single change that does as well, in another line, if there is one.
        cases: the inputs that the changed function was right on.
        candidates: how many changed functions were tried until then.
        hint: how much of it students are told; nothing, unless a rubric allows more.
    """

    part: Part
    checks: list[str]
    changes: list[Change]
    elsewhere: Change | None
    cases: int
    candidates: int
    hint: Hint = "none"


class LossHistory(msgspec.Struct, frozen=True, kw_only=True):
    """The loss of a training at some of its steps, counted from 0; None where it was no finite number."""

    steps: list[int]
    losses: list[float | None]


class TrainingRun(msgspec.Struct, frozen=True, kw_only=True):
    """One training for the accuracy check, and what its weights make of the validation pictures.

    ``correct`` of ``total`` were classified correctly, ``least`` would have done. The true accuracy is between
    ``lower`` and ``upper`` but for less than one case in a million, shared among the runs (Clopper and Pearson).
    ``history`` is what train returned, as far as it was a list of numbers of the right length.
    """

    seed: int
    correct: int
    total: int
    least: int
    lower: float
    upper: float
    history: LossHistory | None


class HistoryBand(msgspec.Struct, frozen=True, kw_only=True):
    """Between which losses the reference's histories run: at each step, over its seeds and the steps around."""

    steps: list[int]
    lower: list[float]
    upper: list[float]


class ReferenceTraining(msgspec.Struct, frozen=True, kw_only=True):
    """The reference trained with the same settings, each time from a seed of its own.

    ``accuracies`` are those on the validation pictures; ``templates`` belong to the first.
    """

    seeds: list[int]
    accuracies: list[float]
    band: HistoryBand
    templates: bytes


class TrainingFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the accuracy check of one function saw, to be drawn.

    ``templates`` are the weights of the first run without the bias, as pictures: one byte (in JSON: base64) for each
    number, (classes, *picture) in C order, from the smallest weight of all (0) to the largest (255). ``picture`` is
    (height, width) or (height, width, 3). ``suboptimality`` is by how much the first run's loss on the training
    pictures can be above the smallest possible, as far as that can be proved.
    """

    function: str
    data: str
    threshold: float
    classes: list[str]
    picture: list[int]
    runs: list[TrainingRun]
    templates: bytes
    suboptimality: float | None
    reference: ReferenceTraining


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """A right classifier on the same data, to compare with.

    ``name`` is that of the loss of a linear classifier, or "neighbours": then ``k`` of them vote. ``accuracy`` is the
    share of the ``total`` validation pictures that it classifies correctly, ``stored_bytes`` what it has to keep for
    that, ``seconds`` how long it took to classify them.
    """

    name: str
    k: int | None
    accuracy: float
    total: int
    stored_bytes: int
    seconds: float


class ManualItem(msgspec.Struct, frozen=True, kw_only=True):
    """Something for a person to mark: an inline question of the notebook, or an item of the rubric (no answer).

    ``points`` are what a person gave for it, None until then; ``comment`` is for the student.
    """

    question: str
    answer: str
    max_points: float
    source: Literal["notebook", "rubric"] = "notebook"
    points: float | None = None
    comment: str = ""


class LateFacts(msgspec.Struct, frozen=True, kw_only=True):
    """When the work was due and handed in (ISO 8601), and what that makes of its score.

    ``minutes`` late are counted from ``due``, a begun one as a whole; 0 in time. ``source`` says where the time of
    handing in comes from. The grade's ``score`` is ``raw_score`` times ``factor``.
    """

    due: str
    submitted: str
    source: str
    minutes: int
    factor: float
    raw_score: float


def seems_of(edition: str) -> str:
    """What is said about a hand-in that seems to be of another edition of the assignment."""
    return say(
        "This looks like work for another edition of the assignment: grade it with --edition {edition}.",
        edition=edition,
    )


class Grade(msgspec.Struct, frozen=True, kw_only=True):
    """The whole report of one submission. ``reason`` says why when ``state`` is not_graded.

    ``methods`` says where methods that are asked for stand, "LinearSVM.train", which may be in a base class.
    ``repair`` is there for loss functions that failed and that one change, or two, make right.
    ``score`` is what counts: the points of all checks and of what a person has marked, times the factor of ``late``
    where that is not None; ``max_score`` is their maximum.
    ``execution`` is None unless notebooks were to be run. ``edition`` is the edition of the assignment that the hand-in
    seems to be of, where that is another than the rubric's. ``said`` is what the sentences were made from, to say them
    in another language; it is kept in the gradebook, and in no report.
    """

    schema: Literal[1, 2] = SCHEMA_VERSION
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
    trainings: list[TrainingFacts] = []
    baselines: list[Baseline] = []
    late: LateFacts | None = None
    execution: Execution | None = None
    edition: str | None = None
    repair: dict[str, Repair] = {}
    methods: dict[str, Place] = {}
    said: dict[str, Any] = {}

    @property
    def broken(self) -> list[CheckResult]:
        """The checks that did not pass."""
        return [check for check in self.checks if check.is_broken]

    @property
    def remarks(self) -> list[str]:
        """What is said of passed checks, each sentence once."""
        return list(dict.fromkeys(remark for check in self.checks for remark in check.remarks))

    @property
    def by_hand(self) -> tuple[float, float]:
        """The points for what a person has marked, and their maximum."""
        marked = [item for item in self.manual if item.points is not None]
        got, most = sum(item.points or 0.0 for item in marked), sum(item.max_points for item in marked)
        return round(got, 6), round(most, 6)

    @property
    def to_mark(self) -> int:
        """How many written answers and manual items nobody has marked yet."""
        return sum(item.points is None for item in self.manual)

    @property
    def percent(self) -> float:
        """Score in percent of the maximum; 0 if that is 0."""
        return 100.0 * self.score / self.max_score if self.max_score else 0.0
