"""Interface: what comes back, for every legal shape and label type, and what must be left alone."""

from __future__ import annotations

import numpy as np

from checks.answers import Answered, read_answer
from checks.cases import sized_problems
from checks.failures import ChangedInputs, Failure, NotRepeatable, WrongReturn
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
    problems = [p for p in sized_problems(candidate.seed) if p.W.size < 100]
    steps, asked = [], []
    for problem in problems:
        for label_type in _LABEL_TYPES:
            arguments = (problem.W, problem.X, problem.y.astype(label_type), problem.reg)
            steps.append(Call(candidate.name, arguments, return_inputs=True))
            asked.append(problem)
    outcomes = candidate.worker.run(steps)
    candidate.cases += len(steps)
    answers: list[Answered] = []
    for problem, step, outcome in zip(asked, steps, outcomes, strict=True):
        answer = read_answer(candidate.name, problem, outcome)
        if isinstance(answer, Failure):
            raise answer
        _require_finite(candidate.name, problem, answer)
        assert isinstance(outcome, Returned)
        _require_untouched(candidate.name, problem, step, outcome)
        answers.append(answer)
        for remark in answer.remarks:
            candidate.remark(remark)
    _require_same_answers(candidate, asked, answers)


def _require_finite(name: str, problem: Problem, answer: Answered) -> None:
    if not np.isfinite(answer.loss) or not np.isfinite(answer.dW).all():
        what = "dW has entries that are" if np.isfinite(answer.loss) else "the loss is"
        raise WrongReturn(
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


def _require_same_answers(candidate: LossFunction, asked: list[Problem], answers: list[Answered]) -> None:
    """The label types of one problem, and a second round, must not change the answer beyond rounding."""
    again = candidate.ask(asked)
    for problem, first, second in zip(asked, answers, again, strict=True):
        truth = candidate.truth(problem)
        if (
            isinstance(second, Failure)
            or abs(first.loss - second.loss) > 2 * truth.loss_bound
            or (np.abs(first.dW - second.dW) > 2 * truth.gradient.bound).any()
        ):
            raise NotRepeatable(
                f"{candidate.name} was called twice with the same input and answered differently. Does it keep "
                f"something between calls, in a global variable or a default argument?",
                problem,
                expected=f"loss = {first.loss!r}, as the first time",
                got=str(second) if isinstance(second, Failure) else f"loss = {second.loss!r}",
            )
