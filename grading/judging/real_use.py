"""Real use: what the exam's small cases lack.

Many samples, features and classes, strong regularization, float32, and other memory layouts. Sizes and numbers depend
on the bytes of the hand-in, so that nobody can write a function that is right only where it is tested; the same hand-in
always gets the same. Each function is called once for each, and its answers are judged for loss and gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from grading.judging.answers import Answered
from grading.judging.calls_of_real_use import Use, larger_uses, uses
from grading.judging.failures import Failure, Raises, WrongGradient, WrongLoss
from grading.judging.loss_function import LossFunction
from grading.judging.precision import accepts_gradient, accepts_loss
from grading.judging.screening import Answers, right_gradients, right_losses
from grading.sandbox.pairs import PackedCalls
from grading.words import say
from reference.answer import Answer
from reference.losses import loss_named, quick_answers
from reference.problem import Problem

# An answer nearer than this is right; one that is farther off is compared with the bound.
_NEAR, _NEAR_IN_FLOAT32 = 1e-12, 1e-6
_KEPT = 8


class _RightAnswers(msgspec.Struct, frozen=True, eq=False):
    """The right answers to K calls without their bounds, side by side, and how near is near enough.

    Attributes:
        losses, loss_rooms: (K,) each.
        gradients, rooms: the numbers of all, in C order.
    """

    losses: NDArray[np.float64]
    loss_rooms: NDArray[np.float64]
    gradients: NDArray[np.float64]
    rooms: NDArray[np.float64]

    @np.errstate(all="ignore")
    def is_near(self, answer: Answered | Failure, k: int, starts: NDArray[np.int64]) -> bool:
        """Whether an answer to call ``k`` is near enough; the numbers of its gradient begin at ``starts[k]``."""
        if isinstance(answer, Failure):
            return False
        of_k = slice(starts[k], starts[k + 1])
        near = np.abs(answer.dW.ravel() - self.gradients[of_k]) <= self.rooms[of_k]
        return bool(abs(answer.loss - self.losses[k]) <= self.loss_rooms[k] and near.all())


@lru_cache(maxsize=_KEPT)
def _right_answers(asked: tuple[Use, ...], reference: str, reg_scale: float, delta: float) -> _RightAnswers:
    """The right answers; kept for the loss's other function."""
    found = quick_answers(reference, [use.problem for use in asked], reg_scale=reg_scale, delta=delta)
    losses = np.array([loss for loss, _ in found])
    gradients = np.concatenate([dW.ravel() for _, dW in found])
    near = np.array([_NEAR_IN_FLOAT32 if "float32" in use.floats else _NEAR for use in asked])
    of_entries = near.repeat([dW.size for _, dW in found])
    return _RightAnswers(
        losses, near * (1.0 + np.abs(losses)), gradients, of_entries * (1.0 + np.abs(gradients))
    )


class AskedUses(msgspec.Struct, frozen=True, eq=False):
    """Some of the calls, asked in one piece, as `Asking`."""

    problems: tuple[Problem, ...]
    calls: PackedCalls


@lru_cache(maxsize=_KEPT)
def _asked(group: tuple[Use, ...]) -> AskedUses:
    """A group's calls; kept for the loss's other function."""
    calls = PackedCalls.of([use.arguments for use in group], [use.layout for use in group])
    return AskedUses(tuple(use.problem for use in group), calls)


class RealUse(msgspec.Struct, frozen=True, eq=False, dict=True):
    """One function's answers to its calls."""

    candidate: LossFunction
    groups: list[tuple[Use, ...]]
    answers: list[Answers]

    @classmethod
    def of(cls, candidate: LossFunction) -> RealUse:
        """Make all calls that the function's hand-in gets."""
        groups = _groups(candidate)
        return cls(candidate, groups, _answers(candidate, *groups))

    def judge(self, check: str, *, small: bool = True) -> None:
        """Judge the answers for ``check``, one of `JUDGES`.

        Raises:
            Failure: for the first wrong one; if ``small``, with the smallest sizes found.
        """
        candidate, judge = self.candidate, JUDGES[check]
        candidate.cases += sum(map(len, self.groups))
        for use, answer in self._doubtful:
            truth = candidate.truth(use.problem)
            failure = _verdict(candidate, use, answer, truth, judge)
            if failure is not None:
                raise failure if failure.costly or not small else self._smallest(use, failure, judge)

    @cached_property
    def _doubtful(self) -> list[tuple[Use, Answered | Failure]]:
        """The calls with answers that are not so near the right ones that no bound is needed."""
        candidate, doubtful = self.candidate, []
        for group, answers in zip(self.groups, self.answers, strict=True):
            right = _right_answers(group, candidate.reference, candidate.reg_scale, candidate.delta)
            pairs = answers.pairs
            near = right_losses(pairs, right.losses, right.loss_rooms)
            near &= right_gradients(pairs, right.gradients, right.rooms)
            # An answer of the right numbers may still be of a wrong form.
            for k in pairs.unusual:
                near[k] &= not isinstance(answers[k], Failure)
            # What is no usual pair, as an answer in float32, has not been compared.
            for k in pairs.others:
                near[k] = right.is_near(answers[k], k, pairs.calls.starts)
            doubtful += [(group[k], answers[k]) for k in np.flatnonzero(~near).tolist()]
        return doubtful

    def _smallest(self, use: Use, failure: Failure, judge: Judge) -> Failure:
        """The same failure with the fewest samples, features and classes that show it."""
        candidate = self.candidate
        for axis, least in ((0, 1), (1, 1), (2, 2)):
            low, high = least - 1, use.sizes[axis]  # the latter fails
            while high - low > 1:
                middle = (low + high) // 2
                sizes = (*use.sizes[:axis], middle, *use.sizes[axis + 1 :])
                smaller = _ordinary(replace(use, sizes=sizes), candidate.reference)
                [[answer]] = _answers(candidate, (smaller,))
                truth = candidate.truth(smaller.problem)
                found = _verdict(candidate, smaller, answer, truth, judge)
                if found is not None and failure.is_like(found):
                    use, failure, high = smaller, found, middle
                else:
                    low = middle
        return failure


