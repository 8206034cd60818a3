"""Sends replies at once or many in one piece, because waking the waiting side takes longer than most calls.

Without it, 10 correct hand-ins take 8 % more processor time.
"""

from __future__ import annotations

import socket
import time

# Stored before student code could have replaced it.
_clock = time.perf_counter
# The longest wait, so that the other side sees progress.
_SECONDS = 0.1
_BYTES = 1 << 20


class Outbox:
    """Frames that have not been sent yet.

    Args:
        channel: the socket on which they are sent.
    """

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._held: list[bytes] = []
        self._bytes = 0
        self._since = _clock()

    def begin(self) -> None:
        """Start the clock: frames held from now on may wait that long."""
        self._since = _clock()

    def hold(self, frame: bytes) -> None:
        """Hold a frame; send all if it is time."""
        self._held.append(frame)
        self._bytes += len(frame)
        if self.due():
            self.push()

    def due(self, more: int = 0) -> bool:
        """Whether it is time to send, given ``more`` bytes that are not in a frame yet."""
        return _clock() - self._since > _SECONDS or self._bytes + more > _BYTES

    def push(self) -> None:
        """Send everything held."""
        if self._held:
            self._channel.sendall(self._held[0] if len(self._held) == 1 else b"".join(self._held))
            self._held, self._bytes = [], 0
        self._since = _clock()
