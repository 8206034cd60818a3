"""Recognizes the bulk downloads of learning platforms: the work of many students in one zip or folder.

Known are those of Canvas (files named after student and submission), Moodle (files or folders named after the
student), Blackboard and Brightspace (the same, with times), Sakai (a folder of attachments for each student), Teams (a
folder for each version), Gradescope's export (numbered folders, and a list of their owners), nbgrader's folder of
submissions, and clones made by GitHub Classroom. If a student has handed in several times, the last one counts.
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import PurePosixPath

from msgspec.structs import replace

from grading.intake import attempts
from grading.intake.listing import Download, Listing, may_be_work
from grading.intake.safe_names import listed, shown
from grading.intake.submission import Handin, Platform
from grading.words import say

_CANVAS = re.compile(
    r"(?P<student>[^_/]+)_(?:LATE_)?(?P<user>\d{2,})_(?P<submission>\d{3,})_(?P<file>[^/]+)", re.IGNORECASE
)
# Canvas numbers the files of students who resubmit: linear_svm-1.py.
_CANVAS_VERSION = re.compile(r"-\d{1,2}(?=\.\w+$)")
_MOODLE = re.compile(
    r"(?P<student>[^/]+)_(?P<user>\d+)_assignsubmission_(?:file|onlinetext)(?:_/|/|_|$)(?P<file>.*)"
)
# Moodle's name for everybody if markers must not see names.
_NAMELESS = "Participant"
_SAKAI = re.compile(r"(?P<student>.+)\((?P<user>[^()]+)\)/")
_SAKAI_FOLDER, _SAKAI_GRADES = "Submission attachment(s)/", "grades.csv"
GRADESCOPE_LIST = "submission_metadata.yml"
_GRADESCOPE_FOLDER = re.compile(r"submission_\d+")
_GRADESCOPE_NAME = re.compile(r"\s*+(?:-\s++)?:name:\s*+(?P<name>.+)")
_GRADESCOPE_ID = re.compile(r"\s+:sid:[ \t]+(?P<id>[^\s#]+)[ \t]*")
_GRADESCOPE_TIME = re.compile(
    r"\s+:created_at:\s+(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+)?\s+(?:Z|UTC|\+00:00)\s*"
)
_LONGEST_LIST = 16 << 20
_SUBMITTED = "submitted/"
_NBGRADER_MADE = "autograded/", "feedback/", "exchange/", "solution/"
_NBGRADER = "nbgrader_config.py", "gradebook.db", "source/", "release/"
_CLASSROOM = re.compile(r"(?P<assignment>.+)-submissions")


def download(listing: Listing) -> Download:
    """The students' parts in order of names if ``listing`` is such a download; nothing if it is not.

    Raises:
        OSError: it cannot be read.
    """
    if listing.is_zip and len(listing.top) == 1 and listing.top[0].endswith("/"):
        # Packed with the folder around it.
        listing = listing.inside(listing.top[0])
    platforms: dict[Platform, Callable[[Listing], Download]] = {
        "gradescope": _gradescope,
        "canvas": _canvas,
        "moodle": _moodle,
        "blackboard": attempts.blackboard,
        "brightspace": attempts.brightspace,
        "sakai": _sakai,
        "nbgrader": _nbgrader,
        "classroom": _classroom,
        "teams": attempts.teams,
    }
    for platform, take_apart in platforms.items():
        found = take_apart(listing)
        if found.entries:
            entries = tuple(replace(entry, lms=platform) for entry in found.entries)
            return _with_others(listing, replace(found, entries=entries))
    return Download()


def _with_others(listing: Listing, found: Download) -> Download:
    """Add the files beside a download: work among them is graded, too, and everything else is named."""
    where = shown(listing.path.name)
    said = list(found.said)
    work = [name for name in found.others if may_be_work(name)]
    rest = [name for name in found.others if not may_be_work(name)]
    if work:
        said.append(
            say(
                "Not named as the students' files in {where} are, but graded as hand-ins of their own: {names}.",
                where=where,
                names=listed([shown(name) for name in work]),
            )
        )
    if rest:
        said.append(
            say(
                "Not named as the students' files in {where} are, and not graded: {names}.",
                where=where,
                names=listed([shown(name) for name in rest]),
            )
        )
    entries = [*found.entries, *(listing.entry("", name) for name in work)]
    return Download(
        tuple(sorted(entries, key=lambda entry: (entry.name or entry.path.name, str(entry.path)))),
        tuple(said),
    )


def _canvas(listing: Listing) -> Download:
    matches, others = attempts.matched(_CANVAS, listing.top)
    students: dict[tuple[str, str], dict[str, str]] = {}
    for match in matches:
        students.setdefault((match["student"], match["user"]), {})[match[0]] = match["file"]
    entries = [
        listing.of_files(name, _without_versions(files), lms_id=user)
        for (name, user), files in zip(_told_apart(students), students.values(), strict=True)
    ]
    return Download(tuple(entries), others=tuple(others))


def _without_versions(files: dict[str, str]) -> dict[str, str]:
    """Names in the download -> names in the hand-in, without version numbers unless two would clash."""
    plain = {name: _CANVAS_VERSION.sub("", file) for name, file in files.items()}
    counts = Counter(plain.values())
    return {name: plain[name] if counts[plain[name]] == 1 else file for name, file in files.items()}


def _told_apart(students: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Name and number of each student; if two have the same name, the number is appended."""
    students = list(students)
    counts = Counter(name for name, _ in students)
    return [
        (name if counts[name] == 1 and name != _NAMELESS else f"{name}_{user}", user)
        for name, user in students
    ]


