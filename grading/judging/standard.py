"""The standard that answers are judged by: the subset of the rubric that the checks need."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from grading.judging.exam import Part
from grading.judging.screening import Setting
from grading.judging.training.plan import TrainingPlan
from grading.rubric.settings import Function, Names


class Standard(msgspec.Struct, frozen=True, kw_only=True):
    """The standard that every function of a hand-in is judged by.

    Attributes:
        functions: the required functions, by name.
        names: the students' names for things.
        seed: the seed of all examples.
        delta: the margin of the SVM loss.
        tolerance: how far an answer may be off beyond rounding, as a share of the size of a sum.
        reg_scales: the accepted conventions of regularization, the course's first.
        exam: how much of the exam a loss gets.
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
        """The setting that a loss's answers are judged in, for one of the accepted conventions."""
        return Setting(loss, reg_scale, self.delta, self.seed, len(self.reg_scales) > 1, self.exam)
