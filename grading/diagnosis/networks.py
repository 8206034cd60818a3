"""What can be said for certain of a network's wrong answers: the known mistake that gives them, or a factor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from grading.diagnosis.factors import factor_of
from grading.diagnosis.known_answers import same
from grading.grade import Diagnosis
from grading.judging.failures import Failure, WrongLoss, WrongNetworkGradient
from grading.judging.network import NETWORK, Network, NetworkAnswer
from grading.words import say, translated
from reference.mistakes.networks import NETWORK_MISTAKES, wrong
from reference.problem import NetworkProblem

Array = NDArray[np.float64]


def diagnose_network(candidate: Network, failure: Failure) -> Diagnosis | None:
    """The known mistake that gives the same numbers, or the factor by which a term is off; None for neither."""
    answered = [
        (problem, answer, truth)
        for problem, answer, truth in zip(
            candidate.problems, candidate.answers, candidate.truths, strict=True
        )
        if isinstance(answer, NetworkAnswer)
    ]
    # At kinks right code may go either way, and so may wrong code.
    smooth = [(problem, answer.gradients) for problem, answer, truth in answered if not truth.gradient.ties]
    if candidate.rubric.settings.reg_scale == 1.0:
        for mistake in NETWORK_MISTAKES:
            if isinstance(failure, WrongLoss):
                found = all(
                    same(np.array(answer.loss), np.array(wrong(mistake.id, problem)[0]))
                    for problem, answer, _ in answered
                )
            else:
                found = isinstance(failure, WrongNetworkGradient) and all(
                    same(NETWORK.flattened(gradients), NETWORK.flattened(wrong(mistake.id, problem)[1]))
                    for problem, gradients in smooth
                )
            if found:
                title, hint = translated(mistake.title), translated(mistake.hint)
                return Diagnosis(id=f"network-{mistake.id}", title=title, hint=hint)
    return _factor(smooth) if isinstance(failure, WrongNetworkGradient) else None


def _factor(answered: Sequence[tuple[NetworkProblem, dict[str, Array]]]) -> Diagnosis | None:
    """The factor by which a term of the gradient by one parameter is off, the data term first."""
    for parameter in ("W2", "b2", "W1", "b1"):
        for regularized in (False, True):
            chosen = [(p, found[parameter]) for p, found in answered if bool(p.reg) == regularized]
            problems = [p for p, _ in chosen]
            data = [_true(p, reg=0.0)[parameter] for p in problems]
            if regularized:
                # The data term is right by now; what is left is the penalty's.
                values = [value - known for (_, value), known in zip(chosen, data, strict=True)]
                truths = [
                    _true(p, reg=p.reg)[parameter] - known for p, known in zip(problems, data, strict=True)
                ]
            else:
                values, truths = [value for _, value in chosen], data
            if all(same(value, truth) for value, truth in zip(values, truths, strict=True)):
                continue
            factor = factor_of(problems, values, truths)
            if factor is None:
                return None
            term = say("regularization") if regularized else say("data term")
            title = say(
                "The {term} of the gradient by {parameter} is {factor}.",
                term=term,
                parameter=parameter,
                factor=factor.text,
            )
            return Diagnosis(id=f"network-factor-{parameter}", title=title, hint=factor.hint)
    return None


def _true(problem: NetworkProblem, *, reg: float) -> dict[str, Array]:
    with_reg = NetworkProblem(problem.parameters, problem.X, problem.y, reg)
    return NETWORK.named(NETWORK.evaluate_network(with_reg).gradient.base, problem)
