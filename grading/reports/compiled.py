"""Caches compiled templates as Python does compiled modules: beside them, and only if that folder is writable."""

from __future__ import annotations

import contextlib
from pathlib import Path

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket


class Compiled(FileSystemBytecodeCache):
    """Caches compiled Jinja templates, since compiling takes longer than a page; recompiles changed templates.

    Args:
        folder: the folder of the cache; made if necessary.
    """

    def __init__(self, folder: Path) -> None:
        with contextlib.suppress(OSError):
            folder.mkdir(exist_ok=True)
        super().__init__(str(folder))

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket, if the cached template is current."""
        with contextlib.suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Store the content of the bucket, if the folder is writable."""
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)
