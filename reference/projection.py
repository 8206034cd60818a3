"""The point of {sum_k t_k G_k : 0 <= t_k <= m_k} nearest to a residual, in units of an error bound per entry.

A gradient is accepted if there is such a point within the bound in every entry. Candidates are tried in order of
cost: the points that right code reaches (no tie counted, all, half of each), least squares in the box, and last a
linear programme, which is exact. A wrong gradient seldom gets that far: the residual of the least squares proves
that there is no such point.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reference.rounding import gamma

Array = NDArray[np.float64]

LEAST_SQUARES_ROUNDS = 400
"""Rounds of the active set method; the linear programme decides whatever they leave undecided."""
PATIENCE = 40
"""After this many rounds, a proof that no point is near enough ends the search for the nearest one."""
PROGRAMMES = 4
"""Successive linear programmes, each for the change from the last one's solution, which gains six digits."""

LARGEST_STEP = 1e6
"""Largest change of a weight in one programme, in its units; HiGHS gives up on bounds like 1e14."""


class TiedBox:
    """The box spanned by merged generators, prepared for repeated projections."""

    def __init__(self, generators: Array, multiplicities: Array, bound: Array) -> None:
        """Prepare the box.

        Args:
            generators: (K, M) one generator per row, none of them zero.
            multiplicities: (K,) the number of tied pairs that share the generator: its weight runs from 0 to this.
            bound: (M,) accepted error per entry, > 0.
        """
        self.generators = generators
        self.multiplicities = multiplicities
        self.bound = bound
        self.lower: Array = multiplicities @ np.minimum(generators, 0.0)
        self.upper: Array = multiplicities @ np.maximum(generators, 0.0)
        everything = multiplicities @ generators
        self._usual = (np.zeros_like(everything), everything, 0.5 * everything)

    def rates(self, direction: Array) -> tuple[float, float]:
        """Smallest and largest <direction, g> over the box (its support function)."""
        products = (self.generators @ direction) * self.multiplicities
        return float(np.minimum(products, 0.0).sum()), float(np.maximum(products, 0.0).sum())

    def nearest(self, residual: Array) -> Array:
        """The point of the box nearest to a finite residual (M,); within the bound if any point is."""
        for usual in self._usual:
            if self._excess(residual, usual) <= 1.0:
                return usual
        if not self.multiplicities.size:
            return self._usual[0]
        # A residual far outside could overflow in units of the bound; the edge of the hull stands in for it.
        inside = np.clip(residual, self.lower, self.upper)
        weights = self._least_squares(inside)
        offset: Array = weights @ self.generators
        for _ in range(PROGRAMMES):
            excess = self._excess(residual, offset)
            if excess <= 1.0 or self._excess(residual, inside) > 1.0 or self._separates(residual, offset):
                break
            weights, offset = self._programme(residual, weights, offset)
            if self._excess(residual, offset) > 0.5 * excess:
                break
        return offset

    def weights(self, residual: Array) -> Array:
        """(K,) the weights of the point that is nearest in least squares, or within the bound of a finite residual."""
        return self._least_squares(np.clip(residual, self.lower, self.upper))

    def _excess(self, residual: Array, offset: Array) -> float:
        """Largest distance over the entries, in units of the bound."""
        return float((np.abs(residual - offset) / self.bound).max())

    def _least_squares(self, target: Array) -> Array:
        """Weights of the nearest point in the norm sum((distance / bound)**2).

        An active set method for bounded least squares (P. B. Stark and R. L. Parker, Bounded-variable least
        squares, 1995), started from the clipped solution without bounds. Stops at a point within the bound.
        """
        columns = (self.generators / self.bound).T
        goal = target / self.bound
        limits = self.multiplicities
        norms = np.linalg.norm(columns, axis=0)
        columns /= norms
        limits = limits * norms
        weights, free = _start(columns, goal, limits)
        blocked = np.zeros_like(free)
        for completed in range(LEAST_SQUARES_ROUNDS):
            remainder = goal - columns @ weights
            if np.abs(remainder).max() <= 1.0:
                break
            if completed >= PATIENCE and self._separates(target, (weights / norms) @ self.generators):
                break
            slopes = columns.T @ remainder
            gains = np.where(weights <= 0.0, slopes, -slopes)
            gains[free | blocked] = 0.0
            k = int(gains.argmax())
            if gains[k] <= 1e-15 * float(np.abs(goal).max()):
                break
            # A weight that returns to its bound at once was freed by rounding; it waits until another has moved.
            before = weights[k]
            free[k] = True
            _move_free(columns, goal, limits, weights, free)
            if weights[k] == before:
                blocked[k] = True
            else:
                blocked[:] = False
        found: Array = weights / norms
        return found

    def _separates(self, residual: Array, offset: Array) -> bool:
        """Whether the direction from `offset` to `residual` proves that no point is within the bound."""
        error = (residual - offset) / self.bound
        goal = residual / self.bound
        products = (self.generators / self.bound) @ error
        reach = float(self.multiplicities @ np.maximum(products, 0.0)) + float(np.abs(error).sum())
        doubt = gamma(4.0 * (error.size + products.size)) * (
            float(np.abs(goal) @ np.abs(error)) + float(self.multiplicities @ np.abs(products))
        )
        return float(goal @ error) - reach > doubt

    def _programme(self, residual: Array, weights: Array, offset: Array) -> tuple[Array, Array]:
        """Weights and point with the least largest distance in units of the bound, by a linear programme.

        It is formulated for the change from the known weights, in units that make one step of any weight
        one unit of the bound: its numbers are near 1 although the weights have to be right to their last
        bits. For the same reason, the change is added to the point, not only to the weights.
        """
        from scipy.optimize import linprog

        columns = (self.generators / self.bound).T
        units = 1.0 / np.abs(columns).max(axis=0)
        columns *= units
        error = (residual - offset) / self.bound
        scale = max(1.0, float(np.abs(error).max()))
        ones = np.ones((error.size, 1))
        units *= scale
        limits = np.stack([-weights / units, (self.multiplicities - weights) / units], axis=1)
        for method in ("highs", "highs-ipm"):
            solution = linprog(
                c=np.append(np.zeros(len(weights)), 1.0),
                A_ub=np.block([[-columns, -ones], [columns, -ones]]),
                b_ub=np.concatenate([-error, error]) / scale,
                bounds=[*limits.clip(-LARGEST_STEP, LARGEST_STEP).tolist(), (0.0, None)],
                method=method,
            )
            if solution.x is not None:
                break
        else:
            return weights, offset
        change = np.clip(solution.x[:-1], limits[:, 0], limits[:, 1]) * units
        improved = offset + change @ self.generators
        if self._excess(residual, improved) >= self._excess(residual, offset):
            return weights, offset
        return weights + change, improved


