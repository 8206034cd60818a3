"""What learning platforms let a teacher download: the work of many students in one zip or folder.

Known are the bulk downloads of Canvas (files named after student and submission) and Moodle (files or folders named
after student), Gradescope's export (folders with numbers, and a list of whose they are), nbgrader's folder of
submissions, and clones made by GitHub Classroom.
"""

from __future__ import annotations

import contextlib
import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from grading.intake.files import ARCHIVE, is_bystander, is_foreign_folder

_CANVAS = re.compile(
    r"(?P<student>[^_/]+)_(?:LATE_)?(?P<user>\d{2,})_(?P<submission>\d{3,})_(?P<file>[^/]+)", re.IGNORECASE
)
# Canvas numbers the files of students who hand in again: linear_svm-1.py.
_CANVAS_VERSION = re.compile(r"-\d{1,2}(?=\.\w+$)")
_MOODLE = re.compile(
    r"(?P<student>[^/]+)_(?P<user>\d+)_assignsubmission_(?:file|onlinetext)(?:_/|/|_|$)(?P<file>.*)"
)
_GRADESCOPE_LIST = "submission_metadata.yml"
_GRADESCOPE_FOLDER = re.compile(r"submission_\d+")
_GRADESCOPE_NAME = re.compile(r"\s*(?:-\s+)?:name:\s*(?P<name>.+?)\s*")
_GRADESCOPE_TIME = re.compile(
    r"\s+:created_at:\s+(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+)?\s+(?:Z|UTC|\+00:00)\s*"
)
_LONGEST_LIST = 16 << 20
_NBGRADER = "nbgrader_config.py", "gradebook.db", "source", "release"
_CLASSROOM = re.compile(r"(?P<assignment>.+)-submissions")


@dataclass(frozen=True)
class Entry:
    """One student's part of a download.

    Attributes:
        student: the name that the platform gives.
        path: the student's own file or folder, or the one that holds everybody's.
        parts: in the latter case, which files in it are this student's: their names there, and without what the
            platform has put before them.
        submitted: when it was handed in, where the platform says so.
    """

    student: str
    path: Path
    parts: tuple[tuple[str, str], ...] = ()
    submitted: datetime | None = None


def entries(path: Path) -> list[Entry]:
    """The students' parts if ``path`` is such a download, in order of names; nothing if it is not.

    Raises:
        OSError: it cannot be looked into.
    """
    names = _names_in(path)
    for platform in (_gradescope, _canvas, _moodle, _nbgrader, _classroom):
        found = platform(path, names)
        if found:
            return sorted(found, key=lambda entry: (entry.student, str(entry.path)))
    return []


def _names_in(path: Path) -> list[str]:
    """All files of a zip, or what lies directly in a folder (folders end in a slash); without bystanders."""
    names: Iterable[str] = ()
    if path.is_dir():
        with os.scandir(path) as listing:
            names = [entry.name + "/" * entry.is_dir(follow_symlinks=False) for entry in listing]
    elif path.suffix.lower() == ARCHIVE:
        try:
            with zipfile.ZipFile(path) as archive:
                names = [info.filename for info in archive.infolist() if not info.is_dir()]
        except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError):
            return []
    return sorted(name for name in names if not _is_beside(name))


def _is_beside(name: str) -> bool:
    *folders, last = name.rstrip("/").split("/")
    return is_bystander(last) or any(is_foreign_folder(folder) for folder in folders)


def _canvas(path: Path, names: Sequence[str]) -> list[Entry]:
    matches = [_CANVAS.fullmatch(name) for name in names]
    students: dict[tuple[str, str], dict[str, str]] = {}
    for match in matches:
        if match is None:
            return []
        students.setdefault((match["student"], match["user"]), {})[match[0]] = match["file"]
    return [
        Entry(student, path, _parts(files))
        for (student, _), files in zip(_told_apart(students), students.values(), strict=True)
    ]


