"""Gradient: dW is the gradient of the loss, wherever it has one."""

from __future__ import annotations

from checks.strategies import changed_problems, labelled_problems, problems, sized_problems
from grading.judging.failures import WrongGradient
from grading.judging.gradients import accepted_in_words
from grading.judging.loss_function import LossFunction
from grading.judging.precision import accepts_gradient
from grading.judging.promise import promise
from grading.judging.properties import given
from grading.words import say
from reference.problem import Problem


@promise(kind="loss", needs=("interface",))
# The labelled ones have been asked for the interface.
@given(problem=problems() | labelled_problems() | sized_problems() | changed_problems())
def test_gradient(candidate: LossFunction, problem: Problem) -> None:
    """The gradient dW is that of the loss with respect to W, up to rounding, without regularization (reg = 0)
    and with it (reg > 0).
    """
    answer, truth = candidate(problem), candidate.truth(problem)
    if not accepts_gradient(candidate, answer.dW, truth):
        name = candidate.name
        raise WrongGradient(
            say("The gradient of {name} is wrong even without regularization (reg = 0).", name=name)
            if problem.reg == 0
            else say("The gradient of {name} is wrong with regularization (reg > 0).", name=name),
            problem,
            expected=accepted_in_words(truth.gradient),
            got=f"dW = {answer.dW.tolist()}",
            judged=(truth.gradient, answer.dW),
        )
