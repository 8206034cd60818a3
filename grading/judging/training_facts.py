"""What a classifier's trainings on the data set came to, beside the reference, to be drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from grading.grades.grade import TrainingFacts
from grading.judging.classifier import Classifier
from grading.training.baselines import loss_named, reference_training, templates
from grading.training.data import training_data
from reference.datasets import Split
from reference.sgd import suboptimality


def training_facts(candidate: Classifier) -> TrainingFacts:
    """What was seen of a candidate's trainings, beside those of the reference."""
    settings = candidate.accuracy
    data = training_data(candidate.standard.training).split
    W = candidate.trainings[0].W
    near = nearness(candidate, data, settings.reg, W)
    return TrainingFacts(
        function=candidate.name,
        data=data.name,
        threshold=settings.threshold,
        classes=list(data.classes),
        picture=list(data.picture),
        runs=[learned.run for learned in candidate.trainings],
        templates=templates(W),
        suboptimality=near[1] if near is not None and np.isfinite(near[1]) else None,
        reference=reference_training(candidate.reference, candidate.standard.training, data),
    )


def nearness(
    candidate: Classifier, data: Split, reg: float, W: NDArray[np.float64]
) -> tuple[float, float] | None:
    """The loss of the weights on the training pictures, and by how much it can be above the smallest possible.

    None where the loss has left the range of float64.
    """
    reg_scale = candidate.standard.training.reg_scale
    loss, dW = loss_named(candidate.reference, candidate.standard.training)(
        W, data.X_train, data.y_train, reg
    )
    if not np.isfinite(loss):
        return None
    return loss, suboptimality(dW, reg, reg_scale=reg_scale).gap
