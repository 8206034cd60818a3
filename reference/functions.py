"""The nonlinear functions: each returns its values and its slopes, with the effect of rounding on both.

If the argument of a function is slightly off, its value is off by that error times the slope, and by the rounding of
its own evaluation.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reference.bounded import Array, Bounded
from reference.rounding import FUNCTION_ERROR, UNDERFLOW, UNIT_ROUNDOFF, gamma

_LARGEST_GAP = 750.0
"""exp(-750) is 0: how precisely a larger gap is computed no longer matters to a probability."""
_LINEAR = 2.0**-10
"""Errors up to this are treated as linear, with a reserve of this relative size for the rest of exp."""


class Applied(NamedTuple):
    """The result of a function.

    Attributes:
        result: its values.
        slope: its derivative at each number.
        tied: (K, ...) where the slope may be anything from 0 to 1, at a kink; None for nowhere.
    """

    result: Bounded
    slope: Bounded
    tied: NDArray[np.bool_] | None = None


def positive(x: Bounded) -> Applied:
    """max(0, x); where rounding decides the sign of x, its slope may be anything from 0 to 1, and is returned as 0."""
    value = x.parts[0]
    room = x.bound()
    certain = value > room
    possible = value >= -room
    counted = np.empty(x.parts.shape)
    counted[0] = certain
    counted[1] = possible
    parts = x.parts * counted
    error = None if x.error is None else x.error * possible
    tied = possible ^ certain
    slope = Bounded(counted)
    if not tied.any():
        return Applied(Bounded(parts, error, x.depth - 1, 1, x.own), slope)
    np.maximum(value, 0.0, out=parts[0])
    return Applied(Bounded(parts, error, x.depth - 1, 1, x.own), slope, tied)


def exp(x: Bounded) -> Applied:
    """e to the power of x, which is its own slope."""
    value = np.exp(x.value)
    result = _rounded(value, value * np.expm1(x.bound()), x)
    return Applied(result, result)


def log(x: Bounded) -> Applied:
    """The natural logarithm of positive numbers."""
    room = x.bound()
    error = -np.log1p(-np.minimum(room / x.value, 1.0))
    return Applied(_rounded(np.log(x.value), error, x), reciprocal(x).result)


def reciprocal(x: Bounded) -> Applied:
    """1 / x."""
    room = x.bound()
    value = 1.0 / x.value
    smallest = np.maximum(np.abs(x.value) - room, 0.0)
    result = _rounded(value, np.abs(value) * room / smallest, x)
    return Applied(result, -(result * result))


def softplus(x: Bounded) -> Applied:
    """log(1 + exp(x)), without exponentials that could overflow; its slope is 1 / (1 + exp(-x))."""
    pair = x.each(lambda array: np.stack([np.zeros_like(array), array], axis=-1))
    result, shares, _ = log_sum_exp(pair)
    return Applied(result, shares.each(lambda array: array[..., 1]))


def log_sum_exp(x: Bounded) -> Applied:
    """log of the sum over the last axis of exp(x); its slopes are the probabilities of softmax.

    Computed from x minus its largest, it is finite for any gap (P. Blanchard, D. J. Higham and N. J. Higham,
    Accurately computing the log-sum-exp and softmax functions, 2021). The bounds hold for a shift by nothing, by the
    row's maximum or mean, or by the maximum of all, as long as the row's largest exponential stays a normal number;
    for probabilities normalized or computed as exp(x - log_sum_exp); for -log(p) where p is a normal number. Where
    exp(x - max) is not one, for gaps above 708, log(p) has lost its digits, and is inf above 745: no bound covers
    that.
    """
    top = x.value.max(axis=-1, keepdims=True)
    shifted = x.value - top
    p = np.exp(shifted)
    total = p.sum(axis=-1, keepdims=True)
    p /= total
    log_total = np.log(total)
    value = (top + log_total)[..., 0]
    if not x.bounded:
        return Applied(Bounded(value[None]), Bounded(p[None]))
    C = x.value.shape[-1]
    size = np.abs(top) + math.log(C)
    moves = x.bound()
    moves += UNIT_ROUNDOFF * (3.0 * np.minimum(-shifted, _LARGEST_GAP) + (FUNCTION_ERROR + 2) * size)
    rounding = gamma(2 * C + 4 * FUNCTION_ERROR + 8)
    # log p_k moves by moves_k, and by the effect of normalization on the whole row: log sum_l p_l exp(m_l), which is
    # near sum_l p_l m_l if the moves of that row are small, and always at most max_l m_l.
    common = (p * moves).sum(axis=-1, keepdims=True) * (1.0 + _LINEAR)
    largest = moves.max(axis=-1, keepdims=True)
    if largest.max() >= _LINEAR:
        common = np.where(largest < _LINEAR, common, largest)
    common += rounding
    result = Bounded(np.stack([value, size[..., 0]]), common[..., 0], FUNCTION_ERROR, 1, FUNCTION_ERROR)
    log_errors = moves + common
    errors = p * log_errors * (1.0 + 4.0 * _LINEAR)
    if log_errors.max() >= 4.0 * _LINEAR:
        # No probability exceeds 1, however uncertain x is.
        large = np.exp(np.minimum(shifted - log_total + log_errors, 0.0)) * (1.0 + _LINEAR)
        errors = np.where(log_errors < 4.0 * _LINEAR, errors, large)
    errors += UNDERFLOW
    return Applied(result, Bounded(np.stack([p, p]), errors))


def _rounded(value: Array, error: Array, x: Bounded) -> Bounded:
    """A function's values, each off by at most FUNCTION_ERROR units; without bounds if x has none."""
    if not x.bounded:
        return Bounded(value[None])
    return Bounded(np.stack([value, np.abs(value) + UNDERFLOW]), error, FUNCTION_ERROR, 1, FUNCTION_ERROR)
