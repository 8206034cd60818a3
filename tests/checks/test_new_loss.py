"""A loss that is one file beside the rubric is judged like our own: the code of docs/extending.md, as it is."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from grading.grades.grade import CheckResult
from grading.rubric.reading import RubricError, load_rubric
from grading.rubric.settings import Rubric
from grading.sandbox.client import Sandbox
from reference.losses import evaluate_of
from reference.problem import Problem
from tests.checks.handins import results_of, submission_of

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "extending.md").read_text(encoding="utf-8")

LOOPS = """
def loss(W, X, y, reg):
    total, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        for j in range(W.shape[1]):
            score = X[i].dot(W[:, j])
            target = 1.0 if j == y[i] else 0.0
            sign = 1 - 2 * target
            total += np.log1p(np.exp(-abs(score))) + max(sign * score, 0)
            dW[:, j] += (1 / (1 + np.exp(-score)) - target) * X[i]
    return total / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W
"""
BROADCAST = """
def loss(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    scores = X @ W
    targets = np.eye(C)[y]
    p = 1 / (1 + np.exp(-scores))
    total = np.sum(np.logaddexp(0, scores) - targets * scores) / N + reg * np.sum(W * W)
    return total, X.T @ (p - targets) / N + 2 * reg * W
"""
RIGHT = {
    "loops": LOOPS,
    "broadcast": BROADCAST,
    "minus_the_logarithm_of_a_sigmoid": """
def loss(W, X, y, reg):
    N = X.shape[0]
    signs = np.where(np.arange(W.shape[1]) == y[:, None], 1.0, -1.0)
    q = 1 / (1 + np.exp(-signs * X.dot(W)))
    dW = X.T.dot(-signs * (1 - q)) / N
    return -np.log(q).sum() / N + reg * (W ** 2).sum(), dW + 2 * reg * W
""",
    "log_of_1_minus_p": """
def loss(W, X, y, reg):
    p = 1 / (1 + np.exp(-X.dot(W)))
    T = np.eye(W.shape[1])[y]
    total = -np.sum(T * np.log(p) + (1 - T) * np.log(1 - p)) / len(y) + reg * np.sum(W * W)
    return total, X.T.dot(p - T) / len(y) + 2 * reg * W
""",
    "scipy_and_einsum": """
def loss(W, X, y, reg):
    from scipy.special import expit, log_expit
    N = X.shape[0]
    scores = np.einsum("nd,dc->nc", X, W)
    grad = expit(scores)
    total = -np.mean(log_expit(-scores).sum(axis=1) + scores[range(N), y])
    grad[range(N), y] -= 1
    return total + reg * np.square(W).sum(), np.einsum("nd,nc->dc", X, grad / N) + reg * (W + W)
""",
    "label_by_label": """
def loss(W, X, y, reg):
    scores = X @ W
    own = np.take_along_axis(scores, y[:, None].astype(int), axis=1)
    total = (np.maximum(scores, 0) + np.log1p(np.exp(-np.abs(scores)))).sum() - own.sum()
    e = np.exp(-np.abs(scores))
    p = np.where(scores >= 0, 1 / (1 + e), e / (1 + e))
    dW = X.T @ p
    for j in range(W.shape[1]):
        dW[:, j] -= X[y == j].sum(axis=0)
    return total / len(y) + reg * np.linalg.norm(W) ** 2, dW / len(y) + 2 * reg * W
""",
}
WRONG = {
    "regularization_without_its_2": (BROADCAST.replace("2 * reg * W", "reg * W"), "gradient"),
    "no_gradient_of_the_regularization": (BROADCAST.replace(" + 2 * reg * W", ""), "gradient"),
    "regularization_in_the_gradient_only": (BROADCAST.replace(" + reg * np.sum(W * W)", ""), "value"),
    "no_mean_in_the_gradient": (BROADCAST.replace("(p - targets) / N", "(p - targets)"), "gradient"),
    "no_mean_in_the_loss": (BROADCAST.replace("targets * scores) / N", "targets * scores)"), "value"),
    "wrong_sign": (BROADCAST.replace("(p - targets)", "(targets - p)"), "gradient"),
    "the_mean_over_the_classes_too": (BROADCAST.replace(" / N + reg", " / N / C + reg"), "value"),
    "half_the_convention": (
        BROADCAST.replace("+ reg * np", "+ 0.5 * reg * np").replace("2 * reg * W", "reg * W"),
        "value",
    ),
    "the_gradient_of_softmax": (
        BROADCAST.replace(
            "p = 1 / (1 + np.exp(-scores))", "p = np.exp(scores) / np.exp(scores).sum(1)[:, None]"
        ),
        "gradient",
    ),
}


@pytest.fixture(scope="module")
def rubric(tmp_path_factory: pytest.TempPathFactory) -> Rubric:
    folder = tmp_path_factory.mktemp("course")
    blocks = {
        kind: re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
        for kind in ("python", "toml")
    }
    (folder / "one_vs_rest.py").write_text(blocks["python"][0], encoding="utf-8")
    (folder / "rubric.toml").write_text(blocks["toml"][0], encoding="utf-8")
    return load_rubric(folder / "rubric.toml")


def results(sandbox: Sandbox, rubric: Rubric, naive: str, vectorized: str) -> dict[str, CheckResult]:
    """What becomes of a hand-in, as "naive: gradient" -> result."""
    names = {"logistic_naive": (naive, "loss"), "logistic_vectorized": (vectorized, "loss")}
    submission = submission_of(names)
    found = results_of(sandbox, submission, rubric)
    return {f"{r.function.removeprefix('logistic_')}: {r.id}": r for r in found}


@pytest.mark.parametrize("style", RIGHT)
def test_right_code_passes_in_every_style(sandbox: Sandbox, rubric: Rubric, style: str) -> None:
    found = results(sandbox, rubric, RIGHT[style], BROADCAST if style == "loops" else RIGHT[style])
    assert {name: r.message for name, r in found.items() if r.status != "passed"} == {}


@pytest.mark.parametrize("name", WRONG)
def test_a_planted_mistake_fails_with_a_small_counterexample_and_the_name_that_every_loss_shares(
    sandbox: Sandbox, rubric: Rubric, name: str
) -> None:
    code, check = WRONG[name]
    found = results(sandbox, rubric, code, BROADCAST)
    failed = found[f"naive: {check}"]
    assert failed.status == "failed"
    assert failed.counterexample is not None
    assert failed.counterexample.X is not None
    assert len(failed.counterexample.X) <= 2
    assert failed.diagnosis is not None or name == "the_gradient_of_softmax"


def test_the_loss_on_the_page_takes_at_most_ten_lines() -> None:
    code = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)[0]
    assert len(code.strip().splitlines()) <= 10


def test_the_loss_takes_the_delta_of_the_rubric() -> None:
    problem = Problem(np.zeros((1, 3)), np.ones((2, 1)), np.array([0, 1]), 0.0)
    assert evaluate_of("squared_hinge")(problem, delta=2.0).loss == 2 * 2.0**2


def test_another_text_of_the_loss_is_another_rubric(rubric: Rubric, tmp_path: Path) -> None:
    text = 'title = "t"\nseed = 1\naccuracy = {}\n'
    text += '[functions.f]\nkind = "loss"\nreference = "cube"\npoints = {value = 1}\n'
    (tmp_path / "rubric.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RubricError, match=r"no loss is called 'cube'; there are .*put cube.py beside"):
        load_rubric(tmp_path / "rubric.toml")
    (tmp_path / "cube.py").write_text("def data_loss(: pass", encoding="utf-8")
    with pytest.raises(RubricError, match="cannot be run: SyntaxError"):
        load_rubric(tmp_path / "rubric.toml")
    (tmp_path / "cube.py").write_text("from reference.svm import data_loss\n", encoding="utf-8")
    first = load_rubric(tmp_path / "rubric.toml").sha256
    (tmp_path / "rubric.toml").write_text(text + "\n", encoding="utf-8")
    assert load_rubric(tmp_path / "rubric.toml").sha256 != first
    (tmp_path / "cube.py").write_text("from reference.svm import data_loss as data_loss\n", encoding="utf-8")
    with pytest.raises(RubricError, match="two different losses"):
        load_rubric(tmp_path / "rubric.toml")
