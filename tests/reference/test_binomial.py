"""Tails that verdicts hang on, against exact fractions and against SciPy."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy.special import bdtr, bdtrc, betaincinv

from reference.binomial import (
    at_least,
    at_most,
    highest_probability,
    log_choose,
    lowest_probability,
    probabilities,
)
from tests.reference.test_accuracy_verdict import exact_at_most


def test_coefficients_are_those_of_pascal() -> None:
    for n in (0, 1, 7, 60):
        assert np.exp(log_choose(n)) == pytest.approx([math.comb(n, k) for k in range(n + 1)], rel=1e-12)


@pytest.mark.parametrize("trials", [1, 10, 250])
@pytest.mark.parametrize("probability", [0.02, 0.31, 0.5, 0.93])
def test_tails_are_exact_however_small(trials: int, probability: float) -> None:
    for count in {0, 1, trials // 3, trials // 2, trials - 1}:
        right = exact_at_most(count, trials, Fraction(str(probability)))
        assert at_most(count, trials, probability) == pytest.approx(float(right), rel=1e-11, abs=1e-300)
        above = 1 - exact_at_most(count - 1, trials, Fraction(str(probability)))
        assert at_least(count, trials, probability) == pytest.approx(float(above), rel=1e-11, abs=1e-300)


def test_counts_beyond_the_ends_are_certain_or_impossible() -> None:
    assert (at_most(-1, 10, 0.3), at_most(10, 10, 0.3), at_most(11, 10, 0.3)) == (0.0, 1.0, 1.0)
    assert (at_least(11, 10, 0.3), at_least(0, 10, 0.3), at_least(-1, 10, 0.3)) == (0.0, 1.0, 1.0)
    assert (at_most(0, 10, 0.0), at_most(9, 10, 1.0), at_most(10, 10, 1.0)) == (1.0, 0.0, 1.0)


def test_what_is_no_probability_is_refused() -> None:
    for wrong in (-0.1, 1.1, math.nan):
        with pytest.raises(ValueError, match="no probability"):
            probabilities(3, wrong)


def test_it_is_what_scipy_says() -> None:
    random = np.random.default_rng(0)
    for _ in range(300):
        trials = int(random.integers(1, 3000))
        count, probability = int(random.integers(0, trials + 1)), float(random.uniform(0.001, 0.999))
        assert at_most(count, trials, probability) == pytest.approx(
            bdtr(count, trials, probability), rel=1e-9
        )
        if count:
            right = bdtrc(count - 1, trials, probability)
            assert at_least(count, trials, probability) == pytest.approx(right, rel=1e-9, abs=1e-300)


def test_fewer_halvings_find_the_same() -> None:
    random = np.random.default_rng(1)
    for _ in range(100):
        trials = int(random.integers(1, 600))
        count, alpha = int(random.integers(1, trials + 1)), float(random.choice([0.4, 0.025, 5e-7, 1e-9]))
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2.0
            low, high = (middle, high) if at_least(count, trials, middle) < alpha else (low, middle)
        assert lowest_probability(count, trials, alpha) == low


@pytest.mark.parametrize("alpha", [0.025, 1e-6, 1e-9])
def test_the_ends_of_the_interval_are_what_scipy_says(alpha: float) -> None:
    for correct, total in ((0, 10), (10, 10), (3, 10), (240, 250), (1, 1000), (999, 1000), (353, 1000)):
        lower = betaincinv(correct, total - correct + 1, alpha) if correct else 0.0
        upper = betaincinv(correct + 1, total - correct, 1.0 - alpha) if correct < total else 1.0
        assert lowest_probability(correct, total, alpha) == pytest.approx(lower, rel=1e-6, abs=1e-15)
        assert highest_probability(correct, total, alpha) == pytest.approx(upper, rel=1e-6)
