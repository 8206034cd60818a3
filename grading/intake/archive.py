"""Reads archives in memory, without ever unpacking them to disk; refuses those that are risky to unpack."""

from __future__ import annotations

import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Container, Sequence
from typing import IO, cast

import msgspec

from grading.intake.limits import Limits
from grading.intake.safe_names import shown
from grading.intake.submission import IntakeError
from grading.intake.tar import files_of_tar, is_tar
from grading.intake.text import recognised
from grading.words import later, say, translated

_DRIVE = re.compile(r"^[A-Za-z]:")
_ENCRYPTED = 0x1
_TELLING = 512  # bytes that identify the kind of archive
#: The exceptions of `zipfile` for archives that no program made.
BAD_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    IndexError,
    RuntimeError,
)
_AGAIN = later("pack it again with an ordinary zip program")


class Member(msgspec.Struct, frozen=True):
    """A file inside a folder or an archive, not yet read; ``read(n)`` returns at most n bytes of it."""

    name: str
    size: int
    read: Callable[[int], bytes]


def unified_name(name: str) -> str:
    """A member's name with forward slashes: some programs for Windows write backslashes."""
    return name.replace("\\", "/")


class _Bounded:
    """A file that reads at most ``most`` bytes at once, while that is set."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self.most: int | None = most
        self._file = file
        self.seek, self.tell, self.seekable, self.close = file.seek, file.tell, file.seekable, file.close

    def read(self, size: int = -1) -> bytes:
        if self.most is not None and size > self.most:
            raise zipfile.BadZipFile(say("its list of files has {size:,} bytes", size=size))
        return self._file.read(size)


def opened_zip(file: IO[bytes], limits: Limits) -> zipfile.ZipFile:
    """Open the zip ``file``, unless its list of files is too long.

    Each entry takes ten times its bytes in memory, and a list compresses well inside another zip.

    Raises:
        One of `BAD_ZIP`: it is not a zip, or has such a list.
    """
    bounded = _Bounded(file, limits.directory_bytes)
    archive = zipfile.ZipFile(cast(IO[bytes], bounded))
    bounded.most = None
    return archive


def members_of(
    file: IO[bytes],
    where: str,
    limits: Limits,
    wanted: Container[str] | None = None,
    kept: Callable[[str], int] | None = None,
) -> list[Member]:
    """The files inside the zip or tar ``file``, in archive order; ``where`` is its name for messages.

    Of members with the same name only the last is included, as unpacking would leave it.
    With ``wanted``, only members of these names are considered, whatever the others are. From a tar, which can only be
    read from end to end, ``kept(name)`` bytes of each file are kept; without it, tars are refused.

    Raises:
        IntakeError: for files that are not a zip, and for those that an honest zip program would not have made:
            paths leading out, links, devices, passwords, bombs.
    """
    beginning = file.read(_TELLING)
    file.seek(0)
    if kept is not None and is_tar(beginning):
        return [
            Member(name, size, lambda most, data=data: data[:most])  # type: ignore[misc]
            for name, (size, data) in files_of_tar(file, where, limits, kept).items()
            if wanted is None or name in wanted
        ]
    archive = _zip_in(file, beginning, where, limits)
    infos = [i for i in archive.infolist() if wanted is None or unified_name(i.filename) in wanted]
    _require_few(infos, where, limits)
    files = {name: info for info in infos if not (name := unified_name(info.filename)).endswith("/")}
    return [
        Member(name, info.file_size, lambda most, info=info: _read(archive, info, where, most))  # type: ignore[misc]
        for name, info in files.items()
    ]


def _zip_in(file: IO[bytes], beginning: bytes, where: str, limits: Limits) -> zipfile.ZipFile:
    what = recognised(beginning)
    if what is not None and not beginning.startswith(b"PK"):
        raise IntakeError(
            say(
                "{where} is {what}, which is not opened: pack your files as a zip",
                where=where,
                what=translated(what),
            )
        )
    try:
        return opened_zip(file, limits)
    except BAD_ZIP as error:
        raise IntakeError(
            say(
                "{where} is no zip archive that can be read ({error}): {to_do}",
                where=where,
                error=error,
                to_do=translated(_AGAIN),
            )
        ) from error


def _require_few(infos: Sequence[zipfile.ZipInfo], where: str, limits: Limits) -> None:
    """Refuse too many files, files that no honest program packs, and too much content."""
    if len(infos) > limits.archive_members:
        raise IntakeError(
            say(
                "{where} holds {count:,} files, more than the {most:,} that are read: "
                "leave data sets and installed packages out",
                where=where,
                count=len(infos),
                most=limits.archive_members,
            )
        )
    for info in infos:
        _refuse(info, where, limits)
    if sum(info.file_size for info in infos) > limits.unpacked_bytes:
        raise IntakeError(
            say(
                "{where} would unpack to more than {most:,} bytes: leave data sets out",
                where=where,
                most=limits.unpacked_bytes,
            )
        )


def _refuse(info: zipfile.ZipInfo, where: str, limits: Limits) -> None:
    name = info.filename
    # `orig_filename` is the name before zipfile cut it at a zero byte or changed its separators.
    parts = info.orig_filename.replace("\\", "/").split("/")
    if name.startswith("/") or info.orig_filename.startswith(("/", "\\")) or _DRIVE.match(name):
        raise IntakeError(
            say(
                "{where} holds the absolute path {path}: {to_do}",
                where=where,
                path=shown(name),
                to_do=translated(_AGAIN),
            )
        )
    if ".." in parts or "\0" in info.orig_filename:
        raise IntakeError(
            say(
                "{where} holds the path {path}, which leads out of it: {to_do}",
                where=where,
                path=shown(name),
                to_do=translated(_AGAIN),
            )
        )
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise IntakeError(
            say("{where} holds the link {path}: put the file itself in", where=where, path=shown(name))
        )
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise IntakeError(
            say(
                "{where} holds {path}, which is a device and no file: {to_do}",
                where=where,
                path=shown(name),
                to_do=translated(_AGAIN),
            )
        )
    if info.flag_bits & _ENCRYPTED:
        raise IntakeError(say("{where} is locked with a password: pack it again without one", where=where))
    if info.file_size > limits.ratio_free_bytes and info.file_size > limits.ratio * max(
        info.compress_size, 1
    ):
        raise IntakeError(
            say(
                "{where} holds {path}, which unpacks to {size:,} bytes from {packed:,}: "
                "it looks like a zip bomb and was not opened",
                where=where,
                path=shown(name),
                size=info.file_size,
                packed=info.compress_size,
            )
        )


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str, most: int) -> bytes:
    try:
        with archive.open(info) as member:
            # zipfile itself stops at the claimed size, so a false claim cannot make this larger.
            return member.read(most)
    except BAD_ZIP as error:
        raise IntakeError(
            say(
                "{where} is damaged at {path} ({error}): {to_do}",
                where=where,
                path=shown(info.filename),
                error=error,
                to_do=translated(_AGAIN),
            )
        ) from error
