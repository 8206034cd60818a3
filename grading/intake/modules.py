"""Student files as modules: their cells or text as statements, and what they define."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from grading.intake.files import NOTEBOOK, StudentFile
from grading.intake.fragments import Broken, Fragment, first_line, last_line, read_fragment
from grading.intake.limits import Limits
from grading.intake.notebook import Cell, DamagedNotebookError, read_cells, without_magics
from grading.intake.text import NotTextError, decode


@dataclass(frozen=True)
class Part:
    """One piece that runs as one: a file (``cell`` is None) or a cell."""

    cell: Cell | None
    fragment: Fragment

    @property
    def label(self) -> str | None:
        """The cell as messages name it, or None for a file."""
        return self.cell.label if self.cell else None


@dataclass(frozen=True)
class Candidate:
    """A place where a name is defined: by ``statement``, or by lines that do not parse."""

    name: str
    file: str
    part: Part
    statement: ast.stmt | None
    broken: Broken | None

    @property
    def lines(self) -> tuple[int, int]:
        """First and last line, decorators included."""
        if self.broken is not None:
            return self.broken.lines
        assert self.statement is not None
        return first_line(self.statement), last_line(self.statement)

    @property
    def place(self) -> str:
        """Where this is, for messages: "svm.ipynb, cell 3" or "softmax.py, line 7"."""
        return f"{self.file}, {self.part.label or f'line {self.lines[0]}'}"


@dataclass
class Module:
    """One student file that was read.

    Attributes:
        name: as in `StudentFile`.
        dotted: the name by which other files may import it.
        parts: its code, in order.
        cells: all cells of a notebook, of any kind.
        size: characters of code.
    """

    name: str
    dotted: str
    parts: list[Part]
    cells: list[Cell] = field(default_factory=list)
    size: int = 0

    @property
    def is_notebook(self) -> bool:
        """Whether the file is a notebook."""
        return self.name.lower().endswith(NOTEBOOK)

    @property
    def folder(self) -> PurePosixPath:
        """The folder of the file, relative to the hand-in."""
        return PurePosixPath(self.name).parent

    def statements(self) -> Iterator[ast.stmt]:
        """All top-level statements in order."""
        for part in self.parts:
            yield from part.fragment.statements

    def candidates(self, names: Iterable[str]) -> list[Candidate]:
        """Every place where this file binds one of ``names`` to something it made itself, in order."""
        wanted = frozenset(names)
        return [
            Candidate(name, self.name, part, statement, broken)
            for part in self.parts
            for name, statement, broken in _bindings(part.fragment)
            if name in wanted
        ]

    def imported(self) -> list[ast.ImportFrom | ast.Import]:
        """All imports, those inside functions and branches included."""
        return [
            node
            for statement in self.statements()
            for node in ast.walk(statement)
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]

    def bound_names(self) -> frozenset[str]:
        """Every name that the file binds anywhere, by whatever means; "*" if it imports all of something."""
        bound: set[str] = set()
        for statement in self.statements():
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    bound.add(node.id)
                elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    bound.add(node.name)
                elif isinstance(node, ast.alias):
                    bound.add(node.asname or node.name.split(".")[0])
        return frozenset(bound)


class UnreadableFileError(ValueError):
    """A file that is not what its ending says; the message is the end of a sentence."""


def read_module(file: StudentFile, dotted: str, limits: Limits, code_left: int) -> Module:
    """The file as a module, if its code has no more than ``code_left`` characters.

    Raises:
        UnreadableFileError: if it is no text, or a damaged notebook.
    """
    try:
        if not file.name.lower().endswith(NOTEBOOK):
            pieces: list[tuple[Cell | None, str]] = [(None, decode(file.data))]
            cells = []
        else:
            cells = read_cells(file.data, limits)
            pieces = [(cell, cell.text) for cell in cells if cell.kind == "code"]
    except (NotTextError, DamagedNotebookError) as error:
        raise UnreadableFileError(str(error)) from error
    size = sum(len(text) for _, text in pieces)
    if size > code_left:
        raise UnreadableFileError("was not read: the hand-in holds too much code")
    parts = [Part(cell, read_fragment(without_magics(text) if cell else text)) for cell, text in pieces]
    return Module(file.name, dotted, parts, cells, size)


def may_define(file: StudentFile, names: Iterable[str]) -> bool:
    """Whether the bytes of ``file`` hold what defining one of ``names`` needs; cheap, errs towards yes."""
    return any(
        re.search(rb"\b" + re.escape(name.rpartition(".")[2].encode()) + rb"\b", file.data) for name in names
    )


def _bindings(fragment: Fragment) -> Iterator[tuple[str, ast.stmt | None, Broken | None]]:
    found: list[tuple[int, str, ast.stmt | None, Broken | None]] = []
    for outer in fragment.statements:
        for name, statement in _bound_by(outer):
            found.append((first_line(statement), name, statement, None))
    for broken in fragment.broken:
        found += [(broken.lines[0], name, None, broken) for name in broken.names]
    for _, name, statement_or_none, broken_or_none in sorted(found, key=lambda item: item[0]):
        yield name, statement_or_none, broken_or_none


def _bound_by(statement: ast.stmt) -> Iterator[tuple[str, ast.stmt]]:
    """What one statement makes; imports count only where they give a new name."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name, statement
    elif isinstance(statement, ast.Assign):
        used = {node.id for node in ast.walk(statement.value) if isinstance(node, ast.Name)}
        for target in statement.targets:
            # `f = decorator(f)` wraps f, it is no other f.
            if isinstance(target, ast.Name) and target.id not in used:
                yield target.id, statement
    elif isinstance(statement, ast.ImportFrom):
        for alias in statement.names:
            if alias.asname and alias.asname != alias.name:
                yield alias.asname, statement
    elif isinstance(statement, ast.If | ast.Try):
        bodies = [statement.body, statement.orelse]
        if isinstance(statement, ast.Try):
            bodies += [handler.body for handler in statement.handlers]
        for body in bodies:
            for inner in body:
                if not isinstance(inner, ast.ImportFrom):
                    yield from _bound_by(inner)
