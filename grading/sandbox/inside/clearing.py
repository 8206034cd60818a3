"""Removes what a worker has left in its folder, if it had no file system of its own that ended with it."""

from __future__ import annotations

import os

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC if hasattr(os, "O_DIRECTORY") else 0
_LEAST_URGENT = 19


def clear_slowly(folder: str) -> None:
    """Remove ``folder`` in a process that does nothing else, when nobody else needs the processor.

    Raises:
        OSError: something in it cannot be removed.
    """
    os.nice(_LEAST_URGENT)
    clear(folder)


def clear(folder: str) -> None:
    """Remove ``folder`` with everything that a student may have put there, even if nested a hundred thousand deep.

    It walks down and up again by relative names, so that no name gets too long and nothing recurses. Nobody else may be
    at work in ``folder``.

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
                    if os.geteuid():
                        # Root can enter anyway, and must not be led astray: this call follows links.
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
