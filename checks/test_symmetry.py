"""Symmetry: the order of samples and the names of classes carry no meaning."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from checks.answers import Answered
from checks.cases import UNREGULARIZED, drawn, odd_sizes
from checks.failures import Failure, NotSymmetric
from checks.loss_function import LossFunction
from checks.promise import promise
from grading.words import later, say, translated
from reference.problem import Problem

_SMALL_CASES = 30


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
    for change in changes:
        answers = candidate.ask(change.problems)
        for k, (before, after) in enumerate(zip(plain, answers, strict=True)):
            for answer in (before, after):
                if isinstance(answer, Failure):
                    raise answer
            assert isinstance(before, Answered)
            assert isinstance(after, Answered)
            _require_equal(candidate, change, k, problems[k], before, after)


@dataclass(frozen=True, eq=False)
class _Change:
    """What must not matter: the same problems, changed.

    Attributes:
        title: what was done to them, in English.
        problems: the changed problems.
        columns: for each, where the old columns of dW have gone.
    """

    title: str
    problems: tuple[Problem, ...]
    columns: tuple[NDArray[np.int64], ...]


@cache
def _cases(seed: int, hunted: bool) -> tuple[tuple[Problem, ...], tuple[_Change, ...]]:
    """Problems and what is done to them, the same for every submission."""
    generator = random.Random(seed)
    problems = (*drawn(replace(UNREGULARIZED, hunted=hunted), seed)[:_SMALL_CASES], *odd_sizes(seed))
    orders = [_order(generator, p.sizes[0]) for p in problems]
    names = tuple(_order(generator, p.sizes[2]) for p in problems)
    same = tuple(np.arange(p.sizes[2]) for p in problems)
    pairs = list(zip(problems, orders, strict=True))
    return problems, (
        _Change(later("reordering the samples"), tuple(_reordered(p, order) for p, order in pairs), same),
        _Change(later("giving every sample twice"), tuple(_doubled(p, order) for p, order in pairs), same),
        _Change(
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
    candidate: LossFunction, change: _Change, k: int, problem: Problem, before: Answered, after: Answered
) -> None:
    changed = change.problems[k]
    truth, truth_changed = candidate.lasting_truth(problem), candidate.lasting_truth(changed)
    # Each of the two answers may be off by its own bound; columns of the bound follow the classes, so the largest
    # entry serves both orders.
    loss_room = truth.loss_bound + truth_changed.loss_bound
    room = float(truth.gradient.bound.max()) + float(truth_changed.gradient.bound.max())
    dW = before.dW[:, change.columns[k]]
    if abs(before.loss - after.loss) > loss_room or (np.abs(dW - after.dW) > room).any():
        raise NotSymmetric(
            say(
                "With {name}, {title} changes the answer. Does it depend on the position of a sample, on the "
                "number of samples, or on a particular label?",
                name=candidate.name,
                title=translated(change.title),
            ),
            changed,
            expected=say("loss = {loss!r}, as before; dW = {dW}", loss=before.loss, dW=dW.tolist()),
            got=f"loss = {after.loss!r}; dW = {after.dW.tolist()}",
        )
