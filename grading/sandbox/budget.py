"""Limits one hand-in's total computing time: that of its processes, except training, and of judging its answers."""

from __future__ import annotations

import threading
from collections.abc import Callable

# A function that has used less than this share of the total goes on: it does not pay for another one.
_OWN_SHARE = 0.05
# Loading the files, which all functions need, may take this share on top of the total.
_LOADING_SHARE = 0.5


class Budget:
    """The seconds that one hand-in may use; its processes may charge it from different threads.

    Args:
        seconds: for all functions.
        own_share: a function that has used less than this share may go on when all together have used up the total.
    """

    def __init__(self, seconds: float, own_share: float = _OWN_SHARE) -> None:
        self.seconds, self._own_share = seconds, own_share
        self._turn = threading.Lock()
        self._used: dict[str, float] = {}
        self._loading = 0.0

    def charge(self, function: str, seconds: float) -> None:
        """Record the time that a function has used."""
        with self._turn:
            self._used[function] = self._used.get(function, 0.0) + seconds

    def refund(self) -> Callable[[], None]:
        """Return what takes back all that is charged from now on."""
        used = dict(self._used)

        def take_back() -> None:
            with self._turn:
                self._used = used

        return take_back

    def is_spent(self, function: str) -> bool:
        """Whether the total is used up, and the function has used its own share of it."""
        own = self._used.get(function, 0.0)
        return own >= self._own_share * self.seconds and sum(self._used.values()) >= self.seconds

    def charge_loading(self, seconds: float) -> None:
        """Record the time that loading the files has taken."""
        with self._turn:
            self._loading += seconds

    @property
    def loading_is_spent(self) -> bool:
        """Whether loading the files has taken so long that they are not loaded any more."""
        return self._loading >= _LOADING_SHARE * self.seconds
