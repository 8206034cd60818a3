"""Make a counterexample small enough to compute by hand.

Screening finds the mismatch; from there the arrays are reduced by what they mean (drop a sample, a feature, a
class; make an entry 0, 1, or whole), a whole round of candidates in one round trip to the student's process.
Hypothesis's own shrinker needs a round trip per attempt, some 500 of them, and knows nothing of samples and classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from reference.problem import Problem

_ROUNDS = 100
_MOST_ENTRIES = 60  # above this, entries are not made simpler one by one


def reduce(problem: Problem, first_failing: Callable[[Sequence[Problem]], int | None]) -> Problem:
    """Return a smaller problem that still fails.

    Args:
        problem: a failing problem.
        first_failing: the index of the first problem of a list that fails in the same way, or None.

    Every accepted candidate is simpler than the last, and the rounds are capped, so this ends; it does the same on
    every machine.
    """
    for _ in range(_ROUNDS):
        candidates = list(_simpler(problem))
        found = first_failing(candidates) if candidates else None
        if found is None:
            return problem
        problem = candidates[found]
    return problem


def _simpler(problem: Problem) -> Iterator[Problem]:
    """Candidates one step simpler, the boldest first."""
    if problem.reg != 0.0:
        yield Problem(problem.W, problem.X, problem.y, 0.0)
    if problem.reg not in (0.0, 1.0):
        yield Problem(problem.W, problem.X, problem.y, 1.0)
    yield from _fewer_samples(problem)
    yield from _fewer_features(problem)
    yield from _fewer_classes(problem)
    if problem.W.size + problem.X.size <= _MOST_ENTRIES:
        for W in _simpler_arrays(problem.W):
            yield Problem(W, problem.X, problem.y, problem.reg)
        for X in _simpler_arrays(problem.X):
            yield Problem(problem.W, X, problem.y, problem.reg)
        for i in np.flatnonzero(problem.y):
            y = problem.y.copy()
            y[i] = 0
            yield Problem(problem.W, problem.X, y, problem.reg)


def _fewer_samples(problem: Problem) -> Iterator[Problem]:
    n = problem.sizes[0]
    for kept in _fewer(n, smallest=1):
        yield Problem(problem.W, problem.X[kept], problem.y[kept], problem.reg)


def _fewer_features(problem: Problem) -> Iterator[Problem]:
    for kept in _fewer(problem.sizes[1], smallest=1):
        yield Problem(problem.W[kept], problem.X[:, kept], problem.y, problem.reg)


def _fewer_classes(problem: Problem) -> Iterator[Problem]:
    """Without the classes that are nobody's label, then without a class and its samples."""
    c = problem.sizes[2]
    if c <= 2:
        return
    for dropped in range(c):
        samples = problem.y != dropped
        if not samples.any():
            continue
        y = problem.y[samples]
        y = np.where(y > dropped, y - 1, y)
        yield Problem(np.delete(problem.W, dropped, axis=1), problem.X[samples], y, problem.reg)


def _fewer(size: int, smallest: int) -> Iterator[NDArray[np.int64]]:
    """Index sets: each half, then all but one."""
    everything = np.arange(size)
    if size > 2:
        yield everything[: size // 2]
        yield everything[size // 2 :]
    if size > smallest:
        for dropped in range(min(size, 16)):
            yield np.delete(everything, dropped)


def _simpler_arrays(array: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    if array.any():
        yield np.zeros_like(array)
    for index in np.ndindex(array.shape):
        entry = float(array[index])
        for simpler in _simpler_entries(entry):
            changed = array.copy()
            changed[index] = simpler
            yield changed


def _simpler_entries(entry: float) -> Iterator[float]:
    """0, then 1, then the whole number below in size; each simpler than the last in `_complexity`."""
    for candidate in (0.0, 1.0, 2.0, 3.0, -1.0, float(np.trunc(entry)), abs(entry)):
        if _complexity(candidate) < _complexity(entry):
            yield candidate


def _complexity(entry: float) -> tuple[bool, float, bool]:
    return (entry != int(entry), abs(entry), entry < 0)
