"""A wrong dW beside the accepted ones: what is marked, how far off it is, and the proof."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from grading.grades.grade import GradientComparison
from grading.judging.gradient_comparison import compare
from reference.losses import loss_named
from reference.problem import Problem

svm = loss_named("svm")

# The margin of the second class is exactly 0: dW may be [-t, t] for every t from 0 to 1.
TIED = Problem(np.array([[1.0, 0.0]]), np.array([[1.0]]), np.array([0]), 0.0)
SMOOTH = Problem(np.array([[3.0, 0.0], [0.0, 0.0]]), np.array([[1.0, 2.0]]), np.array([1]), 0.5)


def compared(problem: Problem, dW: object) -> GradientComparison:
    accepted = svm.evaluate(problem, reg_scale=1.0, delta=1.0).gradient
    found = compare(accepted, np.asarray(dW, dtype=np.float64))
    assert found is not None
    return found


def test_at_a_kink_each_entry_has_an_interval() -> None:
    found = compared(TIED, [[0.0, 1.0]])
    assert (found.low, found.high, found.ties) == ([[-1.0, 0.0]], [[0.0, 1.0]], 1)


def test_where_each_entry_alone_could_be_right_those_are_wrong_that_do_not_go_together() -> None:
    found = compared(TIED, [[0.0, 1.0]])
    assert found.wrong == [[True, True]]
    assert found.together
    np.testing.assert_allclose(np.array(found.distance, dtype=float), [[0.5, 0.5]])


def test_the_proof_at_a_kink_is_a_direction_along_which_it_promises_too_much() -> None:
    proof = compared(TIED, [[0.0, 1.0]]).certificate
    assert proof is not None
    assert (proof.V, proof.entry, proof.rises, proof.promised) == ([[1.0, 1.0]], None, 0.0, 1.0)


def test_only_the_entry_outside_its_interval_is_wrong() -> None:
    found = compared(TIED, [[-3.0, 1.0]])
    assert found.wrong == [[True, False]]
    assert not found.together
    assert found.certificate is not None
    assert found.certificate.entry == (0, 0)


def test_off_the_kinks_both_ends_are_the_gradient_and_the_loss_rises_along_the_proof() -> None:
    right = [[4.0, -1.0], [2.0, -2.0]]
    found = compared(SMOOTH, [[4.0, -1.0], [2.0, 0.0]])
    assert (found.low, found.high, found.ties) == (right, right, 0)
    assert found.wrong == [[False, False], [False, True]]
    assert found.distance == [[0.0, 0.0], [0.0, 2.0]]
    proof = found.certificate
    assert proof is not None
    assert (proof.V[1][1], proof.rises, proof.promised) == (-1.0, 2.0, 0.0)


@pytest.mark.parametrize("hostile", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("problem", [TIED, SMOOTH], ids=["tied", "smooth"])
def test_what_is_no_number_is_wrong_and_survives_json(hostile: float, problem: Problem) -> None:
    dW = np.zeros(problem.W.shape)
    dW[0, 0] = hostile
    found = compared(problem, dW)
    assert found.wrong[0][0]
    assert found.got[0][0] is None
    assert msgspec.json.decode(msgspec.json.encode(found), type=GradientComparison) == found


def test_numbers_near_the_end_of_float64_make_no_infinite_proof() -> None:
    found = compared(SMOOTH, np.full((2, 2), 1.7e308))
    assert msgspec.json.decode(msgspec.json.encode(found), type=GradientComparison) == found


def test_what_nobody_would_look_at_entry_by_entry_is_not_compared() -> None:
    large = Problem(np.zeros((21, 20)), np.ones((1, 21)), np.array([0]), 0.0)
    accepted = svm.evaluate(large, reg_scale=1.0, delta=1.0).gradient
    assert compare(accepted, large.W) is None
