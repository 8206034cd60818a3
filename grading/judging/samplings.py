"""A training whose batches are inspected: the weights stay, and it runs until every row must have been drawn."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from grading.judging.classifier import Options, Scenario, StandIn
from grading.judging.encoding import example_type
from reference.sampling import ALPHA, draws_to_see_every_row

BATCH_SIZES = (4, 6)
"""Two random rows are neighbours too often; and an even number of successive rows has as many even as odd ones."""
_LEARNING_RATE = 2.0**-6  # a power of 2, so that W is exact
FACTORS = (1, 5, 7, 11)
"""Numbers coprime to 2, 3 and 4, so that every class gets a label."""


@example_type
@dataclass(frozen=True)
class Sampling:
    """The data, and how many rows each step must draw.

    Attributes:
        batch_size: one of `BATCH_SIZES`.
        batches: how many of them the data hold; at least 6, so that batches taken from a shuffled order, epoch by
            epoch, pass as random ones.
        classes: 2 to 4.
        factor, offset: the label of row i is (i * factor + offset) % classes.
        nudge: the number of the first row, and how much the first weight is moved, in units of 2**-22, so that neither
            data nor losses are always the same.
        seed: for every random number that the student draws without a seed.
        alpha: the largest probability with which a right train may fail one test.
        spread_alpha: the same for the spread of batches. Rows taken from a shuffled order, epoch by epoch, are right,
            too, but batches of one epoch depend on each other: with 6 batches per epoch the spread's standard deviation
            is 10 % larger than that of independent batches. With this they still fail less often than `alpha`.
    """

    alpha: ClassVar[float] = ALPHA
    spread_alpha: ClassVar[float] = 1e-12

    batch_size: int
    batches: int
    classes: int
    factor: int
    offset: int
    nudge: int
    seed: int

    @property
    def samples(self) -> int:
        """The number of samples, N."""
        return self.batch_size * self.batches

    @property
    def steps(self) -> int:
        """Enough steps that a right train misses a row in fewer than one case in a thousand million."""
        return -(-draws_to_see_every_row(self.samples) // self.batch_size)

    @cached_property
    def brief(self) -> Sampling:
        """The first half of it, to be judged more strictly: who passes need not go on, whoever fails is not wrong yet.

        What all the steps would show nearly always shows here, too: half of the steps hold half of the evidence, and a
        third is enough.
        """
        return _Brief(*(getattr(self, field.name) for field in fields(self)))

    @property
    def y(self) -> NDArray[np.int64]:
        """The labels, (N,)."""
        return (np.arange(self.samples, dtype=np.int64) * self.factor + self.offset) % self.classes

    def training(self, X: NDArray[np.float64], y: NDArray[np.int64], W: NDArray[np.float64]) -> Scenario:
        """The training on other data with the student's own loss, starting from the first columns of W."""
        moved = W[:, : self.classes].copy()
        moved[0, 0] += self.nudge * 2.0**-22
        options = Options(0.0, 0.0, self.steps, self.batch_size)
        return Scenario(X, y, options, moved, seed=self.seed, return_inputs=False)

    @cached_property
    def watched(self) -> Scenario:
        """The training with a plugged-in loss that records the batches: column 0 of X counts rows from ``nudge``."""
        X = np.stack([self.nudge + np.arange(self.samples, dtype=np.float64), np.ones(self.samples)], axis=1)
        W = np.zeros((2, self.classes))
        options = Options(_LEARNING_RATE, 0.0, self.steps, self.batch_size)
        told = StandIn(np.ones(1), W[np.newaxis], tells_batches=True)
        return Scenario(X, self.y, options, W, told, self.seed, return_inputs=False)


class _Brief(Sampling):
    alpha = spread_alpha = 1e-3

    @property
    def steps(self) -> int:
        return super().steps // 2
