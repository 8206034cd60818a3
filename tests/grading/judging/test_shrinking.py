"""Hypothesis makes failing examples smaller, beginning with the example itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import checks.strategies  # noqa: F401  says what is simpler
from grading.intake.parsing import syntax_tree
from grading.judging.failures import Crashed, Failure, WrongGradient, WrongLoss
from grading.judging.shrinking import smallest
from reference.problem import Problem

LARGE = Problem(
    np.linspace(-2.25, 3.5, 24).reshape(6, 4),
    np.linspace(-1.5, 4.0, 30).reshape(5, 6),
    np.array([3, 0, 2, 1, 3]),
    0.5,
)


def failing(where: Callable[[Problem], bool], kind: type[Failure] = WrongLoss) -> Any:
    asked: list[Problem] = []

    def fails(example: Mapping[str, Any]) -> Failure | None:
        problem = example["problem"]
        asked.append(problem)
        return kind("wrong", problem) if where(problem) else None

    return fails, asked


@pytest.mark.parametrize(
    ("where", "sizes"),
    [
        (lambda p: True, (1, 1, 2)),
        (lambda p: len(p.y) > 1, (2, 1, 2)),
        (lambda p: p.W.shape[0] > 1, (1, 2, 2)),
        (lambda p: p.W.shape[1] > 2 and bool(p.X.any()), (1, 1, 3)),
        (lambda p: len(set(p.y.tolist())) > 1, (2, 1, 2)),
        # Two samples of three classes rather than three of two.
        (lambda p: 1 < len(p.y) != p.W.shape[1], (2, 1, 3)),
    ],
)
def test_the_smallest_sizes_are_found(where: Callable[[Problem], bool], sizes: tuple[int, int, int]) -> None:
    assert where(LARGE)
    fails, asked = failing(where)
    found = smallest(fails, {"problem": LARGE}, WrongLoss("wrong", LARGE))
    assert found.problem is not None
    assert found.problem.sizes == sizes
    assert where(found.problem)
    assert len(asked) < 150


def test_entries_become_0_and_1_where_that_is_enough() -> None:
    fails, _ = failing(lambda p: bool((p.X @ p.W).any()))
    found = smallest(fails, {"problem": LARGE}, WrongLoss("wrong", LARGE)).problem
    assert found is not None
    assert sorted(found.W.ravel().tolist() + found.X.ravel().tolist()) == [0.0, 1.0, 1.0]
    assert found.reg == 0.0


def test_the_same_search_ends_at_the_same_example() -> None:
    def found() -> Problem:
        fails, _ = failing(lambda p: float(np.abs(p.W).sum()) > 3.3)
        problem = smallest(fails, {"problem": LARGE}, WrongLoss("wrong", LARGE)).problem
        assert problem is not None
        return problem

    one, other = found(), found()
    assert np.array_equal(one.W, other.W)
    assert np.array_equal(one.X, other.X)


def test_no_search_ends_at_another_defect() -> None:
    def fails(example: Mapping[str, Any]) -> Failure | None:
        problem: Problem = example["problem"]
        return WrongLoss("wrong", problem) if len(problem.y) > 1 else WrongGradient("wrong", problem)

    found = smallest(fails, {"problem": LARGE}, WrongLoss("wrong", LARGE))
    assert isinstance(found, WrongLoss)
    assert found.problem is not None
    assert len(found.problem.y) == 2


def test_no_other_thread_parses_while_hypothesis_does() -> None:
    """Up to Python 3.11.7, one of them would now and then be told that its tree is too deep."""
    waited: list[bool] = []
    other = threading.Thread(target=syntax_tree, args=("x = 1",))

    def fails(example: Mapping[str, Any]) -> Failure:
        if not waited:
            other.start()
            other.join(0.2)
            waited.append(other.is_alive())
        return WrongLoss("wrong", example["problem"])

    smallest(fails, {"problem": LARGE}, WrongLoss("wrong", LARGE))
    other.join()
    assert waited == [True]


def test_what_costs_a_process_is_not_tried_again() -> None:
    fails, asked = failing(lambda p: True, Crashed)
    failure = Crashed("crashed", LARGE)
    assert smallest(fails, {"problem": LARGE}, failure) is failure
    assert asked == []


def test_smaller_examples_that_cost_a_process_end_the_search() -> None:
    def fails(example: Mapping[str, Any]) -> Failure | None:
        asked.append(example)
        return Crashed("crashed", example["problem"])

    asked: list[Mapping[str, Any]] = []
    failure = WrongLoss("wrong", LARGE)
    assert smallest(fails, {"problem": LARGE}, failure) is failure
    assert len(asked) == 2


def test_what_is_right_when_it_is_asked_again_is_told_as_it_was() -> None:
    fails, _ = failing(lambda p: False)
    failure = WrongLoss("wrong", LARGE)
    assert smallest(fails, {"problem": LARGE}, failure) is failure
