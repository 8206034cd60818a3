"""Compares a submission's answers with the true ones, side by side.

A few array operations are enough to accept a thousand right answers. Only those in doubt are examined one by one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property
from typing import Any, Protocol, overload

import msgspec
import numpy as np
from numpy.typing import NDArray

from grading.judging.answers import Answered, read_answer
from grading.judging.exam import Part, own_examples, pool_of
from grading.judging.failures import Failure
from grading.judging.promise import promise_of
from grading.judging.properties import Drawing
from grading.sandbox.pairs import PackedCalls, Pairs
from reference.accepted import AcceptedGradients
from reference.answer import Answer
from reference.losses import evaluate_all, evaluate_of, loss_named
from reference.problem import Problem


class Setting(msgspec.Struct, frozen=True):
    """Everything besides the problem that a loss's answers depend on; and which problems: their seed and part.

    ``either`` says that two conventions of regularization are accepted.
    """

    loss: str
    reg_scale: float
    delta: float
    seed: int
    either: bool = False
    part: Part = "chosen"

    def ordinary(self, problem: Problem) -> Problem:
        """The problem with scores no larger than the usual forms of the loss can take."""
        return loss_named(self.loss).ordinary(problem)

    def truth(self, problem: Problem) -> Answer:
        """The true answer to a problem."""
        return evaluate_of(self.loss)(problem, reg_scale=self.reg_scale, delta=self.delta)

    def truths(self, problems: Sequence[Problem]) -> list[Answer]:
        """The true answers to problems; those of equal sizes are worked out together."""
        return evaluate_all(self.loss, problems, reg_scale=self.reg_scale, delta=self.delta)


Key = tuple[object, ...]


def key_of(problem: Problem) -> Key:
    """A key that is equal for equal problems, even if they are different objects."""
    W, X, y = problem.W, problem.X, problem.y
    return W.shape, X.shape, y.dtype.str, problem.reg, W.tobytes(), X.tobytes(), y.tobytes()


class Asking(Protocol):
    """Problems, the same object at every use, and the calls that ask them."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """K of them."""
        ...

    @property
    def calls(self) -> PackedCalls:
        """One for each."""
        ...


class Known(msgspec.Struct, frozen=True, eq=False, dict=True):
    """Problems and their true answers, one by one and side by side.

    Attributes:
        problems, truths: K of each.
        losses, loss_bounds: (K,) those of all truths.
        bases, bounds: the numbers of all truths' ``gradient.base`` and ``gradient.bound``, in C order.
        calls: the problems as the arguments of calls, packed once for all submissions.
        times: whether it is the first, second... time that an example asks for the problem; None if always the first.
    """

    problems: tuple[Problem, ...]
    truths: tuple[Answer, ...]
    losses: NDArray[np.float64]
    loss_bounds: NDArray[np.float64]
    bases: NDArray[np.float64]
    bounds: NDArray[np.float64]
    calls: PackedCalls
    times: tuple[int, ...] | None = None

    @classmethod
    def of(
        cls,
        problems: tuple[Problem, ...],
        truths: Sequence[Answer],
        calls: PackedCalls | None = None,
        times: tuple[int, ...] | None = None,
    ) -> Known:
        """Put the truths side by side."""
        return cls(
            problems,
            tuple(truths),
            np.array([t.loss for t in truths]),
            np.array([t.loss_bound for t in truths]),
            np.concatenate([np.empty(0), *(t.gradient.base.ravel() for t in truths)]),
            np.concatenate([np.empty(0), *(t.gradient.bound.ravel() for t in truths)]),
            packed(problems) if calls is None else calls,
            times,
        )

    @cached_property
    def counted(self) -> NDArray[np.float64]:
        """As ``bases``, with each tie counted in full, as right code does that counts a margin of 0."""
        return np.concatenate([np.empty(0), *(_counted(t.gradient).ravel() for t in self.truths)])

    @cached_property
    def places(self) -> dict[tuple[Key, int], int]:
        """The position of each problem, by its key and its number in ``times``."""
        times = self.times or (1,) * len(self.problems)
        return {(key_of(p), time): k for k, (p, time) in enumerate(zip(self.problems, times, strict=True))}


def _counted(accepted: AcceptedGradients) -> NDArray[np.float64]:
    if not accepted.ties or accepted.generators is None:
        return accepted.base
    every: NDArray[np.float64] = accepted.base + accepted.generators().sum(axis=0)
    return every


def packed(problems: Iterable[Problem]) -> PackedCalls:
    """Pack problems as the arguments of calls."""
    return PackedCalls.of([(p.W, p.X, p.y, p.reg) for p in problems])


_known: dict[tuple[Drawing, Setting], Known] = {}


def known(drawing: Drawing, setting: Setting) -> Known:
    """The problems of a drawing with their true answers, worked out once per process."""
    if (drawing, setting) not in _known:
        make_known([drawing], setting)
    return _known[drawing, setting]


def make_known(drawings: Iterable[Drawing], setting: Setting) -> None:
    """Work out `known` for several drawings together, since many of their problems have the same sizes."""
    missing = [drawing for drawing in dict.fromkeys(drawings) if (drawing, setting) not in _known]
    pools = [problems_of(drawing, setting) for drawing in missing]
    truths = iter(setting.truths(list(itertools.chain.from_iterable(pools))))
    for drawing, pool in zip(missing, pools, strict=True):
        calls = _packed_pool(drawing, setting.seed, setting.delta, setting.part, _limited(drawing, setting))
        _known[drawing, setting] = Known.of(pool, list(itertools.islice(truths, len(pool))), calls)


def problems_of(drawing: Drawing, setting: Setting) -> tuple[Problem, ...]:
    """The problems of a drawing; the same objects at every call."""
    return _pool(drawing, setting.seed, setting.delta, setting.part, _limited(drawing, setting))


def asked_by(check: str, setting: Setting) -> Iterator[Problem]:
    """The problems that are drawn for a check."""
    for drawing in promise_of(check).drawings:
        yield from problems_of(drawing, setting)


def odd_sizes(setting: Setting) -> tuple[Problem, ...]:
    """Problems of odd sizes, with and without regularization."""
    # Some of them are never asked with labels of this type.
    usual = (problem.with_labels(np.int64) for problem in asked_by("interface", setting))
    return tuple({key_of(problem): problem for problem in usual}.values())


def own_problems(
    drawing: Drawing, setting: Setting, digest: bytes, count: int | None = None
) -> tuple[Problem, ...]:
    """A hand-in's own problems."""
    problems = own_examples(drawing, digest, setting.seed, setting.delta, count)
    limited = _limited(drawing, setting)
    return problems if limited is None else tuple(map(loss_named(limited).ordinary, problems))


