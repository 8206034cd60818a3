"""Slips in train, in predict and in functions that a loss calls are found where they are, too."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest

from grading.diagnosis.repair import judges
from grading.grades.grade import Repair
from grading.judging.classifier import Classifier
from grading.judging.each_example import Example, verdict
from grading.judging.failures import Failure
from grading.judging.promise import Promise
from grading.rubric.settings import Function, Rubric, Settings
from grading.running.runner import Runner
from grading.sandbox.client import Sandbox
from tests.checks.classes import ACCURACY, CHECKS, LOSSES
from tests.checks.handins import Handed, rubric_of, submission_of

BASE = """
class Base:
    def __init__(self):
        self.W = None

    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False):
        if self.W is None:
            self.W = 0.001 * np.random.randn(X.shape[1], np.max(y) + 1)
        history = []
        for it in range(num_iters):
            rows = np.random.choice(X.shape[0], batch_size)
            loss, grad = self.loss(X[rows], y[rows], reg)
            history.append(loss)
            self.W -= learning_rate * grad
        return history

    def predict(self, X):
        scores = X.dot(self.W)
        return np.argmax(scores, axis=1)

    def loss(self, X_batch, y_batch, reg):
        return svm_loss(self.W, X_batch, y_batch, reg)


class LinearSVM(Base):
    pass
"""
HELPED = """
def _probabilities(scores):
    shifted = scores - scores.max(axis=1, keepdims=True)
    powers = np.exp(shifted)
    return powers / powers.sum(axis=1, keepdims=True)


def loss(W, X, y, reg):
    N = X.shape[0]
    P = _probabilities(X.dot(W))
    total = -np.log(P[np.arange(N), y]).mean()
    P[np.arange(N), y] -= 1
    return total + reg * np.sum(W * W), X.T.dot(P) / N + 2 * reg * W
"""
IN_METHODS = (
    ("train", "self.W -= learning", "self.W += learning"),
    ("train", "learning_rate * grad", "reg * grad"),
    ("train", "y[rows], reg", "y[:batch_size], reg"),
    ("train", "choice(X.shape[0], batch_size)", "choice(batch_size, X.shape[0])"),
    ("train", "        return history", "            return history"),
    ("predict", "axis=1", "axis=0"),
    ("predict", "X.dot(self.W)", "X.dot(self.W.T)"),
)  # fmt: skip


def method_repair(sandbox: Sandbox, code: str, method: str) -> Repair | None:
    name = f"LinearSVM.{method}"
    asked = Function(kind=method, reference="svm", points=dict.fromkeys(CHECKS[method], 1.0))  # type: ignore[arg-type]
    settings = Settings(
        title="test", seed=231, functions={name: asked}, accuracy={"digits": {"svm": ACCURACY}}
    )
    submission = submission_of({"LinearSVM": (LOSSES + code, "LinearSVM")})
    with sandbox.workers(submission) as workers:
        rubric = Rubric(settings=settings, sha256="0")
        runner = Runner(submission, workers, rubric, opening=sandbox.start)
        assert "failed" in {result.status for result in runner.results()}
        return runner.repairs().get(name)


def line_of(code: str, text: str) -> int:
    (number,) = (k for k, line in enumerate(code.split("\n"), 3) if text.strip() in line)
    return number


@pytest.mark.parametrize(("method", "was", "now"), IN_METHODS)
def test_a_slip_in_a_method_is_found_in_the_class_that_has_it(
    method: str, was: str, now: str, sandbox: Sandbox
) -> None:
    code = BASE.replace(was, now)
    repair = method_repair(sandbox, code, method)
    assert repair is not None
    (change,) = repair.changes
    assert change.line == line_of(LOSSES + code, now)
    shown = change.excerpt[change.line - change.first]
    assert shown[change.column : change.column + change.width].strip() in now


def test_a_slip_in_a_function_that_the_loss_calls_is_found_there(sandbox: Sandbox) -> None:
    code = HELPED.replace("powers.sum(axis=1", "powers.sum(axis=0")
    submission = submission_of({"loss": (code, "loss")})
    rubric = rubric_of({"loss": Handed("softmax", code)})
    with sandbox.workers(submission) as workers:
        runner = Runner(submission, workers, rubric, opening=sandbox.start)
        runner.results()
        repair = runner.repairs()["loss"]
    (change,) = repair.changes
    assert change.line == line_of(code, "powers.sum(axis=0")
    assert change.lines == [
        "-    return powers / powers.sum(axis=0, keepdims=True)",
        "+    return powers / powers.sum(axis=1, keepdims=True)",
    ]
    assert msgspec.json.encode(repair)


def test_sampling_is_asked_only_of_candidates_that_train_as_they_should(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, Failure | None]] = []

    def noted(promise: Promise, candidate: Classifier, example: Example) -> Failure | None:
        failure = verdict(promise, candidate, example)
        asked.append((promise.id, failure))
        return failure

    monkeypatch.setattr(judges, "verdict", noted)
    assert method_repair(sandbox, BASE.replace("self.W -= learning", "self.W += learning"), "train")
    before = list(pairwise(asked))
    assert {second[0] for _, second in before} == {"training", "sampling"}
    assert all(first[1] is None for first, second in before if second[0] == "sampling")
