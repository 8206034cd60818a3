"""Goes from each save to the verdict on the screen, again and again."""

from __future__ import annotations

import time

from grading.editions.callings import as_called
from grading.entrances.watching.saves import Saves
from grading.entrances.watching.screen import Screen
from grading.entrances.watching.verdicts import SupersededError, Verdict, Verdicts
from grading.intake.reader import ReadingError
from grading.intake.submission import Handin, IntakeError, Submission
from grading.running.from_rubric import standard_of
from grading.running.preparation import prepare_for_failures
from grading.running.work import Work
from grading.words import say

# A file that is being saved may be incomplete for a moment, which is not worth mentioning.
_PATIENCE = 0.3


class Watch:
    """Watches one hand-in.

    Args:
        handin: which one.
        work: reads it, and provides the sandbox in which its functions are called.
        started: when the user began to wait, on the clock of `time.monotonic`.
    """

    def __init__(self, handin: Handin, work: Work, started: float) -> None:
        self._handin, self._work, self._started = handin, work, started
        self._rubric = work.setup.rubric
        self._screen = Screen()
        self._saves = Saves(handin.path)
        self._last: Verdict | None = None
        self._sha256 = ""
        # Why the hand-in cannot be read, and since when; and whether that has been reported.
        self._trouble: tuple[str, float] | None = None
        self._is_told = True

    def until_interrupted(self) -> int:
        """Watch until Ctrl-C; return the exit code.

        Raises:
            DatasetError: the training data cannot be obtained.
            IsolationError: no process can be started here.
        """
        self._screen.begin(self._handin.path.name)
        try:
            with self._screen.working():
                self._work.prepare()
                sandbox, shared = self._work.sandbox, self._work.shared
            verdicts = Verdicts(self._rubric, sandbox, shared, self._screen.doing, lambda: self._saves.is_new)
            self._look(verdicts, self._started)
            for _ in prepare_for_failures(standard_of(self._rubric)):
                if self._saves.is_new:
                    break
            for is_new in self._saves.looks():
                if is_new or not self._is_told:
                    self._look(verdicts, time.monotonic())
        except KeyboardInterrupt:
            self._screen.end(self._handin.path.name, self._last)
        return 0

    def _look(self, verdicts: Verdicts, began: float) -> None:
        """Grade the current state, if it can be read, and show the result."""
        self._saves.take()
        submission = self._read()
        if submission is None or submission.sha256 == self._sha256:
            return
        self._sha256 = submission.sha256
        with self._screen.working():
            verdict = verdicts.of(submission)
        first = self._screen.verdict(self._last, verdict, time.monotonic() - began)
        self._last = verdict
        if first is None or first.function in verdict.unparsed:
            return
        try:
            with self._screen.working():
                repairs = verdicts.repair_of(submission, first.function)
        except SupersededError:
            return
        found = verdicts.result(first.function, first.id)
        if first.diagnosis is None:
            self._screen.hint(found)
        self._screen.repairs(repairs)

    def _read(self) -> Submission | None:
        """Read the hand-in as it is now; None if it cannot be read, which is reported once, after a short wait."""
        try:
            if not self._handin.path.exists():
                raise IntakeError(say("{name} is gone.", name=self._handin.path.name))
            read = self._work.reader.read(self._handin, self._rubric.asked_names)
        except (IntakeError, ReadingError) as error:
            now = time.monotonic()
            if self._trouble is None or self._trouble[0] != str(error):
                self._trouble, self._is_told = (str(error), now), False
            if not self._is_told and now - self._trouble[1] >= _PATIENCE:
                self._is_told = True
                self._screen.unreadable(str(error)) if self._last else self._screen.calm(str(error))
            return None
        if self._trouble is not None and self._is_told and read.sha256 == self._sha256:
            self._screen.calm(say("{name} is back as it was.", name=self._handin.path.name))
        self._trouble, self._is_told = None, True
        return as_called(read, self._rubric)
