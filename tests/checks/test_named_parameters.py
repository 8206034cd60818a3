"""Losses of parameters other than W, as plain functions: the binary logistic loss, and a formula beside the rubric."""

from __future__ import annotations

from pathlib import Path

import pytest

from grading.editions.callings import as_called
from grading.grades.grade import CheckResult
from grading.rubric.reading import RubricError, load_rubric
from grading.rubric.settings import Rubric
from grading.sandbox.client import Sandbox
from tests.checks.handins import results_of, submission_of

RUBRIC = """
title = "t"
seed = 231
accuracy = {}

[functions.loss]
kind = "network"
reference = "binary_logistic"
points = { network_loss = 1, network_gradient = 1 }
"""
RIGHT = """
def loss(w, X, y, reg):
    scores = X.dot(w)
    p = 1 / (1 + np.exp(-scores))
    total = np.mean(np.logaddexp(0, scores) - y * scores) + reg * w.dot(w)
    return total, X.T.dot(p - y) / len(y) + 2 * reg * w
"""
STYLES = {
    "plain": RIGHT,
    "a dict": RIGHT.replace("return total, ", "return total, {'dw': ").replace("reg * w\n", "reg * w}\n"),
    "log(1 - p)": RIGHT.replace(
        "np.mean(np.logaddexp(0, scores) - y * scores)", "-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))"
    ),
    "sample by sample": """
def loss(w, X, y, reg):
    total, dw = 0.0, np.zeros_like(w)
    for x, t in zip(X, y):
        p = 1 / (1 + np.exp(-np.sum(w * x)))
        total += -np.log(p) if t == 1 else -np.log(1 - p)
        dw += (p - t) * x
    return total / len(y) + reg * np.sum(w ** 2), (dw / len(y) + 2 * reg * w,)
""",
}
SIGNS = """
def loss(w, X, z, reg):
    m = z * X.dot(w)
    return np.mean(np.log1p(np.exp(-m))) + reg * w.dot(w), X.T.dot(-z / (1 + np.exp(m))) / len(z) + 2 * reg * w
"""
FORMULA = """
from reference.formula import one_hot, softplus

shapes = {"w": "D", "b": "D"}


def data_loss(w, b, X, y):
    s = (X @ w[:, None])[:, 0] + b.sum()
    return (softplus(s) - one_hot(y, 2)[:, 1] * s).mean()


def penalty(w, b):
    return (w**2).sum()
"""
WITH_BIAS = """
def loss(w, b, X, y, reg):
    scores = X.dot(w) + b.sum()
    p = 1 / (1 + np.exp(-scores))
    total = np.mean(np.logaddexp(0, scores) - y * scores) + reg * w.dot(w)
    return total, {"w": X.T.dot(p - y) / len(y) + 2 * reg * w, "b": np.full_like(b, (p - y).mean())}
"""


def rubric_of(folder: Path, text: str = RUBRIC, formula: str = "") -> Rubric:
    (folder / "rubric.toml").write_text(text, encoding="utf-8")
    if formula:
        (folder / "with_bias.py").write_text(formula, encoding="utf-8")
    return load_rubric(folder / "rubric.toml")


def results(sandbox: Sandbox, rubric: Rubric, code: str) -> dict[str, CheckResult]:
    submission = as_called(submission_of({"loss": (code, "loss")}), rubric)
    return {r.id: r for r in results_of(sandbox, submission, rubric)}


def messages(found: dict[str, CheckResult]) -> list[str]:
    return [result.message for result in found.values() if result.status != "passed"]


@pytest.mark.parametrize("style", STYLES)
def test_right_code_passes_in_every_style(sandbox: Sandbox, tmp_path: Path, style: str) -> None:
    assert messages(results(sandbox, rubric_of(tmp_path), STYLES[style])) == []


def test_labels_may_be_signs(sandbox: Sandbox, tmp_path: Path) -> None:
    rubric = rubric_of(tmp_path, RUBRIC + 'arguments = ["w", "X", "signs", "reg"]\n')
    assert messages(results(sandbox, rubric, SIGNS)) == []
    wrong = results(sandbox, rubric, SIGNS.replace("z * X.dot(w)", "X.dot(w)"))["network_loss"]
    assert wrong.counterexample is not None
    assert "loss, grads = loss(w, X, signs, " in wrong.counterexample.code


@pytest.mark.parametrize(
    ("right", "wrong", "check", "said"),
    [
        (
            "/ len(y)",
            "",
            "network_gradient",
            "The data term of the gradient by w is exactly N times too large.",
        ),
        ("2 * reg", "reg", "network_gradient", "The regularization of the gradient by w is 0.5 times"),
        ("+ 2 * reg * w", "", "network_gradient", "The regularization of the gradient by w is zero."),
        ("(p - y)", "(y - p)", "network_gradient", "The data term of the gradient by w"),
        ("np.mean(", "np.sum(", "network_loss", "The data term of the loss is exactly N times too large."),
        ("+ reg * w.dot(w)", "", "network_loss", "The regularization of the loss is zero."),
    ],
)
def test_mistakes_that_every_loss_shares_are_named(
    sandbox: Sandbox, tmp_path: Path, right: str, wrong: str, check: str, said: str
) -> None:
    assert right in RIGHT
    diagnosis = results(sandbox, rubric_of(tmp_path), RIGHT.replace(right, wrong))[check].diagnosis
    assert diagnosis is not None
    assert diagnosis.title.startswith(said)


def test_a_formula_beside_the_rubric_may_have_parameters_of_its_own(sandbox: Sandbox, tmp_path: Path) -> None:
    rubric = rubric_of(tmp_path, RUBRIC.replace("binary_logistic", "with_bias"), FORMULA)
    assert messages(results(sandbox, rubric, WITH_BIAS)) == []
    told = messages(results(sandbox, rubric, WITH_BIAS.replace('"b": np', '"bias": np')))
    assert "must be called w, b; missing: b; unknown: bias." in told[0]


def test_kind_and_parameters_must_fit(tmp_path: Path) -> None:
    (tmp_path / "a_loss_of_W.py").write_text("from reference.svm import data_loss\n", encoding="utf-8")
    with pytest.raises(RubricError, match=r'a_loss_of_W.py needs shapes = {"w": "D"}'):
        rubric_of(tmp_path, RUBRIC.replace("binary_logistic", "a_loss_of_W"))
