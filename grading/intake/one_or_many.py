"""Decides whether a folder or a zip is one student's work, or holds that of many."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence

import msgspec

from grading.intake import lms
from grading.intake.file_types import NOTEBOOK, SCRIPT, ending, is_archive, is_packed, not_downloaded, stem
from grading.intake.listing import Listing, may_be_work
from grading.intake.safe_names import listed, shown
from grading.intake.submission import Handin
from grading.words import say

# Names that the course, or anybody, gives to parts of one piece of work; all others count as students' names.
_PART_NAMES = """
    a all answer answers article assign assignment assignments backup bak base build cell check checks
    cifar class classes classifier classifiers code colab collect collectsubmission common conf config
    copy core cs csn data dataset datasets demo doc docs draft evaluate ex example examples exercise
    experiment experiments fall fast features figures files final fix func function functions get grad
    gradient helper helpers homework homeworks hw hyperparameters im image images img index init inline k
    knn lab layer layers lecture lectures lib linear loss losses main material materials math misc ml
    model models module modules my nearest neighbor net nets network networks new nn note notebook
    notebooks notes old optim optimizer orig original output outputs package part pics pictures plot plots
    predict predictor prob problem problems program project py python question questions regression rel
    report result results run script scripts search section setup sgd slides softmax solution solutions
    solver source sources spring src stanford start starter step submission submit summer svm task tasks
    template test tests tmp tools train trainer training tune two untitled util utils v validation ver version
    vis vision visualize week weights winter work working write writeup
