"""A student's loss function, as the checks see it: something that answers, in another process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from grading.judging.answers import Answered
from grading.judging.cases import REGULARIZED, UNREGULARIZED, Batch, drawn
from grading.judging.failures import Failure, NotCalledAgain
from grading.judging.reduce import reduce
from grading.judging.screening import (
    Answers,
    Asked,
    AskedCases,
    Known,
    evaluate,
    known,
    known_sizes,
    lasting_truth,
    packed,
)
from grading.rubric import Function, Rubric
from reference.problem import Problem

if TYPE_CHECKING:
    from grading.sandbox.client import Worker
    from reference.answer import Answer

Judge = Callable[[Problem, Answered, "Answer"], Failure | None]
Domain = Callable[[Problem, "Answer"], bool]

_HALF = 0.5
_FEW = 20  # problems are enough to tell one convention from the other
_ALIKE = 1e-9


class LossFunction:
    """One loss function of one submission.

    Attributes:
        name: as in the rubric.
        settings: what the rubric says of it.
        rubric: the whole rubric.
        naive: for a vectorized function, the one it must agree with.
        hunted: whether Hypothesis searches for a mistake, in inputs that the grade does not use.
        digest: of the hand-in and the seed; what must not be known beforehand is drawn from it.
        passed: the checks that it has passed so far.
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
        digest: bytes = b"",
    ) -> None:
        self.name = name
        self.worker = worker
        self.rubric = rubric
        self.settings: Function = rubric.settings.functions[name]
        self.naive = naive
        self.hunted = hunted
        self.digest = digest
        self.passed: set[str] = set()
        self.remarks: list[str] = []
        self.cases = 0
        self._answers: dict[str, Answers] = {}
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

        Where the rubric accepts either, it is the one that fits the function's own losses, and its gradient is then
        held to the same one. Where the losses are wrong in both, it is the one that fits the gradient.
        """
        if not self.settings.is_regularized:
            return 0.0
        scale = self.rubric.settings.reg_scale
        if not isinstance(scale, str):
            return scale
        if self._reg_scale is None:
            ways = (
                (fits, scale) for fits in (self._losses_fit, self._gradients_fit) for scale in (_HALF, 1.0)
            )
            fitting = next((scale for fits, scale in ways if fits(scale)), None)
            self._reg_scale = fitting or (_HALF if self._adds_half() else 1.0)
        return self._reg_scale

    def _losses_fit(self, reg_scale: float) -> bool:
        asked = self._judged(REGULARIZED, reg_scale)
        doubtful = (asked[k] for k in asked.doubtful_losses)
        return all(isinstance(a.answer, Answered) and a.truth.accepts_loss(a.answer.loss) for a in doubtful)

    def _gradients_fit(self, reg_scale: float) -> bool:
        asked = self._judged(REGULARIZED, reg_scale)
        doubtful = (asked[k] for k in asked.doubtful_gradients)
        return all(
            isinstance(a.answer, Answered) and a.truth.gradient.judge(a.answer.dW).accepted for a in doubtful
        )

    def _adds_half(self) -> bool:
        """Whether what a penalty adds to the loss is half of reg*sum(W*W), though the loss is wrong in other ways."""
        if not self._judged(REGULARIZED, 1.0).doubtful_losses:
            return False
        problems = [p for p in drawn(REGULARIZED, self.seed) if p.W.any()][:_FEW]
        answers = self.ask([*problems, *(Problem(p.W, p.X, p.y, 0.0) for p in problems)])
        losses = np.array([a.loss if isinstance(a, Answered) else np.nan for a in answers]).reshape(2, -1)
        halves = np.array([_HALF * p.reg * np.sum(p.W * p.W) for p in problems])
        return bool(np.allclose(losses[0] - losses[1], halves, rtol=_ALIKE, atol=_ALIKE))

    def truth(self, problem: Problem) -> Answer:
        """The true answer to one problem, in this function's convention."""
        truth = evaluate(self.reference, problem, self.reg_scale, self.delta)
        return truth.within(self.rubric.settings.tolerance)

    def lasting_truth(self, problem: Problem) -> Answer:
        """The same, kept for the next submission: for problems that are the same for all of them."""
        truth = lasting_truth(self.reference, problem, self.reg_scale, self.delta)
        return truth.within(self.rubric.settings.tolerance)

    def ask(self, problems: Sequence[Problem]) -> Answers:
        """Call the function on problems, in one round trip; who judges the answers counts them in ``cases``.

        A tuple is for problems that other functions are asked as well.
        """
        return Answers(self.name, problems, self.worker.call_all(self.name, packed(problems)))

    def asked(self, batch: Batch) -> AskedCases:
        """The function's answers to a batch beside the true ones; the function is called once per batch."""
        return self._judged(batch, self.reg_scale)

    def asked_sizes(self) -> AskedCases:
        """The same for the problems of real size."""
        return self._beside("sized", known_sizes(self.seed, self.reference, self.reg_scale, self.delta))

    def screened(self) -> Iterator[AskedCases]:
        """All but the special cases, one batch after the other.

        In this order a mistake in the data term is shown on a case that has no other term.
        """
        yield self.asked(UNREGULARIZED)
        yield self.asked(REGULARIZED)
        yield self.asked_sizes()

    def _judged(self, batch: Batch, reg_scale: float) -> AskedCases:
        batch = replace(batch, hunted=self.hunted)
        return self._beside(batch.name, known(batch, self.seed, self.reference, reg_scale, self.delta))

    def _beside(self, name: str, cases: Known) -> AskedCases:
        if name not in self._answers:
            self._answers[name] = self.ask(cases.problems)
        return AskedCases(cases, self._answers[name])

    def remark(self, sentence: str) -> None:
        """Note something that is accepted, but worth a word to the student."""
        if sentence not in self.remarks:
            self.remarks.append(sentence)

    def hold(
        self,
        asked: AskedCases,
        judge: Judge,
        doubtful: Sequence[int] | None = None,
        within: Domain | None = None,
    ) -> None:
        """Judge the cases; on a mismatch, make it small and raise it.

        Args:
            asked: the cases.
            judge: what is wrong with an answer, or None.
            doubtful: the numbers of the only cases that ``judge`` can have something against; None if any may be wrong.
            within: what a smaller counterexample must still fulfil; right functions promise nothing outside.

        Raises:
            Failure: what ``judge`` or the function's own answer says of the smallest problem found.
        """
        self.cases += len(asked)
        doubts = asked if doubtful is None else [asked[k] for k in doubtful]
        failures = [(a.problem, failure) for a in doubts if (failure := self._verdict(a, judge)) is not None]
        if not failures:
            for k in asked.unusual:
                answer = asked[k].answer
                if isinstance(answer, Answered):
                    for remark in answer.remarks:
                        self.remark(remark)
            return
        # Inputs that were not tried after a loss show nothing; the one that caused it is among the others.
        problem, failure = min(
            failures, key=lambda pair: (isinstance(pair[1], NotCalledAgain), _size(pair[0]))
        )
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
