"""Replies on their way: each at once, or many in one piece, since waking the waiting side takes longer than most calls.

Without it, 10 correct hand-ins take 8 % more processor time.
"""

from __future__ import annotations

import socket
import time

# Kept from before student code could have replaced it.
_clock = time.perf_counter
# This tells the waiting side that there is progress.
_SECONDS = 0.1
_BYTES = 1 << 20


class Outbox:
    """Frames that have not been sent yet.

    Args:
        channel: where they go.
    """

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._held: list[bytes] = []
        self._bytes = 0
        self._since = _clock()

    def begin(self) -> None:
        """What is held from now on may wait from now on."""
        self._since = _clock()

    def hold(self, frame: bytes) -> None:
        """Keep a frame; send all if it is time."""
        self._held.append(frame)
        self._bytes += len(frame)
        if self.due():
            self.push()

    def due(self, more: int = 0) -> bool:
        """Whether it is time, given that there are ``more`` bytes that are not in a frame yet."""
        return _clock() - self._since > _SECONDS or self._bytes + more > _BYTES

    def push(self) -> None:
        """Send what is held."""
        if self._held:
            self._channel.sendall(self._held[0] if len(self._held) == 1 else b"".join(self._held))
            self._held, self._bytes = [], 0
        self._since = _clock()
