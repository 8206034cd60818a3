"""Tests one submission on everything that the rubric names, check by check.

The grader and pytest both use this module, so they cannot reach different verdicts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace

from grading.editions.other_edition import instead, says_only_that
from grading.editions.wording import Wording
from grading.grades.grade import (
    CheckResult,
    Counterexample,
    Diagnosis,
    GradientComparison,
    Repair,
    Status,
    TrainingFacts,
    seems_of,
)
from grading.intake.submission import State, Submission
from grading.judging.engine import verify
from grading.judging.failures import Failure, NotPassed, NotProvided, WrongGradient
from grading.judging.gradient_comparison import compare
from grading.judging.gradients import second_witness
from grading.judging.loss_function import LossFunction
from grading.judging.promise import Promise, promise_of
from grading.judging.real_use import JUDGES, RealUse
from grading.judging.reproduction import counterexample_of
from grading.judging.training_facts import training_facts
from grading.rubric.checks import checks_of
from grading.rubric.settings import Rubric
from grading.running.asking_ahead import AskingAhead
from grading.running.candidates import Candidates
from grading.running.from_rubric import standard_of
from grading.words import say, together, translated

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from grading.diagnosis.between_calls import Kept
    from grading.sandbox.client import Worker


class Runner:
    """All checks of one submission; each is run at most once, when it or a check that depends on it is requested.

    Args:
        submission: what is tested.
        worker_of: returns the worker for the functions of a loss, given its name; always the same worker.
        rubric: what to test for.
        opening: starts a new worker with the files of a submission, for the search for repairs of wrong functions; None
            for no search.
        alone: starts a new worker with the hand-in that has not been called yet, to see what its functions keep between
            calls; None not to look.
    """

    def __init__(
        self,
        submission: Submission,
        worker_of: Callable[[str], Worker],
        rubric: Rubric,
        *,
        opening: Callable[[Submission], Worker] | None = None,
        alone: Callable[[], Worker] | None = None,
    ) -> None:
        self.submission = submission
        self.rubric = rubric
        self.candidates = Candidates(submission, worker_of, standard_of(rubric))
        self._results: dict[tuple[str, str], CheckResult] = {}
        self._real_uses: dict[LossFunction, RealUse] = {}
        self._ask_ahead = AskingAhead(self.candidates, rubric.settings.functions)
        self._opening, self._alone = opening, alone
        self._failures: dict[str, list[tuple[str, Failure]]] = {}
        self._wrong_alone: set[str] = set()
        self._repairs: dict[str, Repair | None] = {}
        self._trainings: dict[str, TrainingFacts | None] = {}
        self._wording = Wording(rubric.settings)

    def plan(self) -> Iterator[tuple[str, str]]:
        """The (function, check id) pairs of the rubric, in the order of the report."""
        for name, function in self.rubric.settings.functions.items():
            for check in checks_of(function.kind):
                if check in function.points:
                    yield name, check

    def results(self, lanes: Executor | None = None) -> list[CheckResult]:
        """Run all planned checks, each loss in one of ``lanes`` if there are processors to spare.

        Without them, one process is used for all losses if that cannot make a difference.
        """
        plan = list(self.plan())
        # Hidden checks come last, so that a function cannot reveal in the open checks what the hidden ones asked.
        in_turn = sorted(plan, key=lambda planned: self._is_hidden(*planned))
        groups: dict[str, list[tuple[str, str]]] = {}
        for name, check in in_turn:
            groups.setdefault(self.candidates.group(name), []).append((name, check))
        if lanes is None:
            self._run_in_one_process(groups)
        else:
            from concurrent.futures import wait

            lane_of = [lanes.submit(self._run_in_order, group) for group in groups.values()]
            # A worker must not be ended while a lane is still using it.
            wait(lane_of)
            for lane in lane_of:
                lane.result()
        for name, check in in_turn:
            self.result(name, check)
        self.repairs()
        return [self.result(name, check) for name, check in plan]

    def _run_in_one_process(self, groups: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """Run the checks of one loss after the other in one process, as long as they pass.

        Half of all processes are saved. Where anything fails, it may be because of an earlier call of another loss's
        function, so that loss is left to a process of its own.
        """
        # An open check must not come after a hidden one in the same process.
        hidden = any(self._is_hidden(*each) for planned in groups.values() for each in planned)
        if hidden or not self.submission.independent or len(groups) == 1:
            return
        host, *guests = groups
        if not self._all_pass(groups[host]):
            return
        worker = self.candidates.worker(groups[host][0][0])
        for guest in guests:
            if not worker.is_intact:
                return
            take_back = worker.refund()
            self.candidates.share(guest, host)
            if not (self._all_pass(groups[guest]) and worker.is_intact):
                take_back()
                self.candidates.separate(guest)
                for each in groups[guest]:
                    self._results.pop(each, None)
                return

    def _all_pass(self, planned: Sequence[tuple[str, str]]) -> bool:
        """Whether these checks pass; run up to the first that does not."""
        try:
            return all(self.result(name, check).status == "passed" for name, check in planned)
        except Failure:
            return False

    def _is_hidden(self, name: str, check: str) -> bool:
        return check in self.rubric.settings.functions[name].hidden

    def _run_in_order(self, planned: Sequence[tuple[str, str]]) -> None:
        for name, check in planned:
            self.result(name, check)
        # Done here while the other losses are still being tested.
        for name in dict.fromkeys(name for name, _ in planned):
            self._training_of(name)
            self._repair_of(name)

    def result(self, name: str, check: str) -> CheckResult:
        """Return the result of one check of one function, running it if it has not been run."""
        if (name, check) not in self._results:
            with suppress(NotPassed), self.judging(name, check):
                self._ask_ahead(name, check)
                verify(promise_of(check), self.candidates[name])
        return self._results[name, check]

    @contextmanager
    def judging(self, name: str, check: str) -> Iterator[None]:
        """Turn the outcome of the enclosed check of a function into its result.

        Raises:
            NotPassed: the check is not passed, or should not have been run at all.
            Failure: it is not passed in the process of another loss, which decides nothing.
        """
        started, asked = time.perf_counter(), promise_of(check)
        result = self._unasked(name, asked, started)
        if result is None:
            candidate = self.candidates[name]
            cases, remarks = candidate.cases, len(candidate.remarks)
            try:
                # A student's answer may be any number; the verdict deals with whatever comparing it leads to.
                with np.errstate(all="ignore"):
                    yield
                    if isinstance(candidate, LossFunction) and check in JUDGES:
                        self._real_use(candidate).judge(check)
                        candidate.passed.add(check)
            except Failure as failure:
                if self.candidates.is_guest(name):
                    raise
                tried = candidate.cases - cases
                result = self._failed(name, asked, failure, candidate.remarks[remarks:], tried, started)
            else:
                tried, remarked = candidate.cases - cases, candidate.remarks[remarks:]
                result = self._finished(name, asked, "passed", "", started, remarks=remarked, cases=tried)
        self._results[name, check] = result
        if result.status != "passed":
            raise NotPassed(result)

    def told(self, name: str, check: str, failure: Failure) -> CheckResult:
        """Put a failure that decides no points into words."""
        return self._failed(name, promise_of(check), failure, [], 0, time.perf_counter())

    def _unasked(self, name: str, asked: Promise, started: float) -> CheckResult | None:
        """Return the result of a check that cannot be run or would mean nothing; None if it should be run."""
        absent = self.absent(name)
        if absent is not None:
            # Stated once, by the function's first check; the others only refer to it.
            first = self._first(name)
            if asked.id != first:
                return self._finished(
                    name, asked, "skipped", say("Skipped, because {name} cannot be run.", name=name), started
                )
            return self._finished(name, asked, "failed", absent, started)
        for needed in self._needed(name, asked):
            if self.result(name, needed).status != "passed":
                message = say("Skipped: it means nothing until “{needed}” passes.", needed=needed)
                return self._finished(name, asked, "skipped", message, started)
        return None

    def _real_use(self, candidate: LossFunction) -> RealUse:
        if candidate not in self._real_uses:
            self._real_uses[candidate] = RealUse.of(candidate)
        return self._real_uses[candidate]

    def _first(self, name: str) -> str:
        """Return the check that says why a function cannot be run: one that is not hidden, if possible."""
        function = self.rubric.settings.functions[name]
        checks = [check for planned, check in self.plan() if planned == name]
        return min(checks, key=lambda check: check in function.hidden)

    def _needed(self, name: str, asked: Promise) -> list[str]:
        """The checks that must pass first. An open check never waits for a hidden one: that would reveal its result."""
        function = self.rubric.settings.functions[name]
        open_ = asked.id not in function.hidden
        return [
            need
            for need in asked.needs
            if need in function.points and not (open_ and need in function.hidden)
        ]

    def trainings(self) -> list[TrainingFacts]:
        """Return the trainings that accuracy checks have seen so far, beside the reference's, for the plots."""
        # In the rubric's order: when losses are tested side by side, any of them may have finished first.
        found = [self._training_of(name) for name in self.rubric.settings.functions]
        return [facts for facts in found if facts is not None]

    def _training_of(self, name: str) -> TrainingFacts | None:
        if name not in self._trainings:
            trained = self.candidates.trained(name)
            self._trainings[name] = None if trained is None else training_facts(trained)
        return self._trainings[name]

    def repairs(self) -> dict[str, Repair]:
        """The repairs found for wrong functions, by function, once all their checks have been run."""
        return self.repairs_of(self.rubric.settings.functions)

    def repairs_of(self, names: Iterable[str]) -> dict[str, Repair]:
        """The repairs of these functions only, after running those of their checks that have not been run."""
        found = {name: self._repair_of(name) for name in names}
        return {name: repair for name, repair in found.items() if repair is not None}

    def _repair_of(self, name: str) -> Repair | None:
        if name not in self._repairs:
            # A loss behind a dot is only another way of calling a function; the function itself is repaired.
            again = "." in name and self.rubric.settings.functions[name].kind == "loss"
            wrong = self._opening is not None and name in self._failures and not again
            results = [result for (asked, _), result in self._results.items() if asked == name]
            searched = wrong and not says_only_that(results, self.submission.edition)
            self._repairs[name] = self._repaired(name) if searched else None
        return self._repairs[name]

    def _repaired(self, name: str) -> Repair | None:
        from grading.diagnosis.repair.updated_results import repaired

        # Checks that need a data set take too long to be run on candidates.
        checks = [check for planned, check in self.plan() if planned == name and check != "accuracy"]
        results = {check: self.result(name, check) for check in checks}
        assert self._opening is not None
        settings = self.rubric.settings
        found, told = repaired(
            self.submission,
            self.candidates[name],
            results,
            self._failures[name],
            self._opening,
            settings.repair.candidates,
            settings.partial.one_edit,
        )
        self._results |= {(name, check): result for check, result in told.items()}
        return None if found is None else replace(found, hint=settings.repair.hint)

    def absent(self, name: str) -> str | None:
        """Why a function cannot be run at all, as a sentence for the student; otherwise None."""
        asked = name.partition(".")[0]
        definition = self.submission.definitions.get(asked)
        if definition is None and self.submission.edition is not None:
            return seems_of(self.submission.edition)
        if definition is None:
            return say(
                "{name} was not found in the hand-in. It must be defined under exactly this name.", name=asked
            )
        if definition.state is not State.WRITTEN:
            return definition.sentence
        return self.candidates.worker(name).loaded.failures.get(asked)

    def _failed(
        self, name: str, asked: Promise, failure: Failure, remarks: list[str], cases: int, started: float
    ) -> CheckResult:
        self._failures.setdefault(name, []).append((asked.id, failure))
        # There are many known mistakes, and correct code makes none of them.
        from grading.diagnosis.naming import diagnosis_of

        kept = self._kept(name, asked, failure)
        if kept is not None:
            failure.message, failure.before = together(failure.message, kept.sentence), kept.before
            diagnosis = kept.diagnosis
        else:
            if isinstance(failure, WrongGradient):
                witness = second_witness(self.candidates.loss(name), failure)
                failure.message = together(failure.message, witness or "")
            diagnosis = diagnosis_of(self.submission, self.candidates[name], asked, failure)
        status: Status = "error" if failure.costly and not isinstance(failure, NotProvided) else "failed"
        return self._finished(
            name,
            asked,
            status,
            failure.message,
            started,
            remarks=remarks,
            cases=cases,
            counterexample=counterexample_of(failure, name),
            expected=failure.expected,
            got=failure.got,
            diagnosis=diagnosis,
            gradient=compare(*failure.judged) if failure.judged is not None else None,
            failure=failure,
        )

    def _kept(self, name: str, asked: Promise, failure: Failure) -> Kept | None:
        """Return what a loss function keeps between calls, if that is why it fails."""
        if asked.kind != "loss" or self._alone is None or name in self._wrong_alone:
            return None
        from grading.diagnosis.between_calls import kept_between_calls

        with np.errstate(all="ignore"):
            kept = kept_between_calls(self.candidates.loss(name), asked, failure, self._alone)
        if kept is None:
            self._wrong_alone.add(name)
        return kept

    def _finished(
        self,
        name: str,
        asked: Promise,
        status: Status,
        message: str,
        started: float,
        *,
        remarks: list[str] | None = None,
        cases: int = 0,
        counterexample: Counterexample | None = None,
        expected: str | None = None,
        got: str | None = None,
        diagnosis: Diagnosis | None = None,
        gradient: GradientComparison | None = None,
        failure: Failure | None = None,
    ) -> CheckResult:
        function = self.rubric.settings.functions[name]
        max_points = function.points[asked.id]
        result = CheckResult(
            id=asked.id,
            function=name,
            title=translated(asked.title),
            status=status,
            points=max_points if status == "passed" else 0.0,
            max_points=max_points,
            message=message,
            remarks=remarks or [],
            counterexample=counterexample,
            expected=expected,
            got=got,
            diagnosis=diagnosis,
            cases=cases,
            seconds=time.perf_counter() - started,
            hidden=asked.id in function.hidden,
            gradient=gradient,
        )
        result = self._wording.of(result, failure)
        if self.submission.edition is None:
            return result
        settings, group = self.rubric.settings, self.candidates.group(name)
        before = [done for (other, _), done in self._results.items() if self.candidates.group(other) == group]
        return instead(result, failure, self.submission.edition, settings, before)
