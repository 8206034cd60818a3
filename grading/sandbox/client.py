"""The sandbox: opened once for a run, it starts a worker for each submission."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Self

from grading import PROGRAM, Closing
from grading.intake.submission import Submission
from grading.sandbox.budget import Budget
from grading.sandbox.level_search import LevelSearch
from grading.sandbox.limits import Limits
from grading.sandbox.notebook_worker import Afterwards, Notebook, NotebookOutcome, run_notebook
from grading.sandbox.session import Session
from grading.sandbox.shared import SharedArray
from grading.sandbox.walls.launch import Launcher
from grading.sandbox.walls.levels import Isolation, IsolationError, Level
from grading.sandbox.worker import Worker
from grading.sandbox.workers import Workers

__all__ = ["Sandbox", "Worker"]


class Sandbox(Closing):
    """Where the submissions of one run are run, one worker process each. Close it, or use it in ``with``."""

    def __init__(self, launcher: Launcher, limits: Limits, isolation: Isolation) -> None:
        self._launcher = launcher
        self.limits = limits
        self.isolation = isolation

    @classmethod
    def open(
        cls,
        limits: Limits,
        *,
        level: Level | None = None,
        allow_unsafe: bool = False,
        data: Path | None = None,
    ) -> Self:
        """The best sandbox that this machine has, or the one of ``level``; each has passed a self-test.

        Args:
            limits: caps on each submission's process.
            level: None for the best that works.
            data: a folder with a data set; with it, this sandbox is one for notebooks, which see more of what is
                installed.
            allow_unsafe: accept `Level.LIMITS_ONLY`, which does not keep student code from reading files.

        Raises:
            IsolationError: the level does not work here, or it is unsafe and that was not allowed.
        """
        return cls.opened(LevelSearch(limits, level, data), limits, allow_unsafe=allow_unsafe)

    @classmethod
    def opened(cls, choosing: LevelSearch, limits: Limits, *, allow_unsafe: bool = False) -> Self:
        """The sandbox that results from a search in progress; arguments and errors are those of `open`."""
        choice = choosing.finish()
        if choice.isolation.level is Level.LIMITS_ONLY and not allow_unsafe:
            choice.launcher.close()
            raise IsolationError(
                "Student code would not be isolated on this machine, only limited in time and memory: "
                f"it could read your files. `{PROGRAM} doctor` says what is missing and how to fix it; "
                "--allow-unsafe runs it nevertheless, which is for code that you trust."
            )
        return cls(choice.launcher, limits, choice.isolation)

    def start(
        self,
        submission: Submission,
        shared: SharedArray | None = None,
        budget: Budget | None = None,
        *,
        is_asked_again: bool = False,
    ) -> Worker:
        """A worker with the files of ``submission`` loaded.

        Args:
            submission: whose files.
            shared: a large array, sealed, that need not be sent to it. Student code may use as much more memory as the
                array and two copies of it take.
            budget: what the hand-in has left, if it has other workers; None for one of its own.
            is_asked_again: whether the whole hand-in is, if one of its processes is lost through no fault of what ran
                in it. Where it is, that raises `DisturbedError`; where not, it counts as any other loss.
        """
        session = Session(
            self._launcher,
            self.limits,
            submission,
            shared,
            budget or Budget(self.limits.handin_seconds),
            is_asked_again=is_asked_again,
        )
        return Worker(session, self.limits, submission)

    def workers(
        self, submission: Submission, shared: SharedArray | None = None, *, is_asked_again: bool = False
    ) -> Workers:
        """Workers with the files of ``submission``, as many as are asked for; see `start`."""
        budget = Budget(self.limits.handin_seconds)
        return Workers(partial(self.start, submission, shared, budget, is_asked_again=is_asked_again))

    def run(
        self, notebook: Notebook, afterwards: Afterwards | None = None, *, is_asked_again: bool = False
    ) -> NotebookOutcome:
        """Run a notebook in a process of its own; only in a sandbox for notebooks."""
        return run_notebook(self._launcher, self.limits, notebook, afterwards, is_asked_again=is_asked_again)

    def close(self) -> None:
        """End everything that was started."""
        self._launcher.close()
