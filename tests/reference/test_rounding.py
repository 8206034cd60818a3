"""The constants that every bound is made of."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from reference.rounding import UNDERFLOW, UNIT_ROUNDOFF, gamma


def test_the_unit_roundoff_is_the_largest_relative_error_of_one_addition() -> None:
    assert 1.0 + UNIT_ROUNDOFF == 1.0
    assert 1.0 + UNIT_ROUNDOFF * (1.0 + 2.0**-52) > 1.0


@pytest.mark.parametrize("n", [1, 2, 10, 1000])
def test_gamma_covers_n_roundings_up_and_n_roundings_down(n: int) -> None:
    u = Fraction(UNIT_ROUNDOFF)
    assert Fraction(gamma(n)) >= max((1 + u) ** n - 1, 1 / (1 - u) ** n - 1)


def test_gamma_of_an_array_is_gamma_of_each_number() -> None:
    np.testing.assert_array_equal(gamma(np.array([1.0, 50.0])), [gamma(1.0), gamma(50.0)])


def test_the_reserve_for_underflow_covers_half_of_the_smallest_number_for_every_product() -> None:
    smallest = Fraction(5e-324)
    for n in (1, 10, 100_000):
        assert Fraction(gamma(n)) * Fraction(UNDERFLOW) >= n * smallest / 2
