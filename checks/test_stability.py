"""Stability: large scores are not large losses."""

from __future__ import annotations

import numpy as np

from checks.strategies import is_survivable, shifted_problems
from grading.judging.failures import Unstable
from grading.judging.loss_function import LossFunction
from grading.judging.promise import promise
from grading.judging.properties import given
from grading.words import later, say
from reference.losses import loss_named
from reference.problem import Problem

_OF_SOFTMAX = later(
    "{name} loses the answer when scores are large: {how}. Subtract from each sample's scores their own largest before "
    "taking exp."
)
_OF_SIGMOIDS = later(
    "{name} loses the answer when scores are large: {how}. Write log(1 + exp(s)) as np.logaddexp(0, s)."
)


@promise(kind="loss", needs=("interface", "value", "gradient"))
@given(problem=shifted_problems())
def test_stability(candidate: LossFunction, problem: Problem) -> None:
    """Large scores, or a constant that is added to all scores of a sample, cost no digits of the loss or of dW."""
    answer, truth = candidate(problem), candidate.truth(problem)
    right = truth.accepts_loss(answer.loss) and truth.gradient.accepts(answer.dW)
    # Nothing is promised of what the course's own formula cannot give, which a smaller case may ask for.
    if not right and is_survivable(problem):
        finite = np.isfinite(answer.loss) and np.isfinite(answer.dW).all()
        how = (
            say("digits are lost on the way")
            if finite
            else say("exp overflows to inf, or a whole row underflows to 0")
        )
        if candidate.reference == "softmax":
            message = say(_OF_SOFTMAX, name=candidate.name, how=how)
        elif loss_named(candidate.reference).largest_score is not None:
            message = say(_OF_SIGMOIDS, name=candidate.name, how=how)
        else:
            message = say("{name} loses the answer when scores are large.", name=candidate.name)
        raise Unstable(
            message,
            problem,
            expected=f"loss = {truth.loss!r}, dW = {truth.gradient.base.tolist()}",
            got=f"loss = {answer.loss!r}, dW = {answer.dW.tolist()}",
        )
