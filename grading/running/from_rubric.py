"""Extracts from the rubric the small settings object that each stage of a run needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grading.judging.training.plan import TrainingPlan
from grading.rubric.settings import Rubric

if TYPE_CHECKING:
    from grading.judging.standard import Standard


def standard_of(rubric: Rubric) -> Standard:
    """Extract the settings that answers are judged by."""
    from grading.judging.standard import Standard

    settings = rubric.settings
    return Standard(
        functions=settings.functions,
        names=settings.names,
        seed=settings.seed,
        delta=settings.delta,
        tolerance=settings.tolerance,
        reg_scales=settings.reg_scales,
        exam=settings.exam.size,
        class_loops_allowed=settings.class_loops_allowed,
        training=training_plan(rubric),
    )


def training_plan(rubric: Rubric) -> TrainingPlan:
    """Extract what classifiers are trained on, and how."""
    settings = rubric.settings
    trained = (asked.reference for asked in settings.functions.values() if "accuracy" in asked.points)
    return TrainingPlan(
        data_name=rubric.data_name,
        data_folder=rubric.data_folder,
        losses=tuple(dict.fromkeys(trained)),
        accuracy=settings.accuracy.get(rubric.data_name, {}),
        reg_scale=settings.reg_scales[0],
        delta=settings.delta,
        seconds=settings.limits.training_seconds,
        rubric_sha256=rubric.sha256,
    )
