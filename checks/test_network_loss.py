"""The loss of a network: its value, and its scores where there are no labels.

Not a property of Hypothesis yet: networks have no strategy, and are asked a fixed list of problems.
"""

from __future__ import annotations

import numpy as np

from grading.judging.failures import Failure, WrongLoss, WrongScores
from grading.judging.network import Network, true_scores
from grading.judging.promise import promise
from grading.words import say


@promise(kind="network")
def test_network_loss(candidate: Network) -> None:
    """The loss of the network equals its definition up to rounding, and without labels it returns the scores."""
    candidate.cases += len(candidate.problems)
    for problem, truth, answer in zip(candidate.problems, candidate.truths, candidate.answers, strict=True):
        if isinstance(answer, Failure):
            raise answer
        if not truth.accepts_loss(answer.loss):
            raise WrongLoss(
                say("The loss of {name} is wrong (reg = {reg:g}).", name=candidate.name, reg=problem.reg),
                code=candidate.as_python(problem),
                expected=f"loss = {truth.loss!r}",
                got=f"loss = {answer.loss!r}",
            )
    for problem, scores in zip(candidate.problems, candidate.scores, strict=True):
        if isinstance(scores, Failure):
            raise scores
        expected, bound = true_scores(problem)
        if not (np.abs(scores - expected) <= bound).all():
            raise WrongScores(
                say("The scores that {name} returns without labels are wrong.", name=candidate.name),
                code=candidate.as_python(problem, scores=True),
                expected=f"scores = {expected.tolist()}",
                got=f"scores = {scores.tolist()}",
            )
