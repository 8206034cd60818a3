"""Represents student files as modules: the statements of their cells or text, and what they define."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cached_property

import msgspec

from grading.intake.bindings import Candidate, Part, bindings
from grading.intake.file_types import NOTEBOOK
from grading.intake.files import StudentFile
from grading.intake.fragments import read_fragment
from grading.intake.ipynb import Cell, DamagedNotebookError, read_cells, without_magics
from grading.intake.limits import Limits
from grading.intake.text import NotTextError, decode
from grading.intake.tree_walk import nodes
from grading.sandbox.inside.quick_compiling import filename_of
from grading.words import say


class Module(msgspec.Struct, dict=True):
    """One student file that was read.

    Attributes:
        name: as in `StudentFile`.
        dotted: the name under which other files may import it.
        parts: its code, in order.
        cells: all cells of a notebook, of any kind.
        size: characters of code.
    """

    name: str
    dotted: str
    parts: list[Part]
    cells: list[Cell] = []
    size: int = 0

    @property
    def is_notebook(self) -> bool:
        """Whether the file is a notebook."""
        return self.name.lower().endswith(NOTEBOOK)

    def statements(self) -> Iterator[ast.stmt]:
        """All top-level statements in order."""
        for part in self.parts:
            yield from part.fragment.statements

    def candidates(self, names: Iterable[str]) -> list[Candidate]:
        """Every place where this file binds one of ``names`` to a definition of its own, in order."""
        return [candidate for name in names for candidate in self._by_name.get(name, ())]

    @property
    def defined(self) -> Iterable[str]:
        """The names that this file binds to definitions of its own."""
        return self._by_name.keys()

    @cached_property
    def imported(self) -> list[ast.ImportFrom | ast.Import]:
        """All imports, including those inside functions and branches."""
        found: list[ast.ImportFrom | ast.Import] = []
        for part in self.parts:
            # Most cells have none, and searching their syntax trees takes long.
            if any("import" in line for line in part.fragment.lines):
                for statement in part.fragment.statements:
                    found += nodes(statement, ast.Import)
                    found += nodes(statement, ast.ImportFrom)
        return found

    @cached_property
    def _by_name(self) -> dict[str, list[Candidate]]:
        found: dict[str, list[Candidate]] = {}
        for part in self.parts:
            for candidate in bindings(part, self.name):
                found.setdefault(candidate.name, []).append(candidate)
        return found

    def bound_names(self) -> frozenset[str]:
        """Every name that the file binds anywhere, by any means; "*" if it imports all of something."""
        return self._bound

    @cached_property
    def _bound(self) -> frozenset[str]:
        bound: set[str] = set()
        for statement in self.statements():
            bound |= {node.id for node in nodes(statement, ast.Name) if isinstance(node.ctx, ast.Store)}
            bound |= {node.name for node in nodes(statement, ast.FunctionDef)}
            bound |= {node.name for node in nodes(statement, ast.AsyncFunctionDef)}
            bound |= {node.name for node in nodes(statement, ast.ClassDef)}
            bound |= {node.asname or node.name.split(".")[0] for node in nodes(statement, ast.alias)}
        return frozenset(bound)


class UnreadableFileError(ValueError):
    """A file that is not what its suffix says; the message is the end of a sentence."""


def read_module(file: StudentFile, dotted: str, limits: Limits, code_left: int) -> Module:
    """Read the file as a module, if its code has no more than ``code_left`` characters.

    Raises:
        UnreadableFileError: if it is not text, or a damaged notebook.
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
        raise UnreadableFileError(say("was not read: the hand-in holds too much code"))
    parts = [
        Part(
            cell,
            read_fragment(
                without_magics(text) if cell else text, filename_of(file.name, cell.label if cell else None)
            ),
        )
        for cell, text in pieces
    ]
    return Module(file.name, dotted, parts, cells, size)


def may_define(file: StudentFile, names: Iterable[str]) -> bool:
    """Whether the bytes of ``file`` may define one of ``names``; cheap, errs towards yes."""
    return any(
        re.search(rb"\b" + re.escape(name.rpartition(".")[2].encode()) + rb"\b", file.data) for name in names
    )