def _start(columns: Array, goal: Array, limits: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Weights in the box and which of them are free; all that leave the box are stopped at once."""
    weights = np.zeros_like(limits)
    free = np.ones(len(limits), dtype=bool)
    while free.any():
        index = np.flatnonzero(free)
        wanted = _solve_free(columns, goal, weights, free)
        outside = (wanted <= 0.0) | (wanted >= limits[index])
        weights[index] = np.clip(wanted, 0.0, limits[index])
        if not outside.any():
            break
        free[index[outside]] = False
    return weights, free


def _solve_free(columns: Array, goal: Array, weights: Array, free: NDArray[np.bool_]) -> Array:
    """Least squares solution for the free weights, refined once: the bound asks for all their digits."""
    chosen = columns[:, free]
    rest = goal - columns[:, ~free] @ weights[~free]
    wanted = np.linalg.lstsq(chosen, rest, rcond=None)[0]
    refined: Array = wanted + np.linalg.lstsq(chosen, rest - chosen @ wanted, rcond=None)[0]
    return refined


def _move_free(columns: Array, goal: Array, limits: Array, weights: Array, free: NDArray[np.bool_]) -> None:
    """Move the free weights to their least squares solution; one that meets a bound stays there, not free."""
    while free.any():
        index = np.flatnonzero(free)
        wanted = _solve_free(columns, goal, weights, free)
        low = wanted <= 0.0
        high = wanted >= limits[index]
        outside = low | high
        if not outside.any():
            weights[index] = wanted
            return
        current = weights[index]
        goals = np.clip(wanted, 0.0, limits[index])
        # The fraction of the way at which each weight meets its bound; 0/0 is a weight that is there already.
        share = np.abs(goals - current) / np.maximum(np.abs(wanted - current), np.finfo(np.float64).tiny)
        step = float(share[outside].min())
        stopped = outside & (share <= step)
        moved = np.where(stopped, goals, current + step * (wanted - current))
        weights[index] = np.clip(moved, 0.0, limits[index])
        free[index[stopped]] = False
