"""Entry point of a worker that is a process of its own from the start, with resource limits and no walls."""

from __future__ import annotations

import gc
import socket
import sys

import msgspec

from grading.protocol.confinement import Setup
from grading.sandbox.inside import confining, running_cells, serving
from grading.sandbox.inside.mapped_array import Mapped


def main(setup: bytes, frames: int = -1, printed: int = -1, data: int | None = None) -> None:
    """Apply the limits, then serve on the socket ``frames`` and print to the socket ``printed``.

    Args:
        setup: a `Setup` as msgpack.
        frames: its file descriptor. Windows does not pass these on; there, standard input says how to get both sockets.
        printed: its file descriptor.
        data: the file descriptor of the data to map, if there is any.
    """
    gc.enable()
    mapped = None if data is None else Mapped(data)
    decoded = msgspec.msgpack.decode(setup, type=Setup)
    if sys.platform == "win32":
        shared = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=list[bytes])
        channel, output = (socket.fromshare(data) for data in shared)
        sys.stdout = output.makefile("w", encoding="utf-8", errors="replace", buffering=1)
        sys.stderr = sys.stdout
    else:
        channel = socket.socket(fileno=frames)
        confining.redirect(printed)
        confining.limit(decoded, mapped)
    reachable = confining.become(decoded)
    if decoded.scratch is not None:
        confining.settle(reachable(decoded.scratch))
        if decoded.data is not None:
            running_cells.warm_up(decoded.scratch)
            running_cells.place_data(decoded.data)
    if sys.platform == "linux":
        confining.be_nobody_else(None)
        confining.die_with_parent()
    sys.argv = ["submission"]
    serving.main(channel, mapped)
