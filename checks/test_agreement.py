"""Agreement: the vectorized function is the naive one, faster."""

from __future__ import annotations

import numpy as np

from grading.judging.answers import Answered
from grading.judging.cases import sized_problems
from grading.judging.failures import Disagreement, Failure
from grading.judging.loss_function import LossFunction
from grading.judging.precision import accepts_gradient, accepts_loss
from grading.judging.promise import promise
from grading.words import say
from reference.answer import Answer
from reference.problem import Problem


@promise("agreement", kind="loss", needs=("interface", "value", "gradient"))
def test_agreement(candidate: LossFunction) -> None:
    """The vectorized function gives the same loss and the same dW as your naive one, at the sizes of real use too."""
    naive = candidate.naive
    if naive is None:
        raise TypeError(f"{candidate.name} has no naive function to agree with; the rubric must name one")
    # Others than the value and the gradient were judged by; the second of each size has regularization.
    problems = sized_problems(candidate.seed + 1)[1::2]
    candidate.cases += len(problems)
    for problem, mine, other in zip(problems, candidate.ask(problems), naive.ask(problems), strict=True):
        if isinstance(mine, Failure):
            raise mine
        if isinstance(other, Failure):
            candidate.remark(
                say(
                    "{naive} gives no answer to compare with, so {name} was compared with the reference.",
                    naive=naive.name,
                    name=candidate.name,
                )
            )
            continue
        truth = candidate.lasting_truth(problem)
        if _agree(mine, other, 2 * truth.loss_bound, 2 * truth.gradient.bound):
            continue
        if _accepts(candidate, problem, mine, truth):
            if _accepts(naive, problem, other, truth):
                continue
            candidate.remark(
                say("It differs from {naive}, and it is {naive} that is wrong.", naive=naive.name)
            )
            continue
        raise Disagreement(
            say(
                "{name} and {naive} give different answers to the same problem.",
                name=candidate.name,
                naive=naive.name,
            ),
            problem,
            expected=say("loss = {loss!r}, as {naive} says", loss=other.loss, naive=naive.name),
            got=say(
                "loss = {loss!r}; dW differs by up to {difference:.3g}",
                loss=mine.loss,
                difference=np.abs(mine.dW - other.dW).max(),
            ),
        )


def _accepts(candidate: LossFunction, problem: Problem, answer: Answered, truth: Answer) -> bool:
    return accepts_loss(candidate, problem, answer.loss, truth) and accepts_gradient(
        candidate, answer.dW, truth
    )


def _agree(
    mine: Answered, other: Answered, loss_room: float, room: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
) -> bool:
    return abs(mine.loss - other.loss) <= loss_room and bool((np.abs(mine.dW - other.dW) <= room).all())
