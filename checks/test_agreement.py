"""Agreement: the vectorized function is the naive one, faster."""

from __future__ import annotations

import numpy as np

from checks.strategies import other_sized_problems
from grading.judging.answers import Answered
from grading.judging.failures import Disagreement, Failure
from grading.judging.loss_function import LossFunction
from grading.judging.precision import accepts_gradient, accepts_loss
from grading.judging.promise import promise
from grading.judging.properties import given
from grading.words import say
from reference.problem import Problem


@promise(kind="loss", needs=("interface", "value", "gradient"))
@given(problem=other_sized_problems())
def test_agreement(candidate: LossFunction, problem: Problem) -> None:
    """The vectorized function gives the same loss and the same dW as your naive one, at the sizes of real use too."""
    naive = candidate.naive
    if naive is None:
        raise TypeError(f"{candidate.name} has no naive function to agree with; the rubric must name one")
    mine, other = candidate(problem), naive.attempt(problem)
    truth = candidate.truth(problem)
    if isinstance(other, Failure):
        candidate.remark(
            say(
                "{naive} gives no answer to compare with, so {name} was compared with the reference.",
                naive=naive.name,
                name=candidate.name,
            )
        )
    elif (
        abs(mine.loss - other.loss) <= 2 * truth.loss_bound
        and (np.abs(mine.dW - other.dW) <= 2 * truth.gradient.bound).all()
    ):
        pass
    elif _accepts(candidate, problem, mine):
        if not _accepts(naive, problem, other):
            candidate.remark(
                say(
                    "{name} differs from {naive}, and it is {naive} that is wrong.",
                    name=candidate.name,
                    naive=naive.name,
                )
            )
    else:
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


def _accepts(candidate: LossFunction, problem: Problem, answer: Answered) -> bool:
    truth = candidate.truth(problem)
    return accepts_loss(candidate, problem, answer.loss, truth) and accepts_gradient(
        candidate, answer.dW, truth
    )
