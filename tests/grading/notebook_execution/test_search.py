"""The search in an executed notebook: what right ones may look like, and which claims are found to be false."""

from __future__ import annotations

from pathlib import Path

import pytest

from grading.sandbox.client import Sandbox
from tests.grading.notebook_execution.making import (
    PICTURES,
    SEARCH,
    TEST,
    judged,
    rubric,
)

NO_BIAS = "X_train, X_val, X_test = X_train[:, :-1], X_val[:, :-1], X_test[:, :-1]"
RIGHT = {
    "as in the course": [SEARCH, TEST],
    "without a test accuracy": [SEARCH],
    "with validation accuracies alone": [
        SEARCH + "results = {pair: two[1] for pair, two in results.items()}"
    ],
    "without lists": [SEARCH + "del learning_rates, regularization_strengths"],
    "without a bias": [
        NO_BIAS,
        SEARCH.replace("Model(10 * k + m)", "Model(10 * k + m); model.W = model.W[:-1]"),
        TEST,
    ],
    "with pixels in the order of the files": [
        "X_train, X_val, X_test = [\n"
        "    np.hstack([X[:, :-1].reshape(-1, 32, 32, 3).transpose(0, 3, 1, 2).reshape(len(X), -1), X[:, -1:]])\n"
        "    for X in (X_train, X_val, X_test)\n]",
        SEARCH,
        TEST,
    ],
    "scaled, without a mean": [
        "X_train, X_val, X_test = [\n"
        "    np.hstack([(X[:, :-1] + mean_image) / 255, X[:, -1:]]) for X in (X_train, X_val, X_test)\n]",
        SEARCH,
        TEST,
    ],
    "at random": [
        SEARCH.replace("accuracies =", "rate, strength = np.random.rand(2); accuracies =")
        + "del learning_rates"
    ],
    "twice": [SEARCH, "results = {pair: (a, b / 2) for pair, (a, b) in results.items()}  # best_svm"],
    "in single precision": [SEARCH + "best_svm.W = best_svm.W.astype(np.float32)", TEST],
}


@pytest.mark.parametrize("code", RIGHT.values(), ids=RIGHT.keys())
def test_a_right_search_keeps_every_promise(
    code: list[str], tmp_path: Path, notebooks: Sandbox, data: Path
) -> None:
    results = judged(tmp_path, notebooks, data, PICTURES, *code)
    assert {check: result.status for check, result in results.items()} == dict.fromkeys(
        ("grid", "best", "rescored", "minimum"), "passed"
    ), results


BEST_OF_ALL = "best_val = max(two[1] for two in results.values())\n"
FALSE = {
    "best_val above all results": (["best", "rescored"], SEARCH + "best_val = 0.9", "best_val is 0.9"),
    "best_val and results made up": (
        ["rescored"],
        SEARCH + "results[learning_rates[0], 1e4] = (0.9, 0.9)\n" + BEST_OF_ALL,
        "best_val says 0.9",
    ),
    "a false test accuracy": (["rescored"], SEARCH + "test_accuracy = 0.8", "test_accuracy says 0.8"),
    "another model than the best": (
        ["rescored"],
        SEARCH + "best_svm.W = -best_svm.W",
        "the grader classifies",
    ),
    "a gap in the grid": (["grid"], SEARCH + "del results[min(results)]\n" + BEST_OF_ALL, "(1e-07, 10000)"),
    "a low one": (["best"], SEARCH + "best_val = 0.0", "the best validation accuracy in results"),
    "useless weights": (
        ["rescored", "minimum"],
        SEARCH + "best_svm.W = np.ones((7, 3))",
        "no shape that fits",
    ),
    "nothing": (
        ["grid", "best", "rescored", "minimum"],
        "best_svm = None",
        "neither best_svm.W nor best_val",
    ),
}


@pytest.mark.parametrize(("failing", "code", "words"), FALSE.values(), ids=FALSE.keys())
def test_a_false_claim_is_told_so(
    failing: list[str], code: str, words: str, tmp_path: Path, notebooks: Sandbox, data: Path
) -> None:
    results = judged(tmp_path, notebooks, data, PICTURES, code)
    failed = [check for check, result in results.items() if result.status == "failed"]
    assert set(failing) <= set(failed), results
    assert any(words in result.message for result in results.values()), results
    assert all(results[check].points == 0 for check in failed)


def test_a_minimum_that_the_weights_do_not_reach_is_missed(
    tmp_path: Path, notebooks: Sandbox, data: Path
) -> None:
    results = judged(tmp_path, notebooks, data, PICTURES, SEARCH, asked=rubric(minimum=0.99))
    assert results["minimum"].status == "failed"
    assert "validation pictures correctly" in results["minimum"].message
