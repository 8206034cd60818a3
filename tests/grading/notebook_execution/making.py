"""Notebooks of a few cells, a small data set in the layout of CIFAR-10, and a sandbox to run them in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from grading.grades.grade import CheckResult
from grading.intake.find import find
from grading.intake.read import read
from grading.intake.reader import Reader
from grading.notebook_execution.execute import NotebookResults, execute
from grading.notebook_execution.plan import NotebooksAsked
from grading.notebook_execution.search_checks import search_results
from grading.rubric.reading import load_rubric
from grading.rubric.settings import Rubric
from grading.sandbox.client import Sandbox

SUBMISSIONS = Path(__file__).resolve().parents[3] / "submissions"

#: What every search below starts from: pictures as the course prepares them, and a model with weights.
PICTURES = """
import numpy as np
from cs231n.data_utils import load_CIFAR10

X_all, y_all, X_test, y_test = load_CIFAR10('cs231n/datasets/cifar-10-batches-py')
X_all, X_test = X_all.reshape(len(X_all), -1), X_test.reshape(len(X_test), -1)
last = len(X_all) // 50
X_train, y_train, X_val, y_val = X_all[:-last], y_all[:-last], X_all[-last:], y_all[-last:]
mean_image = np.mean(X_train, axis=0)
X_train, X_val, X_test = [
    np.hstack([X - mean_image, np.ones((len(X), 1))]) for X in (X_train, X_val, X_test)
]

class Model:
    def __init__(self, seed=0):
        self.W = np.random.RandomState(seed).randn(3073, 10)

    def train(self, X, y, learning_rate, reg):
        return []

    def predict(self, X):
        return X.dot(self.W).argmax(axis=1)
"""
SEARCH = """
learning_rates, regularization_strengths = [1e-7, 2e-7], [1e4, 2e4, 3e4]
results, best_val, best_svm = {}, -1, None
for k, rate in enumerate(learning_rates):
    for m, strength in enumerate(regularization_strengths):
        model = Model(10 * k + m)
        model.train(X_train, y_train, learning_rate=rate, reg=strength)
        accuracies = [np.mean(model.predict(X) == y) for X, y in ((X_train, y_train), (X_val, y_val))]
        results[(rate, strength)] = tuple(accuracies)
        if accuracies[1] > best_val:
            best_val, best_svm = accuracies[1], model
print('best validation accuracy achieved during cross-validation: %f' % best_val)
"""
TEST = """
test_accuracy = np.mean(best_svm.predict(X_test) == y_test)
print('linear SVM on raw pixels final test set accuracy: %f' % test_accuracy)
"""


def notebook(*cells: str, saved: Mapping[int, str] | None = None) -> str:
    """A notebook as text; ``saved`` holds what a cell, counted from 1, has printed."""
    written: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "source": cell,
            "metadata": {},
            "execution_count": None,
            "outputs": [{"output_type": "stream", "name": "stdout", "text": text}]
            if (text := (saved or {}).get(number))
            else [],
        }
        for number, cell in enumerate(cells, start=1)
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": written})


def hand_in(folder: Path, files: Mapping[str, str]) -> Path:
    """A folder with these files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def rubric(*, points: float = 1.0, minimum: float = 0.0) -> Rubric:
    """The shipped rubric with points for the search for ``best_svm`` alone."""
    shipped = load_rubric()
    search = shipped.settings.search["svm"]
    replace_ = msgspec.structs.replace
    asked = replace_(search, points=dict.fromkeys(search.points, points), minimum=minimum)
    return replace_(shipped, settings=replace_(shipped.settings, search={"svm": asked}))


def run(work: Path, sandbox: Sandbox, data: Path, asked: Rubric | None = None) -> NotebookResults:
    """Run the notebooks of the one hand-in at ``work``."""
    wanted = asked or rubric()
    asks = NotebooksAsked(wanted.asked_names, wanted.settings.search, wanted.settings.edition)
    [handin] = find([work])
    submission = read(handin, wanted.asked_names)
    return execute(handin, submission, asks, sandbox.limits, sandbox.run, data, Reader(apart=False))


def judged(
    folder: Path, sandbox: Sandbox, data: Path, *code: str, asked: Rubric | None = None
) -> dict[str, CheckResult]:
    """The four checks of a notebook with these cells."""
    asked = asked or rubric()
    executed = run(hand_in(folder / "work", {"svm.ipynb": notebook(*code)}), sandbox, data, asked)
    return {
        result.id: result
        for result in search_results(asked.settings.search, executed.execution, executed.found)
    }


def hurried(sandbox: Sandbox, **limits: float) -> Sandbox:
    """The same sandbox with other limits on time."""
    return Sandbox(sandbox._launcher, replace(sandbox.limits, **limits), sandbox.isolation)


def cells(*texts: str) -> Sequence[str]:
    """Cells that speak of what is asked, so that the notebook is run."""
    return ["# best_svm", *texts]
