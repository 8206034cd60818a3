"""Prediction: the class with the highest score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from checks.class_strategies import models
from grading.judging.answers import describe
from grading.judging.classifier import Classifier, Model
from grading.judging.failures import WrongPrediction, WrongReturn
from grading.judging.promise import promise
from grading.judging.properties import given
from grading.judging.reproduction import shown_by
from grading.words import say, together


@promise(kind="predict")
@given(model=models())
def test_prediction(candidate: Classifier, model: Model) -> None:
    """The method predict returns one label for each row of X, that of the highest score; of tied scores, any."""
    with shown_by(candidate, model):
        labels = _labels(candidate, model)
        all_scores = (model.X @ model.W).tolist()
        for i, (label, scores) in enumerate(zip(labels.tolist(), all_scores, strict=True)):
            if not (label in range(len(scores)) and scores[int(label)] == max(scores)):
                raise WrongPrediction(
                    say(
                        "{name} gives a row of X a label that has not the highest score.", name=candidate.name
                    ),
                    expected=say(
                        "{label}, since the scores of row {i} are {scores}",
                        label=scores.index(max(scores)),
                        i=i,
                        scores=scores,
                    ),
                    got=f"{label:g}",
                )


def _labels(candidate: Classifier, model: Model) -> NDArray[np.float64]:
    """The labels that predict returned, (N,), possibly none that there are."""
    received = candidate.predict(model)
    value, n = received.value, len(model.X)
    if isinstance(value, tuple) and value:
        numbers = [part.value for part in value]
        if all(isinstance(number, int | float) and not isinstance(number, bool) for number in numbers):
            candidate.remark(
                say(
                    "{name} returns a {type_name} instead of an array; accepted.",
                    name=candidate.name,
                    type_name=received.type_name,
                )
            )
            value = np.array(numbers)
    if isinstance(value, np.ndarray) and value.shape == (n,) and value.dtype.kind in "iuf":
        labels = value.astype(np.float64)
        if value.dtype.kind == "f" and (labels == np.floor(labels)).all():
            candidate.remark(
                say(
                    "{name} returns its labels as floats; accepted, since they are whole numbers.",
                    name=candidate.name,
                )
            )
        return labels
    message = say("{name} must return an array of N labels, one for each row of X.", name=candidate.name)
    if isinstance(value, np.ndarray) and value.shape in ((n, 1), (1, n)):
        too_many = say(
            "It has a dimension too many: {shape} instead of {wanted}.", shape=value.shape, wanted=(n,)
        )
        message = together(message, too_many)
    raise WrongReturn(
        message,
        expected=say("an array of shape {shape} of whole numbers", shape=(n,)),
        got=describe(received),
    )