def _limited(drawing: Drawing, setting: Setting) -> str | None:
    """The loss's name, if it cannot take scores as large as the drawing's may be."""
    limited = loss_named(setting.loss).largest_score is not None and not drawing.definition.any_scale
    return setting.loss if limited else None


@cache
def _pool(drawing: Drawing, seed: int, delta: float, part: Part, limited: str | None) -> tuple[Problem, ...]:
    problems = pool_of(drawing, seed, delta, part).examples
    return problems if limited is None else tuple(map(loss_named(limited).ordinary, problems))


@cache
def _packed_pool(drawing: Drawing, seed: int, delta: float, part: Part, limited: str | None) -> PackedCalls:
    return packed(_pool(drawing, seed, delta, part, limited))


class Asked(msgspec.Struct, frozen=True):
    """A problem, its true answer, and the student's."""

    problem: Problem
    truth: Answer
    answer: Answered | Failure


class Answers(Sequence[Answered | Failure]):
    """The answers of a function called ``name`` to ``problems``, each read on first access."""

    def __init__(self, name: str, problems: Sequence[Problem], pairs: Pairs) -> None:
        self._name, self._problems, self._pairs = name, problems, pairs
        self._read: dict[int, Answered | Failure] = {}

    @property
    def pairs(self) -> Pairs:
        """The answers side by side."""
        return self._pairs

    def arguments(self, k: int) -> tuple[NDArray[Any], ...]:
        """W, X and y after the call."""
        return self._pairs.changed.get(k) or self._pairs.given(k)

    def __len__(self) -> int:
        return len(self._problems)

    @overload
    def __getitem__(self, k: int) -> Answered | Failure: ...
    @overload
    def __getitem__(self, k: slice) -> list[Answered | Failure]: ...
    def __getitem__(self, k: int | slice) -> Answered | Failure | list[Answered | Failure]:
        if isinstance(k, slice):
            return [self[i] for i in range(*k.indices(len(self)))]
        k = range(len(self))[k]
        if k not in self._read:
            other = self._pairs.outcome(k)
            self._read[k] = (
                Answered(float(self._pairs.losses[k]), self._pairs.gradient(k))
                if other is None
                else read_answer(self._name, self._problems[k], other)
            )
        return self._read[k]


class AskedProblems(Sequence[Asked]):
    """Problems, their true answers, and a function's answers to all of them."""

    def __init__(self, known: Known, answers: Answers) -> None:
        self.known, self.answers = known, answers

    def __len__(self) -> int:
        return len(self.answers)

    @overload
    def __getitem__(self, k: int) -> Asked: ...
    @overload
    def __getitem__(self, k: slice) -> list[Asked]: ...
    def __getitem__(self, k: int | slice) -> Asked | list[Asked]:
        if isinstance(k, slice):
            return [self[i] for i in range(*k.indices(len(self)))]
        k = range(len(self))[k]
        return Asked(self.known.problems[k], self.known.truths[k], self.answers[k])

    @property
    def unusual(self) -> list[int]:
        """Cases whose answer is not a plain pair of a float and an array: at least one of each kind that occurs."""
        return self.answers.pairs.unusual

    @cached_property
    def unchanged(self) -> NDArray[np.bool_]:
        """(K,) whether the arguments are what they were before the call."""
        places = [k not in self.answers.pairs.changed for k in range(len(self))]
        return np.array(places, dtype=np.bool_)

    @cached_property
    def right_losses(self) -> NDArray[np.bool_]:
        """(K,) whether the loss is certainly within rounding of the true one."""
        return right_losses(self.answers.pairs, self.known.losses, self.known.loss_bounds)

    @cached_property
    def right(self) -> NDArray[np.bool_]:
        """(K,) whether the loss is, and dW within rounding of the gradient that counts no tie, or all."""
        near = self._near(self.known.bases)
        if not near.all():
            near |= self._near(self.known.counted)
        return self.right_losses & near

    def _near(self, gradients: NDArray[np.float64]) -> NDArray[np.bool_]:
        return right_gradients(self.answers.pairs, gradients, self.known.bounds)


@np.errstate(all="ignore")
def right_losses(pairs: Pairs, losses: NDArray[np.float64], bounds: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(K,) whether each loss is within its bound, (K,), of the right one; not where the answer is no usual pair."""
    return np.abs(pairs.losses - losses) <= bounds


@np.errstate(all="ignore")
def right_gradients(
    pairs: Pairs, gradients: NDArray[np.float64], bounds: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """(K,) whether all numbers of each gradient are within their bounds of the right ones, all side by side."""
    return np.logical_and.reduceat(np.abs(pairs.gradients - gradients) <= bounds, pairs.calls.starts[:-1])
