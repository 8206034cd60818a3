"""Arrays that remember how they were computed, so that a result can be traced back to everything it depends on.

The derivatives of one number by all its inputs take one pass back through its operations (A. Griewank and A. Walther,
Evaluating Derivatives, 2nd edition, 2008, chapter 3). Numbers and derivatives are `Bounded`, so both have bounds;
`reference.plain_terms` does without.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any, NoReturn, Self, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference import functions
from reference.axes import as_column, total, transposed
from reference.bounded import Array, Bounded
from reference.formula_error import refuse, refuse_unknown
from reference.functions import Applied
from reference.labels import Labels

N = TypeVar("N")

Pull: TypeAlias = Callable[[Any], Any]
"""Maps the derivative by a result, (P, T, ...), to its contribution to the derivative by an argument."""

_serials = itertools.count()


class Term:
    """An array in a formula, for each of K problems.

    Attributes:
        number: its values and their sizes.
        shape: its shape in one of the problems.
        parents: its operands, as far as they depend on the parameters, each with its `Pull`.
        varies: whether it depends on the parameters.
        serial: larger than that of its parents.
        kinks: the largest number of kinks that it consists of, each applied to the one before.
        tied: (K, ...) where its slope may be anything from 0 to 1; None for nowhere.
        divisor: the divisor of its parent, if it is a quotient.
    """

    __slots__ = ("divisor", "kinks", "number", "parents", "serial", "shape", "tied", "varies")

    shape: tuple[int, ...]
    parents: tuple[tuple[Term, Pull], ...]
    divisor: float | None
    varies: bool

    def __init__(
        self,
        number: Bounded,
        *parents: tuple[Term, Pull],
        tied: NDArray[np.bool_] | None = None,
        varies: bool = False,
        kink: bool = False,
    ) -> None:
        self.number = number
        self._place(number.parts.shape[2:], parents, varies)
        self.kinks: int = kink
        for parent, _ in self.parents:
            if parent.kinks >= self.kinks:
                self.kinks = parent.kinks + kink
        self.tied = tied

    def _place(self, shape: tuple[int, ...], parents: tuple[tuple[Term, Pull], ...], varies: bool) -> None:
        self.shape, self.divisor, self.serial = shape, None, next(_serials)
        for parent, _ in parents:
            if not parent.varies:
                parents = tuple([pair for pair in parents if pair[0].varies])
                break
        self.parents, self.varies = parents, varies or bool(parents)

    @property
    def ndim(self) -> int:
        """The number of axes in one problem."""
        return len(self.shape)

    @property
    def T(self) -> Term:  # noqa: N802
        """The matrix with rows and columns exchanged."""
        if self.ndim != 2:
            refuse(f".T of an array of shape {self.shape}", "a matrix")
        return self.changed(transposed, transposed)

    def __len__(self) -> int:
        return self.shape[0]

    def __neg__(self) -> Term:
        return self._negative()

    def __add__(self, other: Operand) -> Term:
        if isinstance(other, (int, float)):
            return self._plus(other)
        return self._added(self._lift(other, "+"))

    def __sub__(self, other: Operand) -> Term:
        if isinstance(other, (int, float)):
            return self._plus(-other)
        return self._less(self._lift(other, "-"))

    def __mul__(self, other: Operand) -> Term:
        return self._times(self._lift(other, "*"))

    def __truediv__(self, other: Operand) -> Term:
        if isinstance(other, Term) or (not isinstance(other, float) and np.ndim(other)):
            return self * applied("/", functions.reciprocal, self._lift(other, "/"))
        divisor = float(other)  # type: ignore[arg-type]
        quotient = self._over(divisor)
        quotient.divisor = divisor
        return quotient

    def __pow__(self, exponent: int) -> Term:
        if not isinstance(exponent, int) or exponent < 1:
            refuse(f"the power {exponent!r}", "positive whole numbers, or numpy.exp")
        if exponent == 1:
            return self
        if exponent > 2:
            return self * self ** (exponent - 1)
        return self._squared()

    def __matmul__(self, other: Operand) -> Term:
        theirs = self._lift(other, "@")
        if self.ndim != 2 or theirs.ndim != 2 or self.shape[1] != theirs.shape[0]:
            refuse(f"{self.shape} @ {theirs.shape}", "matrices that fit: x[:, None] is a column")
        return self._matrix_product(theirs)

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
        own = len(shape) if keepdims else len(shape) - len(axes)

        def spread(a: Array) -> Array:
            several = a.shape[: a.ndim - own]
            wide = np.empty(several + shape)
            wide[...] = a.reshape(*several, *narrow)
            return wide

        return self.changed(lambda a: total(a, axes, keepdims=keepdims), spread, summed=axes)

    def mean(self, axis: int | None = None) -> Term:
        """The mean over one axis, or over all entries."""
        total = self.sum(axis)
        count = math.prod(self.shape) if axis is None else self.shape[self._from_the_end(axis)]
        return total / float(count)

    def __getitem__(self, index: Any) -> Term:
        parts = index if isinstance(index, tuple) else (index,)
        if Labels in map(type, parts):
            return self._at_labels(parts)
        shape = self.shape
        own = len(shape)
        for part in parts:
            if part is None:
                own += 1
            elif isinstance(part, int) and not isinstance(part, bool):
                own -= 1
            elif part is not ... and not isinstance(part, slice):
                refuse("an index of arrays", "slices, None, or scores[range(len(y)), y]")

        def back(a: Array) -> Array:
            several = a.ndim - own
            placed = np.zeros(a.shape[:several] + shape)
            placed[(*_ALL[:several], *parts)] = a
            return placed

        return self.changed(lambda a: a[(*_ALL[: a.ndim - len(shape)], *parts)], back)

    def _at_labels(self, index: tuple[Any, ...]) -> Term:
        rows, y = index if len(index) == 2 else (None, None)
        if self.ndim != 2 or not isinstance(y, Labels) or len(self) != len(y) or not y.are_in(rows):
            refuse("an index of labels", "scores[range(len(y)), y]")
        C = self.shape[1]
        return self.changed(y.of, lambda a: y.at(a, C))

    def _from_the_end(self, axis: int) -> int:
        if not isinstance(axis, int) or not -self.ndim <= axis < self.ndim:
            refuse(f"a sum over axis {axis!r} of an array of shape {self.shape}", "one of its axes, or none")
        return axis if axis < 0 else axis - self.ndim

    def _lift(self, other: Operand, operation: str) -> Self:
        """``other`` as a term that fits this one by NumPy's broadcasting rule."""
        if not isinstance(other, type(self)):
            try:
                numbers = np.array(other, dtype=np.float64)
            except (TypeError, ValueError):
                refuse(
                    f"{operation} with a {type(other).__name__}", "numbers, arrays or terms of the formula"
                )
            other = self.constant(numbers[None])
        mine, theirs = self.shape, other.shape
        if mine != theirs and operation != "@":
            for m, n in zip(mine[::-1], theirs[::-1], strict=False):
                if m != n and m != 1 and n != 1:
                    refuse(f"{operation} of the shapes {mine} and {theirs}", "x[:, None] for a column")
        return other

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Term:
        known = NUMPYS.get(ufunc.__name__)
        if known is None or method != "__call__" or kwargs:
            refuse_unknown(ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}", NUMPYS)
        numbers = (Term, int, float)
        return known(
            *(part if isinstance(part, numbers) else self._lift(part, ufunc.__name__) for part in inputs)
        )

    def __array_function__(
        self, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Term:
        known = {"sum": Term.sum, "mean": Term.mean}.get(function.__name__)
        if known is None:
            refuse_unknown(function.__name__, NUMPYS)
        return known(*args, **kwargs)

    def _compared(self, other: object) -> NoReturn:
        refuse("a comparison", "numpy.maximum or numpy.abs, whose kinks are known")

    __lt__ = __le__ = __gt__ = __ge__ = _compared

    def __bool__(self) -> bool:
        refuse("a term as a condition", "numpy.maximum or numpy.abs, whose kinks are known")

    def __float__(self) -> float:
        refuse("a term as a plain number", "NumPy's operations")

    # What follows is done otherwise without bounds.

    @classmethod
    def constant(cls, numbers: Array) -> Self:
        """Numbers, (K, ...), that are the same in all code."""
        return cls(Bounded.exact(numbers))

    def changed(
        self,
        change: Callable[[Array], Array],
        back: Callable[[Array], Array],
        *,
        summed: tuple[int, ...] = (),
    ) -> Term:
        """Apply a linear change of the last axes, exact except for sums.

        Args:
            change: for arrays with any axes before.
            back: the change transposed, which takes derivatives back.
            summed: the axes that it sums over.
        """
        times = math.prod([self.shape[axis] for axis in summed])
        return Term(self.number.each(change, times=times), (self, lambda g: g.each(back)))

    def applied(self, function: Callable[[Bounded], Applied]) -> Term:
        """Apply a function to each number, or to the numbers of each row."""
        result, slope, _ = function(self.number)
        if result.parts.ndim < slope.parts.ndim:
            return Term(result, (self, lambda g: g.each(as_column) * slope))
        return Term(result, (self, lambda g: g * slope))

    def positive(self) -> Term:
        """max(0, x); where it is 0, the slope may be anything from 0 to 1."""
        number, slope, tied = functions.positive(self.number)
        return Term(number, (self, lambda g: g * slope), tied=tied, kink=True)

    def _negative(self) -> Term:
        return Term(-self.number, (self, lambda g: -g))

    def _plus(self, number: float) -> Term:
        return Term(self.number.plus(number), (self, unchanged))

    def _over(self, divisor: float) -> Term:
        return Term(self.number.over(divisor), (self, lambda g: g.over(divisor)))

    def _added(self, other: Self) -> Term:
        mine, theirs = self.shape, other.shape
        return Term(
            self.number + other.number,
            (self, lambda g: g.summed_to(mine)),
            (other, lambda g: g.summed_to(theirs)),
        )

    def _less(self, other: Self) -> Term:
        mine, theirs = self.shape, other.shape
        return Term(
            self.number - other.number,
            (self, lambda g: g.summed_to(mine)),
            (other, lambda g: -g.summed_to(theirs)),
        )

    def _times(self, other: Self) -> Term:
        a, b, mine, theirs = self.number, other.number, self.shape, other.shape
        return Term(
            a * b,
            (self, lambda g: (g * b).summed_to(mine)),
            (other, lambda g: (g * a).summed_to(theirs)),
        )

    def _squared(self) -> Term:
        twice = self.number.each(lambda array: 2.0 * array)
        return Term(self.number * self.number, (self, lambda g: g * twice))

    def _matrix_product(self, other: Self) -> Term:
        a, b = self.number, other.number
        return Term(
            a @ b,
            (self, lambda g: g @ b.each(transposed)),
            (other, lambda g: a.each(transposed) @ g),
        )


Operand: TypeAlias = Term | ArrayLike


_ALL = (slice(None),) * 2  # of all axes before those of one problem
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

    def checked(number: Bounded) -> Applied:
        found = function(number)
        finite = np.isfinite(found.result.value)
        if not finite.all() and np.isfinite(number.value).all():
            refuse(f"{name} of {number.value[~finite][0]:g}, which is not finite,", instead)
        return found

    return x.applied(checked)


def unchanged(g: N) -> N:
    """The derivative by a term to which something constant is added."""
    return g


def derivatives(root: Term, seed: N) -> dict[Term, N]:
    """The derivatives of a term times ``seed``, by every term that it depends on."""
    found: dict[Term, Any] = {root: seed}
    waiting = {root.serial: root}
    while waiting:
        # Nothing that is still to come depends on this one: its derivative is complete.
        term = waiting.pop(max(waiting))
        by_term = found[term]
        for parent, pull in term.parents:
            part = pull(by_term)
            if parent in found:
                found[parent] = found[parent] + part
            else:
                found[parent] = part
                waiting[parent.serial] = parent
    return found
