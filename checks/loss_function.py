"""A student's loss function, as the checks see it: something that answers, in another process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from checks.answers import Answered, read_answer
from checks.cases import (
    REGULARIZED,
    Batch,
    drawn,
    sized_problems,
)
from checks.failures import Failure
from checks.reduce import reduce
from grading.rubric import Function, Rubric
from grading.sandbox.messages import Call
from reference.losses import evaluate_of
from reference.problem import Problem

if TYPE_CHECKING:
    from grading.sandbox.client import Worker
    from reference.answer import Answer

Judge = Callable[[Problem, Answered, "Answer"], Failure | None]
Domain = Callable[[Problem, "Answer"], bool]

_HALF = 0.5


def evaluate(reference: str, problem: Problem, reg_scale: float, delta: float) -> Answer:
    """The true answer to a problem, by the loss called ``reference``."""
    return evaluate_of(reference)(problem, reg_scale=reg_scale, delta=delta)


@cache
def lasting_truth(reference: str, problem: Problem, reg_scale: float, delta: float) -> Answer:
    """`evaluate` for a problem that is asked of every submission; problem and answer are kept."""
    return evaluate(reference, problem, reg_scale, delta)


@cache
def truths(
    batch: Batch, seed: int, reference: str, reg_scale: float, delta: float
) -> tuple[tuple[Problem, Answer], ...]:
    """The cases of a batch with their true answers, worked out once per process."""
    return tuple((problem, evaluate(reference, problem, reg_scale, delta)) for problem in drawn(batch, seed))


@cache
def sized_truths(
    seed: int, reference: str, reg_scale: float, delta: float
) -> tuple[tuple[Problem, Answer], ...]:
    """The problems of real size with their true answers, worked out once per process."""
    return tuple(
        (problem, evaluate(reference, problem, reg_scale, delta)) for problem in sized_problems(seed)
    )


@dataclass(frozen=True)
class Asked:
    """A case, its true answer, and what the student's function made of it."""

    problem: Problem
    truth: Answer
    answer: Answered | Failure


