"""Symmetry: the order of samples and the names of classes carry no meaning."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from grading.judging.answers import Answered
from grading.judging.cases import UNREGULARIZED, drawn, few_samples, odd_sizes
from grading.judging.failures import Failure, NotSymmetric
from grading.judging.loss_function import LossFunction
from grading.judging.promise import promise
from grading.words import later, say, translated
from reference.losses import evaluate_all
from reference.problem import Problem

_SMALL_CASES = 12


@promise("symmetry", kind="loss", needs=("interface", "value", "gradient"))
def test_symmetry(candidate: LossFunction) -> None:
    """Reordering the samples or giving every sample twice changes nothing; renaming the classes only reorders
    the columns of dW.
    """
    problems, changes = _cases(candidate.seed, candidate.hunted)
    # They were asked before.
    asked = (*candidate.asked(UNREGULARIZED)[:_SMALL_CASES], *candidate.asked_sizes())
    answers_to = {id(a.problem): a.answer for a in asked}
    plain = [answers_to[id(problem)] for problem in problems]
    candidate.cases += 3 * len(problems)
    for answer in plain:
        if isinstance(answer, Failure):
            raise answer
    before = [answer for answer in plain if isinstance(answer, Answered)]
    losses = np.array([answer.loss for answer in before])
    gradients = np.concatenate([answer.dW.ravel() for answer in before])
    for change in changes:
        answers = candidate.ask(change.problems)
        pairs = answers.pairs
        rooms = _rooms(problems, change, candidate.reference, candidate.reg_scale, candidate.delta)
        same = np.abs(losses - pairs.losses) <= rooms.losses
        same_entries = np.abs(gradients[change.entries] - pairs.gradients) <= rooms.entries
        same &= np.logical_and.reduceat(same_entries, pairs.calls.starts[:-1])
        for k in np.flatnonzero(~same).tolist():
            _require_equal(candidate, change, rooms, k, before[k], answers[k])


@dataclass(frozen=True, eq=False)
class _Change:
    """What must not matter: the same problems, changed.

    Attributes:
        title: what was done to them, in English.
        problems: the changed problems.
        columns: for each, where the old columns of dW have gone.
        entries: of all dW behind each other, where the old entries have gone.
    """

    title: str
    problems: tuple[Problem, ...]
    columns: tuple[NDArray[np.int64], ...]
    entries: NDArray[np.int64]

    @classmethod
    def of(cls, title: str, problems: tuple[Problem, ...], columns: tuple[NDArray[np.int64], ...]) -> _Change:
        """A change, with ``entries`` worked out."""
        entries, begin = [], 0
        for problem, moved in zip(problems, columns, strict=True):
            places = begin + np.arange(problem.W.size).reshape(problem.W.shape)
            entries.append(places[:, moved].ravel())
            begin += problem.W.size
        return cls(title, problems, columns, np.concatenate(entries))


@dataclass(frozen=True, eq=False)
class _Rooms:
    """How far two right answers to each problem can be apart.

    Attributes:
        losses, gradients: (K,) losses, and any entries of dW.
        entries: the same for each entry of all dW behind each other.
    """

    losses: NDArray[np.float64]
    gradients: NDArray[np.float64]
    entries: NDArray[np.float64]


@cache
def _rooms(
    problems: tuple[Problem, ...], change: _Change, reference: str, reg_scale: float, delta: float
) -> _Rooms:
    before, after = (
        evaluate_all(reference, group, reg_scale=reg_scale, delta=delta)
        for group in (problems, change.problems)
    )
    # Each of the two answers may be off by its own bound; columns of the bound follow the classes, so the largest
    # entry serves both orders.
    pairs = list(zip(before, after, strict=True))
    losses = np.array([sum(truth.loss_bound for truth in pair) for pair in pairs])
    gradients = np.array([sum(float(truth.gradient.bound.max()) for truth in pair) for pair in pairs])
    return _Rooms(losses, gradients, np.repeat(gradients, [p.W.size for p in problems]))


@cache
def _cases(seed: int, hunted: bool) -> tuple[tuple[Problem, ...], tuple[_Change, ...]]:
    """Problems and what is done to them, the same for every submission."""
    generator = random.Random(seed)
    problems = (
        *drawn(replace(UNREGULARIZED, hunted=hunted), seed)[:_SMALL_CASES],
        # The small ones have no regularization.
        *(problem for problem in odd_sizes(seed) if few_samples(problem) and problem.reg),
    )
    orders = [_order(generator, p.sizes[0]) for p in problems]
    names = tuple(_order(generator, p.sizes[2]) for p in problems)
    same = tuple(np.arange(p.sizes[2]) for p in problems)
    pairs = list(zip(problems, orders, strict=True))
    return problems, (
        _Change.of(later("reordering the samples"), tuple(_reordered(p, order) for p, order in pairs), same),
        _Change.of(later("giving every sample twice"), tuple(_doubled(p, order) for p, order in pairs), same),
        _Change.of(
            later("renaming the classes"),
            tuple(_renamed(p, new) for p, new in zip(problems, names, strict=True)),
            names,
        ),
    )


def _order(generator: random.Random, size: int) -> NDArray[np.int64]:
    order = list(range(size))
    generator.shuffle(order)
    return np.array(order, dtype=np.int64)


def _reordered(problem: Problem, order: NDArray[np.int64]) -> Problem:
    return Problem(problem.W, problem.X[order], problem.y[order], problem.reg)


def _doubled(problem: Problem, order: NDArray[np.int64]) -> Problem:
    twice = np.concatenate([order, order[::-1]])
    return _reordered(problem, twice)


def _renamed(problem: Problem, order: NDArray[np.int64]) -> Problem:
    """Class order[k] becomes class k."""
    return Problem(problem.W[:, order], problem.X, np.argsort(order)[problem.y], problem.reg)


def _require_equal(
    candidate: LossFunction,
    change: _Change,
    rooms: _Rooms,
    k: int,
    before: Answered,
    after: Answered | Failure,
) -> None:
    if isinstance(after, Failure):
        raise after
    dW = before.dW[:, change.columns[k]]
    same = abs(before.loss - after.loss) <= rooms.losses[k]
    if not (same and (np.abs(dW - after.dW) <= rooms.gradients[k]).all()):
        raise NotSymmetric(
            say(
                "With {name}, {title} changes the answer. Does it depend on the position of a sample, on the "
                "number of samples, or on a particular label?",
                name=candidate.name,
                title=translated(change.title),
            ),
            change.problems[k],
            expected=say("loss = {loss!r}, as before; dW = {dW}", loss=before.loss, dW=dW.tolist()),
            got=f"loss = {after.loss!r}; dW = {after.dW.tolist()}",
        )
