"""Reads the files of one hand-in into memory, from a single file, a folder or a zip. Links are never followed."""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec.structs import replace

from grading.intake.archive import Member, members_of
from grading.intake.compression import BAD, unsqueezed
from grading.intake.file_types import (
    ARCHIVE,
    NOTEBOOK,
    SCRIPT,
    ending,
    is_archive,
    is_packed,
    is_squeezed,
    not_downloaded,
    plain_name,
)
from grading.intake.limits import Limits
from grading.intake.safe_names import clean, listed, shown
from grading.intake.submission import IntakeError
from grading.intake.text import recognised
from grading.words import later, say, translated

LONGEST_PATH = 500
_FIRST_BYTES = 64  # enough to tell what kind of file an unread one is
HAND_IN = later("hand in a notebook (.ipynb), .py files or a zip of them")

# Installed packages, caches and version control are not the student's work.
_FOREIGN_FOLDER = re.compile(
    r"\..*|__pycache__|__macosx|venv|env|virtualenv|(site|dist)-packages|node_modules|.*\.(egg|dist)-info",
    re.IGNORECASE,
)
_BYSTANDER_FILE = re.compile(
    r"\..*|~.*|readme.*|licen[cs]e.*|copying.*|thumbs\.db|desktop\.ini|requirements.*\.txt|icon\r",
    re.IGNORECASE,
)


class StudentFile(msgspec.Struct, frozen=True):
    """One file that was read; ``name`` is its path inside the hand-in, with forward slashes."""

    name: str
    data: bytes


class Gathered(msgspec.Struct):
    """The files of a hand-in that may matter, sorted by name, and sentences on what was left out.

    ``beside`` lists what else is there, in words: "hw.rar (a RAR archive)".
    """

    files: list[StudentFile] = []
    warnings: list[str] = []
    is_zip: bool = False
    beside: list[str] = []


def is_foreign_folder(name: str) -> bool:
    """Whether a folder of this name has no student's work: hidden, a cache, installed packages."""
    return _FOREIGN_FOLDER.fullmatch(name) is not None


_output: set[str] = set()


@contextmanager
def left_out(folder: Path) -> Iterator[None]:
    """Exclude ``folder`` from student work: the grader writes there. Readers started meanwhile know it, too."""
    _output.add(os.path.realpath(folder))
    try:
        yield
    finally:
        _output.discard(os.path.realpath(folder))


def is_output(folder: str | Path) -> bool:
    """Whether the grader itself writes to this folder."""
    return bool(_output) and os.path.realpath(folder) in _output


def is_bystander(name: str) -> bool:
    """Whether a file of this name may accompany student work without being any: hidden, README, licence."""
    return _BYSTANDER_FILE.fullmatch(name) is not None and not_downloaded(name) is None


def gather(path: Path, limits: Limits, parts: Sequence[tuple[str, str]] = ()) -> Gathered:
    """Read the .py files and notebooks of the hand-in at ``path``, or of its ``parts``, as in `Handin`.

    Raises:
        IntakeError: if there are none, or ``path`` cannot be graded.
    """
    where = shown(path.name or str(path))
    try:
        mode = path.lstat().st_mode
        if parts:
            where = shown(say("this student's part of {name}", name=path.name))
            gathered = Gathered()
            _admit_parts(path, parts, gathered, limits)
        elif stat.S_ISLNK(mode):
            raise IntakeError(
                say("{where} is a link, which is not followed: hand in the file itself", where=where)
            )
        elif stat.S_ISDIR(mode):
            gathered = Gathered()
            _admit(list(_walk(path, gathered, limits)), gathered, limits)
        elif stat.S_ISREG(mode):
            gathered = _gather_file(path, where, limits)
        else:
            raise IntakeError(
                say("{where} is neither a file nor a folder: {to_do}", where=where, to_do=translated(HAND_IN))
            )
    except OSError as error:
        raise IntakeError(
            say(
                "{where} cannot be read ({error}): check its permissions",
                where=where,
                error=error.strerror or error,
            )
        ) from error
    if not gathered.files:
        because = _because(gathered)
        raise IntakeError(
            say(
                "{where} holds no notebook and no .py file{because}: {to_do}",
                where=where,
                because=because,
                to_do=translated(HAND_IN),
            )
        )
    return gathered


def _because(gathered: Gathered) -> str:
    """The reason why there was nothing to read, in brackets, as far as it is known."""
    if gathered.warnings:
        return f" ({gathered.warnings[0].rstrip('.。')})"
    if not gathered.beside:
        return ""
    return " " + say("(it holds {names})", names=listed(gathered.beside))