def _parts(files: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Names in the download and names in the hand-in, the latter without version numbers unless that mixes them up."""
    plain = {name: _CANVAS_VERSION.sub("", file) for name, file in files.items()}
    counts = Counter(plain.values())
    return tuple((name, plain[name] if counts[plain[name]] == 1 else file) for name, file in files.items())


def _told_apart(students: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Name and number of each student, the number put to the name where two have the same."""
    students = list(students)
    counts = Counter(name for name, _ in students)
    return [(name if counts[name] == 1 else f"{name}_{user}", user) for name, user in students]


def _moodle(path: Path, names: Sequence[str]) -> list[Entry]:
    matches = [_MOODLE.fullmatch(name) for name in names]
    files: dict[tuple[str, str], dict[str, str]] = {}
    folders: dict[tuple[str, str], list[str]] = {}
    for match in matches:
        if match is None:
            return []
        student = match["student"], match["user"]
        if match["file"]:
            files.setdefault(student, {})[match[0]] = match["file"]
        else:
            folders.setdefault(student, []).append(match[0])
    for student, theirs in folders.items():
        for folder in theirs if student in files or len(theirs) > 1 else ():
            # A folder of uploaded files and one of text typed in, of one student.
            for inside in sorted(p for p in (path / folder).rglob("*") if p.is_file()):
                name = inside.relative_to(path).as_posix()
                files.setdefault(student, {})[name] = inside.relative_to(path / folder).as_posix()
    students = list(dict.fromkeys([*files, *folders]))
    return [
        Entry(name, path, tuple(files[student].items()))
        if student in files
        else Entry(name, path / folders[student][0])
        for student, (name, _) in zip(students, _told_apart(students), strict=True)
    ]


def _gradescope(path: Path, names: Sequence[str]) -> list[Entry]:
    lists = [name for name in names if PurePosixPath(name).name == _GRADESCOPE_LIST]
    if len(lists) != 1:
        return []
    top = PurePosixPath(lists[0]).parent
    listing = _beginning_of(path, lists[0])
    students, times = _gradescope_students(listing), _gradescope_times(listing)
    if path.is_dir():
        return [
            Entry(students.get(folder, folder), path / folder, submitted=times.get(folder))
            for folder in (name.rstrip("/") for name in names if name.endswith("/"))
            if _GRADESCOPE_FOLDER.fullmatch(folder)
        ]
    files: dict[str, dict[str, str]] = {}
    for name in names:
        if PurePosixPath(name).is_relative_to(top):
            folder, _, file = PurePosixPath(name).relative_to(top).as_posix().partition("/")
            if file and _GRADESCOPE_FOLDER.fullmatch(folder):
                files.setdefault(folder, {})[name] = file
    return [
        Entry(students.get(folder, folder), path, tuple(theirs.items()), times.get(folder))
        for folder, theirs in files.items()
    ]


def _beginning_of(path: Path, name: str) -> str:
    if path.is_dir():
        with (path / name).open("rb") as file:
            return file.read(_LONGEST_LIST).decode(errors="replace")
    with zipfile.ZipFile(path) as archive, archive.open(name) as member:
        return member.read(_LONGEST_LIST).decode(errors="replace")


def _gradescope_students(text: str) -> dict[str, str]:
    """Folder -> names of those who handed it in. The list is YAML that a Ruby program wrote; of it two keys matter."""
    students: dict[str, list[str]] = {}
    theirs: list[str] = []
    for line in text.splitlines():
        key = line.rstrip().rstrip(":")
        if _GRADESCOPE_FOLDER.fullmatch(key):
            theirs = students.setdefault(key, [])
        elif found := _GRADESCOPE_NAME.fullmatch(line):
            theirs.append(found["name"].strip("'\""))
    return {folder: " and ".join(names) for folder, names in students.items() if names}


def _gradescope_times(text: str) -> dict[str, datetime]:
    """Folder -> when it was handed in, in UTC."""
    times: dict[str, datetime] = {}
    folder = ""
    for line in text.splitlines():
        key = line.rstrip().rstrip(":")
        if _GRADESCOPE_FOLDER.fullmatch(key):
            folder = key
        elif (found := _GRADESCOPE_TIME.fullmatch(line)) and folder:
            with contextlib.suppress(ValueError):
                times[folder] = datetime.fromisoformat(f"{found['time']}+00:00")
    return times


def _nbgrader(path: Path, names: Sequence[str]) -> list[Entry]:
    """``submitted/STUDENT/ASSIGNMENT``: the folder itself, or that of the course."""
    if not path.is_dir():
        return []
    if "submitted/" in names and any(name.rstrip("/") in _NBGRADER for name in names):
        path = path / "submitted"
        names = _names_in(path)
    elif path.name != "submitted":
        return []
    found: list[Entry] = []
    for name in names:
        if not name.endswith("/"):
            return []
        student = path / name
        assignments = _names_in(student)
        if not assignments or not all(assignment.endswith("/") for assignment in assignments):
            return []
        found += (
            Entry(name.rstrip("/") + (f"_{a.rstrip('/')}" if len(assignments) > 1 else ""), student / a)
            for a in assignments
        )
    return found


def _classroom(path: Path, names: Sequence[str]) -> list[Entry]:
    """``ASSIGNMENT-submissions/ASSIGNMENT-STUDENT``, each a clone."""
    found = _CLASSROOM.fullmatch(path.name)
    if found is None or not path.is_dir() or not names:
        return []
    start = found["assignment"] + "-"
    if not all(
        name.endswith("/") and name.startswith(start) and len(name) > len(start) + 1 for name in names
    ):
        return []
    return [Entry(name.rstrip("/").removeprefix(start), path / name) for name in names]
