"""Mistakes that no catalogue of answers can tell apart are named by what undoes them, or by the error and its line."""

from __future__ import annotations

import pytest

from grading.rubric.settings import RepairSettings
from grading.sandbox.client import Sandbox
from tests.checks.right_softmax import SOFTMAX_STYLES
from tests.checks.right_svm import SVM_STYLES
from tests.grading.diagnosis.repair.test_repair import HINGE, repaired

LOOPS = SVM_STYLES["loops"][0]
ROWS = SOFTMAX_STYLES["row_by_row"][0]
TURNED = """
def loss(W, X, y, reg):
    N = X.shape[1]
    S = W.dot(X)
    M = np.maximum(0, S - S[y, np.arange(N)] + 1)
    M[y, np.arange(N)] = 0
    A = (M > 0).astype(float)
    A[y, np.arange(N)] = -A.sum(axis=0)
    return M.sum() + reg * np.sum(W * W), A.dot(X.T) / N + reg * W
"""


def slipped(code: str, was: str, now: str) -> str:
    assert was in code
    return code.replace(was, now)


SLIPS = {
    "ten classes": (
        "svm",
        slipped(LOOPS, "num_classes = W.shape[1]", "num_classes = 10"),
        "classes-hard-coded",
    ),
    "ten columns": (
        "svm",
        slipped(LOOPS, "np.zeros(W.shape)", "np.zeros((W.shape[0], 10))"),
        "classes-hard-coded",
    ),
    "all labels": ("svm", slipped(LOOPS, "scores[y[i]]", "scores[y]"), "index-is-all-labels"),
    "all labels at once": (
        "softmax",
        slipped(ROWS, "np.log(p[y[i]])", "np.log(p[y])"),
        "index-is-all-labels",
    ),
    "a class's label": ("svm", slipped(LOOPS, "if j == y[i]:", "if j == y[j]:"), "labels-by-another-index"),
    "an early return": (
        "svm",
        slipped(
            LOOPS,
            "    total /= num_train\n    dW /= num_train\n    total += reg * np.sum(W * W)\n"
            "    dW += 2 * reg * W\n    return total, dW\n",
            "        total /= num_train\n        dW /= num_train\n"
            "        total += reg * np.sum(W * W)\n        dW += 2 * reg * W\n        return total, dW\n",
        ),
        "return-inside-the-loop",
    ),
    "L1": ("svm", slipped(HINGE, "np.sum(W * W)", "np.sum(np.abs(W))"), "absolute-values-in-the-penalty"),
    "epsilon": ("softmax", slipped(ROWS, "np.log(p[y[i]])", "np.log(p[y[i]] + 1e-6)"), "number-added-in-log"),
    "penalty in the loop": (
        "svm",
        slipped(
            slipped(LOOPS, "    total += reg * np.sum(W * W)\n", ""),
            "total += margin\n",
            "total += margin + reg * np.sum(W * W)\n",
        ),
        "regularization-inside-the-loop",
    ),
    "reg doubled": (
        "svm",
        slipped(HINGE, "    N = X", "    reg = 2 * reg\n    N = X").replace("2 * reg * W", "reg * W"),
        "reg-changed-before-it-is-used",
    ),
    "math": (
        "softmax",
        "import math\n" + slipped(ROWS, "np.log(p[y[i]])", "math.log(p)"),
        "math-of-an-array",
    ),
    "ones": (
        "svm",
        slipped(LOOPS, "np.zeros(W.shape)", "np.zeros(W.shape[0], W.shape[1])"),
        "shape-is-no-tuple",
    ),
    "turned, and more": ("svm", TURNED, "layout-of-2015"),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_named_where_the_catalogue_of_answers_has_no_name(name: str, sandbox: Sandbox) -> None:
    loss, code, known = SLIPS[name]
    _, results = repaired(sandbox, code, loss, repair=RepairSettings())
    named = [result.diagnosis.id for result in results.values() if result.diagnosis is not None]
    assert set(named) == {known}
