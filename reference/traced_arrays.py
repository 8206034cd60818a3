"""Arrays that remember how they were computed, so that a result can be traced back to everything it depends on.

The derivatives of one number by all its inputs take one pass back through its operations (A. Griewank and A. Walther,
Evaluating Derivatives, 2nd edition, 2008, chapter 3). Numbers and derivatives are `Bounded`, so both have
bounds.
"""

from __future__ import annotations

import heapq
import itertools
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference import functions
from reference.bounded import Array, Bounded
from reference.functions import Applied

Pull: TypeAlias = Callable[[Bounded], Bounded]
"""Maps the derivative by a result, (P, T, ...), to its contribution to the derivative by an argument."""

_serials = itertools.count()

_HERE = frozenset(
    str(Path(__file__).with_name(name))
    for name in ("formula.py", "traced_arrays.py", "bounded.py", "functions.py")
)


class FormulaError(Exception):
    """A formula cannot be evaluated; the message is one line: where, which operation, what to use instead."""


class Labels:
    """The labels of K problems: ``index`` is (K, N); ``bounded`` says whether arrays made from them have sizes."""

    def __init__(self, index: NDArray[np.intp], *, bounded: bool = True) -> None:
        self.index, self.bounded = index, bounded
        self._own_places = slice(None), np.arange(index.size), index.ravel()

    def __len__(self) -> int:
        return int(self.index.shape[1])

    def of(self, array: Array) -> Array:
        """(P, T, N, C) -> (P, T, N): each sample's entry at its label."""
        P, T, N, C = array.shape
        return array.reshape(P, T * N, C)[self._places(T)].reshape(P, T, N)

    def at(self, array: Array, C: int) -> Array:
        """(P, T, N) -> (P, T, N, C): puts each entry back at its label, with 0 elsewhere."""
        P, T, N = array.shape
        placed = np.zeros((P, T * N, C))
        placed[self._places(T)] = array.reshape(P, T * N)
        return placed.reshape(P, T, N, C)

    def without(self, array: Array) -> Array:
        """(P, T, N, C) -> the same with the value 0, of unchanged size, for each sample's entry at its label."""
        kept = array.copy()
        P, T, N, C = array.shape
        kept.reshape(P, T * N, C)[:1][self._places(T)] = 0.0
        return kept

    def _places(self, T: int) -> tuple[slice, NDArray[np.intp], NDArray[np.intp]]:
        if len(self.index) == T:
            return self._own_places
        return slice(None), np.arange(T * len(self)), np.tile(self.index, (T, 1)).ravel()


