"""Formulas without bounds and kinks, in half the time: enough to train by, and to show that an answer is near."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import numpy as np

from reference.axes import as_column, stretched, total, transposed
from reference.bounded import Array, Bounded
from reference.functions import Applied
from reference.traced_arrays import Pull, Term, unchanged


class PlainTerm(Term):
    """A term whose numbers, and the derivatives by it, are arrays.

    Attributes:
        value: (K, ...) its values.
    """

    __slots__ = ("value",)

    def __init__(self, value: Array, *parents: tuple[Term, Pull], varies: bool = False) -> None:
        self.value = value
        self._place(value.shape[1:], parents, varies)

    @classmethod
    def constant(cls, numbers: Array) -> Self:
        """Numbers, (K, ...)."""
        return cls(numbers)

    def changed(
        self,
        change: Callable[[Array], Array],
        back: Callable[[Array], Array],
        *,
        summed: tuple[int, ...] = (),
    ) -> Term:
        """Apply a linear change of the last axes; ``back`` takes derivatives back."""
        return PlainTerm(change(self.value), (self, back))

    def applied(self, function: Callable[[Bounded], Applied]) -> Term:
        """Apply a function to each number, or to the numbers of each row."""
        result, its_slope, _ = function(Bounded(self.value[None]))
        value, slope = result.value, its_slope.value
        if value.ndim < slope.ndim:
            return PlainTerm(value, (self, lambda g: as_column(g) * slope))
        return PlainTerm(value, (self, lambda g: g * slope))

    def positive(self) -> Term:
        """max(0, x); its slope at 0 is 0."""
        counted = (self.value > 0.0).astype(np.float64)
        return PlainTerm(self.value * counted, (self, lambda g: g * counted))

    def _negative(self) -> Term:
        return PlainTerm(-self.value, (self, np.negative))

    def _plus(self, number: float) -> Term:
        return PlainTerm(self.value + number, (self, unchanged))

    def _over(self, divisor: float) -> Term:
        return PlainTerm(self.value / divisor, (self, lambda g: g / divisor))

    def _added(self, other: Self) -> Term:
        a, b = _aligned(self.value, other.value)
        value = a + b
        return PlainTerm(value, (self, _sum_to(self, value)), (other, _sum_to(other, value)))

    def _less(self, other: Self) -> Term:
        a, b = _aligned(self.value, other.value)
        value = a - b
        back = _sum_to(other, value)
        return PlainTerm(value, (self, _sum_to(self, value)), (other, lambda g: -back(g)))

    def _times(self, other: Self) -> Term:
        a, b = _aligned(self.value, other.value)
        value = a * b
        mine, theirs = _sum_to(self, value), _sum_to(other, value)
        return PlainTerm(value, (self, lambda g: mine(g * b)), (other, lambda g: theirs(g * a)))

    def _squared(self) -> Term:
        value = self.value
        return PlainTerm(value * value, (self, lambda g: g * (2.0 * value)))

    def _matrix_product(self, other: Self) -> Term:
        a, b = self.value, other.value
        return PlainTerm(a @ b, (self, lambda g: g @ transposed(b)), (other, lambda g: transposed(a) @ g))


def _aligned(a: Array, b: Array) -> tuple[Array, Array]:
    """Give two arrays (K, ...) the same number of axes: NumPy's rule, applied after the first axis."""
    if a.ndim < b.ndim:
        return a.reshape(len(a), *(1,) * (b.ndim - a.ndim), *a.shape[1:]), b
    if a.ndim > b.ndim:
        return a, b.reshape(len(b), *(1,) * (a.ndim - b.ndim), *b.shape[1:])
    return a, b


def _sum_to(term: Term, result: Array) -> Pull:
    """Sums a derivative over the axes that were broadcast."""
    had, shape = result.shape[1:], term.shape
    if had == shape:
        return unchanged
    added, wide = stretched(had, shape)

    def summed(g: Array) -> Array:
        if added:
            g = total(g, added)
        return total(g, wide, keepdims=True) if wide else g

    return summed
