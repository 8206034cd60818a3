"""Stability: large scores are not large losses."""

from __future__ import annotations

from checks.answers import Answered
from checks.cases import SHIFTED
from checks.failures import Failure, Unstable
from checks.loss_function import LossFunction
from checks.promise import promise
from reference.answer import Answer
from reference.problem import Problem

_LARGEST_LOSS = 700.0


@promise("stability", kind="loss", needs=("interface", "value", "gradient"))
def test_stability(candidate: LossFunction) -> None:
    """Adding a constant to all scores of a sample, however large, changes neither the loss nor dW."""

    def judge(problem: Problem, answer: Answered, truth: Answer) -> Failure | None:
        if truth.accepts_loss(answer.loss) and truth.gradient.judge(answer.dW).accepted:
            return None
        return Unstable(
            f"{candidate.name} loses the answer when scores are large: exp overflows to inf or underflows to 0. "
            f"Subtract from each sample's scores their own largest before taking exp.",
            problem,
            expected=f"loss = {truth.loss!r}, dW = {truth.gradient.base.tolist()}",
            got=f"loss = {answer.loss!r}, dW = {answer.dW.tolist()}",
        )

    def ordinary(problem: Problem, truth: Answer) -> bool:
        # Beyond this, log(exp(s_y) / sum) is -inf in the course's own code.
        return truth.loss < _LARGEST_LOSS

    candidate.hold(candidate.asked(SHIFTED), judge, within=ordinary)
