"""The losses that are shipped beside the two of the course: right code passes, in several styles."""

from __future__ import annotations

from pathlib import Path

import pytest

from grading.editions.callings import as_called
from grading.intake.find import find
from grading.intake.read import read
from grading.rubric.reading import load_rubric
from grading.sandbox.client import Sandbox
from tests.checks.handins import judge_one, plain_source, results_of
from tests.reference.right_others import huber_loops, squared_hinge_loops

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"

STYLES = {
    "huber": {
        "loops": plain_source(huber_loops).replace("huber_loops", "loss"),
        "the square less what is beyond": """
            def loss(W, X, y, reg):
                N = X.shape[0]
                scores = X @ W
                margins = (scores - scores[range(N), y][:, None] + 1).clip(min=0)
                margins[range(N), y] = 0
                slopes = np.where(margins < 1, margins, 1)
                total = np.where(margins < 1, margins ** 2 / 2, margins - 1 / 2).sum() / N
                slopes[range(N), y] = -slopes.sum(1)
                return total + reg * (W ** 2).sum(), X.T.dot(slopes) / N + 2 * reg * W
        """,
    },
    "logistic": {
        "log(1 - p) and p": """
            def loss(W, X, y, reg):
                N = X.shape[0]
                T = np.eye(W.shape[1])[y]
                p = 1 / (1 + np.exp(-X.dot(W)))
                total = -np.sum(T * np.log(p) + (1 - T) * np.log(1 - p)) / N
                return total + reg * np.sum(W * W), X.T.dot(p - T) / N + 2 * reg * W
        """,
        "the chain rule by hand": """
            def loss(W, X, y, reg):
                N = X.shape[0]
                T = np.eye(W.shape[1])[y]
                p = 1 / (1 + np.exp(-X @ W))
                total = -np.mean(np.sum(np.where(T == 1, np.log(p), np.log(1 - p)), axis=1))
                dp = np.where(T == 1, -1 / p, 1 / (1 - p))
                return total + reg * np.sum(W ** 2), X.T @ (dp * p * (1 - p)) / N + 2 * reg * W
        """,
    },
    "squared_hinge": {
        "loops": plain_source(squared_hinge_loops).replace("squared_hinge_loops", "loss"),
        "the label kept and taken away": """
            def loss(W, X, y, reg):
                N = X.shape[0]
                scores = X @ W
                margins = (scores - scores[range(N), y][:, None] + 1).clip(min=0)
                hits = 2 * margins
                hits[range(N), y] -= 2 * margins.sum(1)
                return (margins ** 2).sum() / N - 1 + reg * (W ** 2).sum(), X.T.dot(hits) / N + 2 * reg * W
        """,
    },
    "svm_l1": {
        "sign": """
            def loss(W, X, y, reg):
                N = X.shape[0]
                scores = X @ W
                margins = np.maximum(0, scores - scores[range(N), y][:, None] + 1)
                margins[range(N), y] = 0
                pulls = 1.0 * (margins > 0)
                pulls[range(N), y] = -pulls.sum(1)
                return margins.sum() / N + reg * np.abs(W).sum(), X.T @ pulls / N + reg * np.sign(W)
        """,
        "a slope of 1 where a weight is 0": """
            def loss(W, X, y, reg):
                total, dW = reg * np.linalg.norm(W.ravel(), 1), reg * np.where(W >= 0, 1.0, -1.0)
                for i, label in enumerate(y):
                    margins = X[i] @ W - X[i] @ W[:, label] + 1
                    for j in range(W.shape[1]):
                        if j != label and margins[j] >= 0:
                            total += margins[j] / len(y)
                            dW[:, j] += X[i] / len(y)
                            dW[:, label] -= X[i] / len(y)
                return total, dW
        """,
    },
}


@pytest.mark.parametrize(("loss", "style"), [(loss, style) for loss in STYLES for style in STYLES[loss]])
def test_right_code_passes_in_every_style(sandbox: Sandbox, loss: str, style: str) -> None:
    results = judge_one(sandbox, loss, STYLES[loss][style])
    failed = {check: r.message for check, r in results.items() if r.status != "passed"}
    if loss == "logistic":
        # At ordinary scale the digits that log(1 - p) loses are worth no more than a remark.
        assert "np.logaddexp" in failed.pop("stability")
    assert failed == {}


def test_a_slope_beyond_those_of_the_absolute_value_fails(sandbox: Sandbox) -> None:
    code = STYLES["svm_l1"]["sign"].replace("reg * np.sign(W)", "reg * np.where(W == 0, 2, np.sign(W))")
    assert judge_one(sandbox, "svm_l1", code)["gradient"].status == "failed"


def test_the_example_deserves_all_points(sandbox: Sandbox) -> None:
    rubric = load_rubric(EXAMPLES / "losses.toml")
    (handin,) = find([EXAMPLES / "ada.py"])
    submission = as_called(read(handin, list(rubric.settings.functions)), rubric)
    results = results_of(sandbox, submission, rubric)
    assert {f"{r.function}: {r.id}": r.message for r in results if r.status != "passed"} == {}
