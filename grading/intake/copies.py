"""Decides which files of a hand-in belong together, and which of several copies of the work counts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import PurePosixPath

import msgspec

from grading.intake.file_types import NOTEBOOK
from grading.intake.safe_names import module_name
from grading.words import say

_VERSIONED = re.compile(r"(?:version|attempt|try|v)[ _-]?\d", re.IGNORECASE)
_COURSE_PACKAGE, _CLASSIFIERS = "cs231n", "classifiers"


class Copy(msgspec.Struct, frozen=True):
    """The files below one root that define required names.

    Attributes:
        root: folder, relative to the hand-in; "." for the hand-in itself.
        files: the names of the files with definitions.
        names: the names that they define.
        written: those names that are more than a template, and parse.
        imported: how many of the hand-in's own notebooks import its files.
    """

    root: PurePosixPath
    files: tuple[str, ...]
    names: frozenset[str]
    written: frozenset[str]
    imported: int = 0

    @property
    def shown(self) -> str:
        """The copy's name in messages."""
        return say("the top folder") if self.root == PurePosixPath() else f"{self.root}/"


def package_root(name: str, names: Iterable[str]) -> tuple[PurePosixPath, bool]:
    """The folder that imports of the script ``name`` start from, and whether it is in a package there.

    The course's own folders are known; otherwise, a package is a folder with an ``__init__.py``.
    """
    folders = PurePosixPath(name).parts[:-1]
    present = frozenset(names)
    if _COURSE_PACKAGE in folders:
        last = len(folders) - 1 - folders[::-1].index(_COURSE_PACKAGE)
        below = folders[last + 1 :]
        if not below or below[0] == _CLASSIFIERS or _init(folders[: last + 1]) in present:
            return PurePosixPath(*folders[:last]), True
    depth = len(folders)
    if _CLASSIFIERS in folders:
        depth -= 1 + folders[::-1].index(_CLASSIFIERS)
    while depth and _init(folders[:depth]) in present:
        depth -= 1
    return PurePosixPath(*folders[:depth]), depth < len(folders)


def dotted_name(name: str, root: PurePosixPath) -> str:
    """The dotted name by which files that start from ``root`` import ``name``."""
    path = PurePosixPath(name)
    relative = path.relative_to(root) if path.is_relative_to(root) else path
    parts = [*relative.parts[:-1], relative.stem]
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    return ".".join(map(module_name, parts))


def roots_of(defining: Sequence[str], names: Iterable[str]) -> dict[str, PurePosixPath]:
    """The root of each file that defines something: scripts by their package, notebooks by their neighbours.

    A notebook belongs to the nearest scripts in or above its folder, else to those below it if they have a
    single root, else to its own folder.
    """
    present = frozenset(names)
    roots = {name: package_root(name, present)[0] for name in defining if not _is_notebook(name)}
    of_scripts = sorted(set(roots.values()), key=lambda root: (-len(root.parts), str(root)))
    for name in defining:
        if _is_notebook(name):
            roots[name] = _home(PurePosixPath(name).parent, of_scripts) or PurePosixPath(name).parent
    return roots


def make_copies(
    roots: Mapping[str, PurePosixPath],
    defined: Callable[[str], frozenset[str]],
    written: Callable[[str], frozenset[str]],
    imported: Callable[[Collection[str]], int],
) -> list[Copy]:
    """Make one copy for each root, best first.

    Files that the hand-in's own notebooks import come before stray files, if anything in them is written; then the
    copy with most functions written, the one nearer the top, the newer of two with numbered folders, and the first by
    name.

    Args:
        roots: file name -> root.
        defined: the names that a file defines.
        written: those that are more than a template and parse.
        imported: how many notebooks import some of the given files.
    """
    by_root: dict[PurePosixPath, list[str]] = defaultdict(list)
    for name, root in roots.items():
        by_root[root].append(name)
    copies = []
    for root, files in by_root.items():
        names = frozenset().union(*(defined(name) for name in files))
        done = frozenset().union(*(written(name) for name in files))
        copies.append(
            Copy(root, tuple(sorted(files)), names, done, imported(files) if len(by_root) > 1 else 0)
        )
    return sorted(copies, key=_order)


def _order(copy: Copy) -> tuple[bool, bool, int, int, list[str | int], str]:
    root = str(copy.root)
    # The last of "Version 1" and "Version 2" counts.
    newest_first = [-int(part) if part.isdecimal() else part for part in re.split(r"(\d{1,9})", root)]
    return (
        not copy.written,
        not copy.imported,
        -len(copy.written),
        len(copy.root.parts),
        newest_first if _VERSIONED.search(root) else [root],
        root,
    )


def choose(copies: Sequence[Copy], asked: Collection[str]) -> tuple[list[Copy], list[Copy]]:
    """The copies taken and those left: takes the best one, and any that only adds what the taken ones lack.

    A template counts as lacking, not as a second version of what is written in another copy; helpers that are not
    ``asked`` for may occur twice.
    """
    taken: list[Copy] = []
    left: list[Copy] = []
    have: set[str] = set()
    written: set[str] = set()
    for copy in copies:
        done = copy.written & frozenset(asked)
        if written & done if done else have & copy.names:
            left.append(copy)
        else:
            taken.append(copy)
            have |= copy.names
            written |= done
    return taken, left


def belongs_to(name: str, taken: Sequence[Copy], left: Sequence[Copy], names: Iterable[str]) -> bool:
    """Whether the file ``name``, which defines no required name, goes with the copies taken.

    It does below their roots, unless a nearer root belongs to a copy left or to another package; notebooks
    also do above their roots.
    """
    roots = {copy.root: True for copy in taken} | {copy.root: False for copy in left}
    folder = PurePosixPath(name).parent
    if not _is_notebook(name):
        own, packaged = package_root(name, names)
        if own in roots:
            return roots[own]
        if packaged:
            return False
    nearest = next((parent for parent in (folder, *folder.parents) if parent in roots), None)
    if nearest is not None:
        return roots[nearest] and not (_is_notebook(name) and _other_course_folder(folder, nearest, names))
    return _is_notebook(name) and any(copy.root.is_relative_to(folder) for copy in taken)


def _other_course_folder(folder: PurePosixPath, root: PurePosixPath, names: Iterable[str]) -> bool:
    """Whether a notebook in ``folder`` has a course package beside it other than that of ``root``."""
    return folder != root and any(
        PurePosixPath(name).is_relative_to(folder / _COURSE_PACKAGE) for name in names
    )


def _home(folder: PurePosixPath, roots: Sequence[PurePosixPath]) -> PurePosixPath | None:
    above = [root for root in roots if folder.is_relative_to(root)]
    if above:
        return above[0]
    below = [root for root in roots if root.is_relative_to(folder)]
    return below[0] if len(below) == 1 else None


def _init(folders: Sequence[str]) -> str:
    return "/".join([*folders, "__init__.py"])


def _is_notebook(name: str) -> bool:
    return name.lower().endswith(NOTEBOOK)
