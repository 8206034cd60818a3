"""A hand-in that has been read: its text, and where it defines each required name.

Nothing here has run any student code.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

from grading import UserError
from grading.protocol.wire import WireCalling
from grading.sandbox.inside.quick_compiling import filename_of


class Kind(StrEnum):
    """The form of a hand-in."""

    NOTEBOOK = "notebook"
    PACKAGE = "package"
    FILES = "files"
    ZIP = "zip"


class State(StrEnum):
    """The state of a definition, as far as it is known before it is run."""

    WRITTEN = "written"
    UNFINISHED = "unfinished"
    UNREADABLE = "unreadable"


Platform: TypeAlias = Literal[
    "",
    "blackboard",
    "brightspace",
    "canvas",
    "classroom",
    "gradescope",
    "moodle",
    "nbgrader",
    "sakai",
    "teams",
]
"""The learning platform that a download is from."""


class Handin(msgspec.Struct, frozen=True):
    """One student's work on disk.

    ``name`` is unique among its neighbours and safe as a folder name, once `grading.intake.find.survey` has made it so;
    until then, the platform's name for the student, or "" if the file or folder is named after the student.
    ``parts`` is for work in one zip or folder with that of others: the student's files, by their names there and the
    student's own names for them. Without it, everything at ``path`` is the student's.
    ``submitted`` is when it was handed in, and ``lms_id`` the student's identifier on the platform ``lms``, if its
    download has these.
    """

    name: str
    path: Path
    parts: tuple[tuple[str, str], ...] = ()
    submitted: datetime | None = None
    lms_id: str = ""
    lms: Platform = ""


class Block(msgspec.Struct, frozen=True):
    """A piece of Python 3 that runs as one: a file, or one notebook cell with inert magics.

    Attributes:
        code: Python source, already reduced to what definitions need (imports, definitions, constants);
            removed lines are blank, so that line numbers stay those of the student.
        cell: "cell 7", counting all cells from 1, or None for a file.
        first_line: line number, in the file or the cell, of the code's first line; 1 unless cut.
        whole: whether it is run in one go, so that an error ends it, not statement by statement.
    """

    code: str
    cell: str | None = None
    first_line: int = 1
    whole: bool = False


class Source(msgspec.Struct, frozen=True):
    """One student file: ``name`` is the student's name for it ("cs231n/classifiers/softmax.py", "svm.ipynb").

    ``module`` is its dotted name ("cs231n.classifiers.softmax", "svm"), by which other files may import it.
    ``left_out`` has the names that only omitted statements assign, each with the place of the last of these:
    ("num_classes", "cell 3, line 2").
    """

    name: str
    module: str
    blocks: tuple[Block, ...]
    left_out: tuple[tuple[str, str], ...] = ()


class Definition(msgspec.Struct, frozen=True):
    """The place where a required name is defined, and whether the definition can be expected to run.

    Attributes:
        name: the rubric's name for the function or class ("svm_loss_naive", "LinearSVM").
        source: ``Source.name`` of the file taken.
        cell: the notebook cell, or None.
        lines: first and last line, counted from 1, in that file or cell.
        state: written, unfinished (a template's body) or unreadable (does not parse).
        sentence: for any state except written, what the student should know and do.
    """

    name: str
    source: str
    cell: str | None
    lines: tuple[int, int]
    state: State = State.WRITTEN
    sentence: str = ""


class MethodText(msgspec.Struct, frozen=True):
    """A method of a required class, which may be defined in a base class.

    Attributes:
        place: file and cell, for messages.
        lines: first and last line, counted from 1, in that file or cell.
        defaults: the arguments with numeric defaults.
    """

    place: str
    lines: tuple[int, int]
    defaults: dict[str, float] = {}


class Question(msgspec.Struct, frozen=True):
    """An inline question of the notebook with the student's answer ("" if left empty), for people to read."""

    question: str
    answer: str


class Submission(msgspec.Struct, frozen=True):
    """A hand-in that has been read.

    Attributes:
        name, path: those of the hand-in.
        sha256: the hash of the names and bytes of every file that was read, in sorted order.
        kind: notebook, package, files or zip.
        sources: all student files that could be read, in a fixed order.
        definitions: for each required name that occurs, the definition taken.
        methods: by name ("LinearSVM.train"), the methods of the required classes.
        warnings: sentences for the report: copies found and which was taken, names defined twice, unreadable files,
            Python 2, removed NumPy names, and so on.
        questions: inline questions and answers.
        callings: how required functions are called, where that differs from the course.
        edition: the edition of the assignment that it seems to belong to, if it is not the required one.
        unparsed: sentences on files, and places in them, that could not be read as Python or as a notebook.
        said: what the sentences were made from (`grading.words.origins`).
        compiled: blocks as compiled for the workers, by `compiled_key`.
        independent: whether no call of a function seems to leave anything behind for another function.
    """

    name: str
    path: str
    sha256: str
    kind: Kind
    sources: tuple[Source, ...]
    definitions: dict[str, Definition]
    warnings: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    callings: tuple[WireCalling, ...] = ()
    edition: str | None = None
    unparsed: tuple[str, ...] = ()
    methods: dict[str, MethodText] = {}
    said: dict[str, Any] = {}
    compiled: dict[str, bytes] = {}
    independent: bool = False


def compiled_key(source: Source, block: Block) -> str:
    """Return the key of all that the compiled code of a block depends on."""
    return f"{filename_of(source.name, block.cell)}\0{block.first_line}\0{block.code}"


class IntakeError(UserError):
    """A hand-in that cannot be read."""
