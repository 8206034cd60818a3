"""Stability: large scores are not large losses."""

from __future__ import annotations

import numpy as np

from grading.judging.answers import Answered
from grading.judging.cases import LARGEST_LEAD, SHIFTED
from grading.judging.failures import Failure, Unstable
from grading.judging.loss_function import LossFunction
from grading.judging.promise import promise
from grading.words import say
from reference.answer import Answer
from reference.problem import Problem


@promise("stability", kind="loss", needs=("interface", "value", "gradient"))
def test_stability(candidate: LossFunction) -> None:
    """Adding a constant to all scores of a sample, however large, changes neither the loss nor dW."""

    def judge(problem: Problem, answer: Answered, truth: Answer) -> Failure | None:
        accepted = truth.within(candidate.rubric.settings.tolerance)
        if accepted.accepts_loss(answer.loss) and accepted.gradient.judge(answer.dW).accepted:
            return None
        finite = np.isfinite(answer.loss) and np.isfinite(answer.dW).all()
        how = (
            say("digits are lost on the way")
            if finite
            else say("exp overflows to inf, or a whole row underflows to 0")
        )
        return Unstable(
            say(
                "{name} loses the answer when scores are large: {how}. Subtract from each sample's scores their "
                "own largest before taking exp.",
                name=candidate.name,
                how=how,
            ),
            problem,
            expected=f"loss = {truth.loss!r}, dW = {truth.gradient.base.tolist()}",
            got=f"loss = {answer.loss!r}, dW = {answer.dW.tolist()}",
        )

    asked = candidate.asked(SHIFTED)
    candidate.hold(asked, judge, asked.doubtful, within=_survivable)


def _survivable(problem: Problem, truth: Answer) -> bool:
    """Whether log(exp(s_y) / sum), the course's own formula, can give the answer once the scores are shifted.

    It cannot where a wrong class leads by more than exp can hold.
    """
    scores = problem.X @ problem.W
    own = scores[np.arange(len(problem.y)), problem.y]
    return bool((scores.max(axis=1) - own).max() <= LARGEST_LEAD)