def _gather_file(path: Path, where: str, limits: Limits) -> Gathered:
    suffix, size = path.suffix.lower(), path.stat().st_size
    kind = ending(path.name)
    if size == 0:
        raise IntakeError(say("{where} is empty (0 bytes): save it again", where=where))
    if not kind:
        with path.open("rb") as file:
            what = recognised(file.read(_FIRST_BYTES), path.name)
        named = (
            say("is {what}", what=translated(what))
            if what
            else say("is a {suffix} file", suffix=suffix)
            if suffix
            else say("has no ending that tells what it is")
        )
        raise IntakeError(
            say(
                "{where} {is_something}, which cannot be graded: {to_do}",
                where=where,
                is_something=shown(named),
                to_do=translated(HAND_IN),
            )
        )
    if size > cap(where, limits):
        raise IntakeError(
            say(
                "{where} has {size:,} bytes, more than the {most:,} that are read: clear its "
                "outputs or leave data out",
                where=where,
                size=size,
                most=cap(where, limits),
            )
        )
    gathered = Gathered(is_zip=is_archive(path.name))
    if gathered.is_zip:
        with path.open("rb") as file:
            _admit(members_of(file, where, limits, kept=_kept(limits)), gathered, limits)
    elif plain_name(path.name) == path.name:
        gathered.files.append(StudentFile(clean(path.name), path.read_bytes()))
    else:
        _admit([_member(path, path.name)], gathered, limits)
    return gathered


def _kept(limits: Limits) -> Callable[[str], int]:
    """Return how many bytes of a file in a tar to keep, by its name, while the tar is read."""
    return lambda name: cap(name, limits) if _is_wanted(name) else _FIRST_BYTES


def _admit_parts(path: Path, parts: Sequence[tuple[str, str]], gathered: Gathered, limits: Limits) -> None:
    """Read some files of a zip or a folder, by the student's names for them."""
    if path.is_dir():
        own = [(path / name, known) for name, known in parts]
        regular = [_member(file, known) for file, known in own if stat.S_ISREG(file.lstat().st_mode)]
        _admit(regular, gathered, limits)
        return
    known_as = dict(parts)
    with path.open("rb") as file:
        members = members_of(
            file, shown(say("this student's part of {name}", name=path.name)), limits, known_as, _kept(limits)
        )
        _admit([replace(member, name=known_as[member.name]) for member in members], gathered, limits)


def _admit(members: Sequence[Member], gathered: Gathered, limits: Limits, *, unwrap: bool = True) -> None:
    """Read those ``members`` that may matter into ``gathered``, within the limits, in order of names."""
    wanted = sorted((member for member in members if _is_wanted(member.name)), key=lambda member: member.name)
    work = [member for member in wanted if not is_archive(member.name)]
    inner = [member for member in wanted if is_archive(member.name)]
    gathered.warnings += [
        say(
            "{name} is only a placeholder of iCloud: download the file and hand that in.",
            name=shown(name),
        )
        for member in members
        if (name := not_downloaded(member.name.rpartition("/")[2]))
    ]
    if not wanted:
        gathered.beside += [_described(member) for member in members if not _is_unseen(member.name)]
    _take(work, gathered, limits)
    if unwrap and not work and len(inner) == 1:
        # Upload sites wrap files in an archive: one layer is unwrapped, not any number.
        data = inner[0].read(limits.total_bytes)
        nested = members_of(io.BytesIO(data), shown(inner[0].name), limits, kept=_kept(limits))
        gathered.is_zip = True
        _admit(nested, gathered, limits, unwrap=False)
    elif packed := [*inner, *(m for m in members if is_packed(m.name) and not is_archive(m.name) and work)]:
        # Data sets handed in with the work are larger.
        small = [m for m in packed if m.size <= cap(m.name, limits) and not _is_unseen(m.name)]
        there = listed([shown(member.name) for member in small])
        if not there:
            return
        gathered.warnings.append(
            say("Not opened, because there is work beside it: {names}.", names=there)
            if work
            else say("Not opened, because there are several: {names}.", names=there)
        )


