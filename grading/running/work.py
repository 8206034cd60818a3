"""The work of one process in a run, from its first preparation to its end."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from grading import Closing
from grading.intake.reader import Reader, ReadingError
from grading.intake.submission import Handin, IntakeError, Submission
from grading.sandbox.budget import Budget
from grading.sandbox.level_search import LevelSearch
from grading.sandbox.walls.levels import DisturbedError, IsolationError, LaunchError, Level
from grading.words import say, speaking
from reference.split import DatasetError

# The sandbox is started before NumPy and other slow modules are imported.
if TYPE_CHECKING:
    from concurrent.futures import Executor

    from grading.grades.grade import CheckResult, Grade, IsolationFacts
    from grading.grades.notebook_execution import Execution
    from grading.running.setup import RunSetup
    from grading.sandbox.client import Sandbox
    from grading.sandbox.shared_array import SharedArray
    from grading.sandbox.walls.zygote import Zygote

LOSSES = 2
"""The assignment's losses: each has a worker, and so a processor, of its own if there are processors to spare."""

# Deeply nested code is also parsed in threads, and some systems give threads only half a megabyte.
_STACK_BYTES = 16 << 20
# Extra time for calling wrong functions again in a worker of their own, as a share of the time for all calls.
_SHARE_ALONE = 0.25
# Likewise for the search for repairs: far more than it ever needs, unless each call is slow.
_SHARE_OF_SEARCH = 4.0


