from __future__ import annotations

import pytest

from grading.sandbox.client import Sandbox
from tests.checks.handins import Handed, Results, in_batches, judge
from tests.checks.right_softmax import SOFTMAX_STYLES
from tests.checks.right_svm import SVM_STYLES

STYLES = {
    f"{loss}_{name}": Handed(loss, code, vectorized=vectorized)
    for loss, styles in (("svm", SVM_STYLES), ("softmax", SOFTMAX_STYLES))
    for name, (code, vectorized) in styles.items()
}


def test_there_are_at_least_25_styles_of_each_loss() -> None:
    assert min(len(SVM_STYLES), len(SOFTMAX_STYLES)) >= 25


@pytest.fixture(scope="module")
def results(sandbox: Sandbox) -> Results:
    return {name: found for batch in in_batches(STYLES, 9) for name, found in judge(sandbox, batch).items()}


def test_right_code_in_any_style_passes_everything(sandbox: Sandbox, results: Results) -> None:
    # The second seed goes to a part of the styles only: it is there to catch a judge that fits one seed.
    other_seed = judge(sandbox, dict(list(STYLES.items())[::4]), 7)
    failed = {
        (name, check): result.message
        for found in (results, other_seed)
        for name, checks in found.items()
        for check, result in checks.items()
        if result.status != "passed"
    }
    assert not failed


@pytest.mark.parametrize(
    ("style", "remark"),
    [
        (
            "svm_matrix_class",
            "The dW of svm_matrix_class is a numpy.matrix instead of a plain array; accepted.",
        ),
        ("svm_loss_of_shape_1", "is an array of shape (1,) instead of a plain number; accepted."),
        ("softmax_loss_0d_array_in_a_list", "returns a list instead of a tuple; accepted."),
        (
            "softmax_class_by_class",
            "It loops over the classes in Python; accepted, since there are few of them.",
        ),
    ],
)
def test_what_is_unusual_but_right_passes_with_a_remark(results: Results, style: str, remark: str) -> None:
    assert any(remark in said for result in results[style].values() for said in result.remarks)
