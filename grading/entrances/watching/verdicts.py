"""Keeps the verdicts on a hand-in that is being written: what a save cannot have changed is not tested again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from grading.entrances.watching.reach import Reached, reached
from grading.grades.grade import CheckResult, Repair
from grading.intake.submission import Submission
from grading.reports.shown_repairs import told
from grading.rubric.settings import Rubric
from grading.running.runner import Runner
from grading.sandbox.client import Sandbox, Worker
from grading.sandbox.shared_array import SharedArray

FAILED = ("failed", "error")
_SPEAKS_OF_ALL = "NameError"  # is explained by names from anywhere in the hand-in


class SupersededError(Exception):
    """The result is no longer of interest: the hand-in has been saved again."""


@dataclass
class _Known:
    """The known results of testing a function.

    Attributes:
        reached: what the function reached then.
        results: those of its checks.
        unparsed: the parts that could not be read then.
        repair: the repair; None if it was not found or not looked for.
        is_searched: whether a repair was looked for.
    """

    reached: Reached
    results: dict[str, CheckResult]
    unparsed: frozenset[str]
    repair: Repair | None = None
    is_searched: bool = False

    def holds(self, now: Reached) -> bool:
        """Whether testing again would give the same results, word for word."""
        if now.code != self.reached.code or any(
            _SPEAKS_OF_ALL in (r.got or "") for r in self.results.values()
        ):
            return False
        plain = all(result.status == "passed" and not result.remarks for result in self.results.values())
        return plain or now.text == self.reached.text


@dataclass(frozen=True)
class Verdict:
    """What there is to report after a save.

    Attributes:
        results: of all checks, in the order of the report.
        asked: the functions that were tested again.
        unparsed: functions that cannot be read at the moment, whose earlier verdicts are kept.
        why: what cannot be read, and why.
    """

    results: list[CheckResult]
    asked: list[str]
    unparsed: list[str] = field(default_factory=list)
    why: tuple[str, ...] = ()

    @property
    def points(self) -> float:
        """The points of all checks."""
        return sum(result.points for result in self.results)

    @property
    def max_points(self) -> float:
        """The maximum of these points."""
        return sum(result.max_points for result in self.results)

    @property
    def first_failure(self) -> CheckResult | None:
        """The first result that is a failure."""
        return next((result for result in self.results if result.status in FAILED), None)


class Verdicts:
    """Tests one hand-in again and again, in new workers each time.

    Checks that the rubric hides are not run. Examples derived from the bytes of the hand-in are those of the save at
    which a function was last tested.

    Args:
        rubric: what to test for.
        sandbox: where its functions are called.
        shared: the data to train on.
        tell: is told, in a few words, what is being done.
        is_superseded: whether the hand-in has been saved again.
    """

    def __init__(
        self,
        rubric: Rubric,
        sandbox: Sandbox,
        shared: SharedArray | None,
        tell: Callable[[str, str], None],
        is_superseded: Callable[[], bool] = lambda: False,
    ) -> None:
        self._rubric, self._sandbox, self._shared = rubric, sandbox, shared
        self._tell, self._is_superseded = tell, is_superseded
        self._known: dict[str, _Known] = {}

    def of(self, submission: Submission) -> Verdict:
        """Return the verdict on a hand-in as it is now."""
        now = reached(submission, self._rubric)
        unparsed = [name for name in now if self._is_being_typed(name, now[name], submission)]
        asked = [
            name
            for name in now
            if name not in unparsed and not (name in self._known and self._known[name].holds(now[name]))
        ]
        if asked:
            with self._sandbox.workers(submission, self._shared) as workers:
                runner = self._runner(submission, workers)
                for name in asked:
                    results = self._results(runner, name)
                    self._known[name] = _Known(now[name], results, frozenset(submission.unparsed))
                if self._rubric.settings.partial.one_edit:
                    for name in asked:
                        self._repair(runner, name)
        everything = [result for name in now for result in self._known[name].results.values()]
        asked = [name for name in asked if self._known[name].results]
        return Verdict(everything, asked, unparsed, submission.unparsed if unparsed else ())

    def repair_of(self, submission: Submission, name: str) -> dict[str, Repair]:
        """Return the repair of a failed function, as far as students are told. It must be readable as it is now.

        Raises:
            SupersededError: the hand-in has been saved again.
        """
        known = self._known[name]
        if not known.is_searched:
            with self._sandbox.workers(submission, self._shared) as workers:
                runner = self._runner(submission, workers)
                known.results = self._results(runner, name)
                self._repair(runner, name)
        return told({name: known.repair} if known.repair is not None else {})

    def result(self, name: str, check: str) -> CheckResult:
        """Return the current result of a check: a repair may have given its mistake a name."""
        return self._known[name].results[check]

    def _repair(self, runner: Runner, name: str) -> None:
        known = self._known[name]
        # Hidden checks are not run here.
        if not self._rubric.settings.functions[name].hidden:
            self._tell(name, "")
            known.repair = runner.repairs_of([name]).get(name)
            known.results = self._results(runner, name)
        known.is_searched = True

    def _results(self, runner: Runner, name: str) -> dict[str, CheckResult]:
        hidden = self._rubric.settings.functions[name].hidden
        found = {}
        for planned, check in runner.plan():
            if planned == name and check not in hidden:
                self._tell(name, check)
                found[check] = runner.result(name, check)
        return found

    def _is_being_typed(self, name: str, now: Reached, submission: Submission) -> bool:
        """Whether something that the function needs existed when it was tested, and is in what cannot be read now."""
        known = self._known.get(name)
        if known is None or not set(submission.unparsed) - known.unparsed:
            return False
        return bool(known.reached.names & now.missing)

    def _runner(self, submission: Submission, workers: Callable[[str], Worker]) -> Runner:
        alone = partial(self._opened, submission)
        return Runner(submission, workers, self._rubric, opening=self._opened, alone=alone)

    def _opened(self, submission: Submission) -> Worker:
        if self._is_superseded():
            raise SupersededError
        return self._sandbox.start(submission)
