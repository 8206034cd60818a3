"""Diagnoses a network's wrong answers: finds the known mistake that gives them, or a factor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from grading.diagnosis.factors import factor_of
from grading.diagnosis.known_answers import same
from grading.diagnosis.network_training import diagnose_training
from grading.grades.grade import Diagnosis
from grading.judging.failures import Failure, WrongLoss, WrongNetworkGradient
from grading.judging.network import Network
from grading.judging.network_answers import NetworkAnswer
from grading.words import say, translated
from reference.answer import Answer
from reference.mistakes.networks import NETWORK_MISTAKES, wrong
from reference.problem import NetworkProblem

Array = NDArray[np.float64]

_ROUNDING = 1e-12


def diagnose_network(candidate: Network, failure: Failure) -> Diagnosis | None:
    """The known mistake that gives the same numbers, or the factor that a term is off by; None for neither."""
    if not isinstance(failure, WrongLoss | WrongNetworkGradient):
        return diagnose_training(candidate, failure)
    answered = [(p, answer) for p, answer in candidate.attempts() if isinstance(answer, NetworkAnswer)]
    # At kinks, right code may go either way, and so may wrong code.
    smooth = [(p, a.gradients) for p, a in answered if not candidate.truth(p).gradient.ties]
    if candidate.reference == "two_layer_net" and candidate.reg_scale == 1.0:
        for mistake in NETWORK_MISTAKES:
            if isinstance(failure, WrongLoss):
                found = all(
                    same(np.array(answer.loss), np.array(wrong(mistake.id, problem)[0]))
                    for problem, answer in answered
                )
            else:
                found = all(
                    same(
                        candidate.loss.flattened(gradients),
                        candidate.loss.flattened(wrong(mistake.id, problem)[1]),
                    )
                    for problem, gradients in smooth
                )
            if found:
                title, hint = translated(mistake.title), translated(mistake.hint)
                return Diagnosis(id=f"network-{mistake.id}", title=title, hint=hint)
    if isinstance(failure, WrongLoss):
        return _factor_of_loss(candidate, answered)
    return _factor(candidate, smooth)


def _factor_of_loss(
    candidate: Network, answered: Sequence[tuple[NetworkProblem, NetworkAnswer]]
) -> Diagnosis | None:
    """The factor that a term of the loss is off by, trying the data term first."""
    for regularized in (False, True):
        problems = [p for p, _ in answered if bool(p.reg) == regularized]
        found = [np.array(a.loss) for p, a in answered if bool(p.reg) == regularized]
        data = [np.array(_true(candidate, p, reg=0.0).loss) for p in problems]
        truths = data
        if regularized:
            found = [_without(loss, known) for loss, known in zip(found, data, strict=True)]
            truths = [
                np.array(_true(candidate, p, reg=p.reg).loss) - known
                for p, known in zip(problems, data, strict=True)
            ]
        if all(map(same, found, truths)):
            continue
        factor = factor_of(problems, found, truths)
        if factor is None:
            return None
        term = say("regularization") if regularized else say("data term")
        title = say("The {term} of the loss is {factor}.", term=term, factor=factor.text)
        return Diagnosis(id="network-factor-loss", title=title, hint=factor.hint)
    return None


def _factor(
    candidate: Network, answered: Sequence[tuple[NetworkProblem, dict[str, Array]]]
) -> Diagnosis | None:
    """The factor that a term of the gradient by one parameter is off by, trying the data term first."""
    for parameter in sorted(candidate.loss.parameters, key=lambda name: (-ord(name[-1]), name)):
        for regularized in (False, True):
            chosen = [(p, found[parameter]) for p, found in answered if bool(p.reg) == regularized]
            problems = [p for p, _ in chosen]
            if all(same(g, _true_gradients(candidate, p, reg=p.reg)[parameter]) for p, g in chosen):
                continue
            data = [_true_gradients(candidate, p, reg=0.0)[parameter] for p in problems]
            if regularized:
                # The data term is right at this point; the rest is the penalty's.
                values = [_without(value, known) for (_, value), known in zip(chosen, data, strict=True)]
                truths = [
                    _true_gradients(candidate, p, reg=p.reg)[parameter] - known
                    for p, known in zip(problems, data, strict=True)
                ]
            else:
                values, truths = [value for _, value in chosen], data
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


def _without(value: Array, known: Array) -> Array:
    """Subtract a known term from a sum; return 0 if the rest is only rounding."""
    left = value - known
    return np.where(np.abs(left) <= _ROUNDING * (1.0 + np.abs(known)), 0.0, left)


def _true(candidate: Network, problem: NetworkProblem, *, reg: float) -> Answer:
    return candidate.truth(NetworkProblem(problem.parameters, problem.X, problem.y, reg))


def _true_gradients(candidate: Network, problem: NetworkProblem, *, reg: float) -> dict[str, Array]:
    return candidate.loss.named(_true(candidate, problem, reg=reg).gradient.base, problem)
