"""What a function can reach: whatever may change a verdict changes the fingerprint, and little else does."""

from __future__ import annotations

from pathlib import Path

import pytest

from grading.entrances.watching.reach import Reached, reached
from grading.intake.read import read
from grading.intake.submission import Handin
from grading.rubric.reading import load_rubric

RUBRIC = load_rubric(None)
WORK = '''
import numpy as np
import matplotlib.pyplot as plt
DELTA = 1.0

def scored(W, X):
    return X.dot(W)

def svm_loss_naive(W, X, y, reg):
    scores = scored(W, X)
    return float(reg), W * DELTA

def svm_loss_vectorized(W, X, y, reg):
    return float(reg), W * DELTA

def softmax_loss_naive(W, X, y, reg):
    """As svm_loss_naive."""
    return float(reg), W

def softmax_loss_vectorized(W, X, y, reg):
    return float(reg), W

class Linear:
    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False):
        self.W = np.zeros((2, 2))
        return [self.loss(X, y, reg)]

    def predict(self, X):
        return X.dot(self.W).argmax(axis=1)

class LinearSVM(Linear):
    def loss(self, X, y, reg):
        return svm_loss_vectorized(self.W, X, y, reg)

class Softmax(Linear):
    def loss(self, X, y, reg):
        return softmax_loss_vectorized(self.W, X, y, reg)
'''
SVM = {"svm_loss_naive", "svm_loss_vectorized", "LinearSVM.train", "LinearSVM.predict"}
METHODS = {"LinearSVM.train", "LinearSVM.predict", "Softmax.train", "Softmax.predict"}
SOFTMAX = {"softmax_loss_naive", "softmax_loss_vectorized", "Softmax.train"}
ALL = set(RUBRIC.settings.functions)


def fingerprints(folder: Path, text: str) -> dict[str, Reached]:
    file = folder / "work.py"
    file.write_text(text, encoding="utf-8")
    return reached(read(Handin("work", file), RUBRIC.asked_names), RUBRIC)


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("return X.dot(W)", "return X @ W", SVM - {"LinearSVM.predict"}),
        ("DELTA = 1.0", "DELTA = 2.0", SVM),
        ("import numpy as np", "import numpy  as np  # the same", set()),
        ("As svm_loss_naive.", "Said in other words.", SOFTMAX),
        (".argmax(axis=1)", ".argmin(axis=1)", METHODS),
        ("class LinearSVM(Linear):", "class LinearSVM(Linear):\n    kind = 1", METHODS & SVM),
        ("DELTA = 1.0", "DELTA = 1.0\nscale = np.float64(3)", ALL),
        ("DELTA = 1.0", "DELTA = 1.0\n\ndef nobody_calls_this():\n    return 1", set()),
        ("class Softmax(Linear):", "setattr(Linear, 'train', scored)\nclass Softmax(Linear):", ALL),
    ],
)
def test_a_change_reaches_what_it_may_decide_about_and_no_more(
    tmp_path: Path, old: str, new: str, changed: set[str]
) -> None:
    before, after = fingerprints(tmp_path, WORK), fingerprints(tmp_path, WORK.replace(old, new))
    assert {name for name in ALL if before[name].code != after[name].code} == changed


@pytest.mark.parametrize(
    "line",
    [
        "scores = globals()['sco' + 'red'](W, X)",
        "global DELTA",
        "np.seterr(all='raise')",
        "scored.calls = 1",
        "scores = getattr(np, 'd' + 'ot')(X, W)",
    ],
)
def test_what_reaches_further_than_names_tell_reaches_everything(tmp_path: Path, line: str) -> None:
    work = WORK.replace("scores = scored(W, X)", line)
    before, after = fingerprints(tmp_path, work), fingerprints(tmp_path, work + "\ndef one_more(): pass\n")
    assert before["svm_loss_naive"].code != after["svm_loss_naive"].code
    assert before["softmax_loss_naive"].code == after["softmax_loss_naive"].code


def test_what_functions_may_change_while_they_run_reaches_everything(tmp_path: Path) -> None:
    work = WORK.replace("DELTA = 1.0", "DELTA = 1.0\nseen = []").replace(
        "return X.dot(W)", "return seen or X.dot(W)"
    )
    before, after = fingerprints(tmp_path, work), fingerprints(tmp_path, work + "\ndef one_more(): pass\n")
    assert before["svm_loss_vectorized"].code != after["svm_loss_vectorized"].code


def test_where_a_function_stands_decides_about_words_only(tmp_path: Path) -> None:
    before, after = fingerprints(tmp_path, WORK), fingerprints(tmp_path, "\n" + WORK)
    assert {name for name in ALL if before[name].code != after[name].code} == set()
    assert {name for name in ALL if before[name].text != after[name].text} == ALL
