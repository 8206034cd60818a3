"""What each check takes away, and from whom."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from grading.grades.grade import CheckResult
from grading.sandbox.client import Sandbox
from reference.mistakes import CATALOGUE
from tests.checks.handins import HEADER, SOFTMAX, SVM, Handed, handed_mistake, judge, judge_one
from tests.checks.right_softmax import SOFTMAX_STYLES
from tests.checks.right_svm import SVM_STYLES

BY_ID = {mistake.id: mistake for mistake in CATALOGUE}


def failed(results: dict[str, CheckResult]) -> set[str]:
    return {check for check, result in results.items() if result.status in ("failed", "error")}


def lost(results: dict[str, CheckResult]) -> set[str]:
    return {check for check, result in results.items() if result.points < result.max_points}


@pytest.mark.parametrize(
    "mistake", ["softmax-no-shift", "softmax-shift-by-the-overall-maximum", "softmax-shift-by-the-mean"]
)
def test_a_right_softmax_that_overflows_loses_stability_only(sandbox: Sandbox, mistake: str) -> None:
    results = judge(sandbox, {"f": handed_mistake(BY_ID[mistake])})["f"]
    assert lost(results) == {"stability"}


@pytest.mark.parametrize(
    ("loss", "code"),
    [
        ("svm", SVM_STYLES["loops"][0]),
        ("svm", SVM_STYLES["row_by_row"][0]),
        ("svm", SVM_STYLES["recursion"][0]),
        ("softmax", SOFTMAX_STYLES["plain_python"][0]),
        ("softmax", SOFTMAX_STYLES["row_by_row"][0]),
    ],
)
def test_a_right_function_that_loops_over_samples_loses_vectorized_only(
    sandbox: Sandbox, loss: str, code: str
) -> None:
    results = judge(sandbox, {"f": Handed(loss, code, vectorized=True)})["f"]
    assert lost(results) == {"vectorized"}


def test_loops_over_classes_lose_vectorized_only_where_the_rubric_says_so(sandbox: Sandbox) -> None:
    handed = {"f": Handed("svm", SVM_STYLES["class_by_class"][0], vectorized=True)}
    assert lost(judge(sandbox, handed, class_loops_allowed=False)["f"]) == {"vectorized"}


@pytest.mark.parametrize("mistake", [m.id for m in CATALOGUE if m.checks == ("kinks",)])
def test_what_is_wrong_only_at_ties_loses_kinks_only(sandbox: Sandbox, mistake: str) -> None:
    results = judge(sandbox, {"f": handed_mistake(BY_ID[mistake])})["f"]
    assert lost(results) == {"kinks"}
    assert "your gradient promises" in results["kinks"].message


def test_a_forward_difference_is_no_gradient_at_a_tie(sandbox: Sandbox) -> None:
    code = """
    def value(W, X, y, reg):
        N = X.shape[0]
        S = X.dot(W)
        M = np.maximum(0, S - S[np.arange(N), y][:, None] + 1)
        M[np.arange(N), y] = 0
        return M.sum() / N + reg * np.sum(W * W)

    def loss(W, X, y, reg):
        N = X.shape[0]
        S = X.dot(W)
        M = S - S[np.arange(N), y][:, None] + 1
        M[np.arange(N), y] = -1
        rising = np.where(M == 0, 1.0, M > 0)
        falling = np.where(M == 0, 0.0, M > 0)
        own = np.eye(W.shape[1])[y]
        up = np.maximum(X, 0).T.dot(rising) + np.minimum(X, 0).T.dot(falling)
        down = np.maximum(X, 0).T.dot(own * falling.sum(1)[:, None])
        down += np.minimum(X, 0).T.dot(own * rising.sum(1)[:, None])
        return value(W, X, y, reg), (up - down) / N + 2 * reg * W
    """
    assert lost(judge_one(sandbox, "svm", code)) == {"kinks"}


@pytest.mark.parametrize("loss", ["svm", "softmax"])
def test_zeros_earn_nothing_on_value_and_gradient(sandbox: Sandbox, loss: str) -> None:
    code = "def loss(W, X, y, reg): return 0.0, np.zeros_like(W)"
    results = judge_one(sandbox, loss, code)
    assert results["value"].points == results["gradient"].points == 0
    assert {check for check, result in results.items() if result.status == "passed"} == {"interface"}


@pytest.mark.parametrize("reg_scale", [0.5, 1.0])
def test_either_convention_is_right_where_the_rubric_accepts_both(sandbox: Sandbox, reg_scale: float) -> None:
    code = (
        SVM_STYLES["broadcasting"][0]
        .replace("reg *", f"{reg_scale} * reg *")
        .replace("2 * reg * W", f"2 * {reg_scale} * reg * W")
    )
    assert "2 * 0" in code or "2 * 1" in code
    results = judge_one(sandbox, "svm", code, reg_scale="either")
    assert lost(results) == set()


def test_loss_and_gradient_must_follow_the_same_convention(sandbox: Sandbox) -> None:
    code = SVM_STYLES["broadcasting"][0].replace("reg * np.sum", "0.5 * reg * np.sum")
    results = judge_one(sandbox, "svm", code, reg_scale="either")
    assert failed(results) == {"gradient"}


WRONG_LOSSES = {
    "data term": ("np.sum(margins) / num_train", "np.sum(margins)"),
    "penalty left out": ("reg * np.sum(W * W)", "0.0"),
    "penalty of another kind": ("reg * np.sum(W * W)", "reg * np.sum(W)"),
    "data term, and the penalty of the other convention": (
        "np.sum(margins) / num_train + reg",
        "np.sum(margins) + 0.5 * reg",
    ),
}


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("wrong", WRONG_LOSSES)
def test_a_right_gradient_passes_in_either_convention_whatever_the_loss_is(
    sandbox: Sandbox, wrong: str, half: bool
) -> None:
    code = SVM_STYLES["broadcasting"][0]
    before, after = WRONG_LOSSES[wrong]
    assert before in code
    code = code.replace(before, after)
    code = code.replace("2 * reg * W", "reg * W") if half else code
    results = judge_one(sandbox, "svm", code, reg_scale="either")
    assert results["value"].status == "failed"
    assert results["gradient"].status == "passed"


@pytest.mark.parametrize("delta", [0.5, 10.0])
def test_the_margin_is_the_one_of_the_rubric(sandbox: Sandbox, delta: float) -> None:
    code = SVM_STYLES["broadcasting"][0]
    assert failed(judge_one(sandbox, "svm", code, delta=delta)) >= {"value", "gradient"}
    assert lost(judge_one(sandbox, "svm", code.replace("1.0", str(delta)), delta=delta)) == set()


COMMON = [
    "svm-reg-gradient-without-2",
    "softmax-reg-gradient-without-2",
    "svm-reg-missing-in-gradient",
    "svm-gradient-not-averaged",
    "softmax-nothing-averaged",
    "svm-label-column-missing",
    "svm-label-class-not-skipped",
    "softmax-p-instead-of-p-minus-1",
    "svm-last-sample-only",
    "svm-tie-counted-for-the-label-only",
]


@pytest.mark.parametrize("mistake", COMMON)
def test_a_counterexample_of_a_common_mistake_is_small_and_shows_the_failure_when_its_code_is_run(
    sandbox: Sandbox, mistake: str
) -> None:
    handed = handed_mistake(BY_ID[mistake])
    results = [result for result in judge(sandbox, {"f": handed})["f"].values() if result.counterexample]
    assert results
    for result in results:
        assert result.counterexample is not None
        W, X = result.counterexample.W, result.counterexample.X
        assert W is not None
        assert X is not None
        assert (len(X), len(W), len(W[0])) <= (2, 3, 3)
        assert len(W) <= 3
        assert len(W[0]) <= 3
        assert {abs(entry) for row in (*W, *X) for entry in row} <= {0.0, 0.25, 0.5, 1.0, 2.0, 3.0}
        names: dict[str, Any] = {}
        exec(HEADER + handed.code + f"\nf = {handed.entry}\n" + result.counterexample.code, names)  # noqa: S102
        assert result.got is not None
        if result.id == "value":
            assert result.got == f"loss = {float(names['loss'])!r}"
            assert result.expected is not None
            assert not math.isclose(
                float(result.expected.removeprefix("loss = ")), names["loss"], rel_tol=1e-9
            )
        else:
            assert result.got == f"dW = {np.asarray(names['dW']).tolist()}"
            assert result.expected != result.got


@pytest.mark.parametrize("calls", [20, 35, 50, 75, 90, 110, 125, 145])
def test_a_function_that_ends_its_process_after_some_calls_fails_though_it_does_well_in_the_next(
    sandbox: Sandbox, calls: int
) -> None:
    ending = f"""
