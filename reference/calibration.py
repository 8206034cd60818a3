"""Finds the accuracy that can be required: the reference, trained from many seeds, shows what correct code reaches."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from reference.accuracy_verdict import ALPHA, Interval, interval, least_count
from reference.sgd import Loss, predict, train
from reference.split import Split

# Proposed thresholds are whole hundredths: more digits would pretend to be more than a proposal.
_STEP = 100


@dataclass(frozen=True)
class Calibration:
    """The number of validation pictures that the reference classified correctly, for each seed.

    Attributes:
        correct: the count of each seed.
        total: the number of pictures.
        runs: trainings that one submission is judged by; it fails if any of them fails.
        alpha: the odds at which a submission at the threshold may fail.
    """

    correct: tuple[int, ...]
    total: int
    runs: int
    alpha: float = ALPHA

    @property
    def mean(self) -> float:
        """Mean accuracy."""
        return float(np.mean(self.correct)) / self.total

    @property
    def deviation(self) -> float:
        """Standard deviation of the accuracy between seeds."""
        return float(np.std(self.correct, ddof=1)) / self.total

    @property
    def floor(self) -> float:
        """The accuracy that the reference falls below in a training with probability below alpha / runs.

        A one-sided tolerance bound (95 % confidence) for normally distributed counts: nobody trains a million times
        to observe the tail itself.
        """
        return self.mean - _tolerance_factor(len(self.correct), self.alpha / self.runs) * self.deviation

    @property
    def threshold(self) -> float:
        """The proposal: the accuracy that the reference reaches in every training, rounded down to hundredths."""
        return max(0.0, math.floor(self.floor * _STEP) / _STEP)

    @property
    def least(self) -> int:
        """The smallest count that passes the proposed threshold."""
        return least_count(self.total, self.threshold, self.alpha / self.runs)

    @property
    def margin(self) -> float:
        """How many standard deviations the reference's mean is above failing; infinite if all seeds agree."""
        deviation = self.deviation * self.total
        distance = self.mean * self.total - (self.least - 1)
        return distance / deviation if deviation > 0.0 else math.inf

    @property
    def failures(self) -> Interval:
        """The share of trainings that fail the proposal, as far as these seeds tell: 95 % at each end."""
        failed = sum(count < self.least for count in self.correct)
        return interval(failed, len(self.correct), 0.05)


def calibrate(
    loss: Loss,
    split: Split,
    *,
    learning_rate: float,
    reg: float,
    num_iters: int,
    batch_size: int,
    runs: int,
    seeds: int = 200,
    alpha: float = ALPHA,
    progress: Callable[[], None] = lambda: None,
) -> Calibration:
    """Train the reference from ``seeds`` different seeds and count the validation pictures that it gets right.

    Args:
        loss: the loss and gradient of a batch.
        split: the data.
        learning_rate, reg, num_iters, batch_size: the settings that submissions will be trained with.
        runs: trainings that one submission will be judged by.
        seeds: the number of trainings, at least 2.
        alpha: the odds at which a submission at the threshold may fail.
        progress: called after each training.

    Raises:
        ValueError: fewer than 2 seeds.
    """
    if seeds < 2:
        raise ValueError(f"the spread between seeds takes at least 2 of them, got {seeds}")
    correct = []
    for seed in range(seeds):
        W, _ = train(
            loss,
            split.X_train,
            split.y_train,
            learning_rate=learning_rate,
            reg=reg,
            num_iters=num_iters,
            batch_size=batch_size,
            rng=np.random.default_rng(seed),
        )
        correct.append(int(np.sum(predict(W, split.X_validation) == split.y_validation)))
        progress()
    return Calibration(tuple(correct), len(split.y_validation), runs, alpha)


def _tolerance_factor(count: int, probability: float) -> float:
    """k such that mean - k * deviation of ``count`` normal numbers is below their ``probability`` quantile, at 95 %.

    G. J. Hahn and W. Q. Meeker, Statistical Intervals, 1991, section 4.6: a quantile of the noncentral t.
    """
    from scipy.special import nctdtrit, ndtri

    root = math.sqrt(count)
    return float(nctdtrit(count - 1, -float(ndtri(probability)) * root, 0.95)) / root
