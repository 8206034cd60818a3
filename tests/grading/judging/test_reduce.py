from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from grading.judging.cases import REGULARIZED, drawn, sized_problems
from grading.judging.reduce import reduce
from reference.problem import Problem


def reduced(problem: Problem, fails: Callable[[Problem], bool]) -> Problem:
    def first_failing(problems: Sequence[Problem]) -> int | None:
        return next((k for k, p in enumerate(problems) if fails(p)), None)

    return reduce(problem, first_failing)


def large_problems() -> list[Problem]:
    return [p for p in (*sized_problems(231), *drawn(REGULARIZED, 231)[:60]) if p.reg > 0 and p.sizes[2] > 2]


@pytest.mark.parametrize(
    ("fails", "sizes"),
    [
        (lambda p: True, (1, 1, 2)),
        (lambda p: bool(p.W.any()), (1, 1, 2)),
        (lambda p: p.reg > 0, (1, 1, 2)),
        (lambda p: p.sizes[0] >= 2, (2, 1, 2)),
        (lambda p: p.sizes[1] >= 2, (1, 2, 2)),
        (lambda p: p.sizes[2] >= 3, (1, 1, 3)),
    ],
    ids=["anything", "a weight", "regularization", "two samples", "two features", "three classes"],
)
def test_what_is_not_needed_goes(fails: Callable[[Problem], bool], sizes: tuple[int, int, int]) -> None:
    for problem in large_problems():
        if fails(problem):
            assert reduced(problem, fails).sizes == sizes


def test_numbers_become_simple() -> None:
    def fails(p: Problem) -> bool:
        return bool(np.abs(p.X).sum() > 0.3 and np.abs(p.W).sum() > 0.3 and p.reg > 0)

    for problem in filter(fails, large_problems()):
        small = reduced(problem, fails)
        assert (small.reg, np.abs(small.X).sum(), np.abs(small.W).sum()) == (1.0, 1.0, 1.0)


def test_every_step_is_a_legal_problem() -> None:
    seen: list[Problem] = []

    def first_failing(problems: Sequence[Problem]) -> int | None:
        seen.extend(problems)
        return len(problems) - 1 if len(seen) < 3000 else None

    reduce(large_problems()[-1], first_failing)
    assert all(
        p.X.shape == (len(p.y), p.W.shape[0]) and 0 <= p.y.min() <= p.y.max() < p.W.shape[1] for p in seen
    )
    assert min(p.W.shape[1] for p in seen) >= 2


def test_a_problem_that_cannot_be_reduced_stays_as_it_is() -> None:
    problem = sized_problems(231)[0]
    assert reduced(problem, lambda p: False) is problem
