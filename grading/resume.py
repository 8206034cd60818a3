"""What an output folder remembers, so that a second run grades only what has changed.

Beside the reports lies ``.resume/<name>.json``: the grade, and a key made of everything that it depends on but the
bytes of the hand-in. Their hash is in the grade: of those that were graded, whatever lay there before and after. A
grade is taken over only if both are those of now; reports are then written from it again, so they cannot be stale,
half-written or missing. Records are written last and whole: a run that is killed leaves none, or a right one.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec

from grading import SUITE
from grading.grade import Grade, SuiteFacts
from grading.reading import Reader, ReadingError
from grading.sandbox.levels import Isolation
from grading.submission import Handin, IntakeError
from grading.writing import write_whole

FOLDER = ".resume"
_TEMPORARY = ".*.tmp"  # as `write_whole` makes them
_SUITE_FOLDERS = ("reference", "checks", "grading")
#: What grades are worked out with, besides Python and NumPy, which are among the `SuiteFacts`.
_LIBRARIES = ("scikit-learn", "scipy")


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
        reader: reads hand-ins, to see whether they are still what was graded; None to do so in this process.

    Raises:
        OSError: the folder cannot be written.
    """

    def __init__(
        self, out: Path, facts: SuiteFacts, *, force: bool = False, reader: Reader | None = None
    ) -> None:
        self._out = out
        self._folder = out / FOLDER
        self._facts = facts
        self._force = force
        self._reader = reader or Reader(apart=False)
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
        if self._force:
            return None
        try:
            record = msgspec.json.decode(self._path(handin.name).read_bytes(), type=_Record)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None
        if record.key != self._key(handin, isolation.level.value, isolation.detail):
            return None
        try:
            same = self._reader.digest(handin) == record.grade.submission.sha256
        except (IntakeError, ReadingError):
            # What cannot be read is for those to report who read it to grade it.
            return None
        return record.grade if same else None

    def keep(self, handin: Handin, grade: Grade) -> None:
        """Remember a grade whose reports have been written. What could not be graded is tried anew each time.

        Raises:
            OSError: the record cannot be written.
        """
        if grade.state == "graded":
            key = self._key(handin, grade.isolation.level, grade.isolation.detail)
            content = msgspec.json.format(msgspec.json.encode(_Record(key, grade)), indent=1)
            write_whole(self._path(grade.submission.name), content + b"\n", lasting=True)

    def _key(self, handin: Handin, level: str, detail: str) -> str:
        parts = (
            handin.name,
            # Names on disk need not be text.
            repr(handin.path),
            repr(handin.parts),
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


@cache
def suite_hash() -> str:
    """A hash over this project's own sources, so that a grade never outlives the code that gave it."""
    digest = hashlib.sha256()
    for folder in _SUITE_FOLDERS:
        for path in sorted((SUITE / folder).rglob("*")):
            if path.suffix in (".py", ".toml", ".bin") and path.is_file():
                content = path.read_bytes()
                # Where it is installed, code is the same but for this in its imports.
                content = content.replace(b"subgrader.", b"")
                digest.update(f"{path.relative_to(SUITE).as_posix()} {len(content)}\n".encode())
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
