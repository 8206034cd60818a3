from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import hypothesis
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings

from grading.judging.cases import (
    REGULARIZED,
    SHIFTED,
    UNREGULARIZED,
    as_python,
    drawn,
    relabelled,
    shifted_problem,
    sized_problems,
    smooth_problem,
    tied,
    tied_problem,
)
from grading.judging.choices import Choices, strategy
from reference.problem import Problem

SEEDS = range(3)


def margins(problem: Problem, delta: float = 1.0) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """The margins of all pairs of a sample and a wrong class, (N, C); NaN for the right class."""
    scores = problem.X @ problem.W
    rows = np.arange(len(problem.y))
    result = scores - scores[rows, problem.y][:, None] + delta
    result[rows, problem.y] = np.nan
    return result


def ties(problem: Problem) -> int:
    return int((margins(problem) == 0).sum())


def find(make: Callable[[Choices], Problem], wanted: Callable[[Problem], bool]) -> Problem:
    """A problem of a kind, as Hypothesis finds it among those that can be made; raises if it finds none."""
    return hypothesis.find(
        strategy(make),
        wanted,
        settings=settings(
            max_examples=3000,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )


def _rows_repeat(p: Problem) -> bool:
    return p.sizes[0] > 2 and len(np.unique(p.X, axis=0)) == 1


SMOOTH: dict[str, Callable[[Problem], bool]] = {
    "one sample": lambda p: p.sizes[0] == 1,
    "one feature": lambda p: p.sizes[1] == 1,
    "two classes": lambda p: p.sizes[2] == 2,
    "more classes than samples": lambda p: p.sizes[2] > p.sizes[0],
    "more samples than classes and features": lambda p: p.sizes[0] > max(p.sizes[1:]),
    "all weights zero": lambda p: not p.W.any(),
    "a sample of zeros": lambda p: bool((~p.X.any(axis=1)).any()),
    "repeated labels": lambda p: len(np.unique(p.y)) < len(p.y),
    "an absent class before the last": lambda p: (
        len(np.unique(p.y)) > 1 and not set(range(max(p.y))) <= set(p.y)
    ),
    "the last class absent": lambda p: max(p.y) < p.sizes[2] - 1,
    "a sample that is right by more than delta": lambda p: bool((np.nanmax(margins(p), axis=1) < 0).any()),
    "positive and negative margins": lambda p: bool((margins(p) > 0).any() and (margins(p) < 0).any()),
}

TIED: dict[str, Callable[[Problem], bool]] = {
    "one tie": lambda p: ties(p) == 1,
    "many ties": lambda p: ties(p) >= 6,
    "every pair tied": lambda p: (
        ties(p) == p.sizes[0] * (p.sizes[2] - 1) and p.sizes[0] > 1 and p.sizes[2] > 2
    ),
    "ties of equal rows": lambda p: ties(p) > 1 and _rows_repeat(p),
    "a tie beside a positive margin": lambda p: ties(p) > 0 and bool((margins(p) > 0).any()),
    "a tie beside a negative margin": lambda p: ties(p) > 0 and bool((margins(p) < 0).any()),
    "a tie of one sample alone": lambda p: p.sizes[0] == 1 and ties(p) == 1,
    "a tie with two classes": lambda p: p.sizes[2] == 2 and ties(p) > 0,
    "two ties of one sample": lambda p: bool(((margins(p) == 0).sum(axis=1) > 1).any()),
    "ties with different labels": lambda p: len(np.unique(p.y[(margins(p) == 0).any(axis=1)])) > 1,
    "a tie with reg = 0": lambda p: p.reg == 0 and ties(p) > 0,
    "a tie with reg > 0": lambda p: p.reg > 0 and ties(p) > 0,
}

SHIFTS: dict[str, Callable[[Problem], bool]] = {
    "all scores large and positive": lambda p: bool(((p.X @ p.W) > 900).all()),
    "all scores large and negative": lambda p: bool(((p.X @ p.W) < -900).all()),
    "scores near 1e8": lambda p: bool(np.abs(p.X @ p.W).max() > 5e7),
    "samples shifted apart": lambda p: float(np.ptp((p.X @ p.W).max(axis=1))) > 900,
    "the right class far ahead": lambda p: float(np.ptp(p.X @ p.W, axis=1).max()) > 900,
}


@pytest.mark.parametrize("kind", SMOOTH)
@pytest.mark.parametrize("regularized", [False, True])
def test_smooth_problems_can_have(kind: str, regularized: bool) -> None:
    assert SMOOTH[kind](find(partial(smooth_problem, regularized=regularized), SMOOTH[kind]))


@pytest.mark.parametrize("kind", TIED)
def test_tied_problems_can_have(kind: str) -> None:
    assert TIED[kind](find(partial(tied_problem, delta=1.0), TIED[kind]))


@pytest.mark.parametrize("kind", SHIFTS)
def test_shifted_problems_can_have(kind: str) -> None:
    assert SHIFTS[kind](find(shifted_problem, SHIFTS[kind]))


def test_every_drawn_batch_really_holds_every_class_of_case() -> None:
    missing = {
        (batch.name, kind)
        for batch, kinds in (
            (UNREGULARIZED, SMOOTH),
            (REGULARIZED, SMOOTH),
            (tied(1.0), TIED),
            (SHIFTED, SHIFTS),
        )
        for kind, wanted in kinds.items()
        if not any(wanted(problem) for problem in drawn(batch, 231))
    }
    assert missing == set()


def test_a_hunt_holds_every_class_of_smooth_case_too_and_is_the_same_for_the_same_seed() -> None:
    hunted = replace(REGULARIZED, hunted=True)
    problems = drawn(hunted, 7)
    assert [kind for kind, wanted in SMOOTH.items() if not any(map(wanted, problems))] == []
    again = drawn.__wrapped__(hunted, 7)
    assert [as_python(p, "f") for p in again] == [as_python(p, "f") for p in problems]


def test_a_hunt_ties_what_must_be_tied() -> None:
    assert all((margins(p) == 0).any() for p in drawn(replace(tied(1.0), hunted=True), 3))


@pytest.mark.parametrize("seed", SEEDS)
def test_smooth_problems_never_have_a_tie(seed: int) -> None:
    assert sum(ties(p) for batch in (UNREGULARIZED, REGULARIZED) for p in drawn(batch, seed)) == 0


@pytest.mark.parametrize("delta", [0.5, 1.0, 10.0])
def test_tied_problems_always_have_a_tie(delta: float) -> None:
    assert all((margins(p, delta) == 0).any() for p in drawn(tied(delta), 3))


@pytest.mark.parametrize("seed", SEEDS)
def test_problems_of_real_size_stay_away_from_ties(seed: int) -> None:
    assert min(float(np.nanmin(np.abs(margins(p)))) for p in sized_problems(seed)) > 1e-9


def test_only_the_regularized_batch_has_regularization() -> None:
    assert {p.reg for p in drawn(UNREGULARIZED, 231)} == {0.0}
    assert min(p.reg for p in drawn(REGULARIZED, 231)) > 0


def test_no_wrong_class_leads_by_more_than_naive_logarithms_survive() -> None:
    # log(exp(s_y) / sum) is -inf beyond a gap of 745, in right code too.
    gaps = [np.nanmax(margins(p, 0.0)) for p in drawn(SHIFTED, 231)]
    assert max(gaps) < 700


def test_the_same_seed_draws_the_same_cases_and_another_seed_others() -> None:
    def numbers(seed: int) -> list[bytes]:
        return [p.W.tobytes() + p.X.tobytes() + p.y.tobytes() for p in drawn.__wrapped__(UNREGULARIZED, seed)]

    assert numbers(5) == numbers(5)
    assert numbers(5) != numbers(6)


def test_the_cases_of_a_seed_are_the_same_on_every_machine_and_in_every_year() -> None:
    digest = hashlib.sha256()
    for batch in (UNREGULARIZED, REGULARIZED, tied(1.0), SHIFTED):
        for p in drawn(batch, 231):
            digest.update(repr((p.W.tolist(), p.X.tolist(), p.y.tolist(), p.reg)).encode())
    assert digest.hexdigest() == "27946123149fe0538c49010ebb2212fd6d760fd4ae98176670a6e9e47270e27d"


def test_most_drawn_cases_are_distinct() -> None:
    problems = drawn(UNREGULARIZED, 231) + drawn(REGULARIZED, 231)
    distinct = {p.W.tobytes() + p.X.tobytes() + p.y.tobytes() + np.float64(p.reg).tobytes() for p in problems}
    assert len(distinct) > 800


def test_every_loss_function_is_asked_a_thousand_drawn_cases() -> None:
    both = UNREGULARIZED.count + REGULARIZED.count
    assert min(both + tied(1.0).count, both + SHIFTED.count) >= 1000


@pytest.mark.parametrize("label_type", [np.int64, np.uint8])
def test_a_problem_prints_as_python_that_makes_it_again(label_type: type[np.integer]) -> None:
    for problem in (*drawn(REGULARIZED, 231)[:50], *sized_problems(231)):
        problem = relabelled(problem, label_type)
        seen: list[tuple[object, ...]] = []

        def keep(*arguments: object, into: list[tuple[object, ...]] = seen) -> tuple[float, None]:
            into.append(arguments)
            return 0.0, None

        exec(as_python(problem, "keep"), {"keep": keep})  # noqa: S102
        W, X, y, reg = seen[0]
        assert isinstance(y, np.ndarray)
        np.testing.assert_array_equal(W, problem.W)
        np.testing.assert_array_equal(X, problem.X)
        np.testing.assert_array_equal(y, problem.y)
        assert (y.dtype, reg) == (problem.y.dtype, problem.reg)
