"""Collects the results of a classifier's trainings on the data set, with the reference's, for the plots."""

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
    """The facts of a candidate's trainings, with those of the reference."""
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
        reference=reference_training(candidate.reference, candidate.standard.training),
    )


def learned(
    candidate: Classifier, seed: int, data: Split, W: NDArray[np.float64], history: NDArray[np.float64] | None
) -> Learned:
    """The result of one training; the grader itself counts, so that validation labels never leave it.

    Args:
        candidate: the method that has trained.
        seed: the seed of its random numbers.
        data: the data that it is judged on.
        W: (D, C) the learned weights.
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
    """The loss of the weights on the training pictures, and how far at most it is above the smallest possible.

    None if the loss has left the range of float64.
    """
    reg_scale = candidate.standard.training.reg_scale
    loss, dW = loss_named(candidate.reference, candidate.standard.training)(
        W, data.X_train, data.y_train, reg
    )
    if not np.isfinite(loss):
        return None
    return loss, suboptimality(dW, reg, reg_scale=reg_scale).gap
