"""`grader.py calibrate`: which accuracy thresholds the reference itself would pass, whatever its luck."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from grading.rubric import Accuracy, Rubric
from reference.calibration import Calibration, calibrate
from reference.datasets import load
from reference.problem import Problem
from reference.sgd import Loss


def calibrate_rubric(rubric: Rubric, dataset: str, seeds: int) -> Iterator[tuple[str, Calibration]]:
    """Train the reference of every accuracy check of a rubric from ``seeds`` seeds, with the rubric's settings.

    Yields:
        The name of each reference loss ("svm", "softmax") with what it reached, as soon as it is known.

    Raises:
        DatasetError: the data set cannot be had.
        ValueError: fewer than 2 seeds.
    """
    split = load(dataset)
    for name, settings in rubric.settings.accuracy.items():
        found = calibrate(
            _loss(name, rubric),
            split,
            learning_rate=settings.learning_rate,
            reg=settings.reg,
            num_iters=settings.num_iters,
            batch_size=settings.batch_size,
            runs=settings.runs,
            seeds=seeds,
        )
        yield name, found


def _loss(name: str, rubric: Rubric) -> Loss:
    """The reference loss in the rubric's convention, as train calls it."""
    evaluate = importlib.import_module(f"reference.{name}").evaluate
    scale = rubric.settings.reg_scale
    reg_scale = 1.0 if isinstance(scale, str) else scale

    def loss(
        W: NDArray[np.float64], X: NDArray[np.float64], y: NDArray[np.int64], reg: float
    ) -> tuple[float, NDArray[np.float64]]:
        answer = evaluate(Problem(W, X, y, reg), reg_scale=reg_scale, delta=rubric.settings.delta)
        return answer.loss, answer.gradient.base

    return loss


def report(name: str, found: Calibration, asked: Accuracy) -> Sequence[str]:
    """Lines to print: what the reference reached, what that allows to ask, and what the rubric asks."""
    return [
        f"{name}: {len(found.correct)} seeds, {found.total} validation pictures, accuracy {found.mean:.4f} "
        f"(standard deviation {found.deviation:.4f}, lowest {min(found.correct) / found.total:.4f})",
        f"  proposed threshold {found.threshold:.2f}; the rubric asks {asked.threshold:.2f}",
        f"  at the proposal {found.least} of {found.total} still pass: {found.margin:.1f} standard deviations "
        f"below the mean; at most {found.failures.upper:.2%} of trainings fail (95 %)",
    ]
