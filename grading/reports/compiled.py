"""Compiled templates, kept as Python keeps compiled modules: beside them, and only where that can be written."""

from __future__ import annotations

import contextlib
from pathlib import Path

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket


class Compiled(FileSystemBytecodeCache):
    """Templates as Jinja compiles them, which takes longer than a page; compiled again when a template has changed.

    Args:
        folder: where it is kept; made if need be.
    """

    def __init__(self, folder: Path) -> None:
        with contextlib.suppress(OSError):
            folder.mkdir(exist_ok=True)
        super().__init__(str(folder))

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket, if the template is here as it is now."""
        with contextlib.suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what the bucket holds, if that can be written."""
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)
