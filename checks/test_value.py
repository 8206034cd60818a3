"""Value: the loss is the loss."""

from __future__ import annotations

from grading.judging.answers import Answered
from grading.judging.failures import Failure, WrongLoss
from grading.judging.loss_function import LossFunction
from grading.judging.precision import accepts_loss
from grading.judging.promise import promise
from grading.words import say
from reference.answer import Answer
from reference.problem import Problem


@promise("value", kind="loss", needs=("interface",))
def test_value(candidate: LossFunction) -> None:
    """The loss equals its definition up to rounding, without regularization (reg = 0) and with it (reg > 0)."""

    def judge(problem: Problem, answer: Answered, truth: Answer) -> Failure | None:
        if accepts_loss(candidate, problem, answer.loss, truth):
            return None
        name = candidate.name
        return WrongLoss(
            say("The loss of {name} is wrong already without regularization (reg = 0).", name=name)
            if problem.reg == 0
            else say("The loss of {name} is wrong with regularization (reg > 0).", name=name),
            problem,
            expected=f"loss = {truth.loss!r}",
            got=f"loss = {answer.loss!r}",
        )

    for asked in candidate.screened():
        candidate.hold(asked, judge, asked.doubtful_losses)
