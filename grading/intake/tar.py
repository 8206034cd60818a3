"""Reads tar archives, plain or compressed by gzip, xz or bzip2, in one go, without unpacking them to disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, cast

from grading.intake.compression import BAD, is_squeezed, unsqueezed
from grading.intake.limits import Limits
from grading.intake.safe_names import shown
from grading.intake.submission import IntakeError
from grading.words import say

_MAGIC, _MAGIC_AT = b"ustar", 257
_BAD = (OverflowError, IndexError, RecursionError, *BAD)


def is_tar(beginning: bytes) -> bool:
    """Whether a file that begins with these 512 bytes is a tar, or compressed as most tars are."""
    return is_squeezed(beginning) or beginning[_MAGIC_AT:].startswith(_MAGIC)


def files_of_tar(
    file: IO[bytes], where: str, limits: Limits, most: Callable[[str], int]
) -> dict[str, tuple[int, bytes]]:
    """Name -> size and content of the regular files in it; keeps at most ``most(name)`` bytes of each.

    Raises:
        IntakeError: it is damaged, unpacks to too much, or contains what no honest program puts there.
    """
    import tarfile  # most classes have none

    found: dict[str, tuple[int, bytes]] = {}
    left = limits.total_bytes
    try:
        unpacked = cast(IO[bytes], _Unpacked(file, where, limits))
        with tarfile.open(fileobj=unpacked, mode="r|") as archive:
            for number, info in enumerate(archive):
                if number >= limits.archive_members:
                    raise IntakeError(_too_many(where, limits))
                name = info.name.removeprefix("./")
                if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/"):
                    raise IntakeError(
                        say(
                            "{where} holds the path {path}, which leads out of it: pack your files as a zip",
                            where=where,
                            path=shown(name),
                        )
                    )
                if (info.issym() or info.islnk()) and most(name):
                    raise IntakeError(
                        say(
                            "{where} holds the link {path}: put the file itself in",
                            where=where,
                            path=shown(name),
                        )
                    )
                if info.isreg():
                    content = archive.extractfile(info)
                    kept = content.read(min(most(name), left, info.size)) if content and most(name) else b""
                    left -= len(kept)
                    found[name] = info.size, kept
    except (tarfile.TarError, *_BAD) as error:
        raise IntakeError(
            say(
                "{where} is no tar archive that can be read ({error}): pack your files as a zip",
                where=where,
                error=shown(str(error)),
            )
        ) from error
    return found


def _too_many(where: str, limits: Limits) -> str:
    return say(
        "{where} holds more than the {most:,} files that are read: leave data sets and installed packages out",
        where=where,
        most=limits.archive_members,
    )


class _Unpacked:
    """The bytes of a tar, decompressed as they are read, and no more than an honest one could hold."""

    def __init__(self, file: IO[bytes], where: str, limits: Limits) -> None:
        size = file.seek(0, 2)
        file.seek(0)
        self._file = unsqueezed(file)
        self._where = where
        self._most = min(limits.unpacked_bytes, max(limits.ratio_free_bytes, limits.ratio * size))
        self._read = 0

    def read(self, size: int) -> bytes:
        """Read the next bytes for `tarfile`."""
        data = self._file.read(size)
        self._read += len(data)
        if self._read > self._most:
            raise IntakeError(
                say(
                    "{where} unpacks to more than {most:,} bytes: leave data sets out",
                    where=self._where,
                    most=self._most,
                )
            )
        return data
