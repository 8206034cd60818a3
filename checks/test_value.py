"""Value: the loss equals its definition."""

from __future__ import annotations

from checks.strategies import changed_problems, labelled_problems, problems, sized_problems
from grading.judging.failures import WrongLoss
from grading.judging.loss_function import LossFunction
from grading.judging.precision import accepts_loss
from grading.judging.promise import promise
from grading.judging.properties import given
from grading.words import say
from reference.problem import Problem


@promise(kind="loss", needs=("interface",))
# The labelled ones have been asked for the interface.
@given(problem=problems() | labelled_problems() | sized_problems() | changed_problems())
def test_value(candidate: LossFunction, problem: Problem) -> None:
    """The loss equals its definition up to rounding, without regularization (reg = 0) and with it (reg > 0)."""
    answer, truth = candidate(problem), candidate.truth(problem)
    if not accepts_loss(candidate, problem, answer.loss, truth):
        name = candidate.name
        raise WrongLoss(
            say("The loss of {name} is wrong even without regularization (reg = 0).", name=name)
            if problem.reg == 0
            else say("The loss of {name} is wrong with regularization (reg > 0).", name=name),
            problem,
            expected=f"loss = {truth.loss!r}",
            got=f"loss = {answer.loss!r}",
        )
