"""Zip archives, read in memory and never unpacked to disk; one that needs care to unpack is refused."""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import IO

from grading.intake.limits import Limits
from grading.intake.naming import shown
from grading.submission import IntakeError

_DRIVE = re.compile(r"^[A-Za-z]:")
_ENCRYPTED = 0x1
_AGAIN = "pack it again with an ordinary zip program"


@dataclass(frozen=True)
class Member:
    """A file inside a folder or an archive, not yet read; ``read(n)`` gives at most n bytes of it."""

    name: str
    size: int
    read: Callable[[int], bytes]


def members_of(
    file: IO[bytes], where: str, limits: Limits, wanted: Container[str] | None = None
) -> list[Member]:
    """The files inside the zip ``file``, in archive order; ``where`` is its name for messages.

    A member that occurs twice is there once, as the last of its name, which is what unpacking would leave.
    With ``wanted``, only members of these names are looked at, be the others what they may.

    Raises:
        IntakeError: for what is no zip, and for any that an honest zip program would not have made:
            paths leading out, links, devices, passwords, bombs.
    """
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError) as error:
        raise IntakeError(f"{where} is no zip archive that can be read ({error}): {_AGAIN}") from error
    infos = [info for info in archive.infolist() if wanted is None or info.filename in wanted]
    if len(infos) > limits.archive_members:
        raise IntakeError(
            f"{where} holds {len(infos):,} files, more than the {limits.archive_members:,} that are read: "
            "leave data sets and installed packages out"
        )
    for info in infos:
        _refuse(info, where, limits)
    if sum(info.file_size for info in infos) > limits.unpacked_bytes:
        raise IntakeError(
            f"{where} would unpack to more than {limits.unpacked_bytes:,} bytes: leave data sets out"
        )
    files = {info.filename: info for info in infos if not info.is_dir()}
    return [
        Member(name, info.file_size, lambda most, info=info: _read(archive, info, where, most))  # type: ignore[misc]
        for name, info in files.items()
    ]


def _refuse(info: zipfile.ZipInfo, where: str, limits: Limits) -> None:
    name = info.filename
    # `orig_filename` is the name before zipfile cut it at a zero byte or turned its separators.
    parts = info.orig_filename.replace("\\", "/").split("/")
    if name.startswith("/") or info.orig_filename.startswith(("/", "\\")) or _DRIVE.match(name):
        raise IntakeError(f"{where} holds the absolute path {shown(name)}: {_AGAIN}")
    if ".." in parts or "\0" in info.orig_filename:
        raise IntakeError(f"{where} holds the path {shown(name)}, which leads out of it: {_AGAIN}")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise IntakeError(f"{where} holds the link {shown(name)}: put the file itself in")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise IntakeError(f"{where} holds {shown(name)}, which is a device and no file: {_AGAIN}")
    if info.flag_bits & _ENCRYPTED:
        raise IntakeError(f"{where} is locked with a password: pack it again without one")
    if info.file_size > limits.ratio_free_bytes and info.file_size > limits.ratio * max(
        info.compress_size, 1
    ):
        raise IntakeError(
            f"{where} holds {shown(name)}, which unpacks to {info.file_size:,} bytes from "
            f"{info.compress_size:,}: it looks like a zip bomb and was not opened"
        )


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str, most: int) -> bytes:
    try:
        with archive.open(info) as member:
            # zipfile itself stops at the claimed size, so a false claim cannot make this longer.
            return member.read(most)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise IntakeError(f"{where} is damaged at {shown(info.filename)} ({error}): {_AGAIN}") from error
