"""The training that a rubric requires: a small value, made when a run is set up."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from grading.rubric.settings import Accuracy, DataName


class TrainingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The data set that classifiers are trained on, and the settings.

    Attributes:
        data_name: the name of the data set.
        data_folder: where it is, unless it comes with a library.
        losses: those with a required accuracy; if there are none, no data set is needed.
        accuracy: the settings of the accuracy check for each reference loss.
        reg_scale, delta: the regularization convention for the reference, and the margin of the SVM loss.
        seconds: the deadline of a training.
        rubric_sha256: the hash of the rubric; the reference is trained once for each rubric.
    """

    data_name: DataName
    data_folder: str | None
    losses: tuple[str, ...]
    accuracy: Mapping[str, Accuracy]
    reg_scale: float
    delta: float
    seconds: float
    rubric_sha256: str

    @property
    def is_quick(self) -> bool:
        """Whether a moment is enough to load the data set and to train on it."""
        return self.data_name == "digits"
