"""Compares a wrong dW with the accepted ones, entry by entry, for people to look at."""

from __future__ import annotations

import math

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from grading.grades.grade import Certificate, GradientComparison
from reference.accepted import AcceptedGradients, Membership

_MOST_ENTRIES = 400  # nobody looks at more one by one

Array = NDArray[np.float64]


def compare(accepted: AcceptedGradients, dW: Array) -> GradientComparison | None:
    """Compare dW, (D, C), with the accepted gradients; None if there are too many entries.

    An entry is wrong if no accepted gradient has it. If each entry alone could be right, those that differ from the
    nearest accepted gradient are marked.
    """
    if dW.size > _MOST_ENTRIES:
        return None
    low, high = accepted.interval()
    evenly = replace(accepted, bound=np.full_like(accepted.bound, accepted.bound.max()))
    distance = np.abs(evenly.judge(dW).error)
    membership = accepted.judge(dW)
    with np.errstate(all="ignore"):
        wrong = ~((dW >= low - accepted.bound) & (dW <= high + accepted.bound))
        together = not wrong.any()
        if together:
            wrong = distance > accepted.bound
    return GradientComparison(
        low=_plain(low),
        high=_plain(high),
        got=_finite(dW),
        distance=_finite(distance),
        wrong=wrong.tolist(),
        together=together,
        ties=accepted.ties,
        certificate=_certificate(membership),
    )


def _certificate(membership: Membership) -> Certificate | None:
    """Turn the direction so that the loss really rises along it; at a kink, so that dW promises too much."""
    found = membership.certificate
    if found is None or not all(map(math.isfinite, (found.promised, found.low, found.high))):
        return None
    forward = found.promised > found.high if found.low < found.high else (found.high or found.promised) > 0.0
    sign = 1.0 if forward else -1.0
    return Certificate(
        V=_plain(sign * found.direction),
        entry=found.entry,
        rises=(found.high if forward else -found.low) + 0.0,
        promised=sign * found.promised + 0.0,
    )


def _plain(array: Array) -> list[list[float]]:
    """Nested lists without negative zeros."""
    rows: list[list[float]] = (array + 0.0).tolist()
    return rows


def _finite(array: Array) -> list[list[float | None]]:
    return [[x if math.isfinite(x) else None for x in row] for row in _plain(array)]
