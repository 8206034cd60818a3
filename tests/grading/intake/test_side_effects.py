"""Whether calls of one function may change what another one does, as told by the text."""

from __future__ import annotations

from pathlib import Path

import pytest

from grading.intake.read import read
from grading.intake.submission import Handin

WORK = '''
import numpy as np
DELTA = 1.0
table = {}

def scored(W, X, shift=0.0):
    """Uses globals() of nobody."""
    scores = X.dot(W)
    with open("notes.txt", "rb") as file:
        scores[:, 0] += len(file.read())
    scores[:, 0] += shift
    return scores

class Linear:
    def __init__(self):
        self.W = None

    def train(self, X, y):
        def step():
            self.W = self.W - 1
        return [step()]

plt.rcParams["figure.figsize"] = (8, 6)
'''


def is_independent(folder: Path, text: str) -> bool:
    file = folder / "work.py"
    file.write_text(text, encoding="utf-8")
    return read(Handin("work", file), ["scored", "Linear"]).independent


def test_functions_that_change_only_what_is_their_own_are_independent(tmp_path: Path) -> None:
    assert is_independent(tmp_path, WORK)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("scores = X.dot(W)", "global DELTA"),
        ("scores = X.dot(W)", "scores = table.setdefault(0, X.dot(W))"),
        ("scores = X.dot(W)", "scored.calls = scores = X.dot(W)"),
        ("scores = X.dot(W)", "np.dot = scores = X.dot(W)"),
        ("scores = X.dot(W)", "setattr(np, 'dot', 1)"),
        ("scores = X.dot(W)", "scores = eval('X.dot(W)')"),
        ("shift=0.0", "shift=[]"),
        ("class Linear:", "class Linear:\n    calls = []"),
        ("def scored", "@np.vectorize\ndef scored"),
        ("            self.W =", "            Linear.W ="),
        ("scores = X.dot(W)", "numbers = np\n    numbers.seen = scores = X.dot(W)"),
        ("scores = X.dot(W)", "np.seterr(over='raise')"),
        ("scores = X.dot(W)", "warnings.filterwarnings('error')"),
        ("scores = X.dot(W)", "open('kept', 'w')"),
        ("scores = X.dot(W)", "open('kept', mode=kind)"),
        ("scores = X.dot(W)", "np.save('kept', W)"),
        ("            self.W =", "            self.__class__.W ="),
        ("class Linear:", "class Linear:\n    class State:\n        ready = False"),
        ("def scored", "if DELTA:\n  def also(): pass\ndef scored"),
        ('plt.rcParams["figure.figsize"] = (8, 6)', "scored.calls = []"),
    ],
)
def test_functions_that_may_leave_something_behind_are_not(tmp_path: Path, old: str, new: str) -> None:
    assert old in WORK
    assert not is_independent(tmp_path, WORK.replace(old, new))
