"""Which hand-ins lie at or below a path: one student's work, or a folder of many."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from grading.intake import lms
from grading.intake.files import ARCHIVE, HAND_IN, NOTEBOOK, SCRIPT, is_bystander, is_foreign_folder
from grading.intake.lms import Entry
from grading.intake.naming import shown, unique_names
from grading.submission import Handin, IntakeError
from grading.words import say, translated

# Names that the course, or anybody, gives to parts of one piece of work; all others are taken for students.
_PART_NAMES = """
    a all answer answers article assign assignment assignments backup bak base build cell check checks
    cifar class classes classifier classifiers code colab collect collectsubmission common conf config
    copy core cs csn data dataset datasets demo doc docs draft evaluate example examples exercise
    experiment experiments fall fast features figures files final fix func function functions get grad
    gradient helper helpers homework homeworks hw hyperparameters im image images img index init inline k
    knn lab layer layers lecture lectures lib linear loss losses main material materials math misc ml
    model models module modules my nearest neighbor net nets network networks new nn note notebook
    notebooks notes old optim optimizer orig original output outputs package part pics pictures plot plots
    predict predictor prob problem problems program project py python question questions regression rel
    report result results run script scripts search section setup sgd slides softmax solution solutions
    solver source sources spring src stanford start starter step submission submit summer svm task tasks
    template test tests tmp tools train trainer training tune two untitled util utils validation version
    vis vision visualize week weights winter work working write writeup
"""
_COURSE_WORDS = frozenset(_PART_NAMES.split())
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# A student's number, or one of many hand-ins that were numbered; "2024" and "1516" are years.
_IDENTITY = re.compile(r"\d{5}|^(?:submission|handin|group|team)s?[-_ ]?\d+$", re.IGNORECASE)
_LOSS = re.compile(rb"(?:^|\"|\\n)[ \t]*def[ \t]+(\w*loss\w*)[ \t]*\(", re.MULTILINE | re.IGNORECASE)
_IMPORTED = re.compile(rb"(?:^|\"|\\n)[ \t]*(?:from|import)[ \t]+\.?(\w+)", re.MULTILINE)
_LAYOUT_FILES = frozenset(
    ("linear_svm.py", "linear_classifier.py", "softmax.py", "svm.ipynb", "softmax.ipynb")
)
_LAYOUT_FOLDERS = frozenset(("cs231n", "classifiers"))
_BYTES_LOOKED_AT = 4 * 2**20
_FILES_LOOKED_AT = 60
_DEPTH_LOOKED_AT = 6


@dataclass(frozen=True)
class Found:
    """The hand-ins at some paths, and one error for each path at which there is none."""

    handins: tuple[Handin, ...]
    problems: tuple[IntakeError, ...]


def find(paths: Sequence[Path]) -> list[Handin]:
    """All hand-ins at or below ``paths``, in the order given and by name within a folder.

    A notebook, .py file or zip is one, and so is a folder that is one student's work; of any other folder,
    each child is one. Bulk downloads of learning platforms are taken apart. What cannot be graded is among
    them, so that it is reported and not lost.

    Raises:
        IntakeError: if one of ``paths`` does not exist or is an empty folder.
    """
    found = survey(paths)
    if found.problems:
        raise found.problems[0]
    return list(found.handins)


def survey(paths: Sequence[Path]) -> Found:
    """As `find`, but goes on past paths at which there is nothing, and returns why."""
    here: dict[Entry, None] = {}
    problems = []
    for path in paths:
        try:
            here |= dict.fromkeys(_below(path))
        except IntakeError as error:
            problems.append(error)
    found = list(here)
    names = unique_names([entry.student or entry.path for entry in found])
    handins = tuple(Handin(name, e.path, e.parts, e.submitted) for name, e in zip(names, found, strict=True))
    return Found(handins, tuple(problems))


def _below(path: Path) -> list[Entry]:
    if path.is_symlink():
        # Links inside a hand-in are not followed, but one that was asked for by name is.
        path = path.resolve()
    if not path.exists():
        raise IntakeError(say("{path}: no such file or folder; check the spelling", path=shown(str(path))))
    try:
        of_students = lms.entries(path)
        children = _children(path) if path.is_dir() else [path]
    except OSError as error:
        if not path.is_dir():
            return [Entry("", path)]  # said when it is read, as of every other file
        raise IntakeError(
            say(
                "{where} cannot be read ({error}): check its permissions",
                where=shown(str(path)),
                error=error.strerror,
            )
        ) from error
    if not children:
        raise IntakeError(
            say("{path} is an empty folder: {to_do}", path=shown(str(path)), to_do=translated(HAND_IN))
        )
    if of_students:
        return of_students
    if not path.is_dir() or _is_one_students(children):
        return [Entry("", path)]
    if len(children) == 1 and _may_hold_many(children[0]):
        return _below(children[0])
    return [Entry("", child) for child in children]


def _may_hold_many(child: Path) -> bool:
    return not child.is_symlink() and (child.is_dir() or child.suffix.lower() == ARCHIVE)


def _children(folder: Path) -> list[Path]:
    """What lies in ``folder`` and may be student work, by name."""
    with os.scandir(folder) as entries:
        listing = sorted(entries, key=lambda entry: entry.name)
    return [
        folder / entry.name
        for entry in listing
        if not (
            is_foreign_folder(entry.name)
            if entry.is_dir(follow_symlinks=False)
            else is_bystander(entry.name) or entry.name.lower().endswith((".pyc", ".pyo"))
        )
    ]


def _is_one_students(children: Sequence[Path]) -> bool:
    """Whether these are the parts of one student's work, and not the work of one student each."""
    if any(_belongs_to_layout(child) for child in children):
        return True
    strangers = {child for child in children if not _is_part_name(child)}
    if not strangers:
        return True
    owners: dict[bytes, Path] = {}
    working: list[Path] = []
    imported: set[str] = set()
    # Strangers first: in a folder of many, the second of them settles it.
    for child in sorted(children, key=lambda child: (child not in strangers, child.name)):
        losses: set[bytes] = set()
        for data in _texts(child):
            losses.update(_LOSS.findall(data))
            imported.update(name.decode(errors="replace") for name in _IMPORTED.findall(data))
        # The same function in two places is two students' answer to one question.
        if any(child in strangers or owners[name] in strangers for name in losses & owners.keys()):
            return False
        owners |= dict.fromkeys(losses, child)
        if losses:
            working.append(child)
    if any(child.suffix.lower() == SCRIPT and child.stem in imported for child in children):
        return True
    if any(child not in strangers for child in working):
        return True
    if len(children) > 1 and len(strangers) == 1:
        return bool(working)
    return len(working) > 1 and all(child.suffix.lower() == SCRIPT for child in working)


