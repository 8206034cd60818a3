"""Where the cases come from: strings of bytes, each read as a row of choices.

The grader takes them from SHAKE-256, a published standard, so that a seed means the same cases on every machine and in
every year. Hypothesis's own draws depend on its version, and on which modules lie about: it takes the numbers that it
finds in them. It makes strings of bytes for the same cases where a search is wanted, as in our own tests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")

LENGTH = 128
"""Bytes in a string: as many as the largest case takes."""


class Choices:
    """One string of bytes, used up from the front; a byte of 0 chooses what is simplest."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._used = 0

    def bytes(self, count: int) -> bytes:
        """The next ``count`` bytes.

        Raises:
            ValueError: there are no more so many.
        """
        start, self._used = self._used, self._used + count
        if self._used > len(self._data):
            raise ValueError(f"a case takes more than {len(self._data)} bytes; make LENGTH larger")
        return self._data[start : self._used]

    def number(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included; at most 256 of them."""
        return low + self.bytes(1)[0] % (high - low + 1)

    def pick(self, options: Sequence[T]) -> T:
        """One of ``options``, the simplest of which stands first."""
        return options[self.number(0, len(options) - 1)]


def strings(name: str, seed: int, count: int) -> Iterator[bytes]:
    """``count`` strings for the draw called ``name``: the one of the simplest case, then what the seed gives."""
    yield bytes(LENGTH)
    stream = hashlib.shake_256(f"{name} {seed}".encode()).digest(LENGTH * (count - 1))
    for start in range(0, len(stream), LENGTH):
        yield stream[start : start + LENGTH]


def strategy(make: Callable[[Choices], T]) -> SearchStrategy[T]:
    """What ``make`` makes of choices, for Hypothesis to search in."""
    from hypothesis import strategies as st

    return st.binary(min_size=LENGTH, max_size=LENGTH).map(lambda data: make(Choices(data)))
