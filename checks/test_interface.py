"""Interface: what comes back, for every legal shape and label type, and what must be left alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from grading.judging.answers import Answered, read_answer
from grading.judging.cases import few_samples, odd_sizes, relabelled
from grading.judging.failures import ChangedInputs, Failure, LabelTypeMatters, NotRepeatable, WrongReturn
from grading.judging.loss_function import LossFunction
from grading.judging.promise import promise
from grading.judging.reduce import reduce
from grading.sandbox.messages import Call, Outcome, Returned
from grading.words import say
from reference.answer import Answer
from reference.problem import Problem

_LABEL_TYPES = (np.int64, np.int32, np.uint8)


@promise("interface", kind="loss")
def test_interface(candidate: LossFunction) -> None:
    """It returns (loss, dW): a finite real number and a finite array of W's shape, for every legal size; the
    same call gives the same answer, and W, X and y are left unchanged.
    """
    problems = _problems(candidate.seed)
    outcomes = candidate.worker.run(_steps(candidate.name, problems))
    candidate.cases += len(problems)
    answers: list[Answered] = []
    for problem, outcome in zip(problems, outcomes, strict=True):
        answer = read_answer(candidate.name, problem, outcome)
        failure = answer if isinstance(answer, Failure) else _not_finite(candidate.name, problem, answer)
        if failure is not None:
            raise candidate.smallest(problem, failure, lambda p, a, _: _not_finite(candidate.name, p, a))
        assert isinstance(answer, Answered)
        changed = _changed(candidate.name, problem, outcome)
        if changed is not None:
            raise _smallest_changed(candidate, problem, changed)
        answers.append(answer)
        for remark in answer.remarks:
            candidate.remark(remark)
    again = [k for k, p in enumerate(problems) if p.y.dtype == _LABEL_TYPES[0] and few_samples(p)]
    _require_same_again(candidate, tuple(problems[k] for k in again), [answers[k] for k in again])
    _require_same_for_all_label_types(candidate, problems, answers)


@cache
def _problems(seed: int) -> tuple[Problem, ...]:
    """Problems of odd sizes; those without a penalty, which has nothing to do with labels, with all types of labels."""
    smallest_first = sorted(odd_sizes(seed), key=lambda p: p.W.size + p.X.size)
    # A function that never ends is shown with the input that it was called with: nobody waits for it again.
    smallest = Problem(np.array([[0.0, 1.0]]), np.array([[1.0]]), np.array([0]), 0.0)
    return smallest, *(
        relabelled(p, label_type)
        for p in smallest_first
        for label_type in (_LABEL_TYPES if p.reg == 0.0 else _LABEL_TYPES[:1])
    )


def _steps(name: str, problems: Sequence[Problem]) -> list[Call]:
    return [Call(name, (p.W, p.X, p.y, p.reg), return_inputs=True) for p in problems]


def _not_finite(name: str, problem: Problem, answer: Answered) -> Failure | None:
    if np.isfinite(answer.loss) and np.isfinite(answer.dW).all():
        return None
    if np.isfinite(answer.loss):
        sentence = say(
            "{name} was called with ordinary numbers, and dW has entries that are not finite.", name=name
        )
    else:
        sentence = say("{name} was called with ordinary numbers, and the loss is not finite.", name=name)
    return WrongReturn(
        sentence,
        problem,
        expected=say("finite numbers"),
        got=f"loss = {answer.loss!r}, dW = {answer.dW.tolist()}",
    )


def _changed(name: str, problem: Problem, outcome: Outcome) -> Failure | None:
    if not isinstance(outcome, Returned):
        return None
    for letter, old, new in zip("WXy", (problem.W, problem.X, problem.y), outcome.inputs, strict=False):
        if old.shape != new.shape or not np.array_equal(old, new):
            return ChangedInputs(
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
    return None


def _smallest_changed(candidate: LossFunction, problem: Problem, failure: Failure) -> Failure:
    found = failure

    def first_failing(problems: Sequence[Problem]) -> int | None:
        nonlocal found
        for k, outcome in enumerate(candidate.worker.run(_steps(candidate.name, problems))):
            changed = _changed(candidate.name, problems[k], outcome)
            if changed is not None and changed.message == failure.message:
                found = changed
                return k
        return None

    reduce(problem, first_failing)
    return found


def _require_same_for_all_label_types(
    candidate: LossFunction, problems: Sequence[Problem], answers: list[Answered]
) -> None:
    usual = answers[0]
    for problem, answer in zip(problems, answers, strict=True):
        if problem.y.dtype == _LABEL_TYPES[0]:
            # Those of other types come right behind it.
            usual = answer
            continue
        truth = candidate.lasting_truth(problem)
        if not _same(truth, usual, answer):
            failure = _depends_on_type(candidate.name, problem, usual.loss, usual.dW, answer)
            if not (truth.accepts_loss(usual.loss) and truth.gradient.judge(usual.dW).accepted):
                raise failure
            raise candidate.smallest(
                problem,
                failure,
                lambda p, a, t: (
                    None
                    if t.accepts_loss(a.loss) and t.gradient.judge(a.dW).accepted
                    else _depends_on_type(candidate.name, p, t.loss, t.gradient.base, a)
                ),
            )


def _depends_on_type(
    name: str, problem: Problem, loss: float, dW: NDArray[np.float64], answer: Answered
) -> Failure:
    return LabelTypeMatters(
        say(
            "{name} answers differently when the labels y are of the type {dtype} instead of int64. Are "
            "labels added or multiplied somewhere? Small integer types overflow without a word.",
            name=name,
            dtype=problem.y.dtype,
        ),
        problem,
        expected=say("loss = {loss!r}, dW = {dW}, as with int64", loss=loss, dW=dW.tolist()),
        got=f"loss = {answer.loss!r}, dW = {answer.dW.tolist()}",
    )


def _require_same_again(
    candidate: LossFunction, problems: Sequence[Problem], answers: list[Answered]
) -> None:
    for problem, first, second in zip(problems, answers, candidate.ask(problems), strict=True):
        failure = _differs(candidate.name, problem, candidate.lasting_truth(problem), first, second)
        if failure is not None:
            raise _smallest_unrepeatable(candidate, problem, failure)


def _differs(
    name: str, problem: Problem, truth: Answer, first: Answered | Failure, second: Answered | Failure
) -> Failure | None:
    if isinstance(first, Failure):
        return None
    if isinstance(second, Answered) and _same(truth, first, second):
        return None
    return NotRepeatable(
        say(
            "{name} was called twice with the same input and answered differently. Does it keep something "
            "between calls, in a global variable or a default argument?",
            name=name,
        ),
        problem,
        expected=say("loss = {loss!r}, dW = {dW}, as the first time", loss=first.loss, dW=first.dW.tolist()),
        got=str(second)
        if isinstance(second, Failure)
        else f"loss = {second.loss!r}, dW = {second.dW.tolist()}",
    )


def _smallest_unrepeatable(candidate: LossFunction, problem: Problem, failure: Failure) -> Failure:
    found = failure

    def first_failing(problems: Sequence[Problem]) -> int | None:
        nonlocal found
        # Each twice in a row: two calls are what a student can paste.
        answers = candidate.ask([p for p in problems for _ in range(2)])
        for k, p in enumerate(problems):
            differs = _differs(candidate.name, p, candidate.truth(p), answers[2 * k], answers[2 * k + 1])
            if differs is not None:
                found = differs
                return k
        return None

    reduce(problem, first_failing)
    return found


def _same(truth: Answer, one: Answered, other: Answered) -> bool:
    """Whether two answers to one problem differ by rounding only."""
    return bool(
        abs(one.loss - other.loss) <= 2 * truth.loss_bound
        and (np.abs(one.dW - other.dW) <= 2 * truth.gradient.bound).all()
    )
