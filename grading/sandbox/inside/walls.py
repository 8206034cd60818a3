"""What the worker takes on itself before it sees any student code."""

from __future__ import annotations

import os
import sys

_FILE_BYTES = 16 << 20
_OPEN_FILES = 64


def redirect(output: int) -> None:
    """Standard output and error go to the file descriptor ``output``; there is no standard input."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    for spare in {nothing, output} - {0, 1, 2}:
        os.close(spare)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="replace", buffering=1, closefd=False)
    sys.stderr = sys.stdout


def limit(address_space_bytes: int, cpu_seconds: int) -> None:
    """Set the resource limits that this system knows; they cannot be raised again."""
    if sys.platform == "win32":
        return
    import resource

    limits = {
        "RLIMIT_AS": address_space_bytes,
        "RLIMIT_CPU": cpu_seconds,
        "RLIMIT_FSIZE": _FILE_BYTES,
        "RLIMIT_NOFILE": _OPEN_FILES,
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
    }
    for name, value in limits.items():
        number = getattr(resource, name, None)
        if number is None:
            continue
        _, hard = resource.getrlimit(number)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(number, (value, value))
        except (OSError, ValueError):
            # macOS has the name of some limits but not the limit.
            if sys.platform == "linux":
                raise
