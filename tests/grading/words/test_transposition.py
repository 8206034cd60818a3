"""What is found in one layout is said of the other: matrices, shapes, indices and words."""

from __future__ import annotations

import pytest

from grading.words.transposition import turned

PAIRS = [
    ("dW = [[1.0, 2.0, nan], [3.0, -4e-05, inf]]", "dW = [[1.0, 3.0], [2.0, -4e-05], [nan, inf]]"),
    ("np.array([[[1, 2], [3, 4]], [[5, 6], [7, 8]]])", "np.array([[[1, 3], [2, 4]], [[5, 7], [6, 8]]])"),
    ("an array of shape (4, 3) and type float64", "an array of shape (3, 4) and type float64"),
    ("np.full((12, 3), 1.0), np.zeros((3, 4))", "np.full((3, 12), 1.0), np.zeros((4, 3))"),
    ("np.tile([1.0, 2.0], (12, 1))", "np.tile([1.0, 2.0], (12, 1)).T"),
    ("np.full((2, 3, 4), 0.5)", "np.full((2, 4, 3), 0.5)"),
    ("np.random.randn(8, 4), np.random.randn(72, 8)", "np.random.randn(4, 8), np.random.randn(8, 72)"),
    ("Raise W[1, 2]: the loss rises", "Raise W[2, 1]: the loss rises"),
    ("Write axis=1: np.argmax(X.dot(self.W), axis=1).", "Write axis=0: np.argmax(self.W.dot(X), axis=0)."),
    (
        "dW is (D, C): write X.T.dot(...), with (D, N) times (N, C).",
        "dW is (C, D): write (...).dot(X.T), with (C, N) times (N, D).",
    ),
    (
        "Only the column of the right class; the last row of W.",
        "Only the row of the right class; the last column of W.",
    ),
    ("Use the same row numbers: X[rows].", "Use the same column numbers: X[:, columns]."),
    ("每列一个样本，抽取行号，最后一行。", "每行一个样本，抽取列号，最后一列。"),
]
SAME = [
    "y_batch = [0, 3, 3], shape (5,)",
    "运行时出错，下列权重，进行，取哪个都行",
    "rows of asterisks",
    "arrows and brown",
    "[[1.0, 2.0], [3.0]]",
    "loss, dW = f(W, X, y, 0.5)",
]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_what_lies_one_way_is_said_the_other_way(ours: str, theirs: str) -> None:
    assert turned(ours) == theirs


@pytest.mark.parametrize("text", SAME)
def test_what_has_no_direction_stays_as_it_is(text: str) -> None:
    assert turned(text) == text


def test_a_matrix_over_several_lines_stays_readable() -> None:
    row = "[" + ", ".join(["0.123456789"] * 4) + "]"
    tall = "[\n    " + ",\n    ".join([row] * 5) + ",\n]"
    wide = turned(f"W = np.array({tall})")
    assert wide.count("\n") == 5
    assert turned(wide) == f"W = np.array({tall})"