def _belongs_to_layout(child: Path) -> bool:
    return child.name in (_LAYOUT_FOLDERS if child.is_dir() else _LAYOUT_FILES)


def _is_part_name(child: Path) -> bool:
    """Whether the name says what a thing is and not whose: "assignment1", "svm-Copy1.ipynb", "cs231n"."""
    name = child.name if child.is_dir() else child.stem
    if not name.isascii() or _IDENTITY.search(name):
        return False
    words = [word.lower() for word in _WORD.findall(name)]
    return bool(words) and all(word in _COURSE_WORDS for word in words)


def _texts(child: Path) -> Iterable[bytes]:
    """The beginnings of the scripts and notebooks at or below ``child``, a few of them."""
    if child.is_symlink():
        return
    if not child.is_dir():
        if child.suffix.lower() in (SCRIPT, NOTEBOOK) and child.is_file():
            yield _head(child)
        return
    looked_at = 0
    level = [child]
    for _ in range(_DEPTH_LOOKED_AT):
        below: list[Path] = []
        for folder in level:
            try:
                inside = _children(folder)
            except OSError:
                continue
            for path in inside:
                if path.is_symlink():
                    continue
                if path.is_dir():
                    below.append(path)
                elif path.suffix.lower() in (SCRIPT, NOTEBOOK) and looked_at < _FILES_LOOKED_AT:
                    looked_at += 1
                    yield _head(path)
        level = below


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_BYTES_LOOKED_AT)
    except OSError:
        return b""
