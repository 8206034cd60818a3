"""A threshold fails nobody who deserves better, with odds that are known exactly."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest

from reference.accuracy_verdict import interval, least_count, verdict, verdicts


def exact_at_most(count: int, total: int, probability: Fraction) -> Fraction:
    terms = (comb(total, k) * probability**k * (1 - probability) ** (total - k) for k in range(count + 1))
    return sum(terms, Fraction())


@pytest.mark.parametrize(("total", "threshold"), [(250, 0.9), (250, 0.35), (1000, 0.38), (10, 0.5), (1, 0.5)])
@pytest.mark.parametrize("alpha", [1e-6, 1e-3, 1e-9])
def test_at_the_threshold_failing_is_rarer_than_alpha_and_one_more_would_not_be(
    total: int, threshold: float, alpha: float
) -> None:
    least = least_count(total, threshold, alpha)
    # As written, 0.38 is 19/50, and fractions stay short.
    exactly = Fraction(str(threshold))
    assert exact_at_most(least - 1, total, exactly) < alpha
    assert exact_at_most(least, total, exactly) >= alpha


@pytest.mark.parametrize("total", [1, 10, 250])
def test_a_count_passes_exactly_when_the_interval_reaches_the_threshold(total: int) -> None:
    for correct in range(0, total + 1, max(1, total // 25)):
        for threshold in (0.05, 0.31, 0.5, 0.83, 0.99):
            found = verdict(correct, total, threshold)
            assert found.passes == (found.interval.upper >= threshold)


def test_the_interval_is_that_of_clopper_and_pearson() -> None:
    # At its ends, the observed count is as unlikely as alpha says.
    for correct, total, alpha in ((3, 10, 0.025), (240, 250, 1e-6), (100, 250, 1e-9)):
        found = interval(correct, total, alpha)
        assert float(exact_at_most(correct, total, Fraction(found.upper))) == pytest.approx(alpha, rel=1e-6)
        above = 1 - exact_at_most(correct - 1, total, Fraction(found.lower))
        assert float(above) == pytest.approx(alpha, rel=1e-6)


def test_the_interval_of_none_and_of_all_reaches_the_end() -> None:
    assert interval(0, 10, 0.025).lower == 0.0
    assert interval(10, 10, 0.025).upper == 1.0


def test_several_trainings_share_the_odds() -> None:
    three = verdicts((200, 230, 240), 250, 0.9)
    assert [found.alpha for found in three] == [1e-6 / 3] * 3
    assert [found.passes for found in three] == [found.correct >= three[0].least for found in three]


def test_a_threshold_of_0_fails_nobody_and_of_1_all_but_the_perfect() -> None:
    assert verdict(0, 250, 0.0).passes
    assert verdict(250, 250, 1.0).passes
    assert not verdict(249, 250, 1.0).passes


def test_more_pictures_tell_the_good_from_the_bad_more_sharply() -> None:
    assert verdict(70, 100, 0.8).passes
    assert not verdict(7000, 10_000, 0.8).passes


@pytest.mark.parametrize(
    ("correct", "total", "threshold", "alpha"),
    [
        (-1, 10, 0.5, 0.1),
        (11, 10, 0.5, 0.1),
        (0, 0, 0.5, 0.1),
        (5, 10, 1.5, 0.1),
        (5, 10, 0.5, 0.0),
        (5, 10, 0.5, 0.7),
    ],
)
def test_impossible_numbers_are_refused(correct: int, total: int, threshold: float, alpha: float) -> None:
    with pytest.raises(ValueError, match=r"count of pictures|threshold is|alpha is"):
        verdict(correct, total, threshold, alpha)
