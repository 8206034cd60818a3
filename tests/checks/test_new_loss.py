"""A loss that is one file beside the rubric is judged like our own: the code of docs/extending.md, as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grading.grade import CheckResult
from grading.judging.runner import Runner
from grading.rubric import Rubric, RubricError, load_rubric
from grading.sandbox.client import Sandbox
from reference.losses import evaluate_of
from reference.problem import Problem
from tests.checks.handins import submission_of

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "extending.md").read_text(encoding="utf-8")

LOOPS = """
def loss(W, X, y, reg):
    total, dW = 0.0, np.zeros(W.shape)
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        for j in range(W.shape[1]):
            margin = scores[j] - scores[y[i]] + 1
            if j != y[i] and margin > 0:
                total += margin ** 2
                dW[:, j] += 2 * margin * X[i]
                dW[:, y[i]] -= 2 * margin * X[i]
    return total / X.shape[0] + reg * np.sum(W * W), dW / X.shape[0] + 2 * reg * W
"""
BROADCAST = """
def loss(W, X, y, reg):
    N = X.shape[0]
    scores = X @ W
    margins = np.maximum(0, scores - scores[range(N), y][:, None] + 1)
    margins[range(N), y] = 0
    total = np.sum(margins ** 2) / N + reg * np.sum(W * W)
    pull = 2 * margins
    pull[range(N), y] = -pull.sum(axis=1)
    return total, X.T @ pull / N + 2 * reg * W
"""
RIGHT = {
    "loops": LOOPS,
    "broadcast": BROADCAST,
    "the_label_kept_and_taken_away": """
def loss(W, X, y, reg):
    N = X.shape[0]
    scores = X @ W
    margins = (scores - scores[range(N), y][:, None] + 1).clip(min=0)
    hits = 2 * margins
    hits[range(N), y] -= 2 * margins.sum(1)
    return (margins ** 2).sum() / N - 1 + reg * (W ** 2).sum(), X.T.dot(hits) / N + 2 * reg * W
""",
    "one_hot_and_einsum": """
def loss(W, X, y, reg):
    N, C = X.shape[0], W.shape[1]
    one = np.eye(C)[y]
    scores = np.einsum("nd,dc->nc", X, W)
    m = np.where(one > 0, 0, scores - (scores * one).sum(1, keepdims=True) + 1)
    m = m * (m > 0)
    g = (m - one * m.sum(1, keepdims=True)) * (2.0 / N)
    return np.einsum("nc,nc->", m, m) / N + reg * np.square(W).sum(), np.einsum("nd,nc->dc", X, g) + reg * (W + W)
""",
}
WRONG = {
    "the_hinge_itself": (BROADCAST.replace("margins ** 2", "margins"), "value"),
    "half_the_gradient": (BROADCAST.replace("pull = 2 * margins", "pull = 1 * margins"), "gradient"),
    "the_hinge's_gradient": (BROADCAST.replace("2 * margins", "2.0 * (margins > 0)"), "gradient"),
    "square_of_the_sum": (
        BROADCAST.replace("np.sum(margins ** 2)", "np.sum(margins.sum(axis=1) ** 2)"),
        "value",
    ),
    "negative_margins_counted": (BROADCAST.replace("np.maximum(0, scores -", "(scores -"), "value"),
    "no_mean": (BROADCAST.replace("X.T @ pull / N", "X.T @ pull"), "gradient"),
    "label_column_forgotten": (LOOPS.replace("dW[:, y[i]] -= 2 * margin * X[i]", "pass"), "gradient"),
    "regularization_without_its_2": (LOOPS.replace("2 * reg * W", "reg * W"), "gradient"),
}


@pytest.fixture(scope="module")
def rubric(tmp_path_factory: pytest.TempPathFactory) -> Rubric:
    folder = tmp_path_factory.mktemp("course")
    blocks = {
        kind: re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
        for kind in ("python", "toml")
    }
    (folder / "squared_hinge.py").write_text(blocks["python"][0], encoding="utf-8")
    (folder / "rubric.toml").write_text(blocks["toml"][0], encoding="utf-8")
    return load_rubric(folder / "rubric.toml")


def results(sandbox: Sandbox, rubric: Rubric, naive: str, vectorized: str) -> dict[str, CheckResult]:
    """What becomes of a hand-in, as "naive: gradient" -> result."""
    names = {"squared_hinge_naive": (naive, "loss"), "squared_hinge_vectorized": (vectorized, "loss")}
    submission = submission_of(names)
    with sandbox.start(submission) as worker:
        found = Runner(submission, lambda _: worker, rubric).results()
    return {f"{r.function.removeprefix('squared_hinge_')}: {r.id}": r for r in found}


@pytest.mark.parametrize("style", RIGHT)
def test_right_code_passes_in_every_style(sandbox: Sandbox, rubric: Rubric, style: str) -> None:
    found = results(sandbox, rubric, RIGHT[style], BROADCAST if style == "loops" else RIGHT[style])
    assert {name: r.message for name, r in found.items() if r.status != "passed"} == {}


@pytest.mark.parametrize("name", WRONG)
def test_a_planted_mistake_fails_with_a_small_counterexample(
    sandbox: Sandbox, rubric: Rubric, name: str
) -> None:
    code, check = WRONG[name]
    found = results(sandbox, rubric, code, BROADCAST)
    failed = found[f"naive: {check}"]
    assert failed.status == "failed"
    assert failed.counterexample is not None
    assert failed.counterexample.X is not None
    assert len(failed.counterexample.X) <= 2


def test_mistakes_that_every_loss_shares_are_called_by_name(sandbox: Sandbox, rubric: Rubric) -> None:
    found = results(sandbox, rubric, WRONG["regularization_without_its_2"][0], BROADCAST)
    diagnosis = found["naive: gradient"].diagnosis
    assert diagnosis is not None
    assert "squared_hinge" in diagnosis.id
    assert "factor 2" in diagnosis.title


def test_the_loss_takes_the_delta_of_the_rubric(rubric: Rubric) -> None:
    import numpy as np

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
