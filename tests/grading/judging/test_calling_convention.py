"""Other names of methods, attributes and arguments, and plain functions instead of a class: a setting of the rubric."""

from __future__ import annotations

import pytest

from grading.grades.grade import CheckResult
from grading.rubric.settings import Function, Names, Rubric, Settings
from grading.sandbox.client import Sandbox
from tests.checks.classes import ACCURACY, LOSSES
from tests.checks.handins import results_of, submission_of

NAMES = Names(
    weights="theta",
    loss="cost",
    learning_rate="lr",
    reg="l2",
    num_iters="steps",
    batch_size="size",
    verbose="loud",
)
CLASS = (
    LOSSES
    + """
class Model:
    def __init__(self):
        self.theta = None

    def fit(self, X, y, lr=1e-3, l2=1e-5, steps=100, size=200, loud=False):
        if self.theta is None:
            self.theta = 0.001 * np.random.randn(X.shape[1], np.max(y) + 1)
        history = []
        for step in range(steps):
            rows = np.random.choice(len(X), size)
            loss, slope = self.cost(X[rows], y[rows], l2)
            history.append(loss)
            self.theta -= lr * slope
        return history

    def classify(self, X):
        return np.argmax(X.dot(self.theta), axis=1)

    def cost(self, X_batch, y_batch, reg):
        return softmax_loss(self.theta, X_batch, y_batch, reg)
"""
)
PLAIN = (
    LOSSES
    + """
def train(X, y, W=None, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False):
    if W is None:
        W = 0.001 * np.random.randn(X.shape[1], np.max(y) + 1)
    history = []
    for step in range(num_iters):
        rows = np.random.choice(len(X), batch_size)
        loss, dW = svm_loss(W, X[rows], y[rows], reg)
        history.append(loss)
        W = W - learning_rate * dW
    return W, history

def predict(W, X):
    return np.argmax(X.dot(W), axis=1)
"""
)


def judged(
    sandbox: Sandbox, code: str, train: str, predict: str, names: Names, loss: str
) -> dict[str, CheckResult]:
    # Wrong code fails before: what it would reach says nothing.
    reached = {"accuracy": 5.0} if code in (CLASS, PLAIN) else {}
    functions = {
        train: Function(kind="train", reference=loss, points={"training": 4.0, "sampling": 2.0} | reached),
        predict: Function(kind="predict", reference=loss, points={"prediction": 4}),
    }
    if "." not in train:  # of what a plain function trains with, nothing is known but what else is asked for
        functions["svm_loss"] = Function(kind="loss", reference=loss, points={"interface": 1})
    settings = Settings(
        title="test", seed=231, functions=functions, accuracy={"digits": {loss: ACCURACY}}, names=names
    )
    asked = {name.partition(".")[0]: (code, name.partition(".")[0]) for name in functions}
    submission = submission_of(asked)
    found = results_of(sandbox, submission, Rubric(settings=settings, sha256="0"))
    return {result.id: result for result in found}


def of_class(sandbox: Sandbox, code: str = CLASS) -> dict[str, CheckResult]:
    return judged(sandbox, code, "Model.fit", "Model.classify", NAMES, "softmax")


def of_functions(sandbox: Sandbox, code: str = PLAIN) -> dict[str, CheckResult]:
    return judged(sandbox, code, "train", "predict", Names(), "svm")


def test_a_right_class_with_other_names_gets_everything(sandbox: Sandbox) -> None:
    assert {r.id: r.message for r in of_class(sandbox).values() if r.status != "passed"} == {}


def test_right_plain_functions_get_everything(sandbox: Sandbox) -> None:
    assert {r.id: r.message for r in of_functions(sandbox).values() if r.status != "passed"} == {}


@pytest.mark.parametrize(
    ("right", "wrong", "check", "shown"),
    [
        (
            "self.theta -= lr",
            "self.theta += lr",
            "training",
            ["model = Model()", "model.theta = ", "model.fit(X, y, lr="],
        ),
        ("np.random.choice(len(X), size)", "np.arange(size)", "sampling", ["model.cost = ", "size=4"]),
        ("axis=1)\n\n    def cost", "axis=0)\n\n    def cost", "prediction", ["model.classify("]),
    ],
)
def test_mistakes_in_a_class_are_shown_in_its_own_names(
    sandbox: Sandbox, right: str, wrong: str, check: str, shown: list[str]
) -> None:
    assert right in CLASS
    result = of_class(sandbox, CLASS.replace(right, wrong))[check]
    assert result.status == "failed"
    assert result.counterexample is not None
    for part in shown:
        assert part in result.counterexample.code


@pytest.mark.parametrize(
    ("right", "wrong", "check", "shown"),
    [
        (
            "W = W - learning_rate * dW",
            "W = W + learning_rate * dW",
            "training",
            "W, history = train(X, y, W=W",
        ),
        ("W = W - learning_rate * dW", "pass", "training", "print(W)"),
        ("return W, history", "return history", "training", "W, history = train("),
        ("np.random.choice(len(X), batch_size)", "np.arange(batch_size)", "sampling", "print(history)"),
        ("history.append(loss)", "history.append(2 * loss)", "training", "print(history)"),
        ("0.001 *", "1000 *", "training", "W = None"),
        ("X.dot(W), axis=1", "X.dot(W), axis=0", "prediction", "print(predict(W, "),
    ],
)
def test_mistakes_in_plain_functions_are_caught(
    sandbox: Sandbox, right: str, wrong: str, check: str, shown: str
) -> None:
    assert right in PLAIN
    result = of_functions(sandbox, PLAIN.replace(right, wrong))[check]
    assert result.status == "failed"
    assert result.counterexample is not None
    assert shown in result.counterexample.code
