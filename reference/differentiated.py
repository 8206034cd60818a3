"""Differentiates a term of a loss, and works out what its kinks can add to the derivatives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from reference.bounded import Array, Bounded
from reference.formula_error import FormulaError
from reference.traced_arrays import Term, derivatives

N = TypeVar("N")

_LARGEST_CHUNK = 2**22
"""The size of a chunk of generators, in numbers: 32 MB."""
_MOST_NESTED = 2


class Kink(NamedTuple):
    """A term with ties, and the derivative by it.

    Attributes:
        term: a term whose slope may be anything from 0 to 1 in places.
        by_term: the derivative of the loss by it, no tie counted.
        ties: (K, ...) those places, as far as they matter.
    """

    term: Term
    by_term: Bounded
    ties: NDArray[np.bool_]

    @property
    def argument(self) -> Term:
        """The term that it is the positive part of."""
        ((argument, _),) = self.term.parents
        return argument

    @property
    def places(self) -> tuple[NDArray[np.intp], ...]:
        """The places of the T ties of the only problem: an index for each axis, (T,) each."""
        return np.nonzero(self.ties[0])


class Spread(NamedTuple):
    """The contributions of one problem's ties to its gradient, for all weights t and u from 0 to 1.

        sum_a t_a G_a + sum_b u_b R_b + sum_ab t_a u_b Q_ab

    Attributes:
        upper: (A, ...) G, from the ties that lie below no other.
        lower: (B, ...) R, from the ties that lie below one, as far as that does not count.
        both: (A, B, ...) Q, the contribution of a lower tie through an upper one.
    """

    upper: Array
    lower: Array
    both: Array


class Differentiated(msgspec.Struct, frozen=True, eq=False, dict=True):
    """One of the two terms of a loss and its derivatives, for K problems.

    Attributes:
        parameters: the parameters of the loss.
        derivatives: by each term, before the division by the divisor.
        divisor: the divisor of the whole, such as a mean's number of samples: exact numbers stay exact until then.
    """

    parameters: Sequence[Term]
    derivatives: dict[Term, Bounded]
    divisor: float

    @classmethod
    def of(cls, root: Term, parameters: Sequence[Term], seed: Bounded) -> Differentiated:
        """Differentiates a term by the parameters; ``seed``, (P, K), is its factor.

        Raises:
            FormulaError: it is not a single number, or does not depend on the parameters.
        """
        found, divisor = traced_back(root, parameters, seed)
        if root.kinks > _MOST_NESTED:
            raise FormulaError(
                f"the formula takes {root.kinks} maxima or absolute values of each other; what is right at kinks of "
                f"kinks is known for {_MOST_NESTED}"
            )
        return cls(parameters, found, divisor)

    @property
    def gradient(self) -> Bounded:
        """By W, (K, D, C); by several parameters, concatenated, (K, M). No tie is counted."""
        found, P, K = self.derivatives, *self.parameters[0].number.parts.shape[:2]
        if len(self.parameters) == 1:
            gradient = found[self.parameters[0]]
        else:
            none = {p: Bounded(np.zeros((P, K, *p.shape))) for p in self.parameters if p not in found}
            gradient = Bounded.joined([found[p] if p in found else none[p] for p in self.parameters])
        return gradient if self.divisor == 1.0 else gradient.over(self.divisor)

    @cached_property
    def kinks(self) -> list[Kink]:
        """The terms with ties, except those whose ties change nothing."""
        tied = [(term, by_term) for term, by_term in self.derivatives.items() if term.tied is not None]
        return [
            # A derivative of 0 may become nonzero when a kink above it counts.
            Kink(term, by_term, term.tied & ((by_term.size if self._below(term) else by_term.value) != 0.0))
            for term, by_term in tied
            if term.tied is not None
        ]

    @property
    def nested(self) -> bool:
        """Whether one kink is applied to another, so that they contribute a product of two slopes."""
        return any(kink.ties.any() and self._below(kink.term) for kink in self.kinks)

    def ties(self) -> NDArray[np.intp]:
        """(K,) the number of ties of each problem."""
        count: NDArray[np.intp] = np.zeros(self.parameters[0].number.parts.shape[1], dtype=np.intp)
        for kink in self.kinks:
            count += np.asarray(kink.ties.reshape(len(kink.ties), -1).sum(axis=1))
        return count

    def spread(self) -> Spread:
        """The contributions of the ties of the only problem to its gradient."""
        upper = [kink for kink in self.kinks if not self._below(kink.term)]
        lower = [kink for kink in self.kinks if self._below(kink.term)]
        nothing = np.zeros((0, *self.gradient.value.shape[1:]))
        below = sum(len(kink.places[0]) for kink in lower)
        both = []
        of_upper = [nothing]
        for kink in upper:
            for found in self._counted(kink, kink.by_term.value):
                of_upper.append(self._by_parameters(found))
                if lower:
                    both.append(np.concatenate([self._through(each, found) for each in lower], axis=1))
        of_lower = [
            self._by_parameters(found) for kink in lower for found in self._counted(kink, kink.by_term.value)
        ]
        found_upper = np.concatenate(of_upper)
        products = np.zeros((len(found_upper), below, *nothing.shape[1:]))
        if both:
            products[:] = np.concatenate(both)
        return Spread(found_upper, np.concatenate([nothing, *of_lower]), products)

    def _below(self, term: Term) -> bool:
        """Whether another kink with ties is applied to something that depends on the term."""
        above = (
            t for t in self.derivatives if t.tied is not None and t is not term and t.serial > term.serial
        )
        return any(_depends(other, term) for other in above)

    def _counted(self, kink: Kink, by_term: Array) -> Iterator[dict[Term, Bounded]]:
        """Yield the derivatives that a kink's ties add when they count in full, some ties (T, ...) at a time.

        Args:
            kink: the kink.
            by_term: (1, ...) the derivative by the kink.
        """
        size = sum(p.number.value.size for p in self.parameters) + kink.ties.size
        step = max(1, _LARGEST_CHUNK // size)
        for start in range(0, len(kink.places[0]), step):
            places = tuple(place[start : start + step] for place in kink.places)
            each = np.arange(len(places[0]))
            seeds = np.zeros((1, len(each), *kink.argument.shape))
            one: tuple[NDArray[np.intp], ...] = (each, *places)
            seeds[0][one] = by_term[0][places]
            yield derivatives(kink.argument, Bounded(seeds))

    def _through(self, lower: Kink, found: Mapping[Term, Bounded]) -> Array:
        """(A, B, ...) what the ties of a lower kink add to each of the derivatives found through an upper one."""
        by_lower = found[lower.term].value if lower.term in found else None
        if by_lower is None:
            return np.zeros((1, len(lower.places[0]), *self.gradient.value.shape[1:]))
        return np.stack(
            [
                np.concatenate([self._by_parameters(f) for f in self._counted(lower, one[None])])
                for one in by_lower
            ]
        )

    def _by_parameters(self, found: Mapping[Term, Bounded]) -> Array:
        """(T, ...) the derivatives by the parameters, in the form of the gradient."""
        count = max(len(by_term.value) for by_term in found.values())
        parts = [found[p].value if p in found else np.zeros((count, *p.shape)) for p in self.parameters]
        whole = parts[0] if len(parts) == 1 else np.concatenate([p.reshape(count, -1) for p in parts], axis=1)
        return whole / self.divisor


def traced_back(root: Term, parameters: Sequence[Term], seed: N) -> tuple[dict[Term, N], float]:
    """The derivatives of a loss, times ``seed``, by every term of it, and the divisor of them all.

    Raises:
        FormulaError: it is not a single number, or does not depend on the parameters.
    """
    if not isinstance(root, Term) or root.shape:
        got = f"an array of shape {root.shape}" if isinstance(root, Term) else f"a {type(root).__name__}"
        raise FormulaError(
            f"the formula returns {got}; it must return one number: end it with .sum() or .mean()"
        )
    divisor = 1.0
    while root.divisor is not None and root.parents:
        divisor *= root.divisor
        ((root, _),) = root.parents
    found = derivatives(root, seed)
    if found.keys().isdisjoint(parameters):
        raise FormulaError("the formula does not depend on W")
    return found, divisor


def _depends(term: Term, other: Term) -> bool:
    waiting, seen = [term], {term}
    while waiting:
        for parent, _ in waiting.pop().parents:
            if parent is other:
                return True
            if parent not in seen and parent.serial > other.serial:
                seen.add(parent)
                waiting.append(parent)
    return False
