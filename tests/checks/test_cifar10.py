"""Training on pictures in the layout of CIFAR-10: right code passes, and what is wrong fails, however it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from grading.rubric.settings import Accuracy
from grading.sandbox.client import Sandbox
from tests.checks.classes import SGD, HandedClass, judge_classes, train_of
from tests.checks.handins import Results
from tests.reference import cifar10_layout as layout

SETTINGS = Accuracy(threshold=0.8, learning_rate=1e-6, reg=1e3, num_iters=150, batch_size=50, runs=2)

WRONG = {
    "WrongSign": SGD.replace("self.W -=", "self.W +="),
    "NoUpdate": SGD.replace("self.W -= learning_rate * dW", "pass"),
    "WrongLabels": SGD.replace("y[rows]", "np.random.permutation(y[rows])"),
    "TimesN": SGD.replace("learning_rate * dW", "learning_rate * X.shape[0] * dW"),
    "TimesBatch": SGD.replace("learning_rate * dW", "learning_rate * batch_size * dW"),
    "OneBatchOnly": SGD.replace(
        "np.random.choice(X.shape[0], batch_size)", "np.arange(batch_size) % X.shape[0]"
    ),
}

HARMLESS = {
    "ChangesX": "X -= 3.0\n" + SGD.lstrip("\n"),
    "ShufflesEveryTime": SGD.replace(
        "for _ in range(num_iters):\n",
        "for step in range(num_iters):\n    if step % 20 == 0:\n"
        "        order = np.random.permutation(X.shape[0])\n        X, y = X[order], y[order]\n",
    ),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return layout.write(tmp_path_factory.mktemp("cifar10"), count=200, pictures=layout.learnable)


@pytest.fixture(scope="module")
def results(sandbox: Sandbox, folder: Path) -> Results:
    """With the SVM, and right training with softmax, too: what is wrong with a train is the same with either."""
    bodies = {"Right": SGD, **WRONG, **HARMLESS}
    handed = {name: HandedClass("svm", train_of(body)) for name, body in bodies.items()}
    handed["RightSoftmax"] = HandedClass("softmax", train_of(SGD))
    return judge_classes(sandbox, handed, accuracy=SETTINGS, data_folder=folder)


@pytest.mark.parametrize("name", ["Right", "RightSoftmax"])
def test_right_training_passes(name: str, results: Results) -> None:
    assert {check: result.status for check, result in results[name].items()} == dict.fromkeys(
        ("training", "sampling", "accuracy"), "passed"
    )


@pytest.mark.parametrize("name", WRONG)
def test_wrong_training_fails(name: str, results: Results) -> None:
    assert "failed" in {result.status for result in results[name].values()}


@pytest.mark.parametrize("name", ["WrongSign", "NoUpdate", "WrongLabels"])
def test_what_learns_nothing_fails_the_accuracy_too(name: str, results: Results) -> None:
    assert results[name]["accuracy"].status == "failed"


@pytest.mark.parametrize("name", HARMLESS)
def test_what_a_training_does_to_its_data_reaches_no_other(name: str, results: Results) -> None:
    assert results[name]["accuracy"].status == "passed"
    assert results["Right"]["accuracy"].status == "passed"