"""
_COURSE_WORDS = frozenset(_PART_NAMES.split())
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# A student's number, or that of a numbered hand-in; "2024" and "1516" are years.
_IDENTITY = re.compile(r"\d{5,}|^(?:submission|handin|group|team)s?[-_ ]?\d+$", re.IGNORECASE)
_FUNCTION = re.compile(rb"(?:^|\"|\\n)[ \t]*def[ \t]+(\w+)[ \t]*\(", re.MULTILINE)
_IMPORTED = re.compile(rb"(?:^|\"|\\n)[ \t]*(?:from|import)[ \t]+\.?(\w+)", re.MULTILINE)
_LAYOUT_FILES = frozenset(
    ("linear_svm.py", "linear_classifier.py", "softmax.py", "svm.ipynb", "softmax.ipynb")
)
_LAYOUT_FOLDERS = frozenset(("cs231n", "classifiers"))
# Parts of a class. "Group 3" may be one, or one hand-in of three students: its contents decide.
_SECTION = re.compile(
    r"(?:section|sec|lab|tutorial|tut|group|grp|class|cohort|period|recitation|team|seminar|course|batch)s?\b.*",
    re.IGNORECASE,
)
_BYTES_LOOKED_AT = 4 * 2**20
_FILES_LOOKED_AT = 60
_DEPTH_LOOKED_AT = 6


_SECTIONS_LOOKED_AT = 3
_MOST_PEOPLE_NAMED = 6
_DEPTH_OF_CLASSES = 5


class Many(msgspec.Struct, frozen=True):
    """The hand-ins in a folder or zip, and sentences on how it was understood."""

    entries: tuple[Handin, ...]
    said: tuple[str, ...] = ()


def look(listing: Listing, depth: int = 0, *, evidence: bool = False) -> Many | None:
    """The hand-ins in ``listing``, or None if it is the work of one student.

    A folder is many hand-ins unless something speaks against it; a zip, which is what students hand in, is one unless
    files or folders named after different people define the same function. With ``evidence``, folders need such
    evidence, too. ``depth`` is the number of folders around it that have been looked through.

    Raises:
        OSError: it cannot be read.
    """
    download = lms.download(listing)
    if download.entries:
        return Many(download.entries, download.said)
    names = [name for name in listing.top if not _is_nobodys(name)]
    if all(map(not_downloaded, names)):
        return None
    work = [name for name in names if may_be_work(name)]
    beside = [name for name in names if not may_be_work(name)]
    found = _sections(listing, work, depth) or _only_child(listing, work, depth, evidence=evidence)
    if found is not None:
        return Many(found.entries, (*found.said, *_said_of_rest(listing, beside)))
    lists = _said_of_rest(listing, [name for name in listing.top if name == lms.GRADESCOPE_LIST])
    by_layout = any(_belongs_to_layout(name) for name in names)
    # Two are enough, unless they have to be weighed against the rest.
    people = _different_people(listing, names, most=len(work) if by_layout else 2)
    if len(people) > 1 and not (by_layout and 2 * len(people) <= len(work)):
        return Many(_each(listing, names), (*lists, *_said_of_several_in_one(listing, names)))
    if (
        listing.is_zip
        and len(work) > 1
        and all(is_archive(name) and not _is_part_name(name) for name in work)
    ):
        # A student packs files; archives in an archive are a class's.
        return Many(_each(listing, work))
    if evidence or listing.is_zip:
        return None
    if not _all_answer_alike(listing, work) if by_layout else _is_one_students(listing, names):
        return None
    if len(names) == 1 and _is_folder_or_zip(listing, names[0]):
        return Many(_each(listing, names))
    said = [] if _are_hand_ins(listing, names) else [_said_of_many(listing, names)]
    return Many(_each(listing, names), (*said, *lists, *_said_of_several_in_one(listing, names)))


def _is_nobodys(name: str) -> bool:
    """Whether it is nobody's work: compiled Python, or a platform's list of students."""
    return name.lower().endswith((".pyc", ".pyo")) or name == lms.GRADESCOPE_LIST


def each_child(listing: Listing) -> Many:
    """Make each child of ``listing`` a hand-in, whatever it looks like; look through a folder around them."""
    download = lms.download(listing)
    if download.entries:
        return Many(download.entries, download.said)
    if len(listing.top) == 1 and listing.top[0].endswith("/"):
        return each_child(listing.inside(listing.top[0]))
    return Many(_each(listing, [name for name in listing.top if not _is_nobodys(name)]))


def several_in_one(listing: Listing) -> tuple[str, ...]:
    """A warning if what was taken for one student's work looks like that of several."""
    people = _different_people(listing, listing.top, _MOST_PEOPLE_NAMED)
    if listing.is_zip and not people:
        people = [entry.name for entry in lms.download(listing).entries]
    if len(people) < 2:
        return ()
    return (
        say(
            "{where} was taken for one student's work, though {names} in it look like those of different students; "
            "if they are, grade it with --class.",
            where=shown(str(listing.path / listing.within)),
            names=listed([shown(name.rstrip("/")) for name in people]),
        ),
    )


def _each(listing: Listing, names: Sequence[str]) -> tuple[Handin, ...]:
    return tuple(listing.entry("", name) for name in names)


def _sections(listing: Listing, work: Sequence[str], depth: int) -> Many | None:
    """The hand-ins of a class that is split in parts: "Section A/jane_doe", "Section B/bob_roe"."""
    folders = [name for name in work if name.endswith("/") and not _belongs_to_layout(name)]
    if len(folders) < len(work) or len(folders) < 2 or depth > _DEPTH_OF_CLASSES:
        return None
    named = [name for name in folders if _SECTION.fullmatch(name.rstrip("/")) or _is_part_name(name)]
    if named:
        classes = {name: found for name in named if (found := _look_inside(listing, name, depth))}
    else:
        classes = {
            name: found
            for name in folders[:_SECTIONS_LOOKED_AT]
            if (found := _look_inside(listing, name, depth))
        }
        if len(classes) < min(len(folders), _SECTIONS_LOOKED_AT):
            return None
    if not classes:
        return None
    entries: list[Handin] = []
    said: list[str] = []
    for name in folders:
        found = classes.get(name) or _look_inside(listing, name, depth)
        if found is None and name in named:
            inside = listing.inside(name)
            only = [child for child in inside.top if may_be_work(child)]
            found = Many(_each(inside, only)) if len(only) == 1 else None
        if found is None:
            entries.append(listing.entry("", name))
        else:
            entries += found.entries
            said += found.said
    if not named:
        said.append(
            say(
                "{where} was taken for a class in {n} parts, each with hand-ins of several students: {names}; if each "
                "part is one student's work, give them to the grader one by one with --one.",
                where=shown(str(listing.path / listing.within)),
                n=len(folders),
                names=listed([shown(name.rstrip("/")) for name in folders]),
            )
        )
    return Many(tuple(entries), tuple(said))


