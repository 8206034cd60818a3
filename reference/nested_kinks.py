"""Gradients where one kink is nested in another: a hinge on top of a hidden layer of max(0, .).

With weights t for the upper ties and u for the lower ones, the gradient is

    base + sum_a t_a G_a + sum_b u_b R_b + sum_ab t_a u_b Q_ab,    0 <= t, u <= 1,

every choice of one slope at each kink. Such a loss is not convex, and its conservative gradients are accepted:
those that the chain rule gives with any slopes at the kinks (J. Bolte and E. Pauwels, Conservative set valued fields,
automatic differentiation, stochastic gradient methods and deep learning, 2020). Clarke's subdifferential is among
them, and may be smaller.

The set is not convex either. An answer is accepted if weights are found that give it. It is rejected only with a
proof, a direction that separates it from the convex set of all t, u and q with max(0, t + u - 1) <= q <= min(t, u) in
place of the products (G. P. McCormick, Computability of global solutions to factorable nonconvex programs, 1976).
With neither weights nor proof, it is accepted: in this respect the judge is sound, but not complete.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.accepted import AcceptedGradients, Certificate, Membership
from reference.differentiated import Spread
from reference.projection import TiedBox

Array = NDArray[np.float64]

_MOST_TRIED = 8
"""Up to this many upper ties are tried with every choice of 0 and 1; more of them only all alike."""
_TURNS = 20
_PROVED = 1e-6
"""A linear programme's own error, in units of its numbers: anything nearer is not a proof."""


