"""Entry of a worker that is a process of its own from the start, with resource limits and no walls."""

from __future__ import annotations

import socket
import sys

import msgspec

from grading.sandbox.inside import serving, walls
from grading.sandbox.wire import Setup


def main(frames: int, printed: int, setup: bytes) -> None:
    """Take the limits, then serve on the file descriptor ``frames`` and print to ``printed``."""
    decoded = msgspec.msgpack.decode(setup, type=Setup)
    walls.redirect(printed)
    walls.limit(decoded)
    reachable = walls.become(decoded)
    if decoded.scratch is not None:
        walls.settle(reachable(decoded.scratch))
    if sys.platform == "linux":
        walls.die_with_parent()
    sys.argv = ["submission"]
    serving.main(socket.socket(fileno=frames))
