"""Functions that are right for the small cases of the exam and wrong, or merely different, in real use."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grading.judging.calls_of_real_use import larger_uses, uses
from grading.judging.screening import Setting
from grading.sandbox.client import Sandbox
from reference.answer import Answer
from reference.problem import Problem
from tests.checks.handins import SOFTMAX, SVM, Handed, judge, judge_one

ONLY_WRONG = {
    "above 100 samples": "len(y) > 100",
    "above 150 samples": "len(y) > 150",
    "above 450 samples of several features": "len(y) > 450 and X.shape[1] > 1 and W.shape[1] > 2",
    "above 48 features": "X.shape[1] > 48",
    "above 160 features": "X.shape[1] > 160 and len(y) > 3",
    "above 600 features": "X.shape[1] > 600",
    "above 12 classes": "W.shape[1] > 12 and len(y) > 3",
    "above 32 classes": "W.shape[1] > 32",
    "above all of these at once": "len(y) > 100 and X.shape[1] > 100 and W.shape[1] > 5",
    "of more margins than a byte counts": "(S - S[np.arange(len(y)), y][:, None] > -1).sum() > 256 + len(y)",
    "above reg 10": "reg > 10",
    "below reg 0.1": "0 < reg < 0.1",
    "with large numbers in X": "np.abs(X).max() > 20",
    "with large numbers in X and strong regularization": "np.abs(X).max() > 20 and reg > 10",
    "with large numbers in W": "8 * np.abs(X).max() < np.abs(W).max()",
    "above reg 1000 with few samples": "reg > 100 and len(y) < 10",
    "in float32": "X.dtype != np.float64",
    "with weights in float32": "W.dtype != np.float64",
    "in Fortran order": "X.flags.f_contiguous and not X.flags.c_contiguous",
    "on views": "not (X.flags.c_contiguous or X.flags.f_contiguous)",
    "on views of labels": "not y.flags.c_contiguous",
    "on views that own nothing": "X.base is not None and X.strides[0] > X.shape[1] * 8",
    "on negative strides": "min(X.strides) < 0",
    "on what it may not write to": "not X.flags.writeable",
}
ONLY_WRONG_OF_VECTORIZED = {
    "above 256 samples and 100 features": "len(y) > 256 and X.shape[1] > 100",
    "above 1000 features": "len(y) > 10 and X.shape[1] > 1000",
    "above 500 samples": "len(y) > 500",
    "above 32 classes of many samples": "len(y) > 40 and W.shape[1] > 32",
}


@pytest.mark.parametrize("loss", ["svm", "softmax"])
@pytest.mark.parametrize("vectorized", [False, True], ids=["naive", "vectorized"])
def test_what_is_wrong_only_in_real_use_fails(sandbox: Sandbox, loss: str, vectorized: bool) -> None:
    conditions = ONLY_WRONG_OF_VECTORIZED if vectorized else ONLY_WRONG
    right = SVM if loss == "svm" else SOFTMAX
    handed = {
        f"f{k}": Handed(
            loss,
            f"{right}\ndef loss(W, X, y, reg):\n    value, dW = right(W, X, y, reg)\n    S = X.dot(W)\n"
            f"    return (0.5 * value, 0.5 * dW) if {condition} else (value, dW)\n",
            vectorized=vectorized,
        )
        for k, condition in enumerate(conditions.values())
    }
    found = judge(sandbox, handed)
    for what, results in zip(conditions, found.values(), strict=True):
        assert results["interface"].status == "passed", what
        assert {results["value"].status, results["gradient"].status} == {"failed"}, what


def test_the_smallest_sizes_that_are_wrong_are_shown_and_can_be_pasted(sandbox: Sandbox) -> None:
    code = f"{SVM}\ndef loss(W, X, y, reg): return right(W, X[:100], y[:100], reg)"
    result = judge_one(sandbox, "svm", code)["value"]
    assert "N = 101, D = 1" in result.message
    assert result.counterexample is not None
    names: dict[str, object] = {}
    pasted = result.counterexample.code.replace("= f(", "= loss(")
    exec(f"import numpy as np\n{code}\n{pasted}", names)  # noqa: S102 - it is our own
    assert result.got == f"loss = {float(names['loss'])!r}"  # type: ignore[arg-type]


@pytest.mark.parametrize("layout", ["fortran", "strided", "reversed", "read-only"])
def test_the_code_for_each_layout_makes_that_layout(layout: str) -> None:
    [use] = [use for use in uses(b"") if use.layout == layout]
    names: dict[str, Any] = {"f": lambda W, X, y, reg: (W, X, y)}
    exec(use.as_python("f").replace("loss, dW", "given"), names)  # noqa: S102 - it is our own
    W, X, y = names["given"]
    problem = use.problem
    assert all(map(np.array_equal, (W, X, y), (problem.W, problem.X, problem.y)))
    assert X.flags.c_contiguous == (layout == "read-only")
    assert X.flags.writeable == (layout != "read-only")


RIGHT_IN_FLOAT32 = [
    SVM.replace("X.T.dot(b) / n + 2 * reg * W", "(X.T.dot(b) / n + 2 * reg * W).astype(X.dtype)"),
    SVM.replace("astype(float)", "astype(X.dtype)"),
    SVM.replace("s = X.dot(W)", "s = X.dot(W).astype(X.dtype)"),
    SOFTMAX.replace("s = X.dot(W)", "s = X.dot(W).astype(X.dtype)"),
    SOFTMAX.replace("s = X.dot(W)", "W = W.astype(X.dtype)\n    s = X.dot(W)").replace(
        "loss = ", "loss = float(1) * "
    ),
    SOFTMAX.replace("return loss,", "return X.dtype.type(loss),"),
    """
