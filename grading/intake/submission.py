"""What a hand-in is, once it has been read: text, and where each asked-for name is defined in it.

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


class Kind(StrEnum):
    """The forms in which the assignment is handed in."""

    NOTEBOOK = "notebook"
    PACKAGE = "package"
    FILES = "files"
    ZIP = "zip"


class State(StrEnum):
    """What can be said of a definition before it is run."""

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
    until then, what a platform calls the student, or "" where the file or folder is called after the student.
    ``parts`` is for work that lies in one zip or folder with that of others: the student's files, by their names there
    and the names by which the student knows them. Without it, everything at ``path`` is the student's.
    ``submitted`` is when it was handed in, and ``lms_id`` what the platform ``lms`` knows the student by, where its
    download says so.
    """

    name: str
    path: Path
    parts: tuple[tuple[str, str], ...] = ()
    submitted: datetime | None = None
    lms_id: str = ""
    lms: Platform = ""


class Block(msgspec.Struct, frozen=True):
    """A piece of Python 3 that runs as one: a file, or one notebook cell with its magics made inert.

    Attributes:
        code: Python source, already filtered to what definitions need (imports, definitions, constants);
            filtered lines are blank, so that line numbers stay those of the student.
        cell: "cell 7" as counted over all cells from 1, or None for a file.
        first_line: line number, in the file or the cell, of the code's first line; 1 unless cut.
        whole: whether it is run in one go, and not statement by statement: then an error ends it.
    """

    code: str
    cell: str | None = None
    first_line: int = 1
    whole: bool = False


class Source(msgspec.Struct, frozen=True):
    """One student file: ``name`` as the student knows it ("cs231n/classifiers/softmax.py", "svm.ipynb").

    ``module`` is its dotted name ("cs231n.classifiers.softmax", "svm"), by which other files may import it.
    ``left_out`` are names that only statements give a value which are not run, each with the place of the last of
    these: ("num_classes", "cell 3, line 2").
    """

    name: str
    module: str
    blocks: tuple[Block, ...]
    left_out: tuple[tuple[str, str], ...] = ()


class Definition(msgspec.Struct, frozen=True):
    """Where a name that the rubric asks for is defined, and whether it can be expected to run.

    Attributes:
        name: the function or class as the rubric names it ("svm_loss_naive", "LinearSVM").
        source: ``Source.name`` of the file taken.
        cell: the notebook cell, or None.
        lines: first and last line, counted from 1, in that file or cell.
        state: written, unfinished (a template's body) or unreadable (does not parse).
        sentence: for any state but written, what the student should know and do.
    """

    name: str
    source: str
    cell: str | None
    lines: tuple[int, int]
    state: State = State.WRITTEN
    sentence: str = ""


class MethodText(msgspec.Struct, frozen=True):
    """A method of a class that the rubric asks for, which may stand in one that this inherits from.

    Attributes:
        place: file, and cell, for messages.
        lines: first and last line, counted from 1, in that file or cell.
        defaults: the arguments that are numbers where they are left out.
    """

    place: str
    lines: tuple[int, int]
    defaults: dict[str, float] = {}


class Question(msgspec.Struct, frozen=True):
    """An inline question of the notebook with the student's answer ("" when left empty), for a person."""

    question: str
    answer: str


class Submission(msgspec.Struct, frozen=True):
    """A hand-in that has been read.

    Attributes:
        name, path: of the hand-in.
        sha256: over the names and bytes of every file that was read, in sorted order.
        kind: notebook, package, files or zip.
        sources: all student files that could be read, in a fixed order.
        definitions: for each asked name that occurs, the definition taken.
        methods: by name ("LinearSVM.train"), the methods that stand in the classes asked for.
        warnings: sentences for the report: copies found and which was taken, names defined twice, files that
            could not be read, Python 2, removed NumPy names, and so on.
        questions: inline questions and answers.
        callings: how what is asked for is called, where that is not as in the course.
        edition: the edition of the assignment that it seems to be of, where that is another than is asked for.
        unparsed: sentences on files, and places in them, that could not be read as Python or as a notebook.
        said: what the sentences were made from (`grading.words.origins`).
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


class IntakeError(UserError):
    """A hand-in that cannot be read."""
