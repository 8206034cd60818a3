"""Interface: what comes back, for every legal shape and label type, and what must be left unchanged."""

from __future__ import annotations

import numpy as np

from checks.strategies import MOST_SAMPLES_AGAIN, labelled_problems
from grading.judging.answers import Answered
from grading.judging.failures import (
    KEEPS_SOMETHING,
    ChangedInputs,
    Failure,
    LabelTypeMatters,
    NotRepeatable,
    WrongReturn,
)
from grading.judging.loss_function import Called, LossFunction
from grading.judging.promise import promise
from grading.judging.properties import given
from grading.words import say, together
from reference.answer import Answer
from reference.problem import Problem


@promise(kind="loss")
@given(problem=labelled_problems())
def test_interface(candidate: LossFunction, problem: Problem) -> None:
    """It returns (loss, dW): a finite real number and a finite array of W's shape, for every legal size; the
    same call gives the same answer, and W, X and y are left unchanged.
    """
    called = candidate.watched(problem)
    _require_finite(candidate.name, problem, called.answer)
    _require_unchanged(candidate.name, problem, called)
    if problem.y.dtype != np.int64:
        _require_same_for_int64(candidate, problem, called.answer)
    elif len(problem.y) <= MOST_SAMPLES_AGAIN:
        _require_same_again(candidate, problem, called.answer)


def _require_finite(name: str, problem: Problem, answer: Answered) -> None:
    if np.isfinite(answer.loss) and np.isfinite(answer.dW).all():
        return
    if np.isfinite(answer.loss):
        sentence = say(
            "{name} was called with ordinary numbers, and dW has entries that are not finite.", name=name
        )
    else:
        sentence = say("{name} was called with ordinary numbers, and the loss is not finite.", name=name)
    raise WrongReturn(
        sentence,
        problem,
        expected=say("finite numbers"),
        got=f"loss = {answer.loss!r}, dW = {answer.dW.tolist()}",
    )


def _require_unchanged(name: str, problem: Problem, called: Called) -> None:
    for letter, old, new in zip("WXy", (problem.W, problem.X, problem.y), called.arguments, strict=False):
        if old.shape != new.shape or not np.array_equal(old, new):
            raise ChangedInputs(
                say(
                    "{name} changes its argument {letter} in place; the caller still needs it. Work on a copy, or "
                    "write a = a - b where it now says a -= b.",
                    name=name,
                    letter=letter,
                ),
                problem,
                expected=say("{letter} = {old} after the call", letter=letter, old=old.tolist()),
                got=f"{letter} = {new.tolist()}",
            )


def _require_same_again(candidate: LossFunction, problem: Problem, first: Answered) -> None:
    second = candidate.attempt(problem)
    if isinstance(second, Answered) and _same(candidate.truth(problem), first, second):
        return
    raise NotRepeatable(
        together(
            say("{name} was called twice with the same input and answered differently.", name=candidate.name),
            say(KEEPS_SOMETHING),
        ),
        problem,
        expected=say("loss = {loss!r}, dW = {dW}, as the first time", loss=first.loss, dW=first.dW.tolist()),
        got=str(second)
        if isinstance(second, Failure)
        else f"loss = {second.loss!r}, dW = {second.dW.tolist()}",
    )


def _require_same_for_int64(candidate: LossFunction, problem: Problem, answer: Answered) -> None:
    truth = candidate.truth(problem)
    if truth.accepts_loss(answer.loss) and truth.gradient.accepts(answer.dW):
        return  # what int64 gives is for the other checks
    usual = candidate.attempt(problem.with_labels(np.int64))
    if isinstance(usual, Failure) or _same(truth, usual, answer):
        return
    raise LabelTypeMatters(
        say(
            "{name} answers differently when the labels y are of the type {dtype} instead of int64. Are "
            "labels added or multiplied somewhere? Small integer types overflow without a word.",
            name=candidate.name,
            dtype=problem.y.dtype,
        ),
        problem,
        expected=say("loss = {loss!r}, dW = {dW}, as with int64", loss=usual.loss, dW=usual.dW.tolist()),
        got=f"loss = {answer.loss!r}, dW = {answer.dW.tolist()}",
    )


def _same(truth: Answer, one: Answered, other: Answered) -> bool:
    """Whether two answers to one problem differ by rounding only."""
    return bool(
        abs(one.loss - other.loss) <= 2 * truth.loss_bound
        and (np.abs(one.dW - other.dW) <= 2 * truth.gradient.bound).all()
    )
