"""Random batches pass at odds that are known exactly; every usual way of not drawing at random is told."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

from reference import sampling
from reference.sampling import (
    ALPHA,
    BatchTest,
    Counts,
    batches_p_value,
    counts_from_history,
    draws_to_see_every_row,
    rows_p_value,
)

ROWS, BATCH, STEPS = 40, 10, 120
Sampler = Callable[[np.random.Generator], Counts]


def with_replacement(rng: np.random.Generator) -> Counts:
    return rng.integers(0, ROWS, (STEPS, BATCH))


def without_replacement(rng: np.random.Generator) -> Counts:
    return np.array([rng.choice(ROWS, BATCH, replace=False) for _ in range(STEPS)])


def shuffled_epochs(rng: np.random.Generator) -> Counts:
    return np.concatenate([rng.permutation(ROWS) for _ in range(STEPS * BATCH // ROWS)]).reshape(STEPS, BATCH)


RIGHT: list[Sampler] = [with_replacement, without_replacement, shuffled_epochs]

WRONG_BATCHES: dict[str, Sampler] = {
    "always the first rows": lambda rng: np.tile(np.arange(BATCH), (STEPS, 1)),
    "always the last rows": lambda rng: np.tile(np.arange(ROWS - BATCH, ROWS), (STEPS, 1)),
    "the whole data set": lambda rng: np.tile(np.arange(0, ROWS, 4), (STEPS, 1)),
    "one batch for all steps": lambda rng: np.tile(rng.choice(ROWS, BATCH), (STEPS, 1)),
    "one row for a whole batch": lambda rng: np.repeat(rng.integers(0, ROWS, (STEPS, 1)), BATCH, axis=1),
    "a random run of rows": lambda rng: rng.integers(0, ROWS - BATCH + 1, (STEPS, 1)) + np.arange(BATCH),
    "the rows in turn": lambda rng: np.arange(STEPS * BATCH).reshape(STEPS, BATCH) % ROWS,
    "row numbers below batch_size": lambda rng: rng.integers(0, BATCH, (STEPS, BATCH)),
    "half the rows never": lambda rng: rng.integers(0, ROWS // 2, (STEPS, BATCH)),
}

WRONG_ROWS: dict[str, Sampler] = {
    "never the last row": lambda rng: rng.integers(0, ROWS - 1, (STEPS, BATCH)),
    "always row 0": lambda rng: np.hstack(
        [np.zeros((STEPS, 1), int), rng.integers(0, ROWS, (STEPS, BATCH - 1))]
    ),
    "always the first rows": WRONG_BATCHES["always the first rows"],
    "half the rows never": WRONG_BATCHES["half the rows never"],
}


def batch_test(drawn: Counts) -> BatchTest:
    """Rows of the first half are marked, so runs of rows are all marked or all not."""
    return batches_p_value(
        (drawn < ROWS // 2).sum(axis=1), batch_size=BATCH, population=ROWS, marked=ROWS // 2
    )


def rows_test(drawn: Counts) -> float:
    draws = np.bincount(drawn.ravel(), minlength=ROWS)
    return rows_p_value(draws, num_iters=STEPS, batch_size=BATCH)


@pytest.mark.parametrize("sampler", RIGHT)
def test_right_sampling_is_nowhere_near_failing(sampler: Sampler) -> None:
    for seed in range(200):
        drawn = sampler(np.random.default_rng(seed))
        assert min(batch_test(drawn).p_value, rows_test(drawn)) > 1e-5


@pytest.mark.parametrize("how", WRONG_BATCHES)
def test_batches_that_are_not_random_are_told(how: str) -> None:
    for seed in range(20):
        assert batch_test(WRONG_BATCHES[how](np.random.default_rng(seed))).p_value < ALPHA


@pytest.mark.parametrize("how", WRONG_ROWS)
def test_rows_that_are_not_drawn_alike_are_told(how: str) -> None:
    for seed in range(20):
        assert rows_test(WRONG_ROWS[how](np.random.default_rng(seed))) < ALPHA


def test_p_values_are_exact_for_batches_small_enough_to_list() -> None:
    # Two batches of two rows out of four with two marked, drawn with replacement: 16 equally likely outcomes; without
    # replacement 1, 4 and 1 of 6 batches hold 0, 1 and 2. The larger p-value of the two counts.
    def tail(observed: tuple[int, ...], weights: tuple[int, ...], measure: Callable[[int], int]) -> float:
        total = sum(map(measure, observed))
        lower = upper = 0.0
        for batches in product(range(3), repeat=2):
            chance = math.prod(weights[count] / sum(weights) for count in batches)
            sum_here = sum(map(measure, batches))
            lower += chance * (sum_here <= total)
            upper += chance * (sum_here >= total)
        return min(1.0, 2.0 * min(lower, upper))

    for observed in product(range(3), repeat=2):
        found = batches_p_value(np.array(observed), batch_size=2, population=4, marked=2)
        expected = [
            BatchTest(tail(observed, weights, int), tail(observed, weights, lambda count: (count - 1) ** 2))
            for weights in ((1, 2, 1), (1, 4, 1))
        ]
        best = max(expected, key=lambda test: test.p_value)
        assert found.p_value == pytest.approx(best.p_value, rel=1e-12)


def test_tails_are_those_of_the_binomial_distribution_down_to_alpha() -> None:
    draws = STEPS * BATCH
    half = [math.comb(draws, k) / 2**draws for k in range(draws + 1)]
    for total in (500, 540, 620, 700, 710):
        counts = np.full(STEPS, total // STEPS)
        counts[: total % STEPS] += 1
        right = min(1.0, 2 * min(sum(half[: total + 1]), sum(half[total:])))
        binomial = np.array([math.comb(BATCH, k) / 2**BATCH for k in range(BATCH + 1)])
        assert sampling._two_sided(int(counts.sum()), binomial, STEPS) == pytest.approx(
            right, rel=1e-4, abs=1e-13
        )


def test_the_share_of_right_samples_below_a_p_value_is_at_most_that_value() -> None:
    rng = np.random.default_rng(0)
    p_values = np.array([batch_test(with_replacement(rng)).p_value for _ in range(500)])
    for level in (0.3, 0.1, 0.03):
        # 500 samples: four standard deviations of luck.
        assert (p_values <= level).mean() <= level + 4 * np.sqrt(level / 500)


@pytest.mark.parametrize(("batch_size", "samples"), [(1, 2), (7, 2), (50, 2), (4, 4), (6, 4)])
def test_a_history_tells_how_many_rows_of_each_sample_were_drawn(batch_size: int, samples: int) -> None:
    rng = np.random.default_rng(1)
    losses = np.array([1.1, 3.7, 1.12, 1.24])[:samples]
    counts = rng.multinomial(batch_size, np.full(samples, 1 / samples), 100)
    found = counts_from_history(counts @ losses / batch_size, losses, batch_size, 1e-14)
    np.testing.assert_array_equal(found, counts)


def test_a_history_of_batches_of_another_size_is_told() -> None:
    counts = np.random.default_rng(1).binomial(9, 0.5, 100)
    assert counts_from_history(1.0 + counts / 9, np.array([1.0, 2.0]), 10, 1e-14) is None


@pytest.mark.parametrize("odd", [0.9, 2.1, 1.55, np.nan, np.inf])
def test_a_loss_of_no_batch_is_told(odd: float) -> None:
    assert counts_from_history(np.array([1.5, odd]), np.array([1.0, 2.0]), 10, 1e-14) is None


@pytest.mark.parametrize("losses", [(1.0, 1.0 + 1e-14), (1.0, 2.0, 3.0), (1.0, np.nan), (1.0, np.inf)])
def test_losses_that_do_not_tell_batches_apart_are_refused(losses: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="do not tell the rows of a batch apart"):
        counts_from_history(np.array([1.0]), np.array(losses), 10, 1e-14)


def test_enough_draws_leave_no_row_undrawn() -> None:
    draws = draws_to_see_every_row(ROWS)
    assert ROWS * (1 - 1 / ROWS) ** draws < ALPHA <= ROWS * (1 - 1 / ROWS) ** (draws - 1)
    assert draws_to_see_every_row(1) == 1


def test_a_batch_of_all_rows_without_replacement_is_right() -> None:
    counts = np.full(STEPS, 20)
    assert batches_p_value(counts, batch_size=40, population=40, marked=20).p_value == 1.0
    assert rows_p_value(np.full(40, STEPS), num_iters=STEPS, batch_size=40) == 1.0


def test_a_batch_larger_than_the_data_can_only_be_drawn_with_replacement() -> None:
    rng = np.random.default_rng(0)
    counts = rng.binomial(30, 0.5, STEPS)
    assert batches_p_value(counts, batch_size=30, population=10, marked=5).p_value > 1e-5


def test_a_share_that_makes_distances_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match="mark such a share"):
        batches_p_value(np.zeros(100, np.int64), batch_size=100, population=10007, marked=5000)
