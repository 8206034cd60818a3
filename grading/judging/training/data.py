"""The data set to train classifiers on: loaded once, into memory that workers can map, and identified by its hash."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec
import numpy as np
from msgspec.structs import replace

from grading.grades.grade import DataFacts
from grading.judging.training.plan import TrainingPlan
from grading.sandbox.shared_array import SharedArray
from reference.datasets import Split, identify, load


class TrainingData(msgspec.Struct, frozen=True, eq=False):
    """A data set to train submissions on.

    Attributes:
        split: the data.
        shared: ``split.X_train`` in memory that workers can map; None if this system has no such memory.
    """

    split: Split
    shared: SharedArray | None


def data_facts(plan: TrainingPlan) -> DataFacts | None:
    """Describe a plan's data set without loading it; None if no accuracy is required.

    Raises:
        DatasetError: it cannot be had.
    """
    return _facts(plan.data_name, plan.data_folder) if plan.losses else None


def training_data(plan: TrainingPlan) -> TrainingData:
    """The plan's data set, loaded at the first call and then kept.

    Raises:
        DatasetError: it cannot be had.
    """
    return _loaded(plan.data_name, plan.data_folder)


@cache
def _facts(name: str, folder: str | None) -> DataFacts:
    identity = identify(name, None if folder is None else Path(folder))
    return DataFacts(name=name, sha256=identity.sha256, remarks=list(identity.remarks))


@cache
def _loaded(name: str, folder: str | None) -> TrainingData:
    where = None if folder is None else Path(folder)
    shared = SharedArray.create()
    if shared is None:
        return TrainingData(load(name, where), None)
    split = load(name, where, allocate=shared.allocate)
    # The writable array must be gone before the memory can be sealed.
    split = replace(split, X_train=np.empty((0, 0)))
    return TrainingData(replace(split, X_train=shared.seal()), shared)
