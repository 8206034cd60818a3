"""Downloads from platforms that keep every attempt of a student: the last one counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from grading.intake.listing import Download, Listing, may_be_work
from grading.intake.safe_names import listed, shown
from grading.intake.submission import Handin
from grading.words import say

_BLACKBOARD = re.compile(
    r"(?P<student>.+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<file>[^/]+)|(?P<receipt>\.txt))"
)
_BRIGHTSPACE = re.compile(
    r"(?P<user>\d+-\d+) ?- ?(?P<student>[^/]+?) ?- ?(?P<time>[^/-]*\b\d{4} \d{3,4}(?: [AP]M)?)"
    r"(?:/| ?- ?(?P<file>[^/]+))"
)
_BRIGHTSPACE_TIMES = (
    "%b %d, %Y %I%M %p", "%B %d, %Y %I%M %p", "%d %B, %Y %I%M %p", "%d %b, %Y %I%M %p",
    "%b %d, %Y %H%M", "%B %d, %Y %H%M", "%d %B, %Y %H%M", "%d %b, %Y %H%M",
)  # fmt: skip
_TEAMS_VERSION = re.compile(r"version (?P<number>\d+)/", re.IGNORECASE)
_TEAMS_SUBMITTED, _TEAMS_WORKING = "Submitted files/", "Working files/"


def matched(pattern: re.Pattern[str], names: Sequence[str]) -> tuple[list[re.Match[str]], list[str]]:
    """The matches of names that follow a platform's rule, and the other names; no matches if the rule does not hold."""
    matches = [match for name in names if (match := pattern.fullmatch(name))]
    found = {match[0] for match in matches}
    others = [name for name in names if name not in found]
    if sum(map(may_be_work, others)) >= len(matches):
        return [], others
    return matches, others


def blackboard(listing: Listing) -> Download:
    """``ASSIGNMENT_USER_attempt_TIME_FILE``, with a receipt for each attempt."""
    matches, others = matched(_BLACKBOARD, listing.top)
    users = _without_common_beginning({match["student"] for match in matches})
    attempts: dict[str, dict[str, dict[str, str]]] = {}
    for match in matches:
        theirs = attempts.setdefault(users[match["student"]], {}).setdefault(match["time"], {})
        theirs[match[0]] = match["file"] or "receipt" + match["receipt"]
    entries = [
        listing.of_files(user, times[max(times)], lms_id=user) for user, times in sorted(attempts.items())
    ]
    said = _said_of_several([user for user, times in attempts.items() if len(times) > 1])
    return Download(tuple(entries), said, tuple(others))


def _without_common_beginning(names: set[str]) -> dict[str, str]:
    """Names like "Assignment 1_jdoe" -> "jdoe"; the assignment is their common prefix."""
    words = {name: name.split("_") for name in names}
    common = 0
    for column in zip(*(name[:-1] for name in words.values()), strict=False):
        if len(set(column)) > 1:
            break
        common += 1
    return {name: "_".join(split[common:]) for name, split in words.items()}


def brightspace(listing: Listing) -> Download:
    """``NUMBER-NUMBER - STUDENT - TIME``: folders, or prefixes of names."""
    matches, others = matched(_BRIGHTSPACE, listing.top)
    attempts: dict[tuple[str, str], dict[str, list[re.Match[str]]]] = {}
    for match in matches:
        theirs = attempts.setdefault((match["student"], match["user"]), {})
        theirs.setdefault(match["time"], []).append(match)
    entries = []
    for (student, user), times in attempts.items():
        last = times[max(times, key=_moment)]
        if last[0]["file"] is None:
            entries.append(listing.entry(student, last[0][0], lms_id=user))
        else:
            entries.append(
                listing.of_files(student, {m[0]: m["file"] for m in last if m["file"]}, lms_id=user)
            )
    said = _said_of_several([student for (student, _), times in attempts.items() if len(times) > 1])
    return Download(tuple(entries), said, tuple(others))


def _moment(text: str) -> tuple[datetime, str]:
    """A sort key for times like "Feb 1, 2026 1159 PM"; unreadable ones come before all others."""
    padded = re.sub(r" (\d{3})(?=$| )", r" 0\1", text.strip())
    for form in _BRIGHTSPACE_TIMES:
        try:
            return datetime.strptime(padded, form), text
        except ValueError:
            continue
    return datetime.min, text


def teams(listing: Listing) -> Download:
    """``STUDENT/ASSIGNMENT/Version N``, the layout of a class notebook's files."""
    others: list[str] = []
    said: tuple[str, ...] = ()
    if _TEAMS_SUBMITTED in listing.top:
        others = [name for name in listing.top if name not in (_TEAMS_SUBMITTED, _TEAMS_WORKING)]
        if _TEAMS_WORKING in listing.top:
            said = (say("Left out, because it was never handed in: {name}.", name=_TEAMS_WORKING),)
        listing = listing.inside(_TEAMS_SUBMITTED)
    students = [name for name in listing.top if name.endswith("/")]
    others += [name for name in listing.top if not name.endswith("/")]
    entries: list[Handin] = []
    with_versions, several = 0, []
    for student in students:
        name = student.rstrip("/")
        assignments = listing.inside(student).top
        if not all(assignment.endswith("/") for assignment in assignments):
            return Download()
        if not assignments:
            entries.append(listing.entry(name, student))
        for assignment in assignments:
            inside = listing.inside(student + assignment).top
            versions = [match for each in inside if (match := _TEAMS_VERSION.fullmatch(each))]
            folder = student + assignment
            if versions:
                with_versions += 1
                folder += max(versions, key=lambda match: int(match["number"]))[0]
            if len(versions) > 1:
                several.append(name)
            entries.append(
                listing.entry(name if len(assignments) == 1 else f"{name}_{assignment.rstrip('/')}", folder)
            )
    if 2 * with_versions < max(len(entries), 1) or any(map(may_be_work, others)):
        return Download()
    return Download(tuple(entries), said + _said_of_several(several), tuple(others))


def _said_of_several(students: Iterable[str]) -> tuple[str, ...]:
    names = listed([shown(student) for student in students])
    return (
        (say("Handed in more than once, and the last time counts: {names}.", names=names),) if names else ()
    )
