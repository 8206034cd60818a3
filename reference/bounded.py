"""Arrays that know how far correct float64 code can be from them, in whatever order it computes.

Each number is stored with its size: the value it would have if every subtraction were an addition, that is, the sum of
the absolute values of all its terms. Right code may add those terms in any order, expand or factor them: a term that
passes through n roundings changes by a factor within gamma(n) of 1, so two ways to compute a number differ by at most
gamma(m + n) * size (N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, lemma 3.1 and section
3.3). The effect of nonlinear functions on such a difference is stored separately, as error.

The model does not cover code that uses numbers equal only in exact arithmetic, such as log(exp(a) * b) for
a + log(b): a function covers such variants only if it says so. Products of two errors are neglected.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.axes import stretched, total
from reference.rounding import UNDERFLOW, gamma

Array: TypeAlias = NDArray[np.float64]


class Bounded:
    """K arrays of one shape side by side, each number with its size.

    Attributes:
        parts: (P, K, ...) the numbers, and if P is 2 their sizes.
        error: (K, ...) difference between two right ways that gamma * size does not cover; None if there is none.
        ops: roundings that each term passes through in right code before it is added to the others.
        terms: how many terms are added, in an order that right code is free to choose.
        own: roundings that a term has passed through here.
    """

    __slots__ = ("error", "ops", "own", "parts", "terms")

    def __init__(
        self, parts: Array, error: Array | None = None, ops: int = 0, terms: int = 1, own: int = 0
    ) -> None:
        self.parts, self.error, self.ops, self.terms, self.own = parts, error, ops, terms, own

    @classmethod
    def exact(cls, numbers: ArrayLike) -> Bounded:
        """Numbers, (K, ...), that are the same in all code."""
        value = np.asarray(numbers, dtype=np.float64)
        parts = np.empty((2, *value.shape))
        parts[0] = value
        np.abs(value, out=parts[1])
        return cls(parts)

    @classmethod
    def joined(cls, numbers: Sequence[Bounded]) -> Bounded:
        """Concatenates arrays of different shapes to one with a single axis, (K, M)."""
        parts = [x.parts.reshape(*x.parts.shape[:2], -1) for x in numbers]
        error = None
        if any(x.error is not None for x in numbers):
            flat = zip(numbers, parts, strict=True)
            error = np.concatenate(
                [np.zeros(p.shape[1:]) if x.error is None else x.error.reshape(p.shape[1:]) for x, p in flat],
                axis=-1,
            )
        ops, terms, own = (
            max(counts) for counts in zip(*((x.ops, x.terms, x.own) for x in numbers), strict=True)
        )
        return cls(np.concatenate(parts, axis=-1), error, ops, terms, own)

    @property
    def value(self) -> Array:
        """(K, ...) the numbers themselves."""
        value: Array = self.parts[0]
        return value

    @property
    def size(self) -> Array:
        """(K, ...) the sums of the absolute values of their terms; without bounds, the numbers again."""
        size: Array = self.parts[-1]
        return size

    @property
    def bounded(self) -> bool:
        """Whether there are sizes."""
        return len(self.parts) == 2

    @property
    def depth(self) -> int:
        """Roundings that a term passes through in right code on its way into the sum, plus one in reserve."""
        return self.ops + self.terms

    def bound(self) -> Array:
        """(K, ...) how far another right way can differ from this one; 0 if there are no sizes."""
        if len(self.parts) == 1:
            return np.zeros_like(self.value)
        bound: Array = self.parts[1] + UNDERFLOW
        bound *= gamma(self.ops + self.terms + self.own)
        if self.error is not None:
            bound += self.error
        return bound

    def each(self, change: Callable[[Array], Array], *, times: int = 1) -> Bounded:
        """Apply a linear change, (Q, K, ...) -> (Q, K, ...), exact except for sums of ``times`` terms."""
        error = None if self.error is None else change(self.error[None])[0]
        return Bounded(change(self.parts), error, self.ops, self.terms * times, self.own + times - 1)

    def __neg__(self) -> Bounded:
        parts = -self.parts
        if len(parts) == 2:
            parts[1] = self.parts[1]
        return Bounded(parts, self.error, self.ops, self.terms, self.own)

    def __add__(self, other: Bounded) -> Bounded:
        a, b = self.parts, other.parts
        if a.ndim != b.ndim:
            a, b = _aligned(a, b)
        return self._sum(other, a + b)

    def __sub__(self, other: Bounded) -> Bounded:
        a, b = self.parts, other.parts
        if a.ndim != b.ndim:
            a, b = _aligned(a, b)
        parts = a - b
        if len(parts) == 2:
            np.add(a[1], b[1], out=parts[1])
        return self._sum(other, parts)

    def plus(self, number: float) -> Bounded:
        """Add a number to each."""
        parts = self.parts + number
        if len(parts) == 2:
            np.add(self.parts[1], abs(number), out=parts[1])
        return Bounded(parts, self.error, self.ops, self.terms + 1, self.own + 1)

    def _sum(self, other: Bounded, parts: Array) -> Bounded:
        errors = [x.error for x in (self, other) if x.error is not None]
        error = None
        if errors:
            error = np.zeros(parts.shape[1:])
            for one in errors:
                error += _aligned(one[None], parts)[0][0]
        own = max(self.own, other.own) + 1
        return Bounded(parts, error, max(self.ops, other.ops), self.terms + other.terms, own)

    def __mul__(self, other: Bounded) -> Bounded:
        return self._product(other, _times(self.parts, other.parts), _times)

    def __matmul__(self, other: Bounded) -> Bounded:
        length = self.parts.shape[-1]
        product = self._product(other, self.parts @ other.parts, np.matmul, underflows=length)
        # One row times one column: right code computes it before it continues.
        product.ops += product.terms * length - 1
        product.terms = 1
        product.own += length - 1
        return product

    def _product(
        self,
        other: Bounded,
        parts: Array,
        multiply: Callable[[Array, Array], Array],
        *,
        underflows: int = 1,
    ) -> Bounded:
        if len(parts) == 2:
            parts[1] += underflows * UNDERFLOW
        error = None
        if self.error is not None:
            theirs = other.parts[-1:] if other.error is None else other.parts[-1:] + other.error
            error = multiply(self.error[None], theirs)[0]
        if other.error is not None:
            mine = multiply(self.parts[-1:], other.error[None])[0]
            error = mine if error is None else error + mine
        # A sum times one factor may be expanded; of two sums, right code computes at least one.
        terms = max(self.terms, other.terms) if min(self.terms, other.terms) == 1 else 1
        ops = self.ops + self.terms + other.ops + other.terms - terms
        return Bounded(parts, error, ops, terms, self.own + other.own + 1)

    def over(self, divisor: float) -> Bounded:
        """Divides by a number."""
        parts = self.parts / divisor
        if divisor < 0.0:
            np.abs(parts[1:], out=parts[1:])
        error = None if self.error is None else self.error / abs(divisor)
        return Bounded(parts, error, self.ops + 1, self.terms, self.own + 1)

    def sum(self, axes: tuple[int, ...], *, keepdims: bool = False) -> Bounded:
        """The sum over some of the last axes, which are counted from the end: -1, -2, ..."""
        shape = self.parts.shape
        times = math.prod([shape[axis] for axis in axes])
        return self.each(lambda array: total(array, axes, keepdims=keepdims), times=times)

    def summed_to(self, shape: tuple[int, ...]) -> Bounded:
        """The sum over the axes that ``shape`` was broadcast along: what a derivative is for an array of that shape."""
        had = self.parts.shape[2:]
        if had == shape:
            return self
        added, wide = stretched(had, shape)
        narrow = self.sum(added) if added else self
        return narrow.sum(wide, keepdims=True) if wide else narrow


def _aligned(a: Array, b: Array) -> tuple[Array, Array]:
    """Give two arrays (P, K, ...) the same number of axes: NumPy's rule, applied after the first two axes."""
    if a.ndim == b.ndim:
        return a, b
    if a.ndim < b.ndim:
        return a.reshape(*a.shape[:2], *(1,) * (b.ndim - a.ndim), *a.shape[2:]), b
    return a, b.reshape(*b.shape[:2], *(1,) * (a.ndim - b.ndim), *b.shape[2:])


def _times(a: Array, b: Array) -> Array:
    if a.ndim != b.ndim:
        a, b = _aligned(a, b)
    return a * b
