"""Tests whether batches were drawn at random: exact tests on what a training drew, or on what its history reveals.

Each test returns the probability that a right training would look at least as odd, the larger one of drawing with and
without replacement, because both are right. Tests at alpha = 1e-9 fail nobody by bad luck.

Counts are found in one of two ways. With a stand-in loss, the drawn rows are seen, and `rows_p_value` tests whether all
rows are drawn equally often. Without, the data consist of two distinct samples, so that at learning_rate = 0 a batch's
loss, a mean over the batch, shows how many of each it held (`counts_from_history`); `batches_p_value` tests whether
those numbers, and their spread, are those of random batches of batch_size.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import combinations_with_replacement

import msgspec
import numpy as np
from numpy.typing import NDArray

from reference import binomial

ALPHA = 1e-9
"""The largest probability with which a right training may fail one test."""

_LARGEST_SUM = 2**23
"""Larger sums of squared distances would make the exact distribution slow: 64 MB."""

Counts = NDArray[np.int64]
Probabilities = NDArray[np.float64]


class BatchTest(msgspec.Struct, frozen=True):
    """The probabilities that right batches look at least as odd as those observed.

    Attributes:
        mean: for the number of marked rows in all batches together: too many or too few.
        spread: for the distance of single batches from the mean: too far (batches smaller than they should be, or
            drawn in chunks) or too near (larger batches, the whole data set, the rows in turn).
    """

    mean: float
    spread: float

    @property
    def p_value(self) -> float:
        """The smaller of the two, doubled because there are two."""
        return min(1.0, 2.0 * min(self.mean, self.spread))


def counts_from_history(
    history: NDArray[np.float64], losses: NDArray[np.float64], batch_size: int, bound: float
) -> Counts | None:
    """Infers from each batch's loss how many of its rows were which sample: (num_iters, K).

    Args:
        history: (num_iters,) losses of batches with only K distinct samples, all at the same W.
        losses: (K,) the loss of a batch of only one sample, for each of them.
        batch_size: the number of rows that each batch should have held.
        bound: how far right float64 code can be from any of these losses.

    Returns:
        None if some loss is not that of any batch of ``batch_size`` of these samples.

    Raises:
        ValueError: two different batches have losses too close to each other to tell one from the other.
    """
    batches = _batches(batch_size, len(losses))
    with np.errstate(invalid="ignore"):
        means = batches @ losses / batch_size
    if not (np.isfinite(means).all() and np.diff(np.sort(means)).min() > 16.0 * bound):
        raise ValueError(f"losses {losses.tolist()} do not tell the rows of a batch apart")
    if not np.isfinite(history).all():
        return None
    distances = np.abs(history[:, np.newaxis] - means)
    # The history's error, that of the losses, and the rounding of their mean.
    if (distances.min(axis=1) > 4.0 * bound).any():
        return None
    counts: Counts = batches[distances.argmin(axis=1)]
    return counts


@lru_cache(maxsize=8)
def _batches(batch_size: int, samples: int) -> Counts:
    """All batches: how many of its rows are which of the samples, (batches, samples)."""
    rows = combinations_with_replacement(range(samples), batch_size)
    return np.array([np.bincount(batch, minlength=samples) for batch in rows])


def batches_p_value(counts: Counts, *, batch_size: int, population: int, marked: int) -> BatchTest:
    """Tests the number of marked rows in each batch.

    Exact: the distribution of the sum over all batches is that of one batch convolved with itself; for the mean, of
    the counts; for the spread, of their squared distances from the expected count, which is known, not estimated.

    Args:
        counts: (num_iters,) marked rows in each batch.
        batch_size: rows in each batch, at most ``population``.
        population: rows of the data.
        marked: the number of marked ones; best if batch_size * marked / population is whole, because then
            squared distances are small whole numbers.

    Raises:
        ValueError: the squared distances are too large to count with.
    """
    tests = [_test(counts, pmf, population, marked) for pmf in _of_one_batch(batch_size, population, marked)]
    return max(tests, key=lambda test: test.p_value)


def rows_p_value(draws: Counts, *, num_iters: int, batch_size: int) -> float:
    """Tests how often each row was drawn.

    Each row's number of draws is binomial: of num_iters * batch_size draws with probability 1/N with replacement, of
    num_iters batches with probability batch_size/N without. The least likely row decides, times the number of rows.

    Args:
        draws: (N,) how often each row was drawn in all batches together; adds up to num_iters * batch_size.
        num_iters, batch_size: batches, and rows in each.
    """
    rows = len(draws)
    cases = [(num_iters * batch_size, 1.0 / rows)]
    if batch_size <= rows and draws.max() <= num_iters:
        cases.append((num_iters, batch_size / rows))
    p_values = []
    for trials, probability in cases:
        least, most = int(draws.min()), int(draws.max())
        at_most = binomial.at_most(least, trials, probability)
        at_least = binomial.at_least(most, trials, probability)
        p_values.append(min(1.0, 2.0 * rows * min(at_most, at_least)))
    return max(p_values)


def draws_to_see_every_row(rows: int, alpha: float = ALPHA) -> int:
    """The number of draws that leaves any row undrawn with probability below alpha, with replacement or without."""
    # The chance that one row is missed n times is (1 - 1/N)^n with replacement, less without; N rows can be missed.
    if rows == 1:
        return 1
    return math.ceil(math.log(alpha / rows) / math.log1p(-1.0 / rows))


def _of_one_batch(batch_size: int, population: int, marked: int) -> list[Probabilities]:
    """P(a batch holds k marked rows), k = 0..batch_size: binomial with replacement, hypergeometric without."""
    found = [binomial.probabilities(batch_size, marked / population)]
    if batch_size <= population:
        k = np.arange(batch_size + 1)
        possible = (k <= marked) & (batch_size - k <= population - marked)
        ways = np.full(batch_size + 1, -np.inf)
        ways[possible] = binomial.log_choose(marked)[k[possible]]
        ways[possible] += binomial.log_choose(population - marked)[batch_size - k[possible]]
        found.append(np.exp(ways - binomial.log_choose(population)[batch_size]))
    return [pmf / pmf.sum() for pmf in found]


def _test(counts: Counts, pmf: Probabilities, population: int, marked: int) -> BatchTest:
    batch_size, num_iters = len(pmf) - 1, len(counts)
    # Whole numbers: population * (count - expected count), divided by their common factor.
    distances = population * np.arange(batch_size + 1) - batch_size * marked
    distances //= max(1, int(np.gcd.reduce(distances)))
    squares = distances**2
    if int(squares.max()) * num_iters > _LARGEST_SUM:
        raise ValueError("mark such a share of the rows that a batch holds a whole number of them on average")
    of_square = np.bincount(squares, weights=pmf).astype(np.float64)
    return BatchTest(
        mean=_two_sided(int(counts.sum()), pmf, num_iters),
        spread=_two_sided(int(squares[counts].sum()), of_square, num_iters),
    )


@lru_cache(maxsize=32)
def _of_the_sum(pmf: tuple[float, ...], times: int) -> Probabilities:
    """The distribution of the sum of ``times`` independent numbers; cached, as all submissions need the same few."""
    length = times * (len(pmf) - 1) + 1
    size = 1 << (length - 1).bit_length()
    # By Fourier transform: absolute errors of about 1e-15, far below any alpha in use.
    total: Probabilities = np.fft.irfft(np.fft.rfft(np.array(pmf), size) ** times, size)[:length]
    return np.clip(total, 0.0, None)


def _two_sided(observed: int, pmf: Probabilities, times: int) -> float:
    """Twice the smaller tail of the sum of ``times`` independent numbers with this distribution, at most 1."""
    total = _of_the_sum(tuple(pmf.tolist()), times)
    lower, upper = float(total[: observed + 1].sum()), float(total[observed:].sum())
    return min(1.0, 2.0 * min(lower, upper))
