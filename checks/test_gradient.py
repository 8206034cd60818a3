"""Gradient: dW is the gradient of the loss, wherever it has one."""

from __future__ import annotations

from grading.judging.failures import WrongGradient
from grading.judging.gradients import judge_gradient, second_witness
from grading.judging.loss_function import LossFunction
from grading.judging.promise import promise
from grading.words import together


@promise("gradient", kind="loss", needs=("interface",))
def test_gradient(candidate: LossFunction) -> None:
    """The gradient dW is that of the loss with respect to W, up to rounding, without regularization (reg = 0)
    and with it (reg > 0).
    """
    judge = judge_gradient(candidate)
    try:
        for asked in candidate.screened():
            candidate.hold(asked, judge, asked.doubtful_gradients)
    except WrongGradient as failure:
        witness = second_witness(candidate, failure)
        if witness is not None:
            failure.message = together(failure.message, witness)
        raise
