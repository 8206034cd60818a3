"""Interface: what comes back, for every legal shape and label type, and what must be left alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from checks.answers import Answered, read_answer
from checks.cases import odd_sizes, relabelled
from checks.failures import ChangedInputs, Failure, LabelTypeMatters, NotRepeatable, WrongReturn
from checks.loss_function import LossFunction
from checks.promise import promise
from grading.sandbox.messages import Call, Returned
from reference.problem import Problem

_LABEL_TYPES = (np.int64, np.int32, np.uint8)


@promise("interface", kind="loss")
def test_interface(candidate: LossFunction) -> None:
    """It returns (loss, dW): a finite real number and a finite array of W's shape, for every legal size; the
    same call gives the same answer, and W, X and y are left unchanged.
    """
    problems = _problems(candidate.seed)
    steps = [Call(candidate.name, (p.W, p.X, p.y, p.reg), return_inputs=True) for p in problems]
    outcomes = candidate.worker.run(steps)
    candidate.cases += len(steps)
    answers: list[Answered] = []
    for problem, step, outcome in zip(problems, steps, outcomes, strict=True):
        answer = read_answer(candidate.name, problem, outcome)
        failure = answer if isinstance(answer, Failure) else _not_finite(candidate.name, problem, answer)
        if failure is not None:
            raise candidate.smallest(problem, failure, lambda p, a, _: _not_finite(candidate.name, p, a))
        assert isinstance(answer, Answered)
        assert isinstance(outcome, Returned)
        _require_untouched(candidate.name, problem, step, outcome)
        answers.append(answer)
        for remark in answer.remarks:
            candidate.remark(remark)
    _require_same_again(candidate, problems[:: len(_LABEL_TYPES)], answers[:: len(_LABEL_TYPES)])
    _require_same_for_all_label_types(candidate, problems, answers)


@cache
def _problems(seed: int) -> tuple[Problem, ...]:
    """Problems of odd sizes, each with every type of labels."""
    return tuple(relabelled(p, label_type) for p in odd_sizes(seed) for label_type in _LABEL_TYPES)


def _not_finite(name: str, problem: Problem, answer: Answered) -> Failure | None:
    if np.isfinite(answer.loss) and np.isfinite(answer.dW).all():
        return None
    what = "dW has entries that are" if np.isfinite(answer.loss) else "the loss is"
    return WrongReturn(
        f"{name} was called with ordinary numbers, and {what} not finite.",
        problem,
        expected="finite numbers",
        got=f"loss = {answer.loss!r}, dW = {answer.dW.tolist()}",
    )


def _require_untouched(name: str, problem: Problem, step: Call, outcome: Returned) -> None:
    before = [argument for argument in step.args if isinstance(argument, np.ndarray)]
    for letter, old, new in zip("WXy", before, outcome.inputs, strict=False):
        if old.shape != new.shape or not np.array_equal(old, new):
            raise ChangedInputs(
                f"{name} changes its argument {letter} in place; the caller still needs it. Work on a copy, or write "
                f"a = a - b where it now says a -= b.",
                problem,
                expected=f"{letter} = {old.tolist()} after the call",
                got=f"{letter} = {new.tolist()}",
            )


def _require_same_for_all_label_types(
    candidate: LossFunction, problems: Sequence[Problem], answers: list[Answered]
) -> None:
    types = len(_LABEL_TYPES)
    for k, (problem, answer) in enumerate(zip(problems, answers, strict=True)):
        usual = answers[k - k % types]
        if not _same(candidate, problem, usual, answer):
            raise LabelTypeMatters(
                f"{candidate.name} answers differently when the labels y are of the type {problem.y.dtype} instead of "
                f"int64. Are labels added or multiplied somewhere? Small integer types overflow without a word.",
                problem,
                expected=f"loss = {usual.loss!r}, as with int64",
                got=f"loss = {answer.loss!r}",
            )


def _require_same_again(
    candidate: LossFunction, problems: Sequence[Problem], answers: list[Answered]
) -> None:
    for problem, first, second in zip(problems, answers, candidate.ask(problems), strict=True):
        if isinstance(second, Failure) or not _same(candidate, problem, first, second):
            raise NotRepeatable(
                f"{candidate.name} was called twice with the same input and answered differently. Does it keep "
                f"something between calls, in a global variable or a default argument?",
                problem,
                expected=f"loss = {first.loss!r}, as the first time",
                got=str(second) if isinstance(second, Failure) else f"loss = {second.loss!r}",
            )


def _same(candidate: LossFunction, problem: Problem, one: Answered, other: Answered) -> bool:
    """Whether two answers to one problem differ by rounding only."""
    truth = candidate.lasting_truth(problem)
    return bool(
        abs(one.loss - other.loss) <= 2 * truth.loss_bound
        and (np.abs(one.dW - other.dW) <= 2 * truth.gradient.bound).all()
    )
