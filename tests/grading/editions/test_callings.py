"""Functions and classes that are called in other ways: other arguments, other layouts, constructors with arguments."""

from __future__ import annotations

import pytest

from grading.editions.callings import as_called, callings
from grading.grades.grade import CheckResult
from grading.rubric.calling import Calling
from grading.rubric.reading import load_rubric
from grading.rubric.settings import Function, Names, Rubric, Settings
from grading.sandbox.client import Sandbox
from tests.checks.classes import ACCURACY
from tests.checks.handins import results_of, submission_of

LOSS = """
def loss(data, weights, labels, *, strength, l1):
    rows = np.arange(len(data))
    scores = data.dot(weights)
    scores = scores - scores.max(axis=1, keepdims=True)
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    value = -np.mean(np.log(p[rows, labels])) + strength * np.sum(weights ** 2) + l1
    p[rows, labels] -= 1
    return value, data.T.dot(p) / len(data) + 2 * strength * weights
"""
MODEL = (
    LOSS
    + """
class Model:
    def __init__(self, features, classes, rate):
        self.W = 0.001 * np.random.randn(features, classes)
        self.rate = rate

    def fit(self, X, y, steps, reg, size):
        history = []
        for _ in range(steps):
            rows = np.random.choice(len(X), size)
            value, slope = self.loss(X[rows], y[rows], reg)
            history.append(value)
            self.W -= self.rate * slope
        return history

    def classify(self, X):
        return np.argmax(X.dot(self.W), axis=1)

    def loss(self, X, y, reg):
        return loss(X, self.W, y, strength=reg, l1=0.0)
"""
)
SETTINGS = Settings(
    title="test",
    seed=231,
    functions={
        "loss": Function(
            kind="loss",
            reference="softmax",
            points={"interface": 1, "value": 1, "gradient": 1, "vectorized": 1},
            arguments=("X", "W", "y", "strength=reg", "l1=0.0"),
        ),
        "Model.fit": Function(
            kind="train",
            reference="softmax",
            points={"training": 4, "sampling": 2, "accuracy": 5},
            arguments=("X", "y", "num_iters", "reg", "size=batch_size"),
        ),
        "Model.classify": Function(kind="predict", reference="softmax", points={"prediction": 4}),
    },
    accuracy={"digits": {"softmax": ACCURACY}},
    names=Names(),
    calling=Calling(make=("D", "C", "rate=learning_rate")),
)


def judged(sandbox: Sandbox, code: str = MODEL) -> dict[str, CheckResult]:
    rubric = Rubric(settings=SETTINGS, sha256="0")
    submission = as_called(submission_of({name: (code, name) for name in rubric.asked_names}), rubric)
    found = results_of(sandbox, submission, rubric)
    return {result.id: result for result in found}


def test_the_usual_edition_goes_through_nothing() -> None:
    assert callings(load_rubric().settings) == ()


def test_right_work_that_is_called_otherwise_gets_everything(sandbox: Sandbox) -> None:
    results = judged(sandbox).values()
    assert {r.id: (r.message, r.got) for r in results if r.status != "passed"} == {}


@pytest.mark.parametrize(
    ("right", "wrong", "check", "shown"),
    [
        ("2 * strength * weights", "strength * weights", "gradient", "loss(X, W, y, strength=1.0, l1=0.0)"),
        ("self.W -= self.rate", "self.W += self.rate", "training", "Model(1, 2, rate=1.0)"),
        ("self.W -= self.rate", "self.W += self.rate", "training", "model.fit(X, y, 1, 0.0, size=1)"),
        ("np.random.choice(len(X), size)", "np.arange(size)", "sampling", "model = Model(2, 2, rate=0.0)"),
        ("np.argmax", "np.argmin", "prediction", "model = Model(1, 2, rate=1e-3)"),
        ("0.001 *", "1000 *", "training", "Model(X.shape[1], np.max(y) + 1, rate=1.0)"),
    ],
)
def test_mistakes_are_shown_as_things_are_called(
    sandbox: Sandbox, right: str, wrong: str, check: str, shown: str
) -> None:
    assert right in MODEL
    result = judged(sandbox, MODEL.replace(right, wrong))[check]
    assert result.status == "failed"
    assert result.counterexample is not None
    assert shown in result.counterexample.code
