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
    """The workers of one submission by what they are for, each started when it is first asked for. Close them.

    There is one for each loss, so that what one does to its process does not affect the other; different ones may be
    used from different threads.

    Args:
        start: a new worker, with the submission's files loaded.
    """

    def __init__(self, start: Callable[[], Worker]) -> None:
        self._start = start
        self._workers: dict[str, Worker] = {}

    def __call__(self, name: str) -> Worker:
        """The worker for ``name``.

        Raises:
            LaunchError: no process could be started.
        """
        if name not in self._workers:
            self._workers[name] = self._start()
        return self._workers[name]

    @property
    def remarks(self) -> list[str]:
        """What was said while files were loaded, in whichever process, each sentence once."""
        workers = [self._workers[name] for name in sorted(self._workers)]
        return list(dict.fromkeys(remark for worker in workers for remark in worker.loaded.remarks))

    def close(self) -> None:
        """End all processes."""
        for worker in self._workers.values():
            worker.close()


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
        search: LevelSearch | None = None,
    ) -> Self:
        """The best sandbox that this machine has, or the one of ``level``; each has passed a self-test.

        Args:
            limits: caps on each submission's process.
            level: None for the best that works.
            data: a folder with a data set; with it, this sandbox is one for notebooks, which see more of what is
                installed.
            search: one for these that has begun.
            allow_unsafe: accept `Level.LIMITS_ONLY`, which does not keep student code from reading files.

        Raises:
            IsolationError: the level does not work here, or it is unsafe and that was not allowed.
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
