"""Tails of the binomial distribution, and the exact interval for its probability.

In logarithms, and summed without rounding: relative errors stay near 1e-12, even where a tail is 1e-300. SciPy has the
same functions, but importing it takes longer than judging a hand-in.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# From 1 down to the spacing of floats near 0.5: further halving has no effect.
_HALVINGS = 60
_FORESEEN = 40  # so many of them need not be made
_MOST_STEPS = 20
_NEGLIGIBLE = 2.0**-128


@lru_cache(maxsize=16)
def log_choose(n: int) -> Array:
    """The logarithms of the binomial coefficients of n, (n + 1,), read-only."""
    factorials = np.array([math.lgamma(k + 1.0) for k in range(n + 1)])
    logarithms: Array = factorials[n] - factorials - factorials[::-1]
    logarithms.flags.writeable = False
    return logarithms


def probabilities(trials: int, probability: float) -> Array:
    """P(K = k) for k = 0..trials, (trials + 1,).

    Raises:
        ValueError: the probability is not between 0 and 1.
    """
    if not 0.0 <= probability <= 1.0:
        raise ValueError(f"{probability} is no probability")
    if probability in (0.0, 1.0):
        certain = np.zeros(trials + 1)
        certain[trials if probability else 0] = 1.0
        return certain
    k = np.arange(trials + 1)
    logarithms = log_choose(trials) + k * math.log(probability) + (trials - k) * math.log1p(-probability)
    found: Array = np.exp(logarithms)
    return found


def at_most(count: int, trials: int, probability: float) -> float:
    """P(K <= count): the chance of no more than ``count`` successes."""
    if count >= trials:
        return 1.0
    return _sum(probabilities(trials, probability)[: max(count + 1, 0)])


def at_least(count: int, trials: int, probability: float) -> float:
    """P(K >= count): the chance of no fewer than ``count`` successes."""
    if count <= 0:
        return 1.0
    return _sum(probabilities(trials, probability)[count:])


def lowest_probability(count: int, trials: int, alpha: float) -> float:
    """The probability with which ``count`` or more successes have the chance alpha; 0 for none."""
    if count <= 0:
        return 0.0
    low, high, halvings = 0.0, 1.0, _HALVINGS
    # Where the first halvings lead, in nearly all cases.
    width = 2.0**-_FORESEEN
    nearly = math.floor(_nearly_lowest(count, trials, alpha) / width) * width
    if at_least(count, trials, nearly) < alpha <= at_least(count, trials, nearly + width):
        low, high, halvings = nearly, nearly + width, _HALVINGS - _FORESEEN
    for _ in range(halvings):
        middle = (low + high) / 2.0
        low, high = (middle, high) if at_least(count, trials, middle) < alpha else (low, middle)
    return low


def _nearly_lowest(count: int, trials: int, alpha: float) -> float:
    """`lowest_probability` by Newton's method for the logarithm of the tail."""
    share = count / (trials + 1.0)
    probability = max(share / 2.0, share - math.sqrt(-2.0 * math.log(alpha) * share * (1.0 - share) / trials))
    for _ in range(_MOST_STEPS):
        terms = probabilities(trials, probability)[count:]
        tail = _sum(terms)
        if tail == 0.0:
            break
        step = math.log(alpha / tail) * tail * probability / (count * float(terms[0]))
        probability = min(max(probability + step, probability / 2.0), 1.0)
        if abs(step) < 2.0 ** -(_FORESEEN + 6):
            break
    return probability


def highest_probability(count: int, trials: int, alpha: float) -> float:
    """The probability with which ``count`` or fewer successes have the chance alpha; 1 for all."""
    return 1.0 - lowest_probability(trials - count, trials, alpha)


def _sum(terms: Array) -> float:
    # The others would take most of the time, and change nothing.
    counting = terms[terms >= terms.max(initial=0.0) * _NEGLIGIBLE]
    return min(1.0, math.fsum(counting.tolist()))
