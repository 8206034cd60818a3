"""The code by which grades are worked out: ours, by its hash, and the libraries, by their versions."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import metadata

from grading import SUITE

_ROOMS = ("reference", "checks", "grading")
#: What grades are worked out with, besides Python and NumPy, which are among the `SuiteFacts`.
_LIBRARIES = ("scikit-learn", "scipy")


@cache
def suite_hash() -> str:
    """A hash over this project's own sources, so that a grade never outlives the code that gave it."""
    digest = hashlib.sha256()
    for room in _ROOMS:
        for path in sorted((SUITE / room).rglob("*")):
            if path.suffix in (".py", ".toml", ".bin") and path.is_file():
                # Where it is installed, code is the same but for this in its imports.
                content = path.read_bytes().replace(b"subgrader.", b"")
                digest.update(f"{path.relative_to(SUITE).as_posix()} {len(content)}\n".encode())
                digest.update(content)
    return digest.hexdigest()


@cache
def library_versions() -> dict[str, str]:
    """The versions of what grades are worked out with, besides Python and NumPy."""
    return {name: _version(name) for name in _LIBRARIES}


def _version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "none"
