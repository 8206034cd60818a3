"""What a classifier's trainings on the data set came to, beside the reference, to be drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from grading.grades.grade import TrainingFacts, TrainingRun
from grading.judging.classifier import Classifier, Learned
from grading.judging.training.baselines import loss_named, reference_training, templates, thinned
from grading.judging.training.data import training_data
from reference.accuracy_verdict import ALPHA, verdict
from reference.datasets import Split
from reference.sgd import predict, suboptimality


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


def learned(
    candidate: Classifier, seed: int, data: Split, W: NDArray[np.float64], history: NDArray[np.float64] | None
) -> Learned:
    """What one training came to: the grader counts itself, so that labels of validation pictures never leave it.

    Args:
        candidate: what has trained.
        seed: of its random numbers.
        data: what it is judged on.
        W: (D, C) what it has learned.
        history: (num_iters,) its losses; None if it returned no such thing.
    """
    asked = candidate.accuracy
    correct = int(np.sum(predict(W, data.X_validation) == data.y_validation))
    found = verdict(correct, len(data.y_validation), asked.threshold, ALPHA / asked.runs)
    run = TrainingRun(
        seed=seed,
        correct=correct,
        total=found.total,
        least=found.least,
        lower=found.interval.lower,
        upper=found.interval.upper,
        history=None if history is None else thinned(history),
    )
    return Learned(run, W)


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
