"""Judges accuracy with known odds: n correct of N pictures is an estimate, and a threshold must allow for that.

A classifier whose true accuracy is p gets a binomial number of pictures right. It fails only if a classifier with
true accuracy equal to the threshold would do as badly with probability less than alpha, that is, if the upper end of
the exact interval (C. J. Clopper and E. S. Pearson, The Use of Confidence or Fiducial Limits, 1934) is below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import msgspec

from reference import binomial

ALPHA = 1e-6
"""The largest probability with which a classifier at the threshold may fail."""


class Interval(msgspec.Struct, frozen=True):
    """The accuracies compatible with a count; each end is missed with probability at most alpha."""

    lower: float
    upper: float


class Verdict(msgspec.Struct, frozen=True):
    """One classifier's accuracy against a threshold.

    Attributes:
        correct, total: the number of correctly classified pictures, and of all.
        threshold: the required true accuracy.
        alpha: the odds of failing although the true accuracy is the threshold.
        interval: the true accuracies compatible with the count, each end at odds alpha.
        least: the smallest count that passes.
    """

    correct: int
    total: int
    threshold: float
    alpha: float
    interval: Interval
    least: int

    @property
    def accuracy(self) -> float:
        """The observed share of correct answers."""
        return self.correct / self.total

    @property
    def passes(self) -> bool:
        """Whether the count is compatible with a true accuracy at the threshold or above."""
        return self.correct >= self.least


@cache
def interval(correct: int, total: int, alpha: float) -> Interval:
    """The exact interval of Clopper and Pearson, with odds alpha at each end.

    Raises:
        ValueError: not 0 <= correct <= total, total < 1, or alpha not between 0 and 1/2.
    """
    _require(correct, total, alpha)
    return Interval(
        binomial.lowest_probability(correct, total, alpha),
        binomial.highest_probability(correct, total, alpha),
    )


def verdict(correct: int, total: int, threshold: float, alpha: float = ALPHA) -> Verdict:
    """Judge one count; a classifier whose true accuracy is at the threshold fails with probability below alpha.

    Raises:
        ValueError: not 0 <= correct <= total, total < 1, alpha not between 0 and 1/2, or no threshold in [0, 1].
    """
    if not 0.0 <= threshold <= 1.0:
        raise ValueError(f"a threshold is an accuracy between 0 and 1, got {threshold}")
    found = interval(correct, total, alpha)
    return Verdict(correct, total, threshold, alpha, found, least_count(total, threshold, alpha))


def verdicts(
    correct: Sequence[int], total: int, threshold: float, alpha: float = ALPHA
) -> tuple[Verdict, ...]:
    """Judge several trainings of one classifier, which must all pass: each at alpha divided by their number.

    Each training alone may then fail a classifier at the threshold with probability alpha / len(correct), and any of
    them with alpha, however they depend on each other; and they do, since they are judged on the same pictures.
    """
    return tuple(verdict(count, total, threshold, alpha / len(correct)) for count in correct)


@cache
def least_count(total: int, threshold: float, alpha: float = ALPHA) -> int:
    """The smallest count that passes: with accuracy = threshold, fewer are right with probability below alpha."""
    # The tail grows with k, so bisection finds where it reaches alpha.
    low, high = 0, total
    while low < high:
        middle = (low + high) // 2
        if binomial.at_most(middle, total, threshold) < alpha:
            low = middle + 1
        else:
            high = middle
    return low


def _require(correct: int, total: int, alpha: float) -> None:
    if total < 1 or not 0 <= correct <= total:
        raise ValueError(f"{correct} of {total} is no count of pictures")
    if not 0.0 < alpha < 0.5:
        raise ValueError(f"alpha is a probability between 0 and 1/2, got {alpha}")
