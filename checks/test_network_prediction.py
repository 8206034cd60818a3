"""Prediction of a network: the class with the highest score."""

from __future__ import annotations

import numpy as np

from checks.network_strategies import network_problems
from grading.judging.answers import describe
from grading.judging.failures import WrongPrediction, WrongReturn
from grading.judging.network import Network
from grading.judging.promise import promise
from grading.judging.properties import given
from grading.words import say
from reference.problem import NetworkProblem


@promise(kind="network_predict")
@given(problem=network_problems())
def test_network_prediction(candidate: Network, problem: NetworkProblem) -> None:
    """The method predict returns one label for each row of X, that of the highest score; of tied scores, any."""
    problem = candidate.suited(problem)
    received, code = candidate.labels(problem), candidate.as_python(problem, "labels")
    value, N = received.value, len(problem.X)
    if isinstance(value, tuple):
        value = np.array([part.value for part in value if isinstance(part.value, int | float)])
    if not isinstance(value, np.ndarray) or value.shape != (N,) or value.dtype.kind not in "iuf":
        raise WrongReturn(
            say("{name} must return an array of N labels, one for each row of X.", name=candidate.name),
            code=code,
            expected=say("an array of shape {shape} of whole numbers", shape=(N,)),
            got=describe(received),
        )
    scores, bound = candidate.loss.true_scores(problem)
    highest = scores + bound >= (scores - bound).max(axis=1, keepdims=True)
    for i, label in enumerate(value.tolist()):
        if label not in np.flatnonzero(highest[i]):
            raise WrongPrediction(
                say("{name} gives a row of X a label that has not the highest score.", name=candidate.name),
                code=code,
                expected=say(
                    "{label}, since the scores of row {i} are {scores}",
                    label=int(scores[i].argmax()),
                    i=i,
                    scores=scores[i].tolist(),
                ),
                got=f"{label:g}",
            )
