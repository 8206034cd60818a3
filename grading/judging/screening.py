"""Cases that every submission is asked, with their true answers, and what a submission made of them.

A thousand right answers are known to be right by a few operations on arrays. Only what is in doubt is judged one by
one: by the same judges that make a counterexample smaller.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import overload

import numpy as np
from numpy.typing import NDArray

from grading.judging.answers import Answered, read_answer
from grading.judging.cases import Batch, drawn, sized_problems
from grading.judging.failures import Failure
from grading.sandbox.pairs import PackedCalls, Pairs
from reference.answer import Answer
from reference.losses import evaluate_all, evaluate_of
from reference.problem import Problem

_KEPT = 64  # sets of problems that are asked again and again


def evaluate(reference: str, problem: Problem, reg_scale: float, delta: float) -> Answer:
    """The true answer to a problem, by the loss called ``reference``."""
    return evaluate_of(reference)(problem, reg_scale=reg_scale, delta=delta)


@cache
def lasting_truth(reference: str, problem: Problem, reg_scale: float, delta: float) -> Answer:
    """`evaluate` for a problem that is asked of every submission; problem and answer are kept."""
    return evaluate(reference, problem, reg_scale, delta)


def packed(problems: Sequence[Problem]) -> PackedCalls:
    """Problems as the arguments of calls; a tuple is one that others are asked as well, and kept."""
    return _lasting_packed(problems) if isinstance(problems, tuple) else _packed(problems)


def _packed(problems: Sequence[Problem]) -> PackedCalls:
    return PackedCalls.of([(p.W, p.X, p.y, p.reg) for p in problems])


@lru_cache(maxsize=_KEPT)
def _lasting_packed(problems: tuple[Problem, ...]) -> PackedCalls:
    return _packed(problems)


@dataclass(frozen=True, eq=False)
class Known:
    """Problems and their true answers, one by one and side by side.

    Attributes:
        problems, truths: K of each.
        losses, loss_bounds: (K,) of all truths.
        bases, bounds: the numbers of ``gradient.base`` and ``gradient.bound`` of all truths, in C order.
    """

    problems: tuple[Problem, ...]
    truths: tuple[Answer, ...]
    losses: NDArray[np.float64]
    loss_bounds: NDArray[np.float64]
    bases: NDArray[np.float64]
    bounds: NDArray[np.float64]

    @classmethod
    def of(cls, problems: tuple[Problem, ...], truths: Sequence[Answer]) -> Known:
        """Put the truths side by side; the problems are packed on the way."""
        packed(problems)
        return cls(
            problems,
            tuple(truths),
            np.array([t.loss for t in truths]),
            np.array([t.loss_bound for t in truths]),
            np.concatenate([t.gradient.base.ravel() for t in truths]),
            np.concatenate([t.gradient.bound.ravel() for t in truths]),
        )


_known: dict[tuple[Batch, int, str, float, float], Known] = {}


def known(batch: Batch, seed: int, reference: str, reg_scale: float, delta: float) -> Known:
    """The cases of a batch with their true answers, worked out once per process."""
    key = batch, seed, reference, reg_scale, delta
    if key not in _known:
        make_known([batch], seed, reference, reg_scale, delta)
    return _known[key]


def make_known(batches: Sequence[Batch], seed: int, reference: str, reg_scale: float, delta: float) -> None:
    """Work out what is `known` of several batches: together, since many of their cases have the same sizes."""
    setting = seed, reference, reg_scale, delta
    of_batch = {batch: drawn(batch, seed) for batch in batches if (batch, *setting) not in _known}
    problems = list(itertools.chain.from_iterable(of_batch.values()))
    truths = iter(evaluate_all(reference, problems, reg_scale=reg_scale, delta=delta))
    for batch, cases in of_batch.items():
        _known[batch, *setting] = Known.of(cases, list(itertools.islice(truths, len(cases))))


@cache
def known_sizes(seed: int, reference: str, reg_scale: float, delta: float) -> Known:
    """The problems of real size with their true answers, worked out once per process."""
    problems = sized_problems(seed)
    return Known.of(problems, evaluate_all(reference, problems, reg_scale=reg_scale, delta=delta))


@dataclass(frozen=True)
class Asked:
    """A case, its true answer, and what the student's function made of it."""

    problem: Problem
    truth: Answer
    answer: Answered | Failure


class Answers(Sequence[Answered | Failure]):
    """What a function called ``name`` made of ``problems``, each read when it is looked at."""

    def __init__(self, name: str, problems: Sequence[Problem], pairs: Pairs) -> None:
        self._name, self._problems, self._pairs = name, problems, pairs
        self._read: dict[int, Answered | Failure] = {}

    @property
    def pairs(self) -> Pairs:
        """The same, side by side."""
        return self._pairs

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


class AskedCases(Sequence[Asked]):
    """Cases, their true answers, and a function's answers to all of them."""

    def __init__(self, known: Known, answers: Answers) -> None:
        self._known, self._answers = known, answers

    def __len__(self) -> int:
        return len(self._answers)

    @overload
    def __getitem__(self, k: int) -> Asked: ...
    @overload
    def __getitem__(self, k: slice) -> list[Asked]: ...
    def __getitem__(self, k: int | slice) -> Asked | list[Asked]:
        if isinstance(k, slice):
            return [self[i] for i in range(*k.indices(len(self)))]
        k = range(len(self))[k]
        return Asked(self._known.problems[k], self._known.truths[k], self._answers[k])

    @property
    def unusual(self) -> list[int]:
        """Cases whose answer is no plain pair of a float and an array: one, at least, of each kind that there is."""
        return self._answers.pairs.unusual

    @cached_property
    def doubtful_losses(self) -> list[int]:
        """The cases but for those whose loss is certainly within rounding of the true one."""
        pairs = self._answers.pairs
        with np.errstate(all="ignore"):
            right = np.abs(pairs.losses - self._known.losses) <= self._known.loss_bounds
        return np.flatnonzero(~right).tolist()

    @cached_property
    def doubtful_gradients(self) -> list[int]:
        """The cases but for those whose dW is certainly within rounding of the base of the accepted set."""
        pairs = self._answers.pairs
        with np.errstate(all="ignore"):
            right = np.abs(pairs.gradients - self._known.bases) <= self._known.bounds
        return np.flatnonzero(~np.logical_and.reduceat(right, pairs.calls.starts[:-1])).tolist()

    @property
    def doubtful(self) -> list[int]:
        """The cases of which either is in doubt."""
        return sorted({*self.doubtful_losses, *self.doubtful_gradients})
