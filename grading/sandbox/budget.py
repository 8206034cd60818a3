"""How long one hand-in may compute in all: its processes together, apart from training, and what judges its answers."""

from __future__ import annotations

import threading

# A function that has used less than this share of the whole goes on: it does not pay for another one.
_OWN_SHARE = 0.05
# Loading the files, which all functions need, may take this share beside the whole.
_LOADING_SHARE = 0.5


class Budget:
    """Seconds for one hand-in; its processes may charge from different threads.

    Args:
        seconds: for all functions.
        own_share: a function that has used less than this share goes on when all together have used up the whole.
    """

    def __init__(self, seconds: float, own_share: float = _OWN_SHARE) -> None:
        self.seconds, self._own_share = seconds, own_share
        self._turn = threading.Lock()
        self._used: dict[str, float] = {}
        self._loading = 0.0

    def charge(self, function: str, seconds: float) -> None:
        """Note what a function has used."""
        with self._turn:
            self._used[function] = self._used.get(function, 0.0) + seconds

    def is_spent(self, function: str) -> bool:
        """Whether nothing is left for a function, and that is its doing, too."""
        own = self._used.get(function, 0.0)
        return own >= self._own_share * self.seconds and sum(self._used.values()) >= self.seconds

    def charge_loading(self, seconds: float) -> None:
        """Note what loading the files has taken."""
        with self._turn:
            self._loading += seconds

    @property
    def loading_is_spent(self) -> bool:
        """Whether the files have been loaded for so long that they are not loaded any more."""
        return self._loading >= _LOADING_SHARE * self.seconds
