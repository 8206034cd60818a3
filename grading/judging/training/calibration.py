"""`grader.py calibrate`: which accuracy thresholds the reference itself would pass, whatever its luck."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from grading.judging.training.baselines import loss_named
from grading.judging.training.data import training_data
from grading.judging.training.plan import TrainingPlan
from reference.calibration import Calibration, calibrate


def calibrate_plan(
    plan: TrainingPlan, seeds: int, progress: Callable[[], None] = lambda: None
) -> Iterator[tuple[str, Calibration]]:
    """Train the reference of every accuracy check of a plan from ``seeds`` seeds, with the plan's settings.

    Yields:
        The name of each reference loss ("svm", "softmax") with its results, as soon as they are known.

    Raises:
        DatasetError: the data set cannot be had.
        ValueError: fewer than 2 seeds.
    """
    split = training_data(plan).split
    for name, settings in plan.accuracy.items():
        found = calibrate(
            loss_named(name, plan),
            split,
            learning_rate=settings.learning_rate,
            reg=settings.reg,
            num_iters=settings.num_iters,
            batch_size=settings.batch_size,
            runs=settings.runs,
            seeds=seeds,
            progress=progress,
        )
        yield name, found


def report(name: str, found: Calibration, asked: float) -> Sequence[str]:
    """Lines to print: the reference's accuracy, the threshold that it allows, and the one that the rubric sets."""
    return [
        f"{name}: {len(found.correct)} seeds, {found.total} validation pictures, accuracy {found.mean:.4f} "
        f"(standard deviation {found.deviation:.4f}, lowest {min(found.correct) / found.total:.4f})",
        f"  proposed threshold {found.threshold:.2f}; the rubric asks {asked:.2f}",
        f"  at the proposal {found.least} of {found.total} still pass: {found.margin:.1f} standard deviations "
        f"below the mean; at most {found.failures.upper:.2%} of trainings fail (95 %)",
    ]
