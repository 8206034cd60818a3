"""One submission from the hand-in to its grade, and many of them side by side.

This module stands on top of the checks; nothing that the checks use may import it.
"""

from __future__ import annotations

import multiprocessing
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from grading.grade import (
    CheckResult,
    Grade,
    IsolationFacts,
    ManualItem,
    Place,
    SubmissionFacts,
    SuiteFacts,
)
from grading.rubric import Rubric
from grading.sandbox.client import Sandbox
from grading.sandbox.levels import Isolation
from grading.submission import Handin, IntakeError, Submission


@dataclass(frozen=True)
class Suite:
    """What all submissions of a run are graded with."""

    rubric: Rubric
    allow_unsafe: bool = False

    def open_sandbox(self) -> Sandbox:
        """A sandbox at the best level that works here.

        Raises:
            IsolationError: no level that may be used works on this machine.
        """
        return Sandbox.open(self.rubric.limits, allow_unsafe=self.allow_unsafe)


def grade(handin: Handin, suite: Suite, sandbox: Sandbox) -> Grade:
    """Grade one hand-in. Whatever it holds, the result is a `Grade` in an explicit state."""
    from grading.intake import read

    started = time.perf_counter()
    try:
        submission = read(handin, suite.rubric.asked_names)
    except IntakeError as error:
        return not_graded(handin, suite, sandbox.isolation, str(error), time.perf_counter() - started)
    with sandbox.start(submission) as worker:
        from checks.runner import Runner

        results = Runner(submission, worker, suite.rubric).results()
        remarks = worker.loaded.remarks
    return _graded(submission, suite, sandbox.isolation, results, remarks, time.perf_counter() - started)


def not_graded(
    handin: Handin, suite: Suite, isolation: Isolation | None, reason: str, seconds: float = 0.0
) -> Grade:
    """The grade of a hand-in that could not be graded, with the reason."""
    return Grade(
        submission=SubmissionFacts(name=handin.name, path=str(handin.path), sha256="", kind=None),
        suite=suite_facts(suite.rubric),
        isolation=_isolation_facts(isolation),
        state="not_graded",
        reason=reason,
        score=0.0,
        max_score=suite.rubric.max_score,
        functions=dict.fromkeys(suite.rubric.asked_names),
        checks=[],
        manual=[],
        warnings=[],
        seconds=seconds,
    )


def _graded(
    submission: Submission,
    suite: Suite,
    isolation: Isolation,
    results: list[CheckResult],
    remarks: Sequence[str],
    seconds: float,
) -> Grade:
    rubric = suite.rubric
    places: dict[str, Place | None] = dict.fromkeys(rubric.asked_names)
    for name, definition in submission.definitions.items():
        source = definition.source + (f", {definition.cell}" if definition.cell else "")
        places[name] = Place(source=source, lines=definition.lines)
    return Grade(
        submission=SubmissionFacts(
            name=submission.name,
            path=submission.path,
            sha256=submission.sha256,
            kind=submission.kind.value,
        ),
        suite=suite_facts(rubric),
        isolation=_isolation_facts(isolation),
        state="graded",
        reason=None,
        # Points have at most a few decimals; rounding keeps sums like 0.1 + 0.2 from showing their last bits.
        score=round(sum(result.points for result in results), 6),
        max_score=round(rubric.max_score, 6),
        functions=places,
        checks=results,
        manual=[
            ManualItem(question=q.question, answer=q.answer, max_points=rubric.settings.manual_points)
            for q in submission.questions
        ],
        warnings=[*submission.warnings, *remarks],
        seconds=seconds,
    )


def _isolation_facts(isolation: Isolation | None) -> IsolationFacts:
    if isolation is None:
        return IsolationFacts(level="none", detail="no student code was run")
    return IsolationFacts(level=isolation.level.value, detail=isolation.detail)


@cache
def suite_version() -> str:
    """The version of this project, from its metadata or, in a plain checkout, from pyproject.toml."""
    try:
        return metadata.version("subgrader")
    except metadata.PackageNotFoundError:
        import tomllib

        text = (Path(__file__).resolve().parent.parent / "pyproject.toml").read_text(encoding="utf-8")
        return str(tomllib.loads(text)["project"]["version"])


def suite_facts(rubric: Rubric) -> SuiteFacts:
    """With what is graded: versions, rubric, seed."""
    return SuiteFacts(
        version=suite_version(),
        rubric_sha256=rubric.sha256,
        seed=rubric.settings.seed,
        reg_scale=rubric.settings.reg_scale,
        python=platform.python_version(),
        numpy=metadata.version("numpy"),
    )


def grade_all(handins: Sequence[Handin], suite: Suite, jobs: int) -> Iterator[Grade]:
    """Grade hand-ins with ``jobs`` processes and yield each grade as it is made, in no fixed order.

    A process of the grader's own that dies costs only what it was grading: everything unfinished is graded again, one
    process each, and what kills that one too is reported as not graded.

    Raises:
        IsolationError: no level that may be used works on this machine.
    """
    if jobs == 1 or len(handins) == 1:
        with suite.open_sandbox() as sandbox:
            for handin in handins:
                yield _safely(grade, handin, suite, sandbox)
        return
    suite.open_sandbox().close()  # no usable level is said here, once, not in every process
    _draw_cases(suite.rubric)
    waiting = dict.fromkeys(handins)
    for grade_ in _in_processes(list(waiting), suite, min(jobs, len(handins))):
        waiting.pop(grade_[0])
        yield grade_[1]
    for handin in waiting:
        results = list(_in_processes([handin], suite, 1))
        reason = "grading it took the grader's process down twice; please look at it and report this"
        yield results[0][1] if results else not_graded(handin, suite, None, reason)


def _in_processes(handins: list[Handin], suite: Suite, jobs: int) -> Iterator[tuple[Handin, Grade]]:
    # With fork the drawn cases and their true answers are shared; where there is no fork each process draws its own.
    method = "fork" if sys.platform == "linux" else "spawn"
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_open, initargs=(suite,)) as pool:
        futures: dict[Future[Grade], Handin] = {pool.submit(_grade_here, h, suite): h for h in handins}
        for future in as_completed(futures):
            try:
                yield futures[future], future.result()
            except BrokenProcessPool:
                return


_sandbox_here: Sandbox | None = None


def _open(suite: Suite) -> None:
    """Open this process's own sandbox; it lives as long as the process."""
    import atexit
    import signal

    global _sandbox_here
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    _sandbox_here = suite.open_sandbox()
    atexit.register(_sandbox_here.close)


def _grade_here(handin: Handin, suite: Suite) -> Grade:
    assert _sandbox_here is not None
    return _safely(grade, handin, suite, _sandbox_here)


def _safely(
    grade_one: Callable[[Handin, Suite, Sandbox], Grade], handin: Handin, suite: Suite, sandbox: Sandbox
) -> Grade:
    """Turn a defect of the grader itself into an explicit state: one submission never stops the others."""
    try:
        return grade_one(handin, suite, sandbox)
    except Exception as error:
        import traceback

        place = traceback.extract_tb(error.__traceback__)[-1]
        reason = (
            f"a defect of the grader, not of the hand-in: {type(error).__name__}: {error} "
            f"({Path(place.filename).name}, line {place.lineno}); please report it"
        )
        return not_graded(handin, suite, sandbox.isolation, reason)


def _draw_cases(rubric: Rubric) -> None:
    """Draw all cases and work out their true answers before the processes part."""
    from checks.prepare import prepare

    prepare(rubric)
