"""Gradients are judged by a set, never by one array.

The SVM loss is a finite sum of convex functions, so its Clarke subdifferential is exactly

    {base + sum_k t_k G_k : 0 <= t_k <= 1}

with one generator G_k per tie, an argument of max(0, .) within rounding of 0. In the SVM loss that is a pair (i, j)
whose margin is 0: column j gets +x_i/N, the column of the label y_i gets -x_i/N (F. H. Clarke, Optimization and
Nonsmooth Analysis, 1983, 2.3.3: the sum rule is exact for convex functions). A smooth point is the case without
generators. `>` and `>=`, any mixture of them, and the central difference's half are all in the set; a forward
difference is generally not.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import ArrayLike, NDArray

from reference.projection import TiedBox


class Certificate(msgspec.Struct, frozen=True, eq=False):
    """A proof that a gradient is wrong: a direction along which the loss does not do what it promises.

    Attributes:
        direction: (D, C) V, with largest entry 1 in absolute value.
        promised: <dW, V>, the rate at which the loss rises along V if dW is right.
        low: the smallest rate that an accepted gradient gives.
        high: the largest: the rate at which the loss really rises when W moves along V. It equals `low` where
        the
            loss is smooth along V; at a kink, the loss rises at rate -low when W moves against V.
        entry: (feature, class) when V is 1 there and 0 elsewhere, else None.
    """

    direction: NDArray[np.float64]
    promised: float
    low: float
    high: float
    entry: tuple[int, int] | None


class Membership(msgspec.Struct, frozen=True, eq=False):
    """The relation of a gradient to the set of accepted ones.

    Attributes:
        accepted: whether it is in the set, as far as float64 can tell.
        nearest: (D, C) the nearest accepted gradient, distances taken in units of the bound.
        error: (D, C) the gradient minus `nearest`.
        excess: largest |error| / bound over the entries; at most 1 when accepted, inf for NaN and infinities.
        certificate: why it is rejected; None when accepted, and for NaN and infinities.
    """

    accepted: bool
    nearest: NDArray[np.float64]
    error: NDArray[np.float64]
    excess: float
    certificate: Certificate | None


class AcceptedGradients(msgspec.Struct, frozen=True, eq=False, dict=True):
    """The right gradients of one problem: a base, ties that may count or not, and a bound for rounding.

    Attributes:
        base: (D, C) the gradient with no tie counted.
        bound: (D, C) how far right float64 code, and `base` itself, can be from the truth in each entry; > 0.
        size: (D, C) the sum of the absolute values of all terms that an entry is made of.
        ties: the number of places where rounding decides the side of a kink; 0 where the loss is smooth.
        generators: returns (K, D, C) what each tie adds when it counts in full; None where there are none.
    """

    base: NDArray[np.float64]
    bound: NDArray[np.float64]
    size: NDArray[np.float64]
    ties: int = 0
    generators: Callable[[], NDArray[np.float64]] | None = None

    def within(self, tolerance: float) -> AcceptedGradients:
        """The same, but also accepting errors of up to ``tolerance`` times the natural size of the sum.

        The size of an entry is the largest in its row: what classes take from each other adds up to 0, and right code
        may let it cancel.
        """
        return replace(self, bound=self.bound + tolerance * self.size.max(axis=-1, keepdims=True))

    @cached_property
    def _box(self) -> TiedBox:
        """The span of the ties: equal generators are merged, zero ones omitted."""
        found = np.zeros((0, self.base.size))
        if self.generators is not None:
            found = self.generators().reshape(-1, self.base.size)
        merged: dict[bytes, list[int]] = {}
        for k in np.flatnonzero(found.any(axis=1)).tolist():
            merged.setdefault(found[k].tobytes(), []).append(k)
        first = [same[0] for same in merged.values()]
        multiplicities = np.array([len(same) for same in merged.values()], dtype=np.float64)
        return TiedBox(found[first], multiplicities, self.bound.ravel())

    def interval(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest accepted value of each entry, (D, C) each, without the bound for rounding."""
        if not self.ties:
            return self.base, self.base
        shape = self.base.shape
        return self.base + self._box.lower.reshape(shape), self.base + self._box.upper.reshape(shape)

    def accepts(self, dW: NDArray[np.float64]) -> bool:
        """Whether dW, (D, C), is an accepted gradient."""
        # Nearly all right answers are this element of the set, and then there is no need to search it.
        if dW is self.base or (np.abs(dW - self.base) <= self.bound).all():
            return True
        return self.judge(dW).accepted

    @np.errstate(over="ignore", invalid="ignore")
    def judge(self, dW: ArrayLike) -> Membership:
        """Judge whether dW is an accepted gradient, and prove it if it is not.

        Args:
            dW: (D, C) real numbers.

        Raises:
            ValueError: dW has another shape.
        """
        dW = np.asarray(dW, dtype=np.float64)
        if dW.shape != self.base.shape:
            raise ValueError(f"a gradient of shape {self.base.shape} is needed, got {dW.shape}")
        nearest = self.base
        error = dW - nearest
        if self.ties and np.isfinite(error).all():
            nearest = nearest + self._box.nearest(error.ravel()).reshape(error.shape)
            error = dW - nearest
        excess = float((np.abs(error) / self.bound).max())
        if excess <= 1.0:
            return Membership(True, nearest, error, excess, None)
        if not math.isfinite(excess) and not np.isfinite(error).all():
            return Membership(False, nearest, error, math.inf, None)
        return Membership(False, nearest, error, excess, self._certificate(dW, error))

    def _certificate(self, dW: NDArray[np.float64], error: NDArray[np.float64]) -> Certificate:
        """The simplest direction that shows dW to be wrong: a single weight if that is enough."""
        lower, upper = self.interval()
        outside = np.maximum(dW - upper, lower - dW) / self.bound
        place = tuple(map(int, np.unravel_index(int(outside.argmax()), outside.shape)))
        if outside[place] > 1.0:
            direction = np.zeros_like(dW)
            direction[place] = 1.0
            low, high, promised = float(lower[place]), float(upper[place]), float(dW[place])
            entry = (place[0], place[1]) if len(place) == 2 else None
            return Certificate(direction, promised, low, high, entry)
        direction = error / self.bound / self.bound
        direction /= np.abs(direction).max()
        exact = self._along(direction, dW)
        for parts in (1, 2, 4, 8, 16):
            simple = self._along(np.round(direction * parts) / parts, dW)
            rounding = 2.0 * float(np.vdot(np.abs(simple.direction), self.bound))
            if simple.promised - simple.high > max(rounding, 0.5 * (exact.promised - exact.high)):
                return simple
        return exact

    def _along(self, direction: NDArray[np.float64], dW: NDArray[np.float64]) -> Certificate:
        low, high = self._box.rates(direction.ravel())
        smooth = float(np.vdot(direction, self.base))
        return Certificate(direction, float(np.vdot(direction, dW)), smooth + low, smooth + high, None)
