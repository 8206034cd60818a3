"""Asking one submission for everything that the rubric names, check by check.

The grader and pytest both ask through here, so they cannot come to different verdicts.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from checks.cases import as_python
from checks.classifier import Classifier
from checks.compare import compare
from checks.diagnosis import diagnose
from checks.failures import Failure, NotProvided
from checks.loss_function import LossFunction
from checks.method_diagnosis import diagnose_method
from checks.promise import Promise, promise_of
from checks.spelling import Spelling, spelled
from checks.test_accuracy import training_facts
from grading.grade import (
    CheckResult,
    Counterexample,
    Diagnosis,
    GradientComparison,
    Status,
    TrainingFacts,
)
from grading.rubric import CHECKS_OF_KIND, Rubric
from grading.submission import State, Submission
from grading.words import say, translated

if TYPE_CHECKING:
    from grading.sandbox.client import Worker

_MOST_NUMBERS = 400  # a larger counterexample is shown as code only


class Runner:
    """All checks of one submission; each is run at most once, when it or one that needs it is asked for."""

    def __init__(self, submission: Submission, worker: Worker, rubric: Rubric) -> None:
        self.submission = submission
        self.worker = worker
        self.rubric = rubric
        self._results: dict[tuple[str, str], CheckResult] = {}
        self._loss_functions: dict[str, LossFunction] = {}
        self._classifiers: dict[str, Classifier] = {}

    def plan(self) -> Iterator[tuple[str, str]]:
        """The (function, check id) pairs of the rubric, in the order of the report."""
        for name, function in self.rubric.settings.functions.items():
            for check in CHECKS_OF_KIND[function.kind]:
                if check in function.points:
                    yield name, check

    def results(self) -> list[CheckResult]:
        """Run everything that is planned."""
        return [self.result(name, check) for name, check in self.plan()]

    def result(self, name: str, check: str) -> CheckResult:
        """The result of one check of one function, run now if it has not been."""
        if (name, check) not in self._results:
            self._results[name, check] = self._run(name, promise_of(check))
        return self._results[name, check]

    def _run(self, name: str, asked: Promise) -> CheckResult:
        started = time.perf_counter()
        absent = self.absent(name)
        if absent is not None:
            # Said once, by the function's first check; the others only refer to it.
            first = self._first(name)
            if asked.id != first:
                return self._finished(
                    name, asked, "skipped", say("Skipped, because {name} cannot be run.", name=name), started
                )
            return self._finished(name, asked, "failed", absent, started)
        for needed in self._needed(name, asked):
            if self.result(name, needed).status != "passed":
                message = say(
                    "Skipped, because it means nothing while “{needed}” is not passed.", needed=needed
                )
                return self._finished(name, asked, "skipped", message, started)
        candidate = self.candidate(name)
        cases, remarks = candidate.cases, len(candidate.remarks)
        try:
            # A student's answer may be any number; what becomes of it in a comparison is the verdict's business.
            with np.errstate(all="ignore"):
                asked.judge(candidate)
        except Failure as failure:
            tried = candidate.cases - cases
            return self._failed(name, asked, failure, candidate.remarks[remarks:], tried, started)
        return self._finished(
            name,
            asked,
            "passed",
            "",
            started,
            remarks=candidate.remarks[remarks:],
            cases=candidate.cases - cases,
        )

    def _first(self, name: str) -> str:
        """The check that says why a function cannot be run: one that is not hidden, if there is one."""
        function = self.rubric.settings.functions[name]
        checks = [check for planned, check in self.plan() if planned == name]
        return min(checks, key=lambda check: check in function.hidden)

    def _needed(self, name: str, asked: Promise) -> list[str]:
        """The checks that must be passed first. An open check waits for no hidden one: it would tell how that went."""
        function = self.rubric.settings.functions[name]
        open_ = asked.id not in function.hidden
        return [
            need
            for need in asked.needs
            if need in function.points and not (open_ and need in function.hidden)
        ]

    def trainings(self) -> list[TrainingFacts]:
        """What the accuracy checks saw that have been run, beside the reference, to be drawn."""
        return [training_facts(each) for each in self._classifiers.values() if each.trainings]

    def absent(self, name: str) -> str | None:
        """Why a function cannot be run at all: a sentence for the student, or None."""
        asked = name.partition(".")[0]
        definition = self.submission.definitions.get(asked)
        if definition is None:
            return say(
                "{name} was not found in the hand-in. It must be defined under exactly this name.", name=asked
            )
        if definition.state is not State.WRITTEN:
            return definition.sentence
        return self.worker.loaded.failures.get(asked)

    def candidate(self, name: str) -> LossFunction | Classifier:
        """The student's function or method, as the checks see it."""
        if self.rubric.settings.functions[name].kind == "loss":
            return self._loss_function(name)
        return self._classifier(name)

    def _classifier(self, name: str) -> Classifier:
        if name not in self._classifiers:
            spelling = Spelling(name, self.rubric.settings.names)
            worker = spelled(spelling, self.worker, self.rubric)
            self._classifiers[name] = Classifier(name, worker, self.rubric)
        return self._classifiers[name]

    def _loss_function(self, name: str) -> LossFunction:
        if name not in self._loss_functions:
            naive = self.rubric.settings.functions[name].naive
            other = self._loss_function(naive) if naive is not None else None
            self._loss_functions[name] = LossFunction(name, self.worker, self.rubric, other)
        return self._loss_functions[name]

    def _failed(
        self, name: str, asked: Promise, failure: Failure, remarks: list[str], cases: int, started: float
    ) -> CheckResult:
        counterexample = None
        if failure.problem is not None:
            problem = failure.problem
            small = problem.W.size + problem.X.size <= _MOST_NUMBERS
            counterexample = Counterexample(
                code=as_python(problem, name),
                W=problem.W.tolist() if small else None,
                X=problem.X.tolist() if small else None,
                y=problem.y.tolist() if small else None,
                reg=problem.reg,
            )
        elif failure.code is not None:
            counterexample = Counterexample(code=failure.code)
        # Wrong code run again to be recognized may overflow; that is its business.
        with np.errstate(all="ignore"):
            if asked.kind == "loss":
                diagnosis = diagnose(self._loss_function(name), failure)
            else:
                diagnosis = diagnose_method(self._classifier(name), asked, failure)
        status: Status = "error" if failure.costly and not isinstance(failure, NotProvided) else "failed"
        return self._finished(
            name,
            asked,
            status,
            failure.message,
            started,
            remarks=remarks,
            cases=cases,
            counterexample=counterexample,
            expected=failure.expected,
            got=failure.got,
            diagnosis=diagnosis,
            gradient=compare(*failure.judged) if failure.judged is not None else None,
        )

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
    ) -> CheckResult:
        function = self.rubric.settings.functions[name]
        max_points = function.points[asked.id]
        return CheckResult(
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