def asked_uses(candidate: LossFunction) -> list[AskedUses]:
    """What a function is asked, to be asked together with other problems."""
    return [*map(_asked, _groups(candidate))]


def _groups(candidate: LossFunction) -> list[tuple[Use, ...]]:
    drawn = [uses(candidate.digest)]
    if "vectorized" in candidate.settings.points:
        drawn.append(larger_uses(candidate.digest))
    return [_all_ordinary(group, candidate.reference) for group in drawn]


@lru_cache(maxsize=_KEPT)
def _all_ordinary(asked: tuple[Use, ...], reference: str) -> tuple[Use, ...]:
    """Each as `_ordinary`; the same objects for the loss's other function."""
    return tuple(_ordinary(use, reference) for use in asked)


def _ordinary(use: Use, reference: str) -> Use:
    """The same with scores no larger than the usual forms of the loss can take."""
    size = loss_named(reference).excess(use.problem)
    return use if size == 1.0 else replace(use, weights=tuple(weight / size for weight in use.weights))


Judge = Callable[["LossFunction", Use, Answered, "Answer"], Failure | None]


def _answers(candidate: LossFunction, *groups: tuple[Use, ...]) -> list[Answers]:
    asked = [*map(_asked, groups)]
    candidate.foresee([asked])
    return [*map(candidate.answers_to, asked)]


def _verdict(
    candidate: LossFunction, use: Use, answer: Answered | Failure, truth: Answer, judge: Judge
) -> Failure | None:
    if isinstance(answer, Raises) and not use.is_the_courses:
        # Right code may rely on what the course passes: `np.dot(..., out=np.empty_like(W))` refuses other layouts,
        # `np.choose` more than 32 classes, and recursion a thousand samples. An error is not a wrong answer.
        return None
    failure = answer if isinstance(answer, Failure) else judge(candidate, use, answer, truth)
    if failure is not None:
        failure.problem, failure.code = None, use.as_python(candidate.name)
    return failure


def _judge_loss(candidate: LossFunction, use: Use, answer: Answered, truth: Answer) -> Failure | None:
    exact = truth.exact or truth
    if accepts_loss(
        candidate, use.problem, answer.loss, replace(exact, loss_bound=use.room * exact.loss_bound)
    ):
        return None
    return WrongLoss(
        say("The loss of {name} is wrong for {what}.", name=candidate.name, what=use.what),
        expected=f"loss = {truth.loss!r}",
        got=f"loss = {answer.loss!r}",
    )


def _judge_gradient(candidate: LossFunction, use: Use, answer: Answered, truth: Answer) -> Failure | None:
    exact = truth.exact or truth
    accepted = replace(exact.gradient, bound=use.room * exact.gradient.bound)
    if accepts_gradient(candidate, answer.dW, replace(exact, gradient=accepted)):
        return None
    return WrongGradient(
        say("The gradient of {name} is wrong for {what}.", name=candidate.name, what=use.what),
        expected="\n".join(_some_entries(accepted.base, answer.dW)),
        got="\n".join(_some_entries(answer.dW, accepted.base)),
    )


def _some_entries(dW: NDArray[np.float64], other: NDArray[np.float64]) -> Iterator[str]:
    """Describe the entry in which the two differ most."""
    i, j = np.unravel_index(int(np.nan_to_num(np.abs(dW - other), nan=np.inf).argmax()), dW.shape)
    yield f"dW[{i}, {j}] = {float(dW[i, j])!r}"


JUDGES: dict[str, Judge] = {"value": _judge_loss, "gradient": _judge_gradient}