class NestedGradients(AcceptedGradients, frozen=True, eq=False, dict=True):
    """The right gradients of a problem with nested kinks.

    Attributes:
        spread: returns what its ties can add.
    """

    spread: Callable[[], Spread] | None = None

    @cached_property
    def _spread(self) -> Spread:
        """The contributions of the ties, each as one array (M,)."""
        assert self.spread is not None
        G, R, Q = self.spread()
        return Spread(*(part.reshape(*part.shape[: -self.base.ndim], self.base.size) for part in (G, R, Q)))

    @cached_property
    def _room(self) -> Array:
        """(M,) the bound."""
        return self.bound.ravel()

    def interval(self) -> tuple[Array, Array]:
        """Lowest and highest accepted value of each entry, those of the convex set around them."""
        G, R, Q = self._spread
        every = np.concatenate([G, R, Q.reshape(-1, self.base.size)])
        low, high = (
            bound(every, 0.0).sum(axis=0).reshape(self.base.shape) for bound in (np.minimum, np.maximum)
        )
        return self.base + low, self.base + high

    @np.errstate(over="ignore", invalid="ignore")
    def judge(self, dW: ArrayLike) -> Membership:
        """Judge whether dW is an accepted gradient, and prove it if it is not.

        Raises:
            ValueError: dW has another shape.
        """
        dW = np.asarray(dW, dtype=np.float64)
        if dW.shape != self.base.shape:
            raise ValueError(f"a gradient of shape {self.base.shape} is needed, got {dW.shape}")
        shape = self.base.shape
        error = (dW - self.base).ravel()
        if not np.isfinite(error).all():
            return Membership(False, self.base, error.reshape(shape), math.inf, None)
        best, least = np.zeros_like(error), math.inf
        for added in self._tried(error):
            excess = float((np.abs(error - added) / self._room).max())
            if excess < least:
                best, least = added, excess
            if least <= 1.0:
                break
        certificate = self._proof(dW.ravel(), error) if least > 1.0 else None
        nearest, rest = self.base + best.reshape(shape), (error - best).reshape(shape)
        return Membership(certificate is None, nearest, rest, least, certificate)

    def _tried(self, error: Array) -> Iterator[Array]:
        """Yield the contributions of some choices of slopes: for given weights of one kind, the best of the other."""
        A = len(self._spread.upper)
        starts = [np.full(A, t) for t in (0.0, 1.0, 0.5)]
        yield np.zeros_like(error)
        for t in starts:
            yield self._added(t, self._best_lower(error, t))
        if A <= _MOST_TRIED:
            for choice in itertools.product((0.0, 1.0), repeat=A):
                t = np.array(choice)
                yield self._added(t, self._best_lower(error, t))
        for t in starts:
            for _ in range(_TURNS):
                u = self._best_lower(error, t)
                t = self._best_upper(error, u)
                yield self._added(t, u)

    def _added(self, t: Array, u: Array) -> Array:
        G, R, Q = self._spread
        added: Array = t @ G + u @ R + np.einsum("a,b,abm->m", t, u, Q)
        return added

    def _best_lower(self, error: Array, t: Array) -> Array:
        G, R, Q = self._spread
        return self._best(R + np.einsum("a,abm->bm", t, Q), error - t @ G)

    def _best_upper(self, error: Array, u: Array) -> Array:
        G, R, Q = self._spread
        return self._best(G + np.einsum("b,abm->am", u, Q), error - u @ R)

    def _best(self, generators: Array, residual: Array) -> Array:
        """The weights with which the generators come nearest to a residual."""
        weights = np.zeros(len(generators))
        some = generators.any(axis=1)
        if some.any():
            box = TiedBox(generators[some], np.ones(int(some.sum())), self._room)
            weights[some] = box.weights(residual)
        return weights

    def _proof(self, dW: Array, error: Array) -> Certificate | None:
        """A direction along which no slopes at the kinks achieve what dW promises."""
        from scipy.optimize import linprog

        rows, limits, columns = self._relaxed()
        scale = max(float(np.abs(columns).max(initial=0.0)), float(np.abs(error).max()))
        units = np.maximum(self._room, _PROVED * scale)
        far = (columns / units[:, None], -np.ones((error.size, 1)))
        solution = linprog(
            c=np.append(np.zeros(columns.shape[1]), 1.0),
            A_ub=np.block([[far[0], far[1]], [-far[0], far[1]], [rows, np.zeros((len(rows), 1))]]),
            b_ub=np.concatenate([error / units, -error / units, limits]),
            bounds=[*[(0.0, 1.0)] * columns.shape[1], (0.0, None)],
            method="highs",
        )
        if solution.x is None or solution.fun <= 2.0:
            return None
        prices = solution.ineqlin.marginals
        direction = (prices[: error.size] - prices[error.size : 2 * error.size]) / units * -1.0
        direction = -direction / np.abs(direction).max()
        certificate = self._promised(direction, dW)
        if certificate.promised < certificate.low:
            certificate = self._promised(-direction, dW)
        return certificate if certificate.promised > certificate.high else None

    def _promised(self, direction: Array, dW: Array) -> Certificate:
        from scipy.optimize import linprog

        rows, limits, columns = self._relaxed()
        rates = direction @ columns
        smooth = float(direction @ self.base.ravel())
        ends = [
            sign * float(linprog(sign * rates, A_ub=rows, b_ub=limits, bounds=(0.0, 1.0), method="highs").fun)
            if rates.size
            else 0.0
            for sign in (1.0, -1.0)
        ]
        promised, (low, high) = float(direction @ dW), (smooth + end for end in ends)
        return Certificate(direction.reshape(self.base.shape), promised, low, high, None)

    def _relaxed(self) -> tuple[Array, Array, Array]:
        """The convex set around all products: rows @ (t, u, q) <= limits, and (M, A + B + AB) their contributions."""
        G, R, Q = self._spread
        A, B = Q.shape[:2]
        rows, limits = [], []
        for a, b in np.ndindex(A, B):
            q = A + B + a * B + b
            for of_t, of_u, of_q, limit in (
                (-1.0, 0.0, 1.0, 0.0),
                (0.0, -1.0, 1.0, 0.0),
                (1.0, 1.0, -1.0, 1.0),
            ):
                row = np.zeros(A + B + A * B)
                row[a], row[A + b], row[q] = of_t, of_u, of_q
                rows.append(row)
                limits.append(limit)
        columns = np.concatenate([G, R, Q.reshape(A * B, -1)]).T
        return np.array(rows).reshape(-1, A + B + A * B), np.array(limits), columns
