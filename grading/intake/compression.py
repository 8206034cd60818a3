"""Decompresses gzip, xz and bzip2: single files or tars."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import IO, cast

_GZIP, _XZ, _BZIP2 = b"\x1f\x8b", b"\xfd7zXZ\0", b"BZh"
_LONGEST_MAGIC = 6
#: The exceptions for bytes that none of these programs made.
BAD = (zlib.error, lzma.LZMAError, EOFError, OSError, ValueError)


def is_squeezed(beginning: bytes) -> bool:
    """Whether a file with this beginning is compressed by one of these."""
    return beginning.startswith((_GZIP, _XZ, _BZIP2))


def unsqueezed(file: IO[bytes]) -> IO[bytes]:
    """Return a file that decompresses ``file`` lazily, or ``file`` itself if it is not compressed.

    Reading it raises one of `BAD` if it is damaged.
    """
    beginning = file.read(_LONGEST_MAGIC)
    file.seek(0)
    if beginning.startswith(_GZIP):
        import gzip

        return cast(IO[bytes], gzip.GzipFile(fileobj=file))
    if beginning.startswith(_XZ):
        return cast(IO[bytes], lzma.LZMAFile(file))
    if beginning.startswith(_BZIP2):
        return cast(IO[bytes], bz2.BZ2File(file))
    return file
