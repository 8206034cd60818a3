"""What is off by more than rounding, and by so little that it is only worth a remark."""

from __future__ import annotations

import numpy as np
import pytest

from grading.grades.grade import CheckResult
from grading.judging.precision import epsilon_of
from grading.sandbox.client import Sandbox
from reference.losses import evaluate_of
from reference.problem import Problem
from tests.checks.handins import judge_one

PROBABILITIES = """
def loss(W, X, y, reg):
    N = X.shape[0]
    scores = X.dot(W)
    scores -= scores.max(axis=1, keepdims=True)
    e = np.exp(scores)
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(N), y]{epsilon}).sum() / N + reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W
"""
# Each probability is 1 less the others: off by a roundoff of 1, where it is tiny.
WHAT_THE_OTHERS_LEAVE = """
def loss(W, X, y, reg):
    N = X.shape[0]
    scores = X.dot(W)
    scores -= scores.max(axis=1, keepdims=True)
    e = np.exp(scores)
    total = e.sum(axis=1, keepdims=True)
    loss = (np.log(total[:, 0]) - scores[np.arange(N), y]).sum() / N + reg * np.sum(W * W)
    p = 1 - (total - e) / total
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W
"""
CENTRAL_DIFFERENCES = """
def value(W, X, y, reg):
    scores = X.dot(W)
    scores -= scores.max(axis=1, keepdims=True)
    return (np.log(np.exp(scores).sum(1)) - scores[np.arange(len(y)), y]).mean() + reg * np.sum(W * W)

def loss(W, X, y, reg):
    dW = np.zeros(W.shape)
    for k in np.ndindex(W.shape):
        step = np.zeros(W.shape)
        step[k] = 1e-5
        dW[k] = (value(W + step, X, y, reg) - value(W - step, X, y, reg)) / 2e-5
    return value(W, X, y, reg), dW
"""


def statuses(results: dict[str, CheckResult]) -> dict[str, str]:
    return {check: result.status for check, result in results.items()}


def test_a_tiny_number_in_the_logarithm_passes_with_a_remark_that_names_it_and_fails_where_it_matters(
    sandbox: Sandbox,
) -> None:
    results = judge_one(sandbox, "softmax", PROBABILITIES.format(epsilon=" + 1e-15"))
    assert statuses(results) == {
        "interface": "passed", "value": "passed", "gradient": "passed", "stability": "failed", "symmetry": "passed",
    }  # fmt: skip
    assert any("adds 1e-15 inside the logarithm" in remark for remark in results["value"].remarks)


@pytest.mark.parametrize("epsilon", [" + 1e-8", " + 1e-11"])
def test_a_larger_number_in_the_logarithm_fails(sandbox: Sandbox, epsilon: str) -> None:
    assert judge_one(sandbox, "softmax", PROBABILITIES.format(epsilon=epsilon))["value"].status == "failed"


def test_a_roundoff_of_1_where_the_probability_is_tiny_passes_with_a_remark(sandbox: Sandbox) -> None:
    results = judge_one(sandbox, "softmax", WHAT_THE_OTHERS_LEAVE)
    assert set(statuses(results).values()) == {"passed"}
    assert any("more than rounding" in remark for remark in results["gradient"].remarks)


def test_central_differences_are_not_precise_enough_unless_the_rubric_says_so(sandbox: Sandbox) -> None:
    assert judge_one(sandbox, "softmax", CENTRAL_DIFFERENCES)["gradient"].status == "failed"
    assert judge_one(sandbox, "softmax", CENTRAL_DIFFERENCES, tolerance=1e-4)["gradient"].status == "passed"


def test_right_code_hears_nothing_of_precision(sandbox: Sandbox) -> None:
    for results in judge_one(sandbox, "softmax", PROBABILITIES.format(epsilon="")).values():
        assert (results.status, results.remarks) == ("passed", [])


@pytest.mark.parametrize("epsilon", [1e-15, 2.5e-14, 1e-8])
def test_the_number_in_the_logarithm_is_found_again(epsilon: float) -> None:
    problem = Problem(np.array([[6.0, -6.0, 1.0]]), np.array([[1.0], [2.0]]), np.array([1, 1]), 0.5)
    truth = evaluate_of("softmax")(problem)
    scores = problem.X @ problem.W
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    loss = -np.log(p[:, 1] + epsilon).mean() + 0.5 * np.sum(problem.W**2)
    assert epsilon_of(problem.X @ problem.W, problem.y, float(loss), truth) == epsilon
    assert epsilon_of(problem.X @ problem.W, problem.y, float(loss) - 1e-3, truth) is None or epsilon > 1e-9
    assert epsilon_of(problem.X @ problem.W, problem.y, truth.loss + 1.0, truth) is None
