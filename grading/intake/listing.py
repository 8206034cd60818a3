"""Lists the contents of a folder or an archive, and picks out the parts of one student."""

from __future__ import annotations

import contextlib
import os
import stat
import zipfile
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec

from grading.intake.archive import BAD_ZIP, opened_zip, unified_name
from grading.intake.file_types import ending, is_archive, stem
from grading.intake.files import is_bystander, is_foreign_folder, is_output
from grading.intake.limits import DEFAULT
from grading.intake.submission import Handin, IntakeError
from grading.intake.tar import files_of_tar, is_tar

_TELLING = 512  # bytes that identify a tar
_LOOKED_AT = 1 << 20  # bytes read of a file
_CHEAP = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


class Download(msgspec.Struct, frozen=True):
    """A platform's bulk download for teachers.

    Attributes:
        entries: the students' parts.
        said: sentences on the choices made.
        others: the names of files beside the students' files.
    """

    entries: tuple[Handin, ...] = ()
    said: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


class Listing:
    """The names in a folder or an archive, from one of the folders inside it down."""

    def __init__(self, path: Path, within: str = "", archive: _Archive | None = None) -> None:
        """``within`` is the folder inside to list, ending in a slash; "" for all."""
        self.path = path
        self.within = within
        self._archive = archive or (None if path.is_dir() else _Archive(path))

    @cached_property
    def top(self) -> list[str]:
        """The direct children, without bystanders, by name; folders end in a slash."""
        if self._archive is not None:
            return sorted(self._by_top)
        with os.scandir(self.path / self.within) as listing:
            names = [entry.name + "/" * entry.is_dir(follow_symlinks=False) for entry in listing]
        here = self.path / self.within
        return sorted(
            name
            for name in names
            if not is_beside(name) and not (name.endswith("/") and is_output(here / name))
        )

    @property
    def is_zip(self) -> bool:
        """Whether this is in an archive, not in a folder."""
        return self._archive is not None

    def inside(self, folder: str) -> Listing:
        """The listing of one of its folders, whose name ends in a slash."""
        return Listing(self.path, self.within + folder, self._archive)

    def files(self, place: str) -> list[str]:
        """All files that the file or folder ``place`` is or holds, by their names relative to here."""
        if self._archive is not None:
            first, slash, _ = place.partition("/")
            return [name for name in self._by_top.get(first + slash, ()) if name.startswith(place)]
        if not place.endswith("/"):
            return [place]
        found: list[str] = []
        level = [place]
        for _ in range(DEFAULT.depth):
            below: list[str] = []
            for folder in level:
                with contextlib.suppress(OSError):
                    for name in self.inside(folder).top:
                        (below if name.endswith("/") else found).append(folder + name)
                if len(found) + len(below) > DEFAULT.entries:
                    return found
            level = below
        return found

    def read(self, name: str, most: int) -> bytes:
        """Read the beginning of a file, at most ``most`` bytes; nothing if it cannot be read."""
        if self._archive is not None:
            return self._archive.read(self.within + name, most)
        path = self.path / self.within / name
        try:
            # Opening a pipe would wait for a writer.
            if not stat.S_ISREG(path.lstat().st_mode):
                return b""
            with path.open("rb") as file:
                return file.read(most)
        except OSError:
            return b""

    def entry(self, student: str, place: str, submitted: datetime | None = None, lms_id: str = "") -> Handin:
        """The whole file or folder ``place`` as the work of ``student``, or else of the student it is named after."""
        if self._archive is None:
            return Handin(student, self.path / self.within / place.rstrip("/"), (), submitted, lms_id)
        folder = place[: place.rfind("/") + 1]
        files = {name: name.removeprefix(folder) for name in self.files(place)}
        return self.of_files(student or _called(place), files, submitted, lms_id)

    def of_files(
        self, student: str, files: Mapping[str, str], submitted: datetime | None = None, lms_id: str = ""
    ) -> Handin:
        """Some files, by their names relative to here and by the student's names for them."""
        parts = tuple((self.within + name, known) for name, known in files.items())
        return Handin(student, self.path, parts, submitted, lms_id)

    @cached_property
    def _by_top(self) -> dict[str, list[str]]:
        """For an archive: each direct child -> all files in it."""
        assert self._archive is not None
        found: dict[str, list[str]] = {}
        for whole in sorted(self._archive.members):
            if whole.startswith(self.within):
                name = whole.removeprefix(self.within)
                first, slash, _ = name.partition("/")
                if not is_beside(name):
                    found.setdefault(first + slash, []).append(name)
        return found


class _Archive:
    """A zip or tar that is inspected without unpacking it; a file that is neither holds nothing."""

    def __init__(self, path: Path) -> None:
        self._zip: zipfile.ZipFile | None = None
        self._file: IO[bytes] | None = None
        if is_archive(path.name) and path.is_file():
            with contextlib.suppress(*BAD_ZIP):
                self._file = path.open("rb")
                self._zip = opened_zip(self._file, DEFAULT)
        infos = self._zip.infolist() if self._zip else []
        #: Names with forward slashes -> members of a zip, or the beginnings of those of a tar.
        self.members: dict[str, zipfile.ZipInfo | bytes] = {
            name: i for i in infos if not (name := unified_name(i.filename)).endswith("/")
        }
        if self._file is not None and self._zip is None:
            self.members = _of_tar(self._file)

    def __del__(self) -> None:
        if self._file is not None:
            self._file.close()

    def read(self, name: str, most: int) -> bytes:
        found = self.members[name]
        if isinstance(found, bytes):
            return found[:most]
        try:
            assert self._zip is not None
            # Others may request gigabytes of memory before the first byte.
            if found.compress_type not in _CHEAP:
                return b""
            with self._zip.open(found) as member:
                return member.read(most)
        except BAD_ZIP:
            return b""


def _of_tar(file: IO[bytes]) -> dict[str, zipfile.ZipInfo | bytes]:
    """Name -> beginning of the files in a tar that may be work; none if it is not a tar, or takes too long to read."""
    if file.seek(0, 2) > DEFAULT.tar_bytes:
        return {}
    file.seek(0)
    begins_as_tar = is_tar(file.read(_TELLING))
    file.seek(0)
    with contextlib.suppress(IntakeError):
        if begins_as_tar:
            found = files_of_tar(file, "", DEFAULT, lambda name: _LOOKED_AT if ending(name) else 0)
            return {name: data for name, (_, data) in found.items()}
    return {}


def _called(place: str) -> str:
    path = PurePosixPath(place)
    return path.name if place.endswith("/") else stem(path.name)


def is_beside(name: str) -> bool:
    """Whether a file or folder of this name, or a folder around it, is not student work."""
    *folders, last = name.split("/")
    return any(map(is_foreign_folder, folders)) or (bool(last) and is_bystander(last))


def may_be_work(name: str) -> bool:
    """Whether a name is that of a folder, or of a file that can be handed in."""
    return name.endswith("/") or bool(ending(name))