def _only_child(listing: Listing, work: Sequence[str], depth: int, *, evidence: bool) -> Many | None:
    """The hand-ins in the only folder or zip in ``listing``, if they are many."""
    if len(work) != 1 or not _is_folder_or_zip(listing, work[0]) or _belongs_to_layout(work[0]):
        return None
    evidence = evidence or _is_part_name(work[0])
    return _look_inside(listing, work[0], depth, evidence=evidence)


def _look_inside(listing: Listing, name: str, depth: int, *, evidence: bool = True) -> Many | None:
    if depth > _DEPTH_OF_CLASSES:
        return None
    try:
        inside = listing.inside(name) if name.endswith("/") else Listing(listing.path / listing.within / name)
        return look(inside, depth + 1, evidence=evidence)
    except OSError:
        return None  # reported when it is read


def _is_folder_or_zip(listing: Listing, name: str) -> bool:
    """Whether it can be looked into; an archive within an archive cannot."""
    if listing.is_zip or name.endswith("/"):
        return name.endswith("/")
    return is_archive(name) and not (listing.path / listing.within / name).is_symlink()


def _said_of_rest(listing: Listing, names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        return ()
    return (
        say(
            "Beside the hand-ins in {where}, and not graded: {names}.",
            where=shown(str(listing.path / listing.within)),
            names=listed([shown(name) for name in names]),
        ),
    )


def _said_of_many(listing: Listing, names: Sequence[str]) -> str:
    return say(
        "{where} was taken for a folder of {n} hand-ins: {names}; if it is one student's work, grade it with --one.",
        where=shown(str(listing.path / listing.within)),
        n=len(names),
        names=listed([shown(name.rstrip("/")) for name in names]),
    )


def _said_of_several_in_one(listing: Listing, names: Sequence[str]) -> tuple[str, ...]:
    said: list[str] = []
    for name in names:
        if name.endswith("/"):
            with contextlib.suppress(OSError):
                said += several_in_one(listing.inside(name))
    return tuple(said)


def _are_hand_ins(listing: Listing, names: Sequence[str]) -> bool:
    """Whether the names show that these are hand-ins: archives, notebooks, or folders of these, named after people."""
    found = 0
    for name in names:
        if not may_be_work(name):
            continue
        with contextlib.suppress(OSError):
            inside = listing.inside(name).top if name.endswith("/") else [name]
            if _is_part_name(name) or not any(is_packed(n) or ending(n) == NOTEBOOK for n in inside):
                return False
            found += 1
    return found > 1


def _different_people(listing: Listing, names: Sequence[str], most: int) -> list[str]:
    """About ``most`` files and folders named after different people that define the same function, or none."""
    strangers = {name: whose for name in names if may_be_work(name) and (whose := _whose(name))}
    if len(set(strangers.values())) < 2:
        return []
    owners: dict[bytes, str] = {}
    found: dict[str, None] = {}
    for name in strangers:
        for function in set[bytes]().union(*map(_losses, _texts(listing, name))):
            owner = owners.setdefault(function, name)
            if strangers[owner] != strangers[name]:
                found |= {owner: None, name: None}
        if len(found) >= most:
            break
    return list(found)


def _whose(name: str) -> frozenset[str]:
    """The words in a name that identify the owner, if any do: "hw1_Zhang_v2.ipynb" is Zhang's."""
    if _is_part_name(name) or _belongs_to_layout(name):
        return frozenset()
    stem = _stem(name)
    words = {word.lower() for word in _WORD.findall(stem)} - _COURSE_WORDS
    number = _IDENTITY.search(stem)
    if number:
        words.add(number[0].lower())
    return frozenset(words) if stem.isascii() and words else frozenset((stem,))


def _is_one_students(listing: Listing, names: Sequence[str]) -> bool:
    """Whether these are the parts of one student's work, not the work of one student each."""
    strangers = {name for name in names if not _is_part_name(name)}
    if not strangers:
        return True
    owners: dict[bytes, str] = {}
    working: list[str] = []
    imported: set[str] = set()
    # Unknown names first: in a folder of many, the second of them settles it.
    for name in sorted(names, key=lambda name: (name not in strangers, name)):
        losses: set[bytes] = set()
        for data in _texts(listing, name):
            losses.update(_losses(data))
            imported.update(module.decode(errors="replace") for module in _IMPORTED.findall(data))
        # The same function in two places means two students' answers to one question.
        if any(name in strangers or owners[loss] in strangers for loss in losses & owners.keys()):
            return False
        owners |= dict.fromkeys(losses, name)
        if losses:
            working.append(name)
    if any(_is_script(name) and _stem(name) in imported for name in names):
        return True
    if any(name not in strangers for name in working):
        return True
    if len(names) > 1 and len(strangers) == 1:
        return bool(working)
    return len(working) > 1 and all(_is_script(name) for name in working)


def _all_answer_alike(listing: Listing, work: Sequence[str]) -> bool:
    """Whether all define the same function, though only some are named after people: "ada.py", "softmax.py"."""
    if len(work) < 2 or not any(map(_whose, work)):
        return False
    shared: set[bytes] | None = None
    for name in work:
        losses = set[bytes]().union(*map(_losses, _texts(listing, name)))
        shared = losses if shared is None else shared & losses
        if not shared:
            return False
    return True


def _losses(data: bytes) -> set[bytes]:
    """The names of functions in a file that are named after a loss."""
    return {name for name in _FUNCTION.findall(data) if b"loss" in name.lower()}


def _is_script(name: str) -> bool:
    return ending(name) == SCRIPT


def _stem(name: str) -> str:
    return name.rstrip("/") if name.endswith("/") else stem(name)


def _belongs_to_layout(name: str) -> bool:
    return name.rstrip("/") in (_LAYOUT_FOLDERS if name.endswith("/") else _LAYOUT_FILES)


def _is_part_name(name: str) -> bool:
    """Whether the name says what something is, not whose: "assignment1/", "svm-Copy1.ipynb", "cs231n/"."""
    name = _stem(name)
    if not name.isascii() or _IDENTITY.search(name):
        return False
    words = [word.lower() for word in _WORD.findall(name)]
    return bool(words) and all(word in _COURSE_WORDS for word in words)


def _texts(listing: Listing, name: str) -> Iterator[bytes]:
    """The beginnings of a few of the scripts and notebooks that ``name`` is or holds."""
    if not name.endswith("/"):
        if ending(name) in (SCRIPT, NOTEBOOK):
            yield listing.read(name, _BYTES_LOOKED_AT)
        return
    looked_at = 0
    level = [name]
    for _ in range(_DEPTH_LOOKED_AT):
        below: list[str] = []
        for folder in level:
            try:
                inside = listing.inside(folder).top
            except OSError:
                continue
            for child in inside:
                if child.endswith("/"):
                    below.append(folder + child)
                elif ending(child) in (SCRIPT, NOTEBOOK) and looked_at < _FILES_LOOKED_AT:
                    looked_at += 1
                    yield listing.read(folder + child, _BYTES_LOOKED_AT)
        level = below
