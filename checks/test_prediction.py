"""Prediction: the class with the highest score."""

from __future__ import annotations

import random
from functools import cache

import numpy as np
from numpy.typing import NDArray

from grading.judging.answers import describe
from grading.judging.classifier import Classifier
from grading.judging.failures import Failure, WrongPrediction, WrongReturn
from grading.judging.promise import promise
from grading.sandbox.messages import Received
from grading.words import say, together

# The smallest first: it is what the student is shown.
_SIZES = ((2, 2, 3), (1, 1, 2), (3, 2, 2), (2, 3, 4), (4, 4, 4), (7, 3, 5), (40, 6, 10))
_PER_SIZE = 8


@promise(kind="predict")
def test_prediction(candidate: Classifier) -> None:
    """The method predict returns one label for each row of X, that of the highest score; of tied scores, any."""
    for W, Xs in _cases(candidate.seed):
        try:
            answers = candidate.predict(W, Xs)
        except Failure as failure:
            failure.code = _code(candidate, W, Xs[0])
            raise
        for X, received in zip(Xs, answers, strict=True):
            _judge(candidate, W, X, received)


@cache
def _cases(seed: int) -> tuple[tuple[NDArray[np.float64], tuple[NDArray[np.float64], ...]], ...]:
    """Weights, and several X for each, the same for every submission."""
    generator = random.Random(seed)
    return tuple(
        (_dyadic(generator, d, c), tuple(_dyadic(generator, n, d) for _ in range(_PER_SIZE)))
        for n, d, c in _SIZES
    )


def _dyadic(generator: random.Random, rows: int, columns: int) -> NDArray[np.float64]:
    """Small multiples of 1/2, so that scores are exact and ties are real."""
    return np.array([generator.randint(-4, 4) / 2.0 for _ in range(rows * columns)]).reshape(rows, columns)


def _judge(candidate: Classifier, W: NDArray[np.float64], X: NDArray[np.float64], received: Received) -> None:
    labels = _labels(candidate, W, X, received)
    scores = X @ W
    c = scores.shape[1]
    legal = (labels == np.floor(labels)) & (labels >= 0) & (labels < c)
    won = legal.copy()
    won[legal] = scores[legal, labels[legal].astype(np.int64)] == scores.max(axis=1)[legal]
    if not won.all():
        i = int(np.flatnonzero(~won)[0])
        raise WrongPrediction(
            say("{name} gives a row of X a label that has not the highest score.", name=candidate.name),
            code=_code(candidate, W, X),
            expected=say(
                "{label}, since the scores of row {i} are {scores}",
                label=int(scores[i].argmax()),
                i=i,
                scores=scores[i].tolist(),
            ),
            got=f"{labels[i]:g}",
        )


def _labels(
    candidate: Classifier, W: NDArray[np.float64], X: NDArray[np.float64], received: Received
) -> NDArray[np.float64]:
    """The labels that predict returned, (N,), possibly none that there are."""
    value, n = received.value, X.shape[0]
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
    if isinstance(value, np.ndarray) and value.shape in ((n, 1), (1, n)) and n > 1:
        too_many = say(
            "It has a dimension too many: {shape} instead of {wanted}.", shape=value.shape, wanted=(n,)
        )
        message = together(message, too_many)
    raise WrongReturn(
        message,
        code=_code(candidate, W, X),
        expected=say("an array of shape {shape} of whole numbers", shape=(n,)),
        got=describe(received),
    )


def _code(candidate: Classifier, W: NDArray[np.float64], X: NDArray[np.float64]) -> str:
    spelling = candidate.spelling
    lines = ["import numpy as np", *spelling.making(f"np.array({W.tolist()})")]
    lines.append(f"print({spelling.predicting(f'np.array({X.tolist()})')})")
    return "\n".join(lines) + "\n"