import os
CALLS = [0]
def ending(W, X, y, reg):
    CALLS[0] += 1
    if CALLS[0] == {calls}:
        os._exit(3)
    return loss(W, X, y, reg)
"""
    results = judge(sandbox, {"f": Handed("svm", SVM_STYLES["loops"][0] + ending, entry="ending")})["f"]
    assert failed(results)


_KEEPING = """
KEPT = {{}}
def keeping(W, X, y, reg):
    key = {key}
    new = right(W, X, y, reg)
    if key not in KEPT:
        {forget}
        KEPT[key] = new
    old = KEPT[key]
    return {returned}
"""


@pytest.mark.parametrize("loss", ["svm", "softmax"])
@pytest.mark.parametrize("forget", ["pass", "KEPT.clear()"], ids=["all answers", "the last answer"])
def test_a_function_that_keeps_answers_and_finds_them_again_without_one_of_its_arguments_fails(
    sandbox: Sandbox, loss: str, forget: str
) -> None:
    arguments = {"W": "W.tobytes()", "X": "X.tobytes()", "y": "tuple(y)", "reg": "reg"}
    right = SVM if loss == "svm" else SOFTMAX
    handed = {}
    for ignored in arguments:
        key = ", ".join(["W.shape", "X.shape", *(arguments[name] for name in arguments if name != ignored)])
        for what, returned in (("loss", "old[0], new[1]"), ("dW", "new[0], old[1].copy()")):
            code = right + _KEEPING.format(key=key, forget=forget, returned=returned)
            handed[f"{what}_without_{ignored}"] = Handed(loss, code, "keeping")
    for name, results in judge(sandbox, handed).items():
        assert failed(results), name