def right(W, X, y, reg):
    loss, dW = 0.0, np.zeros(W.shape, X.dtype)
    for i in range(len(y)):
        s = X[i].dot(W)
        for j in range(W.shape[1]):
            margin = s[j] - s[y[i]] + 1
            if j != y[i] and margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    loss, dW = loss / len(y) + reg * np.sum(W * W), dW / len(y)
    dW += 2 * reg * W
    return loss, dW
""",
]


def test_right_code_may_work_in_the_type_of_what_it_is_given(sandbox: Sandbox) -> None:
    handed = {
        f"f{k}": Handed("svm" if "margin" in code or "np.maximum" in code else "softmax", code, "right")
        for k, code in enumerate(RIGHT_IN_FLOAT32)
    }
    for name, results in judge(sandbox, handed).items():
        assert {result.status for result in results.values()} == {"passed"}, name


def test_for_right_answers_no_bound_is_worked_out(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Problem] = []
    original = Setting.truth

    def truth(setting: Setting, problem: Problem) -> Answer:
        asked.append(problem)
        return original(setting, problem)

    monkeypatch.setattr(Setting, "truth", truth)
    for loss, code in (("svm", SVM), ("softmax", SOFTMAX)):
        results = judge_one(sandbox, loss, code.replace("def right", "def loss"))
        assert {result.status for result in results.values()} == {"passed"}
    assert not asked


def test_refusing_what_the_course_never_hands_it_is_not_wrong(sandbox: Sandbox) -> None:
    refusing = "assert X.flags.c_contiguous and X.flags.writeable"
    code = f"{SVM}\ndef loss(W, X, y, reg):\n    {refusing}\n    return right(W, X, y, reg)"
    assert {result.status for result in judge_one(sandbox, "svm", code).values()} == {"passed"}


def test_right_code_may_take_no_more_than_the_course_hands_it(sandbox: Sandbox) -> None:
    recursive = """
def right(W, X, y, reg):
    def rest(i):
        if i == len(y):
            return 0.0, np.zeros(W.shape)
        loss, dW = rest(i + 1)
        s = X[i].dot(W)
        b = (s - s[y[i]] + 1 > 0).astype(float)
        b[y[i]] = 0
        loss += (b * (s - s[y[i]] + 1)).sum()
        b[y[i]] = -b.sum()
        return loss, dW + np.outer(X[i], b)
    loss, dW = rest(0)
    return loss / len(y) + reg * np.sum(W * W), dW / len(y) + 2 * reg * W
"""
    choosing = SVM.replace("s[np.arange(n), y][:, None]", "np.choose(y, s.T)[:, None]")
    handed = {f"f{k}": Handed("svm", code, "right", True) for k, code in enumerate((recursive, choosing))}
    failed = [
        [check for check, result in results.items() if result.status != "passed"]
        for results in judge(sandbox, handed).values()
    ]
    assert failed == [["vectorized"], []]


def test_who_is_asked_what_depends_on_the_hand_in_and_on_nothing_else() -> None:
    assert uses(b"one") == uses(b"one")
    sizes = {use.sizes for digest in range(50) for use in uses(bytes([digest]))}
    assert len(sizes) > 150


def positive_margins(problem: Problem) -> int:
    scores, rows = problem.X @ problem.W, np.arange(len(problem.y))
    return int((scores - scores[rows, problem.y][:, np.newaxis] + 1.0 > 0.0).sum()) - len(rows)


def test_of_the_largest_calls_one_is_as_before_training_and_one_as_after_it() -> None:
    for digest in range(40):
        after, before = (use.problem for use in uses(bytes([digest])) if use.sizes[0] > 100)
        N, _, C = after.sizes
        assert 0.04 < positive_margins(after) / (N * (C - 1)) < 0.6
        # More than a byte can count.
        assert positive_margins(before) > 256


def test_no_row_holds_the_repeated_numbers_a_whole_number_of_times() -> None:
    for digest in range(300):
        for use in uses(digest.to_bytes(2)) + larger_uses(digest.to_bytes(2)):
            _, D, C = use.sizes
            assert C % len(use.weights)
            assert D % len(use.data)
