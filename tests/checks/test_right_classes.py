from __future__ import annotations

import textwrap

import pytest

from grading.sandbox.client import Sandbox
from tests.checks.classes import OWN_LOSS, HandedClass, judge_classes
from tests.checks.handins import Results
from tests.checks.right_classes import RIGHT_PREDICTS, RIGHT_TRAINS


def _predicting(body: str) -> str:
    return "    def predict(self, X):\n" + textwrap.indent(body, " " * 8) + "\n" + OWN_LOSS


def handed_styles(loss: str) -> dict[str, HandedClass]:
    trains = {f"Train_{name}": HandedClass(loss, methods) for name, methods in RIGHT_TRAINS.items()}
    predicts = {
        f"Predict_{name}": HandedClass(loss, _predicting(body), "predict")
        for name, body in RIGHT_PREDICTS.items()
    }
    return trains | predicts


def _failed(results: Results) -> dict[tuple[str, str], str]:
    return {
        (name, check): f"{result.message} {result.got}"
        for name, checks in results.items()
        for check, result in checks.items()
        if result.status != "passed"
    }


@pytest.fixture(scope="module")
def of_svm(sandbox: Sandbox) -> Results:
    return judge_classes(sandbox, handed_styles("svm"))


def test_right_train_and_predict_pass_in_any_style(sandbox: Sandbox, of_svm: Results) -> None:
    assert _failed(of_svm) == _failed(judge_classes(sandbox, handed_styles("softmax"), 11)) == {}


def test_there_are_at_least_10_styles_of_train() -> None:
    assert len(RIGHT_TRAINS) >= 10


@pytest.mark.parametrize(
    ("style", "remark"),
    [
        ("Train_seeds_inside", "it seeds them itself; accepted"),
        ("Train_without_verbose", "takes no argument verbose; accepted"),
        ("Train_without_defaults", "has no defaults; accepted"),
        ("Train_other_defaults", "num_iters=30 instead of 100; accepted"),
        ("Train_starts_from_zeros_and_keeps_notes", "starts from weights of 0; accepted"),
        ("Train_matrix", "self.W is a numpy.matrix instead of a plain array; accepted"),
        ("Train_loss_and_gradient_asked_separately", "more or less often than once in a step; accepted"),
        ("Train_shuffled_once", "shuffles the rows once"),
        ("Predict_floats", "returns its labels as floats; accepted"),
        ("Predict_list", "returns a list instead of an array; accepted"),
    ],
)
def test_what_is_unusual_but_right_passes_with_a_remark(of_svm: Results, style: str, remark: str) -> None:
    assert any(remark in said for result in of_svm[style].values() for said in result.remarks)


def test_what_everybody_writes_passes_without_a_remark(of_svm: Results) -> None:
    for style in ("course", "unseeded_generator", "calls_the_function_itself"):
        assert [result.remarks for result in of_svm[f"Train_{style}"].values()] == [[], []]


def test_a_wrong_loss_does_not_make_a_right_train_fail(sandbox: Sandbox) -> None:
    wrong = "\ndef svm_loss(W, X, y, reg):\n    return 3 * (X.dot(W)[:, 0]).mean() + reg, 2 * X.T.dot(X.dot(W)) + 1\n"
    handed = {name: HandedClass("svm", methods, before=wrong) for name, methods in RIGHT_TRAINS.items()}
    assert _failed(judge_classes(sandbox, handed)) == {}
