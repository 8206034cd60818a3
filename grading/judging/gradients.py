"""Judges dW against the accepted set, and says what is wrong with it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from grading.judging.answers import Answered
from grading.judging.failures import Failure
from grading.judging.loss_function import LossFunction
from grading.words import later, say
from reference.accepted import AcceptedGradients, Certificate
from reference.problem import Problem

_STEP = 2.0**-17  # near the cube root of the rounding error, and exact on dyadic entries


def accepted_in_words(accepted: AcceptedGradients) -> str:
    """Describe an accepted gradient to a student."""
    base = accepted.base.tolist()
    return say("for example dW = {dW}", dW=base) if accepted.ties else f"dW = {base}"


def in_words(certificate: Certificate) -> str:
    """Explain a proof that a gradient is wrong to a student."""
    forward = certificate.promised > certificate.high
    truth = certificate.high if forward else -certificate.low
    promised = certificate.promised if forward else -certificate.promised
    if certificate.entry is not None:
        i, j = certificate.entry
        raised = later(
            "Raise W[{i}, {j}]: the loss rises at rate {truth:.10g}, your gradient promises {promised:.10g}."
        )
        lowered = later(
            "Lower W[{i}, {j}]: the loss rises at rate {truth:.10g}, your gradient promises {promised:.10g}."
        )
        return say(raised if forward else lowered, i=i, j=j, truth=truth, promised=promised)
    numbers = np.array2string(
        certificate.direction,
        separator=", ",
        threshold=60,
        formatter={"float_kind": lambda value: f"{value:.6g}"},
    )
    along = later(
        "Move W along V = {V}: the loss rises at rate {truth:.10g}, your gradient promises {promised:.10g}."
    )
    against = later(
        "Move W against V = {V}: the loss rises at rate {truth:.10g}, your gradient promises {promised:.10g}."
    )
    return say(along if forward else against, V=" ".join(numbers.split()), truth=truth, promised=promised)


def numeric_gradient(candidate: LossFunction, problem: Problem) -> NDArray[np.float64] | None:
    """Central differences of the student's own loss, (D, C); None if the function failed on the way."""
    d, c = problem.W.shape
    moved = []
    for index in np.ndindex(d, c):
        for sign in (1.0, -1.0):
            W = problem.W.copy()
            W[index] += sign * _STEP
            moved.append(Problem(W, problem.X, problem.y, problem.reg))
    answers = candidate.ask(moved)
    losses = [a.loss for a in answers if isinstance(a, Answered)]
    if len(losses) < len(answers):
        return None
    pairs = np.array(losses).reshape(d, c, 2)
    return np.asarray((pairs[..., 0] - pairs[..., 1]) / (2 * _STEP))


def second_witness(candidate: LossFunction, failure: Failure) -> str | None:
    """Say whether dW is at least the gradient of the student's own loss, that is, which of the two is at fault.

    The accepted set has already decided the verdict; this only chooses a sentence, so a plain tolerance will do.
    """
    if failure.problem is None:
        return None
    answer = candidate.ask([failure.problem])[0]
    numeric = numeric_gradient(candidate, failure.problem)
    if numeric is None or isinstance(answer, Failure) or not np.isfinite(numeric).all():
        return None
    if not numeric.any():
        return None  # a constant loss agrees with any gradient of 0, which says nothing
    scale = 1.0 + float(np.abs(numeric).max())
    own = bool(np.abs(numeric - answer.dW).max() < 1e-4 * scale)
    truth = candidate.truth(failure.problem)
    loss_right = truth.accepts_loss(answer.loss)
    if own and not loss_right:
        return say("dW is the gradient of the loss that the function returns; it is that loss that is wrong.")
    if loss_right and not own:
        return say(
            "The loss is right here, but dW is not its gradient (measured by central differences of your own loss)."
        )
    return None
