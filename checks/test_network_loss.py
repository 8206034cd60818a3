"""The loss of a network: its value, and its scores if there are no labels."""

from __future__ import annotations

import numpy as np

from checks.network_strategies import network_problems
from grading.judging.failures import WrongLoss, WrongScores
from grading.judging.network import Network
from grading.judging.precision import accepts_network_loss
from grading.judging.promise import promise
from grading.judging.properties import given
from grading.words import say
from reference.problem import NetworkProblem


@promise(kind="network")
@given(problem=network_problems())
def test_network_loss(candidate: Network, problem: NetworkProblem) -> None:
    """The loss of the network equals its definition up to rounding, and without labels it returns the scores."""
    problem = candidate.suited(problem)
    answer, truth = candidate(problem), candidate.truth(problem)
    candidate.cases += 1
    if not accepts_network_loss(candidate, problem, answer.loss, truth):
        raise WrongLoss(
            say("The loss of {name} is wrong (reg = {reg:g}).", name=candidate.name, reg=problem.reg),
            code=candidate.as_python(problem),
            expected=f"loss = {truth.loss!r}",
            got=f"loss = {answer.loss!r}",
        )
    if candidate.method:
        scores, (expected, bound) = candidate.scores(problem), candidate.loss.true_scores(problem)
        if not (np.abs(scores - expected) <= bound).all():
            raise WrongScores(
                say("The scores that {name} returns without labels are wrong.", name=candidate.name),
                code=candidate.as_python(problem, "scores"),
                expected=f"scores = {expected.tolist()}",
                got=f"scores = {scores.tolist()}",
            )