class Work(Closing):
    """What one process does: start a sandbox, prepare and open what is needed, grade, and close it.

    Args:
        setup: what to grade with.
        reader: reads the hand-ins; None to read them in this process.
        isolation: the level to open a sandbox at, if another process has found it; None for the best that works.

    Attributes:
        is_spare: whether there are processors for testing more than one loss at once.
    """

    def __init__(
        self, setup: RunSetup, reader: Reader | None = None, isolation: IsolationFacts | None = None
    ) -> None:
        self.setup = setup
        self.is_spare = False
        self.reader = reader or Reader(apart=False)
        self._isolation = isolation
        self._search: LevelSearch | None = None
        self._sandbox: Sandbox | None = None
        self._notebooks: Sandbox | None = None
        self._lanes: Executor | None = None
        self._is_prepared = False

    def begin(self, begun: Zygote | None = None) -> None:
        """Start to open the sandbox, without waiting for it.

        Args:
            begun: a sandbox process that has already been started; see `grading.sandbox.walls.zygote.begin`.
        """
        level = None if self._isolation is None else Level(self._isolation.level)
        self._search = LevelSearch(self.setup.limits, level, begun=begun)

    def another(self) -> Work:
        """Return the `Work` for another process of the same run."""
        work = Work(self.setup, self.reader, self.isolation)
        work.is_spare = self.is_spare
        return work

    def prepare(self) -> None:
        """Draw all cases and compute their true answers, once; processes that are forked later share them."""
        from grading.protocol.freed_memory import keep_freed_memory
        from grading.running.from_rubric import standard_of
        from grading.running.preparation import prepare

        if not self._is_prepared:
            keep_freed_memory()
            prepare(standard_of(self.setup.rubric))
            if self.setup.notebook_data is not None:
                from grading.notebook_execution.scoring import held_out

                held_out(self.setup.notebook_data)
            self._is_prepared = True

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox in which functions are called, opened at first use.

        Raises:
            IsolationError: none of the allowed isolation levels works on this machine.
        """
        if self._sandbox is None:
            if self._search is None:
                self.begin()
            assert self._search is not None
            from grading.sandbox.client import Sandbox

            setup = self.setup
            self._sandbox = Sandbox.open(setup.limits, allow_unsafe=setup.allow_unsafe, search=self._search)
        return self._sandbox

    @property
    def shared(self) -> SharedArray | None:
        """The training data in a form that workers can map; None if there are none or they cannot be mapped.

        Raises:
            DatasetError: the data cannot be obtained.
        """
        from grading.judging.training.data import training_data
        from grading.running.from_rubric import training_plan

        plan = training_plan(self.setup.rubric)
        return training_data(plan).shared if plan.losses else None

    def _shared_with(self, submission: Submission) -> SharedArray | None:
        """As `shared`, disguised for one hand-in."""
        from grading.judging.training.data import training_data
        from grading.judging.training.permuted_data import disguised
        from grading.running.candidates import digest_of
        from grading.running.from_rubric import training_plan

        plan = training_plan(self.setup.rubric)
        if not plan.losses:
            return None
        return disguised(training_data(plan), digest_of(submission, self.setup.rubric.settings.seed)).shared

    @property
    def isolation(self) -> IsolationFacts:
        """How student code is isolated; see `sandbox`."""
        if self._isolation is None:
            from grading.grades.grade import IsolationFacts

            found = self.sandbox.isolation
            self._isolation = IsolationFacts(level=found.level.value, detail=found.detail)
        return self._isolation

    def __call__(self, handin: Handin) -> Grade:
        """Grade; a defect of the grader itself becomes an explicit state, so one hand-in never stops the others.

        A hand-in that was disturbed by others is graded once more.
        """
        # Not every process is forked from one that knows the language: it may be on another machine.
        with speaking(self.setup.rubric.settings.lang):
            return self._attempted(handin)

    def _attempted(self, handin: Handin) -> Grade:
        from grading.running.grade_assembly import not_graded

        try:
            self.prepare()
            try:
                return self.graded(handin, is_asked_again=True)
            except (DisturbedError, LaunchError):
                return self.graded(handin, is_asked_again=False)
        except (IsolationError, DatasetError, IntakeError) as error:
            return not_graded(handin, self.setup, self._isolation, str(error))
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
            return not_graded(handin, self.setup, self._isolation, reason)

    def graded(self, handin: Handin, *, is_asked_again: bool = False) -> Grade:
        """Grade one hand-in. Whatever it holds, the result is a `Grade` in an explicit state.

        Args:
            handin: what to grade.
            is_asked_again: whether the caller will grade it again if other hand-ins cost it a process.

        Raises:
            DisturbedError: that happened, and ``is_asked_again``.
        """
        from grading.editions.callings import as_called
        from grading.running.grade_assembly import graded, not_graded
        from grading.running.runner import Runner

        started = time.perf_counter()
        setup, rubric = self.setup, self.setup.rubric
        try:
            submission = as_called(self.reader.read(handin, rubric.asked_names), rubric)
        except IntakeError as error:
            return not_graded(handin, setup, self.isolation, str(error), time.perf_counter() - started)
        if self.is_spare and self._lanes is None:
            import threading
            from concurrent.futures import ThreadPoolExecutor

            threading.stack_size(_STACK_BYTES)
            self._lanes = ThreadPoolExecutor(LOSSES)
        shared = self._shared_with(submission)
        with self.sandbox.workers(submission, shared, is_asked_again=is_asked_again) as workers:
            start = partial(self.sandbox.start, is_asked_again=is_asked_again)
            seconds = self.sandbox.limits.handin_seconds
            # Each of a thousand candidates takes little time: together they use up what is left for the search.
            opening = partial(start, budget=Budget(_SHARE_OF_SEARCH * seconds, own_share=0.0))
            alone = partial(start, submission, budget=Budget(_SHARE_ALONE * seconds))
            runner = Runner(submission, workers, rubric, opening=opening, alone=alone)
            results = runner.results(self._lanes)
            repairs = runner.repairs()
            remarks = workers.remarks
        execution = None
        if setup.notebook_data is not None:
            execution, more = self._executed(
                handin, submission, setup.notebook_data, is_asked_again=is_asked_again
            )
            results += more
        return graded(
            submission,
            setup,
            self.isolation,
            results,
            runner.trainings(),
            remarks,
            time.perf_counter() - started,
            execution,
            repairs,
        )

    def _executed(
        self, handin: Handin, submission: Submission, data: Path, *, is_asked_again: bool
    ) -> tuple[Execution, list[CheckResult]]:
        """Run a hand-in's notebooks and check what they leave behind."""
        from grading.notebook_execution.execute import execute
        from grading.notebook_execution.plan import NotebooksAsked
        from grading.notebook_execution.search_checks import search_results
        from grading.sandbox.client import Sandbox

        rubric, limits = self.setup.rubric, self.setup.notebook_limits
        asked = NotebooksAsked(rubric.asked_names, rubric.settings.search, rubric.settings.edition)
        if self._notebooks is None:
            self._notebooks = Sandbox.open(
                limits,
                level=Level(self.isolation.level),
                allow_unsafe=self.setup.allow_unsafe,
                data=data,
            )
        run = partial(self._notebooks.run, is_asked_again=is_asked_again)
        executed = execute(handin, submission, asked, limits, run, data, self.reader)
        return executed.execution, list(search_results(asked.searches, executed.execution, executed.found))

    def close(self) -> None:
        """End everything that was started."""
        for begun in (self._search, self._sandbox, self._notebooks):
            if begun is not None:
                begun.close()
