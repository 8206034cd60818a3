"""Entry of a worker that is a process of its own from the start: ``main(socket, output, limits)``."""

from __future__ import annotations

import socket
import sys

from grading.sandbox.inside import serving, walls


def main(channel: int, output: int, address_space_bytes: int, cpu_seconds: int) -> None:
    """Take the limits, then serve on the file descriptor ``channel`` and print to ``output``."""
    walls.redirect(output)
    walls.limit(address_space_bytes, cpu_seconds)
    sys.argv = ["submission"]
    serving.main(socket.socket(fileno=channel))
