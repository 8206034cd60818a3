"""Finds the hand-ins at or below a path: one student's work, or a folder of many."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from grading.intake.file_types import is_archive
from grading.intake.files import HAND_IN
from grading.intake.listing import Listing
from grading.intake.one_or_many import each_child, look, several_in_one
from grading.intake.safe_names import shown, unique_names
from grading.intake.submission import Handin, IntakeError
from grading.words import later, say, translated

Reading = Literal["one", "class"]


class Found(msgspec.Struct, frozen=True):
    """The hand-ins at some paths, an error for each path without any, and how paths were understood.

    Attributes:
        said: sentences for the instructor: where two readings were possible, which was taken and how to get the other;
            what was left out; what was taken for one student's work but looks like that of several.
    """

    handins: tuple[Handin, ...]
    problems: tuple[IntakeError, ...]
    said: tuple[str, ...] = ()


class Below(Protocol):
    """Looks through one path: `look_below`, here or in another process."""

    def __call__(
        self, path: Path, reading: Reading | None, *, alone: bool
    ) -> tuple[Sequence[Handin], Sequence[str]]:
        """Return the students' parts, and sentences."""
        ...


def find(paths: Sequence[Path]) -> list[Handin]:
    """Find all hand-ins at or below ``paths``, in the order given and by name within a folder.

    A notebook, .py file or zip is one, and so is a folder with one student's work; in any other folder, and in a zip
    that plainly holds many, each child is one. Bulk downloads of learning platforms are taken apart. Hand-ins that
    cannot be graded are included, so that they are reported and not lost.

    Raises:
        IntakeError: if one of ``paths`` does not exist or is an empty folder.
    """
    found = survey(paths)
    if found.problems:
        raise found.problems[0]
    return list(found.handins)


def survey(
    paths: Sequence[Path],
    reading: Reading | None = None,
    *,
    ascii_names: bool = False,
    below: Below | None = None,
) -> Found:
    """As `find`, but continues past paths without hand-ins, and returns why there are none.

    With a ``reading``, each path is one student's work ("one"), or each of its children is a hand-in ("class"). Without
    it, a zip may be a class only if it is the only path: among others, it was packed by a student. With
    ``ascii_names``, names are ASCII only. ``below`` looks through one path; by default, this process does.
    """
    here: dict[Handin, None] = {}
    problems = []
    said: dict[str, None] = {}
    for path in paths:
        try:
            entries, sentences = (below or look_below)(path, reading, alone=len(paths) == 1)
        except IntakeError as error:
            problems.append(error)
        else:
            here |= dict.fromkeys(entries)
            said |= dict.fromkeys(sentences)
    found = list(here)
    names = unique_names([entry.name or entry.path for entry in found], ascii_only=ascii_names)
    handins = tuple(msgspec.structs.replace(one, name=name) for name, one in zip(names, found, strict=True))
    return Found(handins, tuple(problems), tuple(said))


def is_looked_through(path: Path) -> bool:
    """Whether `look_below` reads more than the path's name."""
    return path.is_dir() or is_archive(path.name)


def by_name(path: Path, reading: Reading | None) -> Sequence[Handin]:
    """The hand-ins at a path that cannot be looked through: one for each child of a folder."""
    if reading != "one" and path.is_dir():
        with contextlib.suppress(OSError):
            listing = Listing(path.resolve())
            return [listing.entry("", name) for name in listing.top]
    return [Handin("", path)]


def look_below(path: Path, reading: Reading | None, *, alone: bool) -> tuple[Sequence[Handin], Sequence[str]]:
    """The students' parts at one path, as `survey` understands it, and sentences on how.

    Raises:
        IntakeError: there are none.
    """
    if path.is_symlink():
        # Links inside a hand-in are not followed, but one that was named explicitly is.
        path = path.resolve()
    if not path.exists():
        raise IntakeError(say("{path}: no such file or folder; check the spelling", path=shown(str(path))))
    itself = [Handin("", path)]
    try:
        listing = Listing(path)
        if path.is_dir() and not listing.top:
            what = (
                later("{path} holds nothing but hidden files and READMEs: {to_do}")
                if any(path.iterdir())
                else later("{path} is an empty folder: {to_do}")
            )
            raise IntakeError(say(what, path=shown(str(path)), to_do=translated(HAND_IN)))
        if reading == "one" or not listing.top:
            return itself, ()
        if reading is None and listing.is_zip and not alone:
            # Nobody may turn one hand-in into many rows with names of their own choice.
            return itself, several_in_one(listing)
        many = each_child(listing) if reading == "class" else look(listing)
        return (many.entries, many.said) if many else (itself, several_in_one(listing))
    except OSError as error:
        if not path.is_dir():
            return itself, ()  # reported when it is read, as for every other file
        raise IntakeError(
            say(
                "{where} cannot be read ({error}): check its permissions",
                where=shown(str(path)),
                error=error.strerror,
            )
        ) from error
