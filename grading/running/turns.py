"""Whose turn it is: many at a time, or one alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Shared out among threads. Who wants to be alone waits for those at work, and others wait for them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._at_work = 0
        self._alone = 0  # that are so, or wait for it

    @contextmanager
    def among_others(self) -> Iterator[None]:
        """At work, perhaps with others."""
        with self._changed:
            self._changed.wait_for(lambda: not self._alone)
            self._at_work += 1
        try:
            yield
        finally:
            self._end()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """At work, with nobody else."""
        with self._changed:
            self._alone += 1
            self._changed.wait_for(lambda: not self._at_work)
            self._at_work += 1
        try:
            yield
        finally:
            with self._changed:
                self._alone -= 1
            self._end()

    def _end(self) -> None:
        with self._changed:
            self._at_work -= 1
            self._changed.notify_all()
