"""Judging dW against the accepted set, and saying what is wrong with it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from checks.answers import Answered
from checks.failures import Failure, WrongGradient
from checks.loss_function import Judge, LossFunction
from reference.answer import Answer
from reference.problem import Problem

_STEP = 2.0**-17  # near the cube root of the rounding error, and exact on dyadic entries


def judge_gradient(
    name: str, kind: type[Failure] = WrongGradient, sentence: str = "The gradient of {name} is wrong {part}."
) -> Judge:
    """A judge that accepts every subgradient within rounding and nothing else.

    The failure is of class ``kind``; ``sentence`` may name ``{name}`` and ``{part}``.
    """

    def judge(problem: Problem, answer: Answered, truth: Answer) -> Failure | None:
        # Nearly all right answers are this one of the accepted set, and then there is no need to search it.
        if (np.abs(answer.dW - truth.gradient.base) <= truth.gradient.bound).all():
            return None
        if truth.gradient.judge(answer.dW).accepted:
            return None
        part = (
            "already without regularization (reg = 0)"
            if problem.reg == 0
            else "with regularization (reg > 0)"
        )
        return kind(
            sentence.format(name=name, part=part),
            problem,
            expected=f"{'for example ' if truth.gradient.ties else ''}dW = {truth.gradient.base.tolist()}",
            got=f"dW = {answer.dW.tolist()}",
            judged=(truth.gradient, answer.dW),
        )

    return judge


def numeric_gradient(candidate: LossFunction, problem: Problem) -> NDArray[np.float64] | None:
    """The central differences of the student's own loss, (D, C); None if the function failed on the way."""
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
    """Whether dW at least is the gradient of the student's own loss: which of the two is at fault.

    The truth has already been told by the accepted set; this only chooses a sentence, so a plain tolerance will do.
    """
    if failure.problem is None:
        return None
    answer = candidate.ask([failure.problem])[0]
    numeric = numeric_gradient(candidate, failure.problem)
    if numeric is None or isinstance(answer, Failure) or not np.isfinite(numeric).all():
        return None
    if not numeric.any():
        return None  # a loss that does not move has every gradient of 0 for its own, which says nothing
    scale = 1.0 + float(np.abs(numeric).max())
    own = bool(np.abs(numeric - answer.dW).max() < 1e-4 * scale)
    truth = candidate.truth(failure.problem)
    loss_right = truth.accepts_loss(answer.loss)
    if own and not loss_right:
        return "dW is the gradient of the loss that the function returns; it is that loss that is wrong."
    if loss_right and not own:
        return "The loss is right here, but dW is not its gradient (measured by central differences of your own loss)."
    return None
