"""Extracts required functions and methods as the student wrote them: their text, tree and place."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import msgspec

from grading.intake.class_methods import base_names
from grading.intake.parsing import syntax_tree
from grading.intake.submission import Block, Source, Submission
from grading.intake.tree_walk import nodes
from grading.intake.unfinished import method_of


class Written(msgspec.Struct, frozen=True, eq=False):
    """A function at the top level of a file or cell.

    Attributes:
        source, block: where it is.
        tree: the function; its line numbers are those of ``lines``, from 1.
        lines: the text of the block, split as `ast` counts: one string for each line.
        beside: the names that the block binds at its top level.
    """

    source: Source
    block: Block
    tree: ast.FunctionDef
    lines: tuple[str, ...]
    beside: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        """The names of its arguments, and those that it assigns."""
        arguments = {node.arg for node in nodes(self.tree, ast.arg)}
        return frozenset(
            arguments | {n.id for n in nodes(self.tree, ast.Name) if isinstance(n.ctx, ast.Store)}
        )


def written(submission: Submission, name: str) -> Written | None:
    """The function ``name`` of a hand-in; None if the text has no function of this name."""
    definition = submission.definitions.get(name)
    if definition is None:
        return None
    for source in submission.sources:
        if source.name != definition.source:
            continue
        for block in source.blocks:
            if block.cell != definition.cell:
                continue
            statements = _statements(block)
            for statement in statements:
                line = statement.lineno + block.first_line - 1
                here = definition.lines[0] <= line <= definition.lines[1]
                if here and isinstance(statement, ast.FunctionDef) and statement.name == name:
                    lines = tuple(block.code.split("\n"))
                    return Written(source, block, statement, lines, _bound(statements))
    return None


def _bound(statements: Sequence[ast.stmt]) -> frozenset[str]:
    """The names that a block binds at its top level."""
    names: set[str] = set()
    for statement in statements:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            names.add(statement.name)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
        else:
            names |= {n.id for n in nodes(statement, ast.Name) if isinstance(n.ctx, ast.Store)}
    return frozenset(names)


def called_beside(submission: Submission, own: Written) -> list[Written]:
    """The functions of the same file that a function calls directly or indirectly, in the order of the calls.

    Without required functions.
    """
    found: dict[str, Written] = {}
    pending = [own.tree]
    at_hand = {
        statement.name: (block, statement, statements)
        for block in own.source.blocks
        for statements in [_statements(block)]
        for statement in statements
        if isinstance(statement, ast.FunctionDef)
    }
    while pending:
        for call in nodes(pending.pop(0), ast.Call):
            name = call.func.id if isinstance(call.func, ast.Name) else ""
            if name in at_hand and name not in (*found, *submission.definitions, own.tree.name):
                block, tree, beside = at_hand[name]
                found[name] = Written(own.source, block, tree, tuple(block.code.split("\n")), _bound(beside))
                pending.append(tree)
    return list(found.values())


def written_method(submission: Submission, name: str) -> Written | None:
    """A method, "LinearSVM.train", which may be in a base class."""
    owner, _, method = name.partition(".")
    definition = submission.definitions.get(owner)
    if definition is None or not method:
        return None
    classes: dict[str, tuple[Source, Block, ast.ClassDef]] = {}
    for source in sorted(submission.sources, key=lambda s: s.name == definition.source):
        # Parsing all of a notebook for each method takes longer than most of its checks.
        for block in (block for block in source.blocks if "class" in block.code):
            for statement in _statements(block):
                if isinstance(statement, ast.ClassDef):
                    classes[statement.name] = source, block, statement
    pending, seen = [owner], set[str]()
    while pending:
        current = pending.pop(0)
        if current in seen or current not in classes:
            continue
        seen.add(current)
        source, block, statement = classes[current]
        function = method_of(statement, method)
        if isinstance(function, ast.FunctionDef):
            return Written(source, block, function, tuple(block.code.split("\n")), _bound(_statements(block)))
        pending += base_names(statement)
    return None


def _statements(block: Block) -> list[ast.stmt]:
    try:
        return syntax_tree(block.code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
