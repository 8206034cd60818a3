"""By what answers are judged: what the checks need of a rubric, and no more."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from grading.judging.exam import Part
from grading.judging.screening import Setting
from grading.judging.training.plan import TrainingPlan
from grading.rubric.settings import Function, Names


class Standard(msgspec.Struct, frozen=True, kw_only=True):
    """What every function of a hand-in is held to.

    Attributes:
        functions: what is asked for, by name.
        names: what students call things.
        seed: of all examples.
        delta: the margin of the SVM loss.
        tolerance: the share of the size of a sum by which an answer may be off beyond rounding.
        reg_scales: the conventions of regularization that are accepted, the course's first.
        exam: how much of the exam a loss is asked.
        class_loops_allowed: whether a vectorized function may loop over the classes.
        training: how classifiers are trained on the data set.
    """

    functions: Mapping[str, Function]
    names: Names
    seed: int
    delta: float
    tolerance: float
    reg_scales: tuple[float, ...]
    exam: Part
    class_loops_allowed: bool
    training: TrainingPlan

    def setting(self, loss: str, reg_scale: float) -> Setting:
        """What the answers of a loss are judged by in one of the conventions that are accepted."""
        return Setting(loss, reg_scale, self.delta, self.seed, len(self.reg_scales) > 1, self.exam)
