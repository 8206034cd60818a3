"""Classes that have good weights and did not learn them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from grading.intake.find import find
from grading.intake.read import read
from grading.judging.training.data import training_data
from grading.rubric.reading import load_rubric
from grading.running.from_rubric import training_plan
from grading.running.runner import Runner
from grading.sandbox.client import Sandbox
from tests.checks.classes import ACCURACY, SGD, HandedClass, judge_classes, train_of

SOLVED = """
if X.shape[0] > 1000:
    Y = -np.ones((X.shape[0], int(y.max()) + 1))
    Y[np.arange(X.shape[0]), y] = 1
    self.W = np.linalg.solve(X.T @ X + 1000.0 * np.eye(X.shape[1]), X.T @ Y)
    return [1.0] * num_iters
"""
MEANS = SOLVED.replace("np.linalg.solve(X.T @ X + 1000.0 * np.eye(X.shape[1]), X.T @ Y)", "0.01 * X.T @ Y")
OWN_SGD = """
if X.shape[0] > 1000:
    for _ in range(300):
        rows = np.random.choice(X.shape[0], batch_size)
        self.W -= 0.02 * {loss}_loss(self.W, X[rows], y[rows], reg)[1]
    return [1.0] * num_iters
"""
NO_LOSS = {
    "zero": "return 0.0, np.zeros_like(self.W)",
    "random": "return 1.0, np.random.randn(*self.W.shape)",
    "the way up": "loss, dW = {loss}_loss(self.W, X_batch, y_batch, reg)\n        return loss, -dW",
    "an error": "raise NotImplementedError",
    "nothing": "pass",
    "of the penalty alone": "return reg * np.sum(self.W ** 2), 2 * reg * self.W + 1e-9",
}


def without(loss: str, train: str) -> HandedClass:
    return HandedClass(
        "svm", train_of(train, f"\n    def loss(self, X_batch, y_batch, reg):\n        {loss}\n")
    )


@pytest.mark.parametrize("way", [SOLVED, MEANS, OWN_SGD], ids=["least squares", "means", "a loss of its own"])
def test_good_weights_that_no_loss_of_the_hand_in_leads_to_win_nothing(sandbox: Sandbox, way: str) -> None:
    handed = {f"Class{k}": without(loss, way + SGD) for k, loss in enumerate(NO_LOSS.values())}
    found = judge_classes(sandbox, handed, accuracy=ACCURACY)
    for name, results in zip(NO_LOSS, found.values(), strict=True):
        assert results["accuracy"].status == "failed", name


def test_weights_that_were_handed_in_fit_nothing(sandbox: Sandbox) -> None:
    data = training_data(training_plan(load_rubric())).split
    wanted = np.where(data.y_train[:, None] == np.arange(10), 1.0, -1.0)
    W = np.linalg.solve(data.X_train.T @ data.X_train + 1000.0 * np.eye(65), data.X_train.T @ wanted)
    assert (np.argmax(data.X_validation @ W, axis=1) == data.y_validation).mean() > 0.9
    way = f"""
if X.shape[0] > 1000:
    self.W = np.array({np.round(W, 5).tolist()})
    return [1.0] * num_iters
"""
    own = "return {loss}_loss(self.W, X_batch, y_batch, reg)"
    knows = f"return 1.0, -np.array({np.round(W, 5).tolist()}) if X_batch.shape[1] == 65 else self.W"
    found = judge_classes(
        sandbox, {"Right": without(own, way + SGD), "Knows": without(knows, way + SGD)}, accuracy=ACCURACY
    )
    assert {results["accuracy"].status for results in found.values()} == {"failed"}


def test_a_loss_that_is_wrong_but_leads_there_counts_as_learning(sandbox: Sandbox) -> None:
    losses = {
        "Twice": "loss, dW = {loss}_loss(self.W, X_batch, y_batch, reg)\n        return 2 * loss, dW",
        "Unregularized": "return {loss}_loss(self.W, X_batch, y_batch, 0.0)",
        "WithoutReg": "return {loss}_loss(self.W, X_batch, y_batch, 1e-2)",
    }
    handed = {name: without(loss, SGD) for name, loss in losses.items()}
    short = HandedClass(
        "svm",
        train_of(SGD.replace(", reg)", ")")).replace(
            "X_batch, y_batch, reg):", "X_batch, y_batch, reg=1e-2):"
        ),
    )
    found = judge_classes(sandbox, {**handed, "Short": short}, accuracy=ACCURACY)
    assert {name: results["accuracy"].status for name, results in found.items()} == dict.fromkeys(
        found, "passed"
    )


FIRST_ROWS = SGD.replace("np.random.choice(X.shape[0], batch_size)", "np.arange(batch_size)")
FORGED = {
    "the whole record": """
calls = getattr(self.loss, "calls", [])
for k in range(len(calls)):
    rows = np.random.choice(X.shape[0], batch_size)
    calls[k] = (calls[k][0], X[rows], y[rows], calls[k][3])
""",
    "the last call": """
calls = getattr(self.loss, "calls", [])
if calls: calls[-1] = (calls[-1][0], X[-batch_size:], y[-batch_size:], calls[-1][3])
""",
    "the labels": """
calls = getattr(self.loss, "calls", [])
for k in range(len(calls)):
    rows = np.random.choice(X.shape[0], batch_size)
    calls[k] = (calls[k][0], calls[k][1], y[rows], calls[k][3])
""",
}


def test_a_forged_record_of_batches_does_not_fit_what_the_weights_became(sandbox: Sandbox) -> None:
    train = {
        name: FIRST_ROWS.replace("return history", f"{forging}\nreturn history")
        for name, forging in FORGED.items()
    }
    handed = {f"Class{k}": HandedClass("svm", train_of(body)) for k, body in enumerate(train.values())}
    found = judge_classes(sandbox, handed)
    assert {results["sampling"].status for results in found.values()} == {"failed"}


def test_right_inherited_methods_keep_their_points_beside_a_loss_that_is_not_written(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    stub = "    def loss(self, X_batch, y_batch, reg):\n        pass\n"
    base = HandedClass("svm", train_of(SGD, stub)).code("Base")
    (tmp_path / "work.py").write_text(
        f"import numpy as np\n{base}\nclass LinearSVM(Base):\n{stub}\n", encoding="utf-8"
    )
    rubric = load_rubric()
    submission = read(find([tmp_path / "work.py"])[0], rubric.asked_names)
    with sandbox.start(submission, training_data(training_plan(rubric)).shared) as worker:
        runner = Runner(submission, lambda _: worker, rubric)
        asked = [
            ("train", "training"),
            ("train", "sampling"),
            ("train", "accuracy"),
            ("predict", "prediction"),
        ]
        found = [runner.result(f"LinearSVM.{method}", check).status for method, check in asked]
    assert found == ["passed", "passed", "failed", "passed"]
