"""Many problems evaluated together: the answers of each by itself."""

from __future__ import annotations

import numpy as np
import pytest

from grading.judging.promise import promise_of
from grading.judging.screening import Setting, problems_of
from reference.answer import Answer
from reference.losses import evaluate_all, evaluate_of
from reference.problem import Problem

SETTING = Setting("svm", 1.0, 1.0, 231)
PROBLEMS = tuple(
    problem
    for check, every in (("value", 5), ("kinks", 2), ("stability", 2), ("interface", 1))
    for drawing in promise_of(check).drawings
    for problem in problems_of(drawing, SETTING)[::every]
)


def same(one: Answer, other: Answer) -> bool:
    """But for the order in which NumPy sums."""
    return (
        abs(one.loss - other.loss) <= 0.1 * one.loss_bound
        and bool((np.abs(one.gradient.base - other.gradient.base) <= 0.1 * one.gradient.bound).all())
        and one.loss_bound == pytest.approx(other.loss_bound, rel=1e-12)
        and np.allclose(one.gradient.bound, other.gradient.bound, rtol=1e-12, atol=0.0)
        and one.gradient.ties == other.gradient.ties
        and all(map(np.array_equal, one.gradient.interval(), other.gradient.interval()))
    )


@pytest.mark.parametrize("name", ["svm", "softmax"])
@pytest.mark.parametrize(("reg_scale", "delta"), [(1.0, 1.0), (0.5, 0.25)])
def test_every_problem_gets_its_own_answer_in_its_own_place(
    name: str, reg_scale: float, delta: float
) -> None:
    alone = [evaluate_of(name)(problem, reg_scale=reg_scale, delta=delta) for problem in PROBLEMS]
    together = evaluate_all(name, PROBLEMS, reg_scale=reg_scale, delta=delta)
    assert len(together) == len(PROBLEMS)
    for one, other in zip(alone, together, strict=True):
        assert same(one, other)


@pytest.mark.parametrize("name", ["svm", "softmax"])
def test_one_problem_with_scores_far_apart_does_not_widen_the_bounds_of_another(name: str) -> None:
    near = Problem(np.array([[1.0, -2.0]]), np.array([[0.5]]), np.array([0]), 0.0)
    far = Problem(np.array([[1e17, -2e17]]), np.array([[0.5]]), np.array([0]), 0.0)
    for together in (
        evaluate_all(name, pair, reg_scale=1.0, delta=1.0) for pair in ((near, far), (far, near))
    ):
        assert any(same(evaluate_of(name)(near), answer) for answer in together)
        assert any(same(evaluate_of(name)(far), answer) for answer in together)


def test_no_answer_beyond_float64_for_one_is_none_for_all() -> None:
    good = Problem(np.ones((1, 2)), np.ones((1, 1)), np.array([0]), 0.0)
    huge = Problem(np.full((1, 2), 1e308), np.full((1, 1), 1e308), np.array([0]), 0.0)
    for name in ("svm", "softmax"):
        with pytest.raises(OverflowError, match="no float64 answer"):
            evaluate_all(name, (good, huge), reg_scale=1.0, delta=1.0)
