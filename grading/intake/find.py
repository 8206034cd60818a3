"""Which hand-ins lie at or below a path: one student's work, or a folder of many."""

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
    """The hand-ins at some paths, one error for each path at which there is none, and how paths were understood.

    Attributes:
        said: sentences for the instructor: where two readings were possible, which was taken and how to get the other;
            what was left out; what was taken for one student's work and looks like that of several.
    """

    handins: tuple[Handin, ...]
    problems: tuple[IntakeError, ...]
    said: tuple[str, ...] = ()


class Below(Protocol):
    """What lies at one path, and how that was understood: `look_below`, here or in another process."""

    def __call__(
        self, path: Path, reading: Reading | None, *, alone: bool
    ) -> tuple[Sequence[Handin], Sequence[str]]:
        """The parts of students, and sentences."""
        ...


def find(paths: Sequence[Path]) -> list[Handin]:
    """All hand-ins at or below ``paths``, in the order given and by name within a folder.

    A notebook, .py file or zip is one, and so is a folder that is one student's work; of any other folder, and of a
    zip that plainly holds many, each child is one. Bulk downloads of learning platforms are taken apart. What cannot be
    graded is among them, so that it is reported and not lost.

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
    """As `find`, but goes on past paths at which there is nothing, and returns why.

    With a ``reading``, each path is one student's work ("one"), or holds a hand-in in each child ("class"). Without it,
    a zip may be a class only where it is the one path: among others, a student has packed it. With ``ascii_names``,
    names are made of ASCII only. ``below`` looks through one path; by default, this process does.
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
    """Whether `look_below` reads more than the name of what lies there."""
    return path.is_dir() or is_archive(path.name)


def by_name(path: Path, reading: Reading | None) -> Sequence[Handin]:
    """What lies at a path that cannot be looked through: one hand-in in each child of a folder."""
    if reading != "one" and path.is_dir():
        with contextlib.suppress(OSError):
            listing = Listing(path.resolve())
            return [listing.entry("", name) for name in listing.top]
    return [Handin("", path)]


def look_below(path: Path, reading: Reading | None, *, alone: bool) -> tuple[Sequence[Handin], Sequence[str]]:
    """The parts of students at one path, as `survey` understands it, and sentences on how.

    Raises:
        IntakeError: there is nothing.
    """
    if path.is_symlink():
        # Links inside a hand-in are not followed, but one that was asked for by name is.
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
            # Nobody may make many rows of one hand-in, with names of their own choice.
            return itself, several_in_one(listing)
        many = each_child(listing) if reading == "class" else look(listing)
        return (many.entries, many.said) if many else (itself, several_in_one(listing))
    except OSError as error:
        if not path.is_dir():
            return itself, ()  # said when it is read, as of every other file
        raise IntakeError(
            say(
                "{where} cannot be read ({error}): check its permissions",
                where=shown(str(path)),
                error=error.strerror,
            )
        ) from error