def _moodle(listing: Listing) -> Download:
    matches, others = attempts.matched(_MOODLE, listing.top)
    files: dict[tuple[str, str], dict[str, str]] = {}
    folders: dict[tuple[str, str], list[str]] = {}
    for match in matches:
        student = match["student"], match["user"]
        if match["file"]:
            files.setdefault(student, {})[match[0]] = match["file"]
        else:
            folders.setdefault(student, []).append(match[0])
    for student, theirs in folders.items():
        # Often two folders of one student, one with uploaded files and one with typed text.
        for folder in theirs if student in files or len(theirs) > 1 else ():
            for name in listing.files(folder):
                files.setdefault(student, {})[name] = name.removeprefix(folder)
    students = list(dict.fromkeys([*files, *folders]))
    entries = [
        listing.of_files(name, files[student], lms_id=user)
        if student in files
        else listing.entry(name, folders[student][0], lms_id=user)
        for student, (name, user) in zip(students, _told_apart(students), strict=True)
    ]
    return Download(tuple(entries), others=tuple(others))


def _sakai(listing: Listing) -> Download:
    matches, others = attempts.matched(_SAKAI, listing.top)
    attached = [any(listing.files(match[0] + _SAKAI_FOLDER)) for match in matches]
    if _SAKAI_GRADES not in others and not any(attached):
        return Download()
    entries = [
        listing.entry(match["user"], match[0] + _SAKAI_FOLDER * has_some, lms_id=match["user"])
        for match, has_some in zip(matches, attached, strict=True)
    ]
    return Download(tuple(entries), others=tuple(others))


def _gradescope(listing: Listing) -> Download:
    if GRADESCOPE_LIST not in listing.top:
        return Download()
    text = listing.read(GRADESCOPE_LIST, _LONGEST_LIST).decode(errors="replace")
    students, times, ids = _gradescope_students(text), _gradescope_times(text), _gradescope_ids(text)
    folders = [name.rstrip("/") for name in listing.top if name.endswith("/")]
    entries = [
        listing.entry(students.get(folder, folder), f"{folder}/", times.get(folder), ids.get(folder, ""))
        for folder in folders
        if _GRADESCOPE_FOLDER.fullmatch(folder)
    ]
    known = {GRADESCOPE_LIST, *(f"{folder}/" for folder in folders if _GRADESCOPE_FOLDER.fullmatch(folder))}
    others = [name for name in listing.top if name not in known]
    # Anybody can hand in such a list and a folder of that name.
    if sum(map(may_be_work, others)) >= len(entries):
        return Download()
    return Download(tuple(entries), others=tuple(others))


