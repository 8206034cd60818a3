"""What an output folder remembers, so that a second run grades only what has changed.

Beside the reports lies ``.resume/<name>.json``: the grade, and a key made of everything that the grade depends on. A
grade is taken over only if its key is that of the present run; reports are then written from it again, so they cannot
be stale, half-written or missing. Records are written last and whole: a run that is killed leaves none, or a right one.
"""

from __future__ import annotations

import contextlib
import hashlib
import stat
import zipfile
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec

from grading.grade import Grade, SuiteFacts
from grading.intake.archive import unified_name
from grading.packed_handin import files_of, is_read
from grading.sandbox.levels import Isolation
from grading.submission import Handin
from grading.writing import write_whole

FOLDER = ".resume"
_TEMPORARY = ".*.tmp"  # as `write_whole` makes them
_SUITE_FOLDERS = ("reference", "checks", "grading")
#: What grades are worked out with, besides Python and NumPy, which are among the `SuiteFacts`.
_LIBRARIES = ("scikit-learn", "scipy")
_CHUNK = 1 << 20


class _Record(msgspec.Struct, frozen=True):
    """The content of one record file."""

    key: str
    grade: Grade


class Records:
    """The records in one output folder; used in ``with``, which also clears away what killed runs left behind.

    Args:
        out: the output folder, which exists.
        facts: what the present run grades with.
        force: take nothing over.

    Raises:
        OSError: the folder cannot be written.
    """

    def __init__(self, out: Path, facts: SuiteFacts, *, force: bool = False) -> None:
        self._out = out
        self._folder = out / FOLDER
        self._facts = facts
        self._force = force
        self._contents: dict[str, tuple[Handin, str]] = {}  # of what is still to be graded
        self._folder.mkdir(exist_ok=True)
        self._lock: IO[bytes] = (self._folder / "lock").open("ab")

    def __enter__(self) -> Self:
        if _alone(self._lock):
            self._clear()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.close()

    def get_ready(self) -> None:
        """Work out what all keys have in common, which the first grade would have to wait for."""
        suite_hash()
        library_versions()

    def hold_all(self, handins: Iterable[Handin]) -> bool:
        """Whether there is a record for each, though perhaps of something else than would be graded now."""
        return not self._force and all(self._path(handin.name).exists() for handin in handins)

    def find(self, handin: Handin, isolation: Isolation) -> Grade | None:
        """The grade that grading ``handin`` now would give, or None if it is not known."""
        try:
            content = handin_hash(handin)
        except (OSError, zipfile.BadZipFile):
            # What cannot be read is for the intake to report.
            return None
        self._contents[handin.name] = handin, content
        if self._force:
            return None
        try:
            record = msgspec.json.decode(self._path(handin.name).read_bytes(), type=_Record)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None
        if record.key != self._key(handin, content, isolation.level.value, isolation.detail):
            return None
        del self._contents[handin.name]
        return record.grade

    def keep(self, grade: Grade) -> None:
        """Remember a grade whose reports have been written. What could not be graded is tried anew each time.

        Raises:
            OSError: the record cannot be written.
        """
        known = self._contents.pop(grade.submission.name, None)
        if grade.state == "graded" and known is not None:
            key = self._key(*known, grade.isolation.level, grade.isolation.detail)
            content = msgspec.json.format(msgspec.json.encode(_Record(key, grade)), indent=1)
            write_whole(self._path(grade.submission.name), content + b"\n", lasting=True)

    def _key(self, handin: Handin, content: str, level: str, detail: str) -> str:
        parts = (
            handin.name,
            str(handin.path),
            content,
            msgspec.json.encode(self._facts).decode(),
            suite_hash(),
            level,
            detail,
            *(f"{name} {version}" for name, version in library_versions().items()),
        )
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _clear(self) -> None:
        """Remove the temporary files of runs that were killed; no other run is alive."""
        for pattern in (_TEMPORARY, f"*/{_TEMPORARY}"):
            for path in self._out.glob(pattern):
                with contextlib.suppress(OSError):
                    path.unlink()


def _alone(lock: IO[bytes]) -> bool:
    """Say that we are here, until ``lock`` is closed or all who have it are dead; whether nobody else was."""
    try:
        import fcntl
    except ImportError:
        return False
    alone = False
    with contextlib.suppress(OSError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        alone = True
    with contextlib.suppress(OSError):
        fcntl.flock(lock, fcntl.LOCK_SH)
    return alone


def handin_hash(handin: Handin) -> str:
    """A hash over everything in a hand-in that its grade may depend on, without reading it as work.

    Of each file that may be read as work it takes name and bytes; of all others, and of those too large to be read,
    name and size; links are not followed. Members of a zip that holds the work of many are told by their checksums.

    Raises:
        OSError, BadZipFile: something cannot be read.
    """
    digest = hashlib.sha256(msgspec.json.encode(handin.parts))
    if handin.parts and not handin.path.is_dir():
        theirs = {name for name, _ in handin.parts}
        with zipfile.ZipFile(handin.path) as archive:
            infos = [i for i in archive.infolist() if unified_name(i.filename) in theirs]
            members = [(i.filename, i.CRC, i.file_size) for i in infos]
        digest.update(repr(sorted(members)).encode())
        return digest.hexdigest()
    parts = [(name, handin.path / name) for name, _ in handin.parts]
    for name, file in parts or files_of(handin.path):
        facts = file.lstat()
        size = facts.st_size if stat.S_ISREG(facts.st_mode) else 0
        digest.update(f"{name!r} {stat.S_IFMT(facts.st_mode)} {size}\n".encode())
        if is_read(file, facts):
            with file.open("rb") as content:
                while chunk := content.read(_CHUNK):
                    digest.update(chunk)
    return digest.hexdigest()


@cache
def suite_hash() -> str:
    """A hash over this project's own sources, so that a grade never outlives the code that gave it."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for folder in _SUITE_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".py", ".toml") and path.is_file():
                content = path.read_bytes()
                digest.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode())
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
