"""Removing what a worker has left in its folder, where it had no file system of its own that went with it."""

from __future__ import annotations

import contextlib
import os

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC if hasattr(os, "O_DIRECTORY") else 0
_LEAST_URGENT = 19


def clear_in_background(folder: str) -> int | None:
    """Remove ``folder``: at once if it is empty, and else in a process that takes its time, whose number this is."""
    with contextlib.suppress(OSError):
        os.rmdir(folder)  # noqa: PTH106
        return None
    process = os.fork()
    if not process:
        try:
            os.nice(_LEAST_URGENT)
            clear(folder)
        finally:
            os._exit(0)
    return process


def clear(folder: str) -> None:
    """Remove ``folder`` with all that a student may have put there, be it nested a hundred thousand deep.

    It walks down and up again by relative names, so that no name gets too long and nothing recurses. Nobody
    else may be at work in ``folder``.

    Raises:
        OSError: something in it cannot be removed.
    """
    here = os.open(folder, _FOLDER)
    try:
        above: list[tuple[str, list[str]]] = []
        names = os.listdir(here)  # noqa: PTH208 - pathlib knows no descriptors
        while True:
            if names:
                name = names.pop()
                try:
                    os.unlink(name, dir_fd=here)
                except OSError:
                    os.chmod(name, 0o700, dir_fd=here)
                    here = _moved(here, name)
                    above.append((name, names))
                    names = os.listdir(here)  # noqa: PTH208 - pathlib knows no descriptors
            elif above:
                here = _moved(here, "..")
                name, names = above.pop()
                os.rmdir(name, dir_fd=here)
            else:
                break
    finally:
        os.close(here)
    os.rmdir(folder)  # noqa: PTH106


def _moved(here: int, name: str) -> int:
    there = os.open(name, _FOLDER, dir_fd=here)
    os.close(here)
    return there
