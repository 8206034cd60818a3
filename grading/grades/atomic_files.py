"""Writes files whole or not at all, and says where files that can be made again are kept."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def write_atomically(path: Path, content: bytes, *, lasting: bool = False) -> None:
    """Write a file whole or not at all: a temporary neighbour, then a rename.

    A file that already has this content is left alone.

    Args:
        path: the path of the file.
        content: its content.
        lasting: whether it survives a power failure, which takes longer than all else. The records of a run do, and
            from them the next run rewrites whatever is missing or damaged.

    Raises:
        OSError: the file cannot be written.
    """
    with contextlib.suppress(OSError):
        if path.read_bytes() == content:
            return
    temporary = path.with_name(f".{path.name}.{os.urandom(8).hex()}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            if lasting:
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def user_cache() -> Path:
    """The folder for things that can be made again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "subgrader"
