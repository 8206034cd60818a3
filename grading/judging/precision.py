"""The second tier of judgement: errors larger than rounding, yet so small that they only deserve a remark."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from grading.judging.loss_function import LossFunction
from grading.words import say
from reference.answer import Answer
from reference.problem import NetworkProblem, Problem

if TYPE_CHECKING:
    from grading.judging.network import Network

_SMALLEST, _LARGEST = 1e-40, 1e-2  # what anybody would add inside a logarithm
_HALVINGS = 60
_AGREEMENT = 1e-9


def accepts_loss(candidate: LossFunction, problem: Problem, loss: float, truth: Answer) -> bool:
    """Whether a loss is right up to rounding or within the rubric's tolerance; a remark says so in the latter case."""
    exact = truth.exact or truth
    if exact.accepts_loss(loss):
        return True
    scores = problem.X @ problem.W if candidate.reference == "softmax" else None
    return _is_near(candidate, scores, problem.y, loss, exact)


def accepts_network_loss(candidate: Network, problem: NetworkProblem, loss: float, truth: Answer) -> bool:
    """As `accepts_loss`, for a network."""
    exact = truth.exact or truth
    if exact.accepts_loss(loss):
        return True
    scores = candidate.loss.true_scores(problem)[0] if candidate.reference == "two_layer_net" else None
    return _is_near(candidate, scores, problem.y, loss, exact)


def _is_near(
    candidate: LossFunction | Network,
    scores: NDArray[np.float64] | None,
    y: NDArray[np.int64],
    loss: float,
    exact: Answer,
) -> bool:
    """Whether a loss is within the tolerance; ``scores`` are those of softmax, (N, C), None for other losses."""
    tolerance = candidate.standard.tolerance
    epsilon = None if scores is None else epsilon_of(scores, y, loss, exact)
    if epsilon is not None and epsilon <= tolerance:
        candidate.remark(
            say(
                "{name} adds {epsilon:g} inside the logarithm; accepted here, though the loss is wrong where the "
                "correct class is less probable than that. Compute it as -s_y + log(sum of exp(s_j)) with shifted "
                "scores.",
                name=candidate.name,
                epsilon=epsilon,
            )
        )
        return True
    if not exact.within(tolerance).accepts_loss(loss):
        return False
    candidate.remark(
        say(
            "The loss of {name} is off by more than rounding, though by less than {tolerance:g} of the size of its "
            "sum; accepted.",
            name=candidate.name,
            tolerance=tolerance,
        )
    )
    return True


def accepts_gradient(candidate: LossFunction, dW: NDArray[np.float64], truth: Answer) -> bool:
    """Whether dW is right up to rounding or within the rubric's tolerance; a remark says so in the latter case."""
    tier = _tier(dW, truth, candidate)
    if tier != 1:
        return tier == 0
    candidate.remark(
        say(
            "The dW of {name} is off by more than rounding, though by less than {tolerance:g} of the size of its sums; "
            "accepted.",
            name=candidate.name,
            tolerance=candidate.standard.tolerance,
        )
    )
    return True


def accepts_network_gradient(candidate: Network, gradient: NDArray[np.float64], truth: Answer) -> bool:
    """The same for a network, whose gradients by all parameters are concatenated."""
    tier = _tier(gradient, truth, candidate)
    if tier == 1:
        candidate.remark(
            say(
                "The gradients of {name} are off by more than rounding, though by less than {tolerance:g} of the size "
                "of their sums; accepted.",
                name=candidate.name,
                tolerance=candidate.standard.tolerance,
            )
        )
    return tier < 2


def _tier(gradient: NDArray[np.float64], truth: Answer, candidate: LossFunction | Network) -> int:
    """0 for a gradient that is right up to rounding, 1 for one within the tolerance, 2 for a wrong one."""
    exact = (truth.exact or truth).gradient
    # Nearly all right answers are this element of the accepted set, and then there is no need to search it.
    if (np.abs(gradient - exact.base) <= exact.bound).all() or exact.judge(gradient).accepted:
        return 0
    return 1 if exact.within(candidate.standard.tolerance).judge(gradient).accepted else 2


def epsilon_of(scores: NDArray[np.float64], y: NDArray[np.int64], loss: float, truth: Answer) -> float | None:
    """The number e, of one digit or two, for which a softmax loss is the mean of -log(p + e) plus its penalty.

    ``scores`` are (N, C), ``y`` (N,).
    """
    lack = truth.loss - loss
    if not lack > 0.0 or not math.isfinite(lack):
        return None
    top = scores.max(axis=1)
    own = scores[np.arange(len(y)), y]
    log_p = own - top - np.log(np.exp(scores - top[:, None]).sum(axis=1))

    def lacking(log_epsilon: float) -> float:
        return float(np.logaddexp(0.0, log_epsilon - log_p).mean())

    low, high = math.log(_SMALLEST), math.log(_LARGEST)
    if not lacking(low) < lack < lacking(high):
        return None
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if lacking(middle) < lack else (low, middle)
    for epsilon in (float(f"{math.exp(low):.{digits}e}") for digits in (0, 1)):
        if abs(lacking(math.log(epsilon)) - lack) <= truth.loss_bound + _AGREEMENT * lack:
            return epsilon
    return None
