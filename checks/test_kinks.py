"""Kinks: where a margin is exactly 0, every subgradient is right and nothing else is."""

from __future__ import annotations

from checks.strategies import tied_problems
from grading.judging.failures import WrongSubgradient
from grading.judging.gradients import accepted_in_words, in_words
from grading.judging.loss_function import LossFunction
from grading.judging.precision import accepts_gradient
from grading.judging.promise import promise
from grading.judging.properties import given
from grading.words import say, together
from reference.problem import Problem


@promise(kind="loss", needs=("interface", "gradient"))
@given(problem=tied_problems())
def test_kinks(candidate: LossFunction, problem: Problem) -> None:
    """Where a margin is exactly 0, dW is one of the subgradients of the loss: any of them is accepted."""
    answer, truth = candidate(problem), candidate.truth(problem)
    accepted = truth.gradient
    # A case that is being made smaller may lose its tie, and would then show something else.
    if accepted.ties and not accepts_gradient(candidate, answer.dW, truth):
        certificate = accepted.judge(answer.dW).certificate
        raise WrongSubgradient(
            together(
                say(
                    "A margin is exactly 0 here, and the dW of {name} is not a subgradient of the loss. Counting a "
                    "margin of 0 and not counting it are both right, but the correct class must be updated exactly as "
                    "often as the wrong ones are.",
                    name=candidate.name,
                ),
                *([] if certificate is None else [in_words(certificate)]),
            ),
            problem,
            expected=accepted_in_words(accepted),
            got=f"dW = {answer.dW.tolist()}",
            judged=(accepted, answer.dW),
        )
