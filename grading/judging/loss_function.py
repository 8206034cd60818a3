"""A student's loss function as the checks see it: a callable that runs in another process."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from grading.judging.answers import Answered, read_answer
from grading.judging.candidate import Candidate
from grading.judging.failures import Failure
from grading.judging.promise import promise_of
from grading.judging.screening import (
    Answers,
    AskedProblems,
    Asking,
    Key,
    Known,
    Setting,
    key_of,
    known,
    packed,
)
from grading.judging.standard import Standard
from grading.sandbox.messages import Call, Lost, Returned
from grading.sandbox.pairs import PackedCalls
from reference.problem import Problem

if TYPE_CHECKING:
    from grading.sandbox.client import Worker
    from reference.answer import Answer

_HALF = 0.5
_FEW = 20  # problems are enough to tell one convention from the other
_ALIKE = 1e-9


class Called(msgspec.Struct, frozen=True, eq=False):
    """A call that was watched.

    Attributes:
        answer: what came back.
        arguments: W, X and y afterwards.
    """

    answer: Answered
    arguments: tuple[NDArray[Any], ...]


class LossFunction(Candidate):
    """One loss function of one submission.

    Attributes:
        naive: for a vectorized function, the one it must agree with.
        passed: the checks that it has passed so far.
        observer: called with every answer to a call, if there is one.
    """

    def __init__(
        self,
        name: str,
        worker: Worker,
        standard: Standard,
        naive: LossFunction | None = None,
        *,
        digest: bytes = b"",
    ) -> None:
        super().__init__(name, worker, standard, digest)
        self.naive = naive
        self.passed: set[str] = set()
        self.observer: Callable[[Problem, Answered], None] | None = None
        self._asked: dict[int, AskedProblems] = {}
        self._answers: dict[int, Answers] = {}
        self._at_hand: Sequence[AskedProblems] = ()
        self._times: Counter[Key] | None = None
        self._reg_scale: float | None = None

    def anew(self, worker: Worker) -> LossFunction:
        """The same function in another process that has not been called yet; judged by the same convention."""
        naive = None if self.naive is None else self.naive.anew(worker)
        other = LossFunction(self.name, worker, self.standard, naive, digest=self.digest)
        other._reg_scale = self._reg_scale
        return other

    @property
    def delta(self) -> float:
        """The margin of the SVM loss."""
        return self.standard.delta

    @property
    def setting(self) -> Setting:
        """The setting that its answers are judged in."""
        return self.standard.setting(self.reference, self.reg_scale)

    @property
    def reg_scale(self) -> float:
        """The regularization convention that this function is judged by.

        If the rubric accepts either, it is the one that fits the function's own losses, and the gradient is then judged
        by the same one. If the losses are wrong in both, it is the one that fits the gradient.
        """
        if not self.settings.is_regularized:
            return 0.0
        scale, *others = self.standard.reg_scales
        if not others:
            return scale
        if self._reg_scale is None:
            ways = (
                (fits, scale) for fits in (self._losses_fit, self._gradients_fit) for scale in (_HALF, 1.0)
            )
            fitting = next((scale for fits, scale in ways if fits(scale)), None)
            self._reg_scale = fitting or (_HALF if self._adds_half() else 1.0)
        return self._reg_scale

    def _losses_fit(self, reg_scale: float) -> bool:
        return all(asked.right_losses.all() for asked in self._asked_for_values(reg_scale))

    def _gradients_fit(self, reg_scale: float) -> bool:
        asked = (each for problems in self._asked_for_values(reg_scale) for each in problems)
        return all(isinstance(a.answer, Answered) and a.truth.gradient.accepts(a.answer.dW) for a in asked)

    def _asked_for_values(self, reg_scale: float) -> Iterator[AskedProblems]:
        setting = self.standard.setting(self.reference, reg_scale)
        return (self.beside(known(drawing, setting)) for drawing in promise_of("value").drawings)

    def _adds_half(self) -> bool:
        """Whether the penalty adds half of reg*sum(W*W), though the loss is wrong in other ways."""
        asked = list(self._asked_for_values(1.0))
        if all(each.right_losses.all() for each in asked):
            return False
        problems = [p for each in asked for p in each.known.problems if p.reg and p.W.any()][:_FEW]
        answers = self.ask([*problems, *(Problem(p.W, p.X, p.y, 0.0) for p in problems)])
        losses = np.array([a.loss if isinstance(a, Answered) else np.nan for a in answers]).reshape(2, -1)
        halves = np.array([_HALF * p.reg * np.sum(p.W * p.W) for p in problems])
        return bool(np.allclose(losses[0] - losses[1], halves, rtol=_ALIKE, atol=_ALIKE))

    # What a property asks

    def __call__(self, problem: Problem) -> Answered:
        """The answer to a problem.

        Raises:
            Failure: there is none of the right form.
        """
        return self.watched(problem).answer

    def attempt(self, problem: Problem) -> Answered | Failure:
        """Call the function on a problem, each time anew; return its answer or the failure."""
        answers, place = self._called(problem)
        return answers[place]

    def watched(self, problem: Problem) -> Called:
        """The answer to a problem, and the arguments after the call.

        Raises:
            Failure: there is no answer of the right form.
        """
        answers, place = self._called(problem)
        answer = answers[place]
        if isinstance(answer, Failure):
            raise answer.with_traceback(None)
        if self.observer is not None:
            self.observer(problem, answer)
        return Called(answer, answers.arguments(place))

    def _called(self, problem: Problem) -> tuple[Answers, int]:
        """The answers among which the one to this call is, and its place."""
        if self._times is not None:
            key = key_of(problem)
            self._times[key] += 1
            for asked in self._at_hand:
                place = asked.known.places.get((key, self._times[key]))
                if place is not None:
                    return asked.answers, place
        return self.ask([problem]), 0

    def counted(self, problems: Sequence[Problem]) -> tuple[list[Answered | Failure], list[int | None]]:
        """The answers to problems, and how many bytecodes each call executed; None if they could not be counted."""
        calls = [Call(self.name, (p.W, p.X, p.y, p.reg), count_bytecodes=True) for p in problems]
        outcomes = self.worker.run(calls)
        answers = [read_answer(self.name, *both) for both in zip(problems, outcomes, strict=True)]
        return answers, [one.bytecodes if isinstance(one, Returned) else None for one in outcomes]

    def truth(self, problem: Problem) -> Answer:
        """The true answer to a problem, in this function's convention and within the rubric's tolerance."""
        tolerance = self.standard.tolerance
        if self._times is not None:
            key = key_of(problem)
            for asked in self._at_hand:
                place = asked.known.places.get((key, 1))
                if place is not None:
                    return asked.known.truths[place].within(tolerance)
        return self.setting.truth(problem).within(tolerance)

    # What the engine asks for a property

    def foresee(self, turns: Iterable[Sequence[Asking]]) -> None:
        """Ask what has not been asked yet, in one round trip.

        Args:
            turns: what is asked together, one after the other. If the process is lost, what comes after the turn in
                which that happened is not asked.
        """
        missing: dict[int, tuple[int, Asking]] = {}
        for turn, asked in enumerate(turns):
            for each in asked:
                if id(each.problems) not in self._answers:
                    missing.setdefault(id(each.problems), (turn, each))
        if not missing:
            return
        calls = PackedCalls.joined([each.calls for _, each in missing.values()])
        pairs, first = self.worker.call_all(self.name, calls), 0
        last = math.inf
        for turn, each in missing.values():
            if turn > last:
                break
            part = pairs.part(each.calls, first)
            self._answers[id(each.problems)] = Answers(self.name, each.problems, part)
            first += len(each.calls)
            if any(isinstance(other, Lost) for other in part.others.values()):
                last = turn

    def fetch(self, problems: Sequence[Known]) -> list[AskedProblems]:
        """The answers to problems beside the true ones; what has not been asked yet is, in one round trip."""
        self.foresee([problems])
        for each in problems:
            if id(each) not in self._asked:
                self._asked[id(each)] = self.beside(each)
        return [self._asked[id(each)] for each in problems]

    def answers_to(self, asked: Asking) -> Answers:
        """The answers to problems; the function is called once for each."""
        self.foresee([[asked]])
        return self._answers[id(asked.problems)]

    @contextmanager
    def answering_from(self, fetched: Sequence[AskedProblems]) -> Iterator[None]:
        """Answer calls from what has been fetched, as far as it goes: the first call from the first, and so on.

        Not from what another check has fetched: the same problem may have cost a process only now.
        """
        self._at_hand, self._times = fetched, Counter()
        try:
            yield
        finally:
            self._at_hand, self._times = (), None

    def beside(self, problems: Known) -> AskedProblems:
        """The function's answers to problems with the true ones; it is called once for each."""
        return AskedProblems(problems, self.answers_to(problems))

    def ask(self, problems: Sequence[Problem]) -> Answers:
        """Call the function on problems, each time anew, in one round trip."""
        return Answers(self.name, problems, self.worker.call_all(self.name, packed(problems)))
