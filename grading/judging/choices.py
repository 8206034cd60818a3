"""Where the cases come from: strings of bytes, each read as a row of choices.

The grader takes them from SHAKE-256, a published standard, so that a seed means the same cases on every machine and in
every year. Hypothesis's own draws depend on its version, and on which modules lie about: it takes the numbers that it
finds in them. Where a search is wanted and not a grade, in a student's hunt and in our own tests, it makes the strings.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")

_SUITE = Path(__file__).resolve().parent.parent.parent

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


@cache
def searched(seed: int, count: int) -> tuple[bytes, ...]:
    """At most ``count`` strings as Hypothesis draws them: it also repeats parts of what it drew, and tries extremes.

    They are drawn in a new process, which has no modules but Hypothesis's own to take numbers from: so they are the
    same again for the same seed, as long as the version of Hypothesis is.
    """
    ours = f"import sys; sys.path.append({str(_SUITE)!r})"
    program = f"{ours}; from grading.judging.choices import write_searched; write_searched({seed}, {count})"
    command = [sys.executable, "-I", "-c", program]
    drawn = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return tuple(drawn[start : start + LENGTH] for start in range(0, len(drawn), LENGTH))


def write_searched(seed: int, count: int) -> None:
    """Write what `searched` gives to standard output, one string after the other."""
    import hypothesis
    from hypothesis import HealthCheck, Phase, settings

    @hypothesis.seed(seed)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(_any_string())
    def write(string: bytes) -> None:
        sys.stdout.buffer.write(string)

    write()


def strategy(make: Callable[[Choices], T]) -> SearchStrategy[T]:
    """What ``make`` makes of choices, for Hypothesis to search in."""
    return _any_string().map(lambda data: make(Choices(data)))


def _any_string() -> SearchStrategy[bytes]:
    from hypothesis import strategies as st

    return st.binary(min_size=LENGTH, max_size=LENGTH)
