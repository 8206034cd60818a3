"""Symmetry: the order of samples and the names of classes carry no meaning."""

from __future__ import annotations

import random

import numpy as np

from checks.answers import Answered
from checks.cases import UNREGULARIZED, drawn, sized_problems
from checks.failures import Failure, NotSymmetric
from checks.loss_function import LossFunction
from checks.promise import promise
from reference.problem import Problem

_SMALL_CASES = 40


@promise("symmetry", kind="loss", needs=("interface", "value", "gradient"))
def test_symmetry(candidate: LossFunction) -> None:
    """Reordering the samples or giving every sample twice changes nothing; renaming the classes only reorders
    the columns of dW.
    """
    generator = random.Random(candidate.seed)
    problems = [*drawn(UNREGULARIZED, candidate.seed)[:_SMALL_CASES], *sized_problems(candidate.seed)]
    plain = candidate.ask(problems)
    candidate.cases += 3 * len(problems)
    for title, change, undo_columns in (
        ("reordering the samples", _reordered, False),
        ("giving every sample twice", _doubled, False),
        ("renaming the classes", _renamed, True),
    ):
        orders = [_order(generator, p.sizes[2] if undo_columns else p.sizes[0]) for p in problems]
        changed = [change(p, order) for p, order in zip(problems, orders, strict=True)]
        answers = candidate.ask(changed)
        for problem, order, before, after in zip(problems, orders, plain, answers, strict=True):
            for answer in (before, after):
                if isinstance(answer, Failure):
                    raise answer
            assert isinstance(before, Answered)
            assert isinstance(after, Answered)
            dW = before.dW[:, order] if undo_columns else before.dW
            _require_equal(candidate, problem, title, (before.loss, dW), change(problem, order), after)


def _order(generator: random.Random, size: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    order = list(range(size))
    generator.shuffle(order)
    return np.array(order, dtype=np.int64)


def _reordered(problem: Problem, order: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Problem:
    return Problem(problem.W, problem.X[order], problem.y[order], problem.reg)


def _doubled(problem: Problem, order: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Problem:
    twice = np.concatenate([order, order[::-1]])
    return _reordered(problem, twice)


def _renamed(problem: Problem, order: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Problem:
    """Class order[k] becomes class k."""
    return Problem(problem.W[:, order], problem.X, np.argsort(order)[problem.y], problem.reg)


def _require_equal(
    candidate: LossFunction,
    problem: Problem,
    title: str,
    before: tuple[float, np.ndarray[tuple[int, ...], np.dtype[np.float64]]],
    changed: Problem,
    after: Answered,
) -> None:
    # Each of the two answers may be off by its own bound; bounds of the changed problem hold for its own sums.
    truth, truth_changed = candidate.truth(problem), candidate.truth(changed)
    loss_room = truth.loss_bound + truth_changed.loss_bound
    # Columns of the bound follow the classes, so the largest entry serves both orders.
    room = float(truth.gradient.bound.max()) + float(truth_changed.gradient.bound.max())
    if abs(before[0] - after.loss) > loss_room or (np.abs(before[1] - after.dW) > room).any():
        raise NotSymmetric(
            f"With {candidate.name}, {title} changes the answer. Does it depend on the position of a sample, on the "
            f"number of samples, or on a particular label?",
            changed,
            expected=f"loss = {before[0]!r}, as before",
            got=f"loss = {after.loss!r}",
        )
