"""One submission from the hand-in to its grade, and many of them side by side.

This module stands on top of the checks; nothing that the checks use may import it.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from grading.editions.callings import as_called
from grading.intake.submission import Handin, IntakeError, Submission
from grading.reading.reader import Reader, ReadingError
from grading.records.execution import Execution
from grading.records.grade import CheckResult, Grade
from grading.running.background import BackgroundWork
from grading.running.grade_assembly import graded, not_graded
from grading.running.processes import cores, share_out
from grading.running.setup import RunSetup
from grading.running.turns import Turns
from grading.sandbox.client import Sandbox
from grading.sandbox.level_search import LevelSearch
from grading.sandbox.walls.levels import DisturbedError, Isolation, IsolationError, LaunchError
from grading.training import baselines
from grading.training.data import training_data
from grading.words import say, speak
from reference.split import DatasetError

_PROCESSORS_EACH = 2  # one for each loss of the assignment
# One more than there are processors: while answers are judged here, the process that gave them waits.
_LANES = 3
_opening = threading.Lock()


def grade(
    handin: Handin,
    setup: RunSetup,
    sandbox: Sandbox,
    notebooks: Sandbox | None = None,
    background: BackgroundWork | None = None,
    lanes: Executor | None = None,
    reader: Reader | None = None,
    *,
    is_asked_again: bool = False,
) -> Grade:
    """Grade one hand-in. Whatever it holds, the result is a `Grade` in an explicit state.

    Args:
        handin: what to grade.
        setup: what with.
        sandbox: where its functions are called.
        notebooks: where its notebooks are run; None not to run them.
        background: preparations that are made while student code computes; None if they have been made.
        lanes: threads that ask a loss each, if there are processors for more than one at once.
        reader: reads it; None to read it in this process.
        is_asked_again: whether the caller grades it again if what others do costs it a process.

    Raises:
        DisturbedError: that has happened, and ``is_asked_again``.
    """
    started = time.perf_counter()
    reader = reader or Reader(apart=False)
    try:
        read = reader.read(handin, setup.rubric.asked_names)
        submission = as_called(read, setup.rubric)
    except IntakeError as error:
        return not_graded(handin, setup, sandbox.isolation, str(error), time.perf_counter() - started)
    shared = training_data(setup.rubric).shared if setup.rubric.trains else None
    with sandbox.workers(submission, shared, is_asked_again=is_asked_again) as workers:
        from grading.running.runner import Runner

        if background is not None:
            background.begin()
        opening = partial(sandbox.start_for_candidates, is_asked_again=is_asked_again)
        runner = Runner(submission, workers, setup.rubric, opening=opening)
        results = runner.results(lanes)
        repairs = runner.repairs()
        remarks = workers.remarks
    if background is not None:
        background.finish()
    execution = None
    if notebooks is not None:
        run = partial(_executed, handin, submission, setup, notebooks, reader, is_asked_again=is_asked_again)
        execution, more = run() if lanes is None else lanes.submit(run).result()
        results += more
    return graded(
        submission,
        setup,
        sandbox.isolation,
        results,
        runner.trainings(),
        remarks,
        time.perf_counter() - started,
        execution,
        repairs,
    )


def _executed(
    handin: Handin,
    submission: Submission,
    setup: RunSetup,
    sandbox: Sandbox,
    reader: Reader,
    *,
    is_asked_again: bool,
) -> tuple[Execution, list[CheckResult]]:
    """What comes of running a hand-in's notebooks, and the checks of what they leave."""
    from grading.execution.running import execute
    from grading.execution.search_checks import search_results

    assert setup.notebook_data is not None
    run = partial(sandbox.run, is_asked_again=is_asked_again)
    executed = execute(handin, submission, setup.rubric, run, setup.notebook_data, reader)
    return executed.execution, list(search_results(setup.rubric, executed.execution, executed.found))


@dataclass(frozen=True)
class Outcome:
    """A grade, and whether it was known from an earlier run."""

    grade: Grade
    unchanged: bool = False


