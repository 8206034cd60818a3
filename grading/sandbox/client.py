"""The sandbox: opened once for a run, it starts the workers of each submission."""

from __future__ import annotations

from collections.abc import Callable
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
from grading.sandbox.shared_array import SharedArray
from grading.sandbox.walls.launch import Launcher
from grading.sandbox.walls.levels import Isolation, IsolationError, Level
from grading.sandbox.worker import Worker

__all__ = ["Sandbox", "Worker"]


class Workers(Closing):
    """The workers of one submission, by purpose, each started when first requested. Close them.

    One for each loss keeps what the one does to its process from affecting the other. Different ones may be used from
    different threads.

    Args:
        start: starts a new worker, with the submission's files loaded.
    """

    def __init__(self, start: Callable[[], Worker]) -> None:
        self._start = start
        self._workers: dict[str, Worker] = {}

    def __call__(self, name: str) -> Worker:
        """Return the worker for ``name``, starting it if necessary.

        Raises:
            LaunchError: no process could be started.
        """
        if name not in self._workers:
            self._workers[name] = self._start()
        return self._workers[name]

    @property
    def remarks(self) -> list[str]:
        """The sentences said while files were loaded, in whichever process, each once."""
        workers = [self._workers[name] for name in sorted(self._workers)]
        return list(dict.fromkeys(remark for worker in workers for remark in worker.loaded.remarks))

    def close(self) -> None:
        """End all processes."""
        for worker in self._workers.values():
            worker.close()


class Sandbox(Closing):
    """Runs the submissions of one run, each in worker processes of its own. Close it, or use it in ``with``."""

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
        search: LevelSearch | None = None,
    ) -> Self:
        """Open the best sandbox that this machine offers, or that of ``level``; each must pass a self-test.

        Args:
            limits: caps on each submission's process.
            level: None for the best that works.
            data: a folder with a data set; with it, this is a sandbox for notebooks, which see more of what is
                installed.
            search: a search for these that has already started.
            allow_unsafe: accept `Level.LIMITS_ONLY`, which does not keep student code from reading files.

        Raises:
            IsolationError: the level does not work here, or it is unsafe and was not allowed.
        """
        choice = (search or LevelSearch(limits, level, data)).finish()
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
        """Start a worker with the files of ``submission`` loaded.

        Args:
            submission: the files to load.
            shared: a large, sealed array that need not be sent to it. Student code may use additional memory for the
                array and two copies of it.
            budget: the hand-in's remaining time, if it has other workers; None for a budget of its own.
            is_asked_again: whether the whole hand-in is graded again if one of its processes is lost through no fault
                of what ran in it. If so, such a loss raises `DisturbedError`; if not, it counts like any other loss.
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
        """Return workers with the files of ``submission``, as many as requested; see `start`."""
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
