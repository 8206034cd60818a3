"""Accuracies that a notebook shows as handed in, held against those that come out when it is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from grading.notebook_execution.claims import accuracies, compare
from grading.sandbox.client import Sandbox
from tests.grading.notebook_execution.making import PICTURES, SEARCH, hand_in, notebook, run

BEST = "best validation accuracy achieved during cross-validation: "


@pytest.mark.parametrize(
    ("line", "share"),
    [
        (BEST + "0.390000", 0.39),
        ("linear SVM on raw pixels final test set accuracy: 0.37", 0.37),
        ("test accuracy = 37.5%", 0.375),
        ("Test accuracy: 37.5", 0.375),
        ("training accuracy: 0.3, validation accuracy: 0.4", 0.4),
        ("softmax (lr 1e-7) accuracy 1.0", 1.0),
        ("测试准确率: 0.36", 0.36),
    ],
)
def test_an_accuracy_is_read_from_a_line(line: str, share: float) -> None:
    assert [value for _, _, value in accuracies(line)] == [pytest.approx(share)]


@pytest.mark.parametrize(
    "line",
    [
        "lr 1e-07 reg 2.5e+04 train accuracy: 0.37 val accuracy: 0.38",
        "loss: 0.38",
        "accuracy is nice",
        "accuracy 17 of 20",
    ],
)
def test_other_lines_claim_nothing(line: str) -> None:
    assert list(accuracies(line)) == []


def test_a_result_that_comes_out_nearly_so_is_confirmed_and_another_is_not() -> None:
    saved = {3: BEST + "0.545", 4: "test accuracy: 0.37", 5: "final accuracy: 0.4"}
    claims = compare(saved, {3: BEST + "0.386", 4: "test accuracy: 0.365"})
    assert [(claim.cell, claim.got, claim.reproduced) for claim in claims] == [
        *((3, 0.386, False), (4, 0.365, True), (5, None, False)),
    ]


def test_a_false_claim_in_the_saved_output_is_listed_for_a_person(
    tmp_path: Path, notebooks: Sandbox, data: Path
) -> None:
    text = notebook(PICTURES, SEARCH, saved={2: BEST + "0.945000\n"})
    [one] = run(hand_in(tmp_path, {"svm.ipynb": text}), notebooks, data).execution.notebooks
    [claim] = one.claims
    assert (claim.cell, claim.claimed, claim.reproduced) == (2, 0.945, False)