class LossFunction:
    """One loss function of one submission.

    Attributes:
        name: as in the rubric.
        settings: what the rubric says of it.
        rubric: the whole rubric.
        naive: for a vectorized function, the one it must agree with.
        hunted: whether Hypothesis searches for a mistake, in inputs that the grade does not use.
        remarks: what was accepted but is worth a word.
        cases: inputs judged so far, counted once for each check that judges them.
    """

    def __init__(
        self,
        name: str,
        worker: Worker,
        rubric: Rubric,
        naive: LossFunction | None = None,
        *,
        hunted: bool = False,
    ) -> None:
        self.name = name
        self.worker = worker
        self.rubric = rubric
        self.settings: Function = rubric.settings.functions[name]
        self.naive = naive
        self.hunted = hunted
        self.remarks: list[str] = []
        self.cases = 0
        self._asked: dict[tuple[str, float], list[Asked]] = {}
        self._answers: dict[str, list[Answered | Failure]] = {}
        self._reg_scale: float | None = None

    @property
    def reference(self) -> str:
        """The name of the loss it is judged by."""
        return self.settings.reference

    @property
    def delta(self) -> float:
        """The margin of the SVM loss."""
        return self.rubric.settings.delta

    @property
    def seed(self) -> int:
        """The seed of all cases."""
        return self.rubric.settings.seed

    @property
    def reg_scale(self) -> float:
        """The regularization convention that this function is held to.

        Where the rubric accepts either, it is the one that fits the function's own losses; its gradient is then held
        to the same one.
        """
        scale = self.rubric.settings.reg_scale
        if not isinstance(scale, str):
            return scale
        if self._reg_scale is None:
            halves = self._judged(REGULARIZED, _HALF)
            fits = all(isinstance(a.answer, Answered) and a.truth.accepts_loss(a.answer.loss) for a in halves)
            self._reg_scale = _HALF if fits else 1.0
        return self._reg_scale

    def truth(self, problem: Problem) -> Answer:
        """The true answer to one problem, in this function's convention."""
        return evaluate(self.reference, problem, self.reg_scale, self.delta)

    def lasting_truth(self, problem: Problem) -> Answer:
        """The same, kept for the next submission: for problems that are the same for all of them."""
        return lasting_truth(self.reference, problem, self.reg_scale, self.delta)

    def ask(self, problems: Sequence[Problem]) -> list[Answered | Failure]:
        """Call the function on problems, in one round trip; who judges the answers counts them in ``cases``."""
        steps = [Call(self.name, (p.W, p.X, p.y, p.reg)) for p in problems]
        outcomes = self.worker.run(steps)
        return [read_answer(self.name, p, outcome) for p, outcome in zip(problems, outcomes, strict=True)]

    def asked(self, batch: Batch) -> list[Asked]:
        """The function's answers to a batch beside the true ones; the function is called once per batch."""
        return self._judged(batch, self.reg_scale)

    def asked_sizes(self) -> list[Asked]:
        """The same for the problems of real size."""
        pairs = sized_truths(self.seed, self.reference, self.reg_scale, self.delta)
        return self._beside("sized", pairs)

    def _judged(self, batch: Batch, reg_scale: float) -> list[Asked]:
        batch = replace(batch, hunted=self.hunted)
        return self._beside(batch.name, truths(batch, self.seed, self.reference, reg_scale, self.delta))

    def _beside(self, name: str, pairs: Sequence[tuple[Problem, Answer]]) -> list[Asked]:
        if name not in self._answers:
            self._answers[name] = self.ask([problem for problem, _ in pairs])
        answers = self._answers[name]
        return [Asked(p, truth, a) for (p, truth), a in zip(pairs, answers, strict=True)]

    def remark(self, sentence: str) -> None:
        """Note something that is accepted, but worth a word to the student."""
        if sentence not in self.remarks:
            self.remarks.append(sentence)

    def hold(self, asked: Sequence[Asked], judge: Judge, within: Domain | None = None) -> None:
        """Judge every case; on a mismatch, make it small and raise it.

        Args:
            asked: the cases.
            judge: what is wrong with an answer, or None.
            within: what a smaller counterexample must still fulfil; right functions promise nothing outside.

        Raises:
            Failure: what ``judge`` or the function's own answer says of the smallest problem found.
        """
        self.cases += len(asked)
        failures = [(a.problem, failure) for a in asked if (failure := self._verdict(a, judge)) is not None]
        if not failures:
            for a in asked:
                if isinstance(a.answer, Answered):
                    for remark in a.answer.remarks:
                        self.remark(remark)
            return
        problem, failure = min(failures, key=lambda pair: _size(pair[0]))
        raise self.smallest(problem, failure, judge, within)

    def _verdict(self, asked: Asked, judge: Judge) -> Failure | None:
        if isinstance(asked.answer, Failure):
            return asked.answer
        return judge(asked.problem, asked.answer, asked.truth)

    def smallest(
        self, problem: Problem, failure: Failure, judge: Judge, within: Domain | None = None
    ) -> Failure:
        """What ``judge`` or the function's own answer says of the smallest problem that shows the same defect."""
        if failure.costly:
            return failure
        found = failure

        def first_failing(problems: Sequence[Problem]) -> int | None:
            nonlocal found
            for k, (candidate, answer) in enumerate(zip(problems, self.ask(problems), strict=True)):
                truth = self.truth(candidate)
                if within is not None and not within(candidate, truth):
                    continue
                verdict = self._verdict(Asked(candidate, truth, answer), judge)
                if verdict is not None and failure.is_like(verdict):
                    found = verdict
                    return k
            return None

        reduce(problem, first_failing)
        return found


def _size(problem: Problem) -> tuple[int, float]:
    return problem.W.size + problem.X.size, problem.reg
