"""Small hand-ins for tests: notebooks, scripts and zips, and names that every one of them is asked for."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from grading.intake.read import read
from grading.intake.submission import Handin, Submission

ASKED = (
    "svm_loss_naive",
    "svm_loss_vectorized",
    "softmax_loss_naive",
    "softmax_loss_vectorized",
    "LinearSVM",
    "Softmax",
)


def written(name: str, body: str = "    return X.sum(), W * reg + y.sum()\n") -> str:
    """A function that does something with X."""
    return f"def {name}(W, X, y, reg):\n{body}\n"


def empty(name: str) -> str:
    """A function as a template leaves it."""
    return f"def {name}(W, X, y, reg):\n    loss = 0.0\n    dW = np.zeros_like(W)\n    pass\n    return loss, dW\n\n"


SVM = "import numpy as np\n\n" + written("svm_loss_naive") + written("svm_loss_vectorized")
SOFTMAX = "import numpy as np\n\n" + written("softmax_loss_naive") + written("softmax_loss_vectorized")
CLASSIFIER = """
class LinearClassifier:
    def train(self, X, y):
        self.W = X.sum()

    def predict(self, X):
        return X.dot(self.W).argmax(axis=1)


class LinearSVM(LinearClassifier):
    def loss(self, X_batch, y_batch, reg):
        return svm_loss_vectorized(self.W, X_batch, y_batch, reg)


class Softmax(LinearClassifier):
    def loss(self, X_batch, y_batch, reg):
        return softmax_loss_vectorized(self.W, X_batch, y_batch, reg)
"""
EVERYTHING = SVM + SOFTMAX + CLASSIFIER
COURSE = {
    "cs231n/classifiers/__init__.py": "from .neural_net import *\n",
    "cs231n/classifiers/linear_svm.py": SVM,
    "cs231n/classifiers/softmax.py": SOFTMAX,
    "cs231n/classifiers/linear_classifier.py": "from ..classifiers.linear_svm import *\n" + CLASSIFIER,
}


def notebook(*cells: str | tuple[str, str], **changes: object) -> str:
    """A notebook as JSON; a cell is code, or (kind, text)."""
    contents = []
    for number, cell in enumerate(cells):
        kind, text = ("code", cell) if isinstance(cell, str) else cell
        content: dict[str, object] = {
            "cell_type": kind,
            "id": f"cell{number}",
            "metadata": {},
            "source": text.splitlines(keepends=True),
        }
        if kind == "code":
            content |= {"outputs": [], "execution_count": None}
        contents.append(content)
    whole = {"cells": contents, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole | changes)


def put(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write ``files`` below ``folder``."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def zipped(path: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write a zip of ``files``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def read_path(path: Path, asked: Sequence[str] = ASKED) -> Submission:
    """Read what lies at ``path`` as one hand-in."""
    return read(Handin("someone", path), asked)


def read_files(folder: Path, files: Mapping[str, str | bytes], asked: Sequence[str] = ASKED) -> Submission:
    """Write ``files`` as one hand-in and read it."""
    return read_path(put(folder / "handin", files), asked)


def read_code(folder: Path, code: str, asked: Sequence[str] = ASKED) -> Submission:
    """Read one script."""
    return read_path(put(folder, {"work.py": code}) / "work.py", asked)


def kept(submission: Submission) -> str:
    """All code that was kept, of all files."""
    return "\n".join(block.code for source in submission.sources for block in source.blocks)