class Term:
    """An array in a formula, for each of K problems; ``shape`` is its shape in one of them.

    Attributes:
        number: its values and their sizes.
        parents: its operands, as far as they depend on the parameters, each with its `Pull`.
        varies: whether it depends on the parameters.
        serial: larger than that of its parents.
        kinks: the largest number of kinks that it consists of, each applied to the one before.
        tied: (K, ...) where its slope may be anything from 0 to 1; None for nowhere.
        divisor: the divisor of its parent, if it is a quotient.
    """

    __slots__ = ("divisor", "kinks", "number", "parents", "serial", "tied", "varies")

    def __init__(
        self,
        number: Bounded,
        *parents: tuple[Term, Pull],
        tied: NDArray[np.bool_] | None = None,
        varies: bool = False,
        kink: bool = False,
    ) -> None:
        self.varies: bool
        self.number = number
        self.parents = [pair for pair in parents if pair[0].varies]
        self.varies = varies or bool(self.parents)
        self.kinks: int = kink
        for parent, _ in self.parents:
            if parent.kinks >= self.kinks:
                self.kinks = parent.kinks + kink
        self.tied = tied
        self.divisor: float | None = None
        self.serial = next(_serials)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape in one problem."""
        return self.number.parts.shape[2:]

    @property
    def ndim(self) -> int:
        """The number of axes in one problem."""
        return self.number.parts.ndim - 2

    @property
    def T(self) -> Term:  # noqa: N802
        """The matrix with rows and columns exchanged."""
        if self.ndim != 2:
            refuse(f".T of an array of shape {self.shape}", "a matrix")
        return Term(self.number.each(_transposed), (self, lambda g: g.each(_transposed)))

    def __len__(self) -> int:
        return self.shape[0]

    def __neg__(self) -> Term:
        return Term(-self.number, (self, lambda g: -g))

    def __add__(self, other: Operand) -> Term:
        if isinstance(other, int | float):
            return Term(self.number.plus(other), (self, lambda g: g))
        theirs = self._lift(other, "+")
        mine, other_shape = self.shape, theirs.shape
        return Term(
            self.number + theirs.number,
            (self, lambda g: _summed_to(g, mine)),
            (theirs, lambda g: _summed_to(g, other_shape)),
        )

    def __sub__(self, other: Operand) -> Term:
        if isinstance(other, int | float):
            return Term(self.number.plus(-other), (self, lambda g: g))
        theirs = self._lift(other, "-")
        mine, other_shape = self.shape, theirs.shape
        return Term(
            self.number - theirs.number,
            (self, lambda g: _summed_to(g, mine)),
            (theirs, lambda g: -_summed_to(g, other_shape)),
        )

    def __mul__(self, other: Operand) -> Term:
        theirs = self._lift(other, "*")
        a, b, a_shape, b_shape = self.number, theirs.number, self.shape, theirs.shape
        return Term(
            a * b,
            (self, lambda g: _summed_to(g * b, a_shape)),
            (theirs, lambda g: _summed_to(g * a, b_shape)),
        )

    def __truediv__(self, other: Operand) -> Term:
        if isinstance(other, Term) or np.ndim(other):
            return self * applied("/", functions.reciprocal, self._lift(other, "/"))
        divisor = float(other)  # type: ignore[arg-type]
        quotient = Term(self.number.over(divisor), (self, lambda g: g.over(divisor)))
        quotient.divisor = divisor
        return quotient

    def __pow__(self, exponent: int) -> Term:
        if not isinstance(exponent, int) or exponent < 1:
            refuse(f"the power {exponent!r}", "positive whole numbers, or numpy.exp")
        if exponent == 1:
            return self
        if exponent > 2:
            return self * self ** (exponent - 1)
        twice = self.number.each(lambda array: 2.0 * array)
        return Term(self.number * self.number, (self, lambda g: g * twice))

    def __matmul__(self, other: Operand) -> Term:
        theirs = self._lift(other, "@")
        if self.ndim != 2 or theirs.ndim != 2 or self.shape[1] != theirs.shape[0]:
            refuse(f"{self.shape} @ {theirs.shape}", "matrices that fit: x[:, None] is a column")
        a, b = self.number, theirs.number
        return Term(
            a @ b,
            (self, lambda g: g @ b.each(_transposed)),
            (theirs, lambda g: a.each(_transposed) @ g),
        )

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: Operand) -> Term:
        return self._lift(other, "-") - self

    def __rtruediv__(self, other: Operand) -> Term:
        return self._lift(other, "/") / self

    def __rmatmul__(self, other: Operand) -> Term:
        return self._lift(other, "@") @ self

    def sum(self, axis: int | None = None, *, keepdims: bool = False) -> Term:
        """The sum over one axis, or over all."""
        shape = self.shape
        axes = tuple(range(-len(shape), 0)) if axis is None else (self._from_the_end(axis),)
        narrow = list(shape)
        for k in axes:
            narrow[k] = 1

        def spread(a: Array) -> Array:
            wide = np.empty(a.shape[:2] + shape)
            wide[...] = a.reshape(*a.shape[:2], *narrow)
            return wide

        return Term(self.number.sum(axes, keepdims=keepdims), (self, lambda g: g.each(spread)))

    def mean(self, axis: int | None = None) -> Term:
        """The mean over one axis, or over all entries."""
        total = self.sum(axis)
        count = math.prod(self.shape) if axis is None else self.shape[self._from_the_end(axis)]
        return total / float(count)

    def __getitem__(self, index: Any) -> Term:
        parts = index if isinstance(index, tuple) else (index,)
        if Labels in map(type, parts):
            return self._at_labels(parts)
        for part in parts:
            if part is not None and part is not ... and not isinstance(part, int | slice):
                refuse("an index of arrays", "slices, None, or scores[range(len(y)), y]")
        chosen, shape = (slice(None), slice(None), *parts), self.shape

        def back(a: Array) -> Array:
            placed = np.zeros((*a.shape[:2], *shape))
            placed[chosen] = a
            return placed

        return Term(self.number.each(lambda a: a[chosen]), (self, lambda g: g.each(back)))

    def _at_labels(self, index: tuple[Any, ...]) -> Term:
        rows, y = index if len(index) == 2 else (None, None)
        if self.ndim != 2 or not isinstance(y, Labels) or not _all_rows(rows, len(self)):
            refuse("an index of labels", "scores[range(len(y)), y]")
        C = self.shape[1]
        return Term(self.number.each(y.of), (self, lambda g: g.each(lambda a: y.at(a, C))))

    def _from_the_end(self, axis: int) -> int:
        if not isinstance(axis, int) or not -self.ndim <= axis < self.ndim:
            refuse(f"a sum over axis {axis!r} of an array of shape {self.shape}", "one of its axes, or none")
        return axis if axis < 0 else axis - self.ndim

    def _lift(self, other: Operand, operation: str) -> Term:
        """``other`` as a term that fits this one by NumPy's broadcasting rule."""
        if not isinstance(other, Term):
            try:
                numbers = np.array(other, dtype=np.float64)
            except (TypeError, ValueError):
                refuse(
                    f"{operation} with a {type(other).__name__}", "numbers, arrays or terms of the formula"
                )
            other = Term(Bounded.exact(numbers[None], bounds=self.number.bounded))
        mine, theirs = self.number.parts.shape[2:], other.number.parts.shape[2:]
        if mine != theirs and mine and theirs and operation != "@":
            try:
                np.broadcast_shapes(mine, theirs)
            except ValueError:
                refuse(f"{operation} of the shapes {mine} and {theirs}", "x[:, None] for a column")
        return other

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Term:
        known = NUMPYS.get(ufunc.__name__)
        if known is None or method != "__call__" or kwargs:
            _unknown(ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}")
        numbers = (Term, int, float)
        return known(
            *(part if isinstance(part, numbers) else self._lift(part, ufunc.__name__) for part in inputs)
        )

    def __array_function__(
        self, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Term:
        known = {"sum": Term.sum, "mean": Term.mean}.get(function.__name__)
        if known is None:
            _unknown(function.__name__)
        return known(*args, **kwargs)

    def _compared(self, other: object) -> NoReturn:
        refuse("a comparison", "numpy.maximum or numpy.abs, whose kinks are known")

    __lt__ = __le__ = __gt__ = __ge__ = _compared

    def __bool__(self) -> bool:
        refuse("a term as a condition", "numpy.maximum or numpy.abs, whose kinks are known")

    def __float__(self) -> float:
        refuse("a term as a plain number", "NumPy's operations")


Operand: TypeAlias = Term | ArrayLike


_OPERATORS = frozenset(("add", "subtract", "multiply", "divide", "negative", "matmul"))
NUMPYS: dict[str, Callable[..., Term]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "negative": lambda x: -x,
    "matmul": lambda a, b: a @ b,
    "square": lambda x: x**2,
}
"""Implementations of NumPy's own functions for terms; `reference.formula` adds its own."""


def applied(
    name: str, function: Callable[[Bounded], Applied], x: Term, *, instead: str = "another way of writing it"
) -> Term:
    """Apply a function to a term.

    Raises:
        FormulaError: its value is not finite where the term is; ``instead`` says what to use.
    """
    result, slope, tied = function(x.number)
    if not np.isfinite(result.value).all() and np.isfinite(x.number.value).all():
        worst = x.number.value[~np.isfinite(result.value)][0]
        refuse(f"{name} of {worst:g}, which is not finite,", instead)
    return Term(result, (x, lambda g: g * slope), tied=tied)


def refuse(operation: str, instead: str) -> NoReturn:
    """Raise a `FormulaError` that names the line of the formula.

    Raises:
        FormulaError: always.
    """
    frame = sys._getframe(1)
    while frame.f_code.co_filename in _HERE and frame.f_back is not None:
        frame = frame.f_back
    where = f"line {frame.f_lineno} of {Path(frame.f_code.co_filename).name}"
    raise FormulaError(f"{where}: {operation} is not known here; use {instead}")


_INSTEAD = {
    "where": "numpy.maximum, numpy.abs or without_label",
    "max": "numpy.maximum of two, or log_sum_exp",
    "amax": "numpy.maximum of two, or log_sum_exp",
    "dot": "@",
    "einsum": "@, * and sum",
    "clip": "numpy.maximum and numpy.minimum",
    "sqrt": "another formula: it has no slope at 0",
    "linalg.norm": "(W * W).sum()",
}


def _unknown(name: str) -> NoReturn:
    known = "+ - * / @ **, sum, mean, " + ", ".join(sorted({*NUMPYS} - _OPERATORS))
    refuse(f"numpy.{name}", _INSTEAD.get(name, f"what is: {known}, log_sum_exp, softplus"))


def _all_rows(rows: Any, count: int) -> bool:
    return rows == range(count) if isinstance(rows, range) else bool(np.array_equal(rows, range(count)))


def _transposed(array: Array) -> Array:
    return array.swapaxes(-1, -2)


def _summed_to(g: Bounded, shape: tuple[int, ...]) -> Bounded:
    """Sum a derivative over the axes that were broadcast."""
    had = g.parts.shape[2:]
    if had == shape:
        return g
    lead = len(had) - len(shape)
    if lead:
        g = g.sum(tuple(range(-len(had), -len(shape))))
    stretched = tuple(k - len(shape) for k, n in enumerate(shape) if n == 1 and had[lead + k] != 1)
    return g.sum(stretched, keepdims=True) if stretched else g


def derivatives(seeds: Sequence[tuple[Term, Bounded]]) -> dict[Term, Bounded]:
    """The derivatives of the sum of the seeds' terms times their seeds, by every term that these depend on."""
    found = dict(seeds)
    waiting = [(-term.serial, term) for term in found]
    heapq.heapify(waiting)
    while waiting:
        _, term = heapq.heappop(waiting)
        by_term = found[term]
        for parent, pull in term.parents:
            part = pull(by_term)
            if parent in found:
                found[parent] += part
            else:
                found[parent] = part
                heapq.heappush(waiting, (-parent.serial, parent))
    return found
