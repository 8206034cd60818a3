"""An asked-for function as the student wrote it: its text, its tree, and the names that mean something in it."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from grading.intake.walking import nodes
from grading.submission import Block, Source, Submission


@dataclass(frozen=True, eq=False)
class Written:
    """A function at the top level of a file or cell.

    Attributes:
        source, block: where it stands.
        tree: the function; its line numbers are those of ``lines``, from 1.
        lines: the text of the block, decoded as `ast` counts: one string for each line.
        beside: the names that the block binds at its top level.
    """

    source: Source
    block: Block
    tree: ast.FunctionDef
    lines: tuple[str, ...]
    beside: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        """Its arguments, and what it gives a value."""
        arguments = {node.arg for node in nodes(self.tree, ast.arg)}
        return frozenset(
            arguments | {n.id for n in nodes(self.tree, ast.Name) if isinstance(n.ctx, ast.Store)}
        )


def written(submission: Submission, name: str) -> Written | None:
    """The function ``name`` of a hand-in; None if it is no function that stands there under this name."""
    definition = submission.definitions.get(name)
    if definition is None:
        return None
    for source in submission.sources:
        if source.name != definition.source:
            continue
        for block in source.blocks:
            if block.cell != definition.cell:
                continue
            try:
                tree = ast.parse(block.code)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return None
            for statement in tree.body:
                line = statement.lineno + block.first_line - 1
                here = definition.lines[0] <= line <= definition.lines[1]
                if here and isinstance(statement, ast.FunctionDef) and statement.name == name:
                    lines = tuple(block.code.split("\n"))
                    return Written(source, block, statement, lines, _bound(tree))
    return None


def _bound(tree: ast.Module) -> frozenset[str]:
    """The names that a block binds at its top level."""
    names: set[str] = set()
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            names.add(statement.name)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
        else:
            names |= {n.id for n in nodes(statement, ast.Name) if isinstance(n.ctx, ast.Store)}
    return frozenset(names)