def _take(work: Sequence[Member], gathered: Gathered, limits: Limits) -> None:
    """Read files and notebooks, each by the name that it should have, within the limits."""
    names = {member.name for member in work}
    total = 0
    for each in work:
        name = plain_name(each.name)
        member = each if name == each.name else _renamed(each, name, names, gathered, limits)
        if member is None:
            continue
        names.add(name)
        total += member.size
        if member.size > cap(member.name, limits):
            reason = say("its {size:,} bytes are too many", size=member.size)
        elif len(gathered.files) >= limits.files or total > limits.total_bytes:
            reason = say("the hand-in holds too many files before it")
        else:
            gathered.files.append(StudentFile(clean(name), member.read(member.size)))
            continue
        gathered.warnings.append(
            say("{name} was not read: {reason}.", name=shown(member.name), reason=reason)
        )


def _renamed(
    member: Member, name: str, names: Container[str], gathered: Gathered, limits: Limits
) -> Member | None:
    """The member under the name ``name``, decompressed if necessary; None, with a warning, if it is not read."""
    if name in names:
        gathered.warnings.append(
            say("{name} was not read: {other} is there, too.", name=shown(member.name), other=shown(name))
        )
        return None
    if is_squeezed(member.name):
        return _unpacked(member, cap(name, limits), gathered)
    gathered.warnings.append(
        say("{name} was read as {other}: call it so.", name=shown(member.name), other=shown(name))
    )
    return member


def _unpacked(member: Member, most: int, gathered: Gathered) -> Member | None:
    """The decompressed member, up to one byte more than ``most``; None, with a warning, if that fails."""
    other = plain_name(member.name)
    try:
        data = unsqueezed(io.BytesIO(member.read(most))).read(most + 1)
    except BAD as error:
        gathered.warnings.append(
            say(
                "{name} is damaged ({error}): hand in {other} as it is, not packed.",
                name=shown(member.name),
                error=shown(str(error)),
                other=shown(other.rpartition("/")[2]),
            )
        )
        return None
    if len(data) > most:
        reason = say("it unpacks to more than {most:,} bytes", most=most)
        gathered.warnings.append(
            say("{name} was not read: {reason}.", name=shown(member.name), reason=reason)
        )
        return None
    gathered.warnings.append(
        say("{name} was unpacked to {other}: hand in that.", name=shown(member.name), other=shown(other))
    )
    return Member(other, len(data), lambda size: data[:size])


def _walk(root: Path, gathered: Gathered, limits: Limits) -> Iterator[Member]:
    """Yield all regular files below ``root``, nearer ones first, without foreign folders."""
    seen = 0
    level = [(root, "")]
    for _ in range(limits.depth):
        below: list[tuple[Path, str]] = []
        for folder, prefix in level:
            with os.scandir(folder) as entries:
                listing = sorted(entries, key=lambda entry: entry.name)
            for entry in listing:
                seen += 1
                if seen > limits.entries:
                    gathered.warnings.append(
                        say("Only the first {most:,} files and folders were looked at.", most=limits.entries)
                    )
                    return
                if entry.is_symlink():
                    if _is_wanted(entry.name):
                        gathered.warnings.append(
                            say("{name} is a link, which is not followed.", name=shown(prefix + entry.name))
                        )
                elif entry.is_dir(follow_symlinks=False):
                    if is_foreign_folder(entry.name) or is_output(entry.path):
                        continue
                    if not Path(entry.path, "pyvenv.cfg").exists():
                        below.append((Path(entry.path), f"{prefix}{entry.name}/"))
                elif entry.is_file(follow_symlinks=False):
                    yield _member(Path(entry.path), prefix + entry.name)
        level = below


def _member(path: Path, name: str) -> Member:
    def read(most: int) -> bytes:
        with path.open("rb") as file:
            return file.read(most)

    return Member(name, path.lstat().st_size, read)


def _is_wanted(name: str) -> bool:
    *folders, file = name.split("/")
    return (
        len(name) <= LONGEST_PATH
        and bool(ending(file))
        and not file.startswith(".")
        and not any(is_foreign_folder(folder) for folder in folders)
    )


def _is_unseen(name: str) -> bool:
    """Whether a sentence that lists what was handed in omits this file."""
    *folders, file = name.split("/")
    return is_bystander(file) or any(map(is_foreign_folder, folders))


def _described(member: Member) -> str:
    what = recognised(member.read(_FIRST_BYTES), member.name)
    return f"{shown(member.name)} ({translated(what)})" if what else shown(member.name)


def cap(name: str, limits: Limits) -> int:
    """The largest number of bytes to read of a file of this name."""
    caps = {SCRIPT: limits.script_bytes, NOTEBOOK: limits.notebook_bytes, ARCHIVE: limits.archive_bytes}
    return caps.get(ending(name), limits.tar_bytes)
