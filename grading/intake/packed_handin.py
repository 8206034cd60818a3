"""Packs a hand-in as bytes, so that it can be graded on a machine without its files.

An unpacked hand-in has all names, sizes and contents that the grade may depend on, and so gets the same grade. Files
that are never read are sent as name and size.
"""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import msgspec

from grading.intake.file_types import ending
from grading.intake.files import cap, gather, is_foreign_folder
from grading.intake.limits import DEFAULT
from grading.intake.safe_names import shown
from grading.intake.submission import Handin, IntakeError
from grading.words import say

_FIRST_BYTES = 64  # enough for the intake to tell what kind of file an unread one is


class PackedHandinError(Exception):
    """Bytes that are not a packed hand-in."""


class _Item(msgspec.Struct, frozen=True, array_like=True):
    """A file, folder or link: its name below the hand-in, or "" for the hand-in itself; its bytes, or the first few.

    Names on disk need not be text.
    """

    name: bytes
    kind: int
    size: int
    content: bytes


class _PackedHandin(msgspec.Struct, frozen=True, array_like=True):
    """A hand-in and everything in it."""

    name: str
    path: bytes
    parts: tuple[tuple[bytes, bytes], ...]
    items: list[_Item]


def pack(handin: Handin) -> bytes:
    """Pack the hand-in as bytes.

    Raises:
        IntakeError: something in it cannot be read.
    """
    try:
        return _packed(handin)
    except OSError as error:
        where, why = shown(handin.path.name), error.strerror or error
        raise IntakeError(
            say("{where} cannot be read ({error}): check its permissions", where=where, error=why)
        ) from error


def _packed(handin: Handin) -> bytes:
    if handin.parts and not handin.path.is_dir():
        items = [_part_of_zip(handin)]
    else:
        parts = [(name, handin.path / name) for name, _ in handin.parts]
        found = parts or [("" if path == handin.path else name, path) for name, path in files_of(handin.path)]
        items = [_item(name, path) for name, path in found]
    parts_sent = tuple((os.fsencode(name), os.fsencode(known)) for name, known in handin.parts)
    return msgspec.msgpack.encode(_PackedHandin(handin.name, os.fsencode(handin.path), parts_sent, items))


def unpack(data: bytes, folder: Path) -> tuple[Handin, str]:
    """Unpack the hand-in into ``folder``, which is empty; return it, and its path on the machine that packed it.

    Raises:
        PackedHandinError: these bytes are not a packed hand-in.
        OSError: the folder cannot be written.
    """
    try:
        packed = msgspec.msgpack.decode(data, type=_PackedHandin)
    except msgspec.DecodeError as error:
        raise PackedHandinError(f"no packed hand-in: {error}") from None
    path = os.fsdecode(packed.path)
    root = folder / (PurePosixPath(path).name or "handin")
    if all(item.name for item in packed.items):
        root.mkdir()
    for item in packed.items:
        name = os.fsdecode(item.name)
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise PackedHandinError(f"a packed hand-in with a file outside of it: {name!r}")
        _lay_out(item, root / name)
    parts = tuple((os.fsdecode(name), os.fsdecode(known)) for name, known in packed.parts)
    return Handin(packed.name, root, parts), path


def files_of(path: Path) -> Iterator[tuple[str, Path]]:
    """The files at or below ``path``, in a fixed order, without foreign folders; as many as are ever considered."""
    if not stat.S_ISDIR(path.lstat().st_mode):
        yield path.name, path
        return
    seen = 0
    level = [path]
    for _ in range(DEFAULT.depth):
        below: list[Path] = []
        for folder in level:
            with os.scandir(folder) as entries:
                listing = sorted(entries, key=lambda entry: entry.name)
            for entry in listing:
                seen += 1
                if seen > DEFAULT.entries:
                    return
                inside = Path(entry.path)
                yield str(inside.relative_to(path)), inside
                if entry.is_dir(follow_symlinks=False) and not is_foreign_folder(entry.name):
                    below.append(inside)
        level = below


def is_read(path: Path, facts: os.stat_result) -> bool:
    """Whether the intake may read a file of this name and size."""
    regular = stat.S_ISREG(facts.st_mode)
    return regular and bool(ending(path.name)) and facts.st_size <= cap(path.name, DEFAULT)


def _item(name: str, path: Path) -> _Item:
    facts = path.lstat()
    regular = stat.S_ISREG(facts.st_mode)
    content = b""
    if regular:
        with path.open("rb") as file:
            content = file.read() if is_read(path, facts) else file.read(_FIRST_BYTES)
    size = max(facts.st_size, len(content)) if regular else 0
    return _Item(os.fsencode(name), stat.S_IFMT(facts.st_mode), size, content)


def _part_of_zip(handin: Handin) -> _Item:
    """A zip with only one student's files, if the others are not needed to say what is left out."""
    gathered = gather(handin.path, DEFAULT, handin.parts)
    if gathered.warnings:
        return _item("", handin.path)
    content = io.BytesIO()
    data = {file.name: file.data for file in gathered.files}
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, known in handin.parts:
            if known not in data:
                return _item("", handin.path)
            archive.writestr(name, data[known])
    return _Item(b"", stat.S_IFREG, len(content.getvalue()), content.getvalue())


def _lay_out(item: _Item, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if item.kind == stat.S_IFDIR:
        path.mkdir(exist_ok=True)
    elif item.kind == stat.S_IFLNK:
        path.symlink_to("nowhere")
    elif item.kind == stat.S_IFREG:
        with path.open("wb") as file:
            file.write(item.content)
            file.truncate(item.size)
    else:
        os.mkfifo(path)