def grade_all(
    handins: Sequence[Handin],
    setup: RunSetup,
    jobs: int,
    known: Callable[[Handin, Isolation], Grade | None] = lambda *_: None,
    note: Callable[[str], None] = lambda _: None,
    *,
    all_known: bool = False,
    meanwhile: Callable[[], None] = lambda: None,
    choosing: LevelSearch | None = None,
    reader: Reader | None = None,
) -> Generator[Outcome, None, None]:
    """Grade hand-ins in ``jobs`` processes and yield each grade as it is made, in no fixed order.

    A process of the grader's own that dies costs only what it was grading, which is tried once more and then reported
    as not graded. Closing the iterator ends all processes.

    Args:
        handins: what to grade.
        setup: what with.
        jobs: number of processes, at most. Even one is a process of its own, whose death this one survives.
        known: the grade of a hand-in at a level of isolation, if it need not be worked out again.
        note: told, in a few words, what is being done before the first hand-in is graded.
        all_known: whether all are likely to be known, so that nothing should be prepared ahead.
        meanwhile: done once, in this process, while the first hand-ins are being graded.
        choosing: what has become of ``setup.begin_sandbox()``, if that was called some time ago.
        reader: reads the hand-ins, if it was begun some time ago, when there was less to fork.

    Raises:
        IsolationError: no level that may be used works on this machine.
        DatasetError: the data set to train on cannot be had.
    """
    choosing = choosing or setup.begin_sandbox()
    # A single process draws the cases itself, while this one gets ready for its grades.
    alone = min(jobs, len(handins)) == 1
    with ExitStack() as stack:
        reader = reader or stack.enter_context(Reader())
        sandbox = stack.enter_context(
            setup.opened(choosing) if all_known or alone else opened(setup, choosing)
        )
        waiting = []
        for handin in handins:
            grade_ = known(handin, sandbox.isolation)
            if grade_ is None:
                waiting.append(handin)
            else:
                yield Outcome(grade_, unchanged=True)
        if not waiting:
            return
        jobs = min(jobs, len(waiting))
        if all_known and jobs > 1:
            _prepare(setup)
        # CIFAR-10 takes more than half a minute; that is not for a thread, of which one hears nothing.
        background = (
            BackgroundWork(partial(baselines.prepare, setup.rubric))
            if jobs == 1 and setup.rubric.is_quick
            else None
        )
        if background is None:
            # Before the processes part.
            baselines.prepare(setup.rubric, note)
            note("grading")
        # With as many processes as processors, each of the losses would only slow the other down.
        lanes = _LANES if _PROCESSORS_EACH * jobs <= cores() else 1
        # The first process works in the sandbox that is open already; each later one opens its own.
        open_already = [sandbox] if sys.platform == "linux" else []

        def new_work() -> Work:
            own = open_already.pop() if open_already else None
            return Work(setup, sandbox.isolation, own, background, lanes, reader)

        def give_up(handin: Handin, reason: str) -> Grade:
            return not_graded(
                handin,
                setup,
                sandbox.isolation,
                say("{reason}; please look at it and report this", reason=reason),
            )

        # What is there now all processes share; a collector that marked it in each of them would make copies of it.
        if len(waiting) > 1:
            gc.collect()
        gc.freeze()
        try:
            with closing(share_out(waiting, jobs, new_work, give_up, meanwhile, at_once=lanes)) as grades:
                for grade_ in grades:
                    yield Outcome(grade_)
        finally:
            gc.unfreeze()


class Work:
    """What each of the grader's processes does: it grades, in a sandbox that lives as long as the process."""

    def __init__(
        self,
        setup: RunSetup,
        isolation: Isolation,
        sandbox: Sandbox | None,
        background: BackgroundWork | None = None,
        lanes: int = 1,
        reader: Reader | None = None,
    ) -> None:
        self._setup = setup
        speak(setup.rubric.settings.lang)  # on a cluster, this is another machine's process
        self._isolation = isolation
        self._sandbox = sandbox
        self._background = background
        self._lanes = lanes
        self._reader = reader
        self._threads: Executor | None = None
        self._notebooks: Sandbox | None = None
        self._prepared = False
        self._turns: Turns | None = None

    def __call__(self, handin: Handin) -> Grade:
        """Grade; a defect of the grader itself becomes an explicit state: one hand-in never stops the others.

        A hand-in to which others do harm is graded once more, when no other is at work in this process.
        """
        try:
            with _opening:
                self._turns = self._turns or Turns()
            try:
                with self._turns.among_others():
                    return self._grade(handin, is_asked_again=True)
            except (DisturbedError, LaunchError):
                with self._turns.alone():
                    return self._grade(handin, is_asked_again=False)
        except (IsolationError, DatasetError, IntakeError) as error:
            return not_graded(handin, self._setup, self._isolation, str(error))
        except Exception as error:
            import traceback

            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f" ({Path(place.filename).name}, line {place.lineno})"
            reason = say(
                "a defect of the grader, not of the hand-in: {error}; please report it",
                error=str(error)
                if isinstance(error, ReadingError)
                else f"{type(error).__name__}: {error}{where}",
            )
            return not_graded(handin, self._setup, self._isolation, reason)

    def _grade(self, handin: Handin, *, is_asked_again: bool) -> Grade:
        with _opening:
            if not self._prepared:
                _prepare(self._setup)
                self._prepared = True
            if self._threads is None and self._lanes > 1:
                self._threads = ThreadPoolExecutor(self._lanes)
            if self._sandbox is None:
                self._sandbox = self._setup.open_sandbox(self._isolation.level)
            if self._notebooks is None and self._setup.notebook_data is not None:
                self._notebooks = self._setup.open_notebook_sandbox(self._isolation.level)
        return grade(
            handin,
            self._setup,
            self._sandbox,
            self._notebooks,
            self._background,
            self._threads,
            self._reader,
            is_asked_again=is_asked_again,
        )

    def close(self) -> None:
        """End what runs in the sandbox."""
        for sandbox in (self._sandbox, self._notebooks):
            if sandbox is not None:
                sandbox.close()


def opened(setup: RunSetup, choosing: LevelSearch | None = None) -> Sandbox:
    """An open sandbox, and everything prepared that all hand-ins share, while it was being opened.

    The preparing is done in the background, and not the opening: what this thread starts would end with that one. No
    other thread is left when this returns, since processes are forked from here.

    Args:
        setup: what to grade with.
        choosing: the sandbox, if it has been begun.
    """
    with ThreadPoolExecutor(max_workers=1) as helper:
        preparing = helper.submit(_prepare, setup)
        sandbox = setup.opened(choosing or setup.begin_sandbox())
        try:
            preparing.result()
        except BaseException:
            sandbox.close()
            raise
    return sandbox


def _prepare(setup: RunSetup) -> None:
    """Draw all cases and work out their true answers, once, before the processes part."""
    from grading.running.preparation import prepare

    prepare(setup.rubric)
    if setup.notebook_data is not None:
        from grading.execution.scoring import held_out

        held_out(setup.notebook_data)
