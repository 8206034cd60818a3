"""Kinks: where a margin is exactly 0, every subgradient is right and nothing else is."""

from __future__ import annotations

from grading.judging.answers import Answered
from grading.judging.cases import tied
from grading.judging.failures import Failure, WrongSubgradient
from grading.judging.gradients import in_words, judge_gradient
from grading.judging.loss_function import LossFunction
from grading.judging.promise import promise
from grading.words import say, together
from reference.answer import Answer
from reference.problem import Problem


def _sentence(name: str, _: Problem) -> str:
    return say(
        "A margin is exactly 0 here, and the dW of {name} is not a subgradient of the loss. Counting a margin of 0 or "
        "not are both right, but the correct class must be updated exactly as often as the wrong ones are.",
        name=name,
    )


@promise("kinks", kind="loss", needs=("interface", "gradient"))
def test_kinks(candidate: LossFunction) -> None:
    """Where a margin is exactly 0, dW is one of the subgradients of the loss: any of them is accepted."""
    gradient = judge_gradient(candidate, WrongSubgradient, _sentence)

    def judge(problem: Problem, answer: Answered, truth: Answer) -> Failure | None:
        failure = gradient(problem, answer, truth)
        if failure is not None:
            certificate = truth.gradient.judge(answer.dW).certificate
            if certificate is not None:
                failure.message = together(failure.message, in_words(certificate))
        return failure

    # A case that is being made smaller may lose its tie, and would then show something else.
    asked = candidate.asked(tied(candidate.delta))
    candidate.hold(asked, judge, asked.doubtful_gradients, within=lambda _, truth: truth.gradient.ties > 0)
