"""Classifier classes as text, handed in and judged: what the tests of train and predict are made of."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from grading.judging.training.data import training_data
from grading.rubric.settings import Accuracy, Function, Rubric, Settings
from grading.running.from_rubric import training_plan
from grading.sandbox.client import Sandbox
from reference.mistakes import Mistake
from tests.checks.handins import Results, results_of, submission_of

LOSSES = """
def svm_loss(W, X, y, reg):
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, np.newaxis] + 1)
    margins[np.arange(N), y] = 0
    counts = (margins > 0).astype(float)
    counts[np.arange(N), y] = -counts.sum(axis=1)
    return margins.sum() / N + reg * np.sum(W * W), X.T.dot(counts) / N + 2 * reg * W

def softmax_loss(W, X, y, reg):
    N = X.shape[0]
    scores = X.dot(W)
    scores -= scores.max(axis=1, keepdims=True)
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(N), y]).mean() + reg * np.sum(W * W)
    p[np.arange(N), y] -= 1
    return loss, X.T.dot(p) / N + 2 * reg * W
"""
START = """
        if self.W is None:
            self.W = 0.001 * np.random.randn(X.shape[1], np.max(y) + 1)
"""
SIGNATURE = "learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False"
PREDICT = """
    def predict(self, X):
        return np.argmax(X.dot(self.W), axis=1)
"""
OWN_LOSS = """
    def loss(self, X_batch, y_batch, reg):
        return {loss}_loss(self.W, X_batch, y_batch, reg)
"""
# The body of a right train.
SGD = """
history = []
for _ in range(num_iters):
    rows = np.random.choice(X.shape[0], batch_size)
    loss, dW = self.loss(X[rows], y[rows], reg)
    history.append(loss)
    self.W -= learning_rate * dW
return history
"""
ACCURACY = Accuracy(threshold=0.93, learning_rate=2e-2, reg=1e-2, num_iters=100, batch_size=100, runs=2)
CHECKS = {"train": ("training", "sampling"), "predict": ("prediction",)}


@dataclass(frozen=True)
class HandedClass:
    """A class that is handed in; one of its methods is judged.

    Attributes:
        loss: "svm" or "softmax".
        methods: the text of the class's methods, indented, beside ``__init__``; ``{loss}`` is filled in.
        method: "train" or "predict".
        before: code in front of the class.
    """

    loss: str
    methods: str
    method: Literal["train", "predict"] = "train"
    before: str = ""

    def code(self, name: str) -> str:
        """The file."""
        methods = self.methods.replace("{loss}", self.loss)
        return (
            f"{LOSSES}{self.before}\nclass {name}:\n    def __init__(self):\n        self.W = None\n{methods}"
        )


def train_of(body: str, loss: str = OWN_LOSS) -> str:
    """The methods of a class whose train has a body, given without its start and indented by 8."""
    indented = textwrap.indent(textwrap.dedent(body), " " * 8)
    return f"    def train(self, X, y, {SIGNATURE}):{START}{indented}{loss}{PREDICT}"


def handed_mistake(made: Mistake, loss: str = "svm", *, direct: bool = False) -> HandedClass:
    """A mistake of the catalogue as a student's class; ``direct`` where it calls the loss function itself."""
    name = made.id.replace("-", "_")
    source = made.code.replace("def wrong(", f"def {name}(")
    if direct:
        source = source.replace("model.loss(", f"{loss}_loss(model.W, ")
    before = f"{source}\n"
    if made.subject == "predict":
        methods = f"    def predict(self, X):\n        return {name}(self, X)\n{OWN_LOSS}"
        return HandedClass(loss, methods, "predict", before)
    call = f"        return {name}(self, X, y, learning_rate, reg, num_iters, batch_size)\n"
    return HandedClass(
        loss, f"    def train(self, X, y, {SIGNATURE}):\n{call}{OWN_LOSS}{PREDICT}", "train", before
    )


def judge_classes(
    sandbox: Sandbox,
    handed: Mapping[str, HandedClass],
    seed: int = 231,
    *,
    accuracy: Accuracy | None = None,
    data_folder: Path | None = None,
) -> Results:
    """All results, by class and check; with ``accuracy``, that of train too, on digits or what is in the folder."""
    functions = {}
    for name, given in handed.items():
        checks = CHECKS[given.method] + (
            ("accuracy",) if accuracy is not None and given.method == "train" else ()
        )
        points = dict.fromkeys(checks, 1.0)
        functions[f"{name}.{given.method}"] = Function(kind=given.method, reference=given.loss, points=points)
    asked = dict.fromkeys(("svm", "softmax"), accuracy or ACCURACY)
    settings = Settings(
        title="test", seed=seed, functions=functions, accuracy={"digits": asked, "cifar10": asked}
    )
    folder = None if data_folder is None else str(data_folder)
    rubric = Rubric(settings=settings, sha256="0", data_folder=folder)
    submission = submission_of({name: (given.code(name), name) for name, given in handed.items()})
    results: Results = {name: {} for name in handed}
    shared = training_data(training_plan(rubric)).shared if accuracy is not None else None
    for result in results_of(sandbox, submission, rubric, shared):
        results[result.function.partition(".")[0]][result.id] = result
    return results
