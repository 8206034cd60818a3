"""Random numbers derived from the bytes of a hand-in: nobody knows them beforehand."""

from __future__ import annotations

import hashlib

import numpy as np

from reference.problem import Problem

# Off the kinks: 1 + 3 * delta / k is never 0 for dyadic numbers. Entries are up to 1, and 3 in X.
_OFF_KINKS = 3.0
# Eighths from -1 to 1, by a random byte.
_EIGHTHS = (np.arange(256) % 17 - 8) / 8.0


class Stream:
    """A stream of problems, no two alike, determined by ``digest``."""

    def __init__(self, digest: bytes) -> None:
        self._digest = digest
        self._drawn = 0

    def problem(self, n: int, d: int, c: int) -> Problem:
        """The next problem of these sizes, with margins that are not near 0."""
        self._drawn += 1
        data = hashlib.shake_256(self._digest + self._drawn.to_bytes(4)).digest(d * c + n * d + n)
        numbers = np.frombuffer(data, np.uint8)
        W, X = _EIGHTHS.take(numbers[: d * c]).reshape(d, c), _EIGHTHS.take(numbers[d * c : -n]).reshape(n, d)
        return Problem(W, _OFF_KINKS * X, (numbers[-n:] % c).astype(np.int64), 0.5)