def _gradescope_students(text: str) -> dict[str, str]:
    """Folder -> names of those who handed it in. The list is YAML written by a Ruby program; only two keys matter."""
    names = _lines_of(text, _GRADESCOPE_NAME).items()
    return {
        folder: " and ".join(m["name"].rstrip().strip("'\"") for m in found)
        for folder, found in names
        if found
    }


def _gradescope_ids(text: str) -> dict[str, str]:
    """Folder -> the student's number; that of the first if several handed in together."""
    ids = _lines_of(text, _GRADESCOPE_ID).items()
    return {folder: found[0]["id"].strip("'\"") for folder, found in ids if found}


def _gradescope_times(text: str) -> dict[str, datetime]:
    """Folder -> when it was handed in, in UTC."""
    times: dict[str, datetime] = {}
    for folder, found in _lines_of(text, _GRADESCOPE_TIME).items():
        for match in found:
            with contextlib.suppress(ValueError):
                times[folder] = datetime.fromisoformat(f"{match['time']}+00:00")
    return times


def _lines_of(text: str, pattern: re.Pattern[str]) -> dict[str, list[re.Match[str]]]:
    """Folder -> the lines about it that match ``pattern``."""
    folders: dict[str, list[re.Match[str]]] = {}
    theirs: list[re.Match[str]] = []
    for line in text.splitlines():
        key = line.rstrip().rstrip(":")
        if _GRADESCOPE_FOLDER.fullmatch(key):
            theirs = folders.setdefault(key, [])
        elif match := pattern.fullmatch(line):
            theirs.append(match)
    return folders


def _nbgrader(listing: Listing) -> Download:
    """``submitted/STUDENT/ASSIGNMENT``: the folder itself, or the course's."""
    if listing.is_zip:
        return Download()
    others: list[str] = []
    if _SUBMITTED in listing.top and any(name in _NBGRADER for name in listing.top):
        others = [name for name in listing.top if name not in (_SUBMITTED, *_NBGRADER, *_NBGRADER_MADE)]
        listing = Listing(listing.path / "submitted")
    elif listing.path.name != "submitted":
        return Download()
    found: list[Handin] = []
    for name in listing.top:
        assignments = listing.inside(name).top if name.endswith("/") else []
        if not assignments or not all(assignment.endswith("/") for assignment in assignments):
            return Download()
        found += (
            listing.entry(
                name.rstrip("/") + (f"_{assignment.rstrip('/')}" if len(assignments) > 1 else ""),
                name + assignment,
                lms_id=name.rstrip("/"),
            )
            for assignment in assignments
        )
    # Anybody can hand in a folder of that name.
    if sum(map(may_be_work, others)) >= max(len(found), 1):
        return Download()
    return Download(tuple(found), others=tuple(others))


def _classroom(listing: Listing) -> Download:
    """``ASSIGNMENT-submissions/ASSIGNMENT-STUDENT``, each a clone."""
    found = _CLASSROOM.fullmatch(PurePosixPath(listing.within).name or listing.path.name)
    if found is None or listing.is_zip or not listing.top:
        return Download()
    start = found["assignment"] + "-"
    if not all(
        name.endswith("/") and name.startswith(start) and len(name) > len(start) + 1 for name in listing.top
    ):
        return Download()
    return Download(
        tuple(
            listing.entry(student, start + student + "/", lms_id=student)
            for student in (name.rstrip("/").removeprefix(start) for name in listing.top)
        )
    )
