"""What training a rubric asks for: a small value, made where a run is set up."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from grading.rubric.settings import Accuracy, DataName


class TrainingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """On which data set classifiers are trained, and how.

    Attributes:
        data_name: the data set.
        data_folder: where it is, if it is not one that comes with a library.
        losses: of which an accuracy is asked for; none, and no data set is needed.
        accuracy: for each reference loss, how the accuracy check trains.
        reg_scale, delta: the convention in which the reference is trained, and the margin of the SVM loss.
        seconds: the deadline of a training.
        rubric_sha256: of the rubric that says so; the reference is trained once for each.
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
