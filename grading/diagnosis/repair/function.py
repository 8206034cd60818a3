"""A function as both text and syntax tree, to be edited."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec

from grading.intake.parsing import syntax_tree

_PLACED = (ast.expr, ast.stmt, ast.arg, ast.keyword)

Replacement = tuple[int, int, str]
"""The first byte, the end, and the text that takes the place of the bytes between."""


class Edit(msgspec.Struct, frozen=True, gc=False):
    """One change to a function's text.

    Attributes:
        kind: the kind of change; see `grading.diagnosis.repair.kinds`.
        at: the range of bytes that a person would look at.
        replacements: the replacements, which do not overlap.
        inserts: whether nothing is wrong at ``at``, but something is missing after it.
        number: the number of the edited function in a `Program`.
    """

    kind: str
    at: tuple[int, int]
    replacements: tuple[Replacement, ...]
    inserts: bool = False
    number: int = 0


@dataclass(frozen=True, eq=False)
class Function:
    """A function at the top level of a text.

    Attributes:
        text: UTF-8, from its first line to its last.
        origins: for each line of ``text``, the line of the student's text that it comes from.
    """

    text: bytes
    origins: tuple[int, ...]

    @cached_property
    def tree(self) -> ast.FunctionDef:
        """The function, with line numbers of ``text``.

        Raises:
            SyntaxError: the text is not a function.
        """
        statements = syntax_tree(self.text).body
        if len(statements) != 1 or not isinstance(statements[0], ast.FunctionDef):
            raise SyntaxError("not one function")
        return statements[0]

    @cached_property
    def starts(self) -> list[int]:
        """The byte where each line begins; the last entry is the end of the text."""
        starts = [0]
        for line in self.text.split(b"\n"):
            starts.append(starts[-1] + len(line) + 1)
        return starts

    @cached_property
    def parents(self) -> dict[int, ast.AST]:
        """The parent of each node, by ``id``."""
        return {id(child): node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def span(self, node: ast.AST) -> tuple[int, int]:
        """The range of bytes of a node that has a position."""
        assert isinstance(node, _PLACED)
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self.starts[node.lineno - 1] + node.col_offset,
            self.starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def said(self, node: ast.AST) -> str:
        """The text that a node was parsed from."""
        start, end = self.span(node)
        return self.text[start:end].decode()

    def line_of(self, offset: int) -> int:
        """The line, from 1, that a byte is in."""
        return self.text.count(b"\n", 0, offset) + 1

    def full_lines(self, statement: ast.stmt) -> tuple[int, int]:
        """The range of bytes of all lines of a statement, including the last line's end."""
        assert statement.end_lineno is not None
        return self.starts[statement.lineno - 1], min(self.starts[statement.end_lineno], len(self.text))

    def alone(self, statement: ast.stmt) -> bool:
        """Whether nothing else is on the lines of a statement."""
        begin, end = self.full_lines(statement)
        start, stop = self.span(statement)
        before, after = self.text[begin:start], self.text[stop:end].strip()
        return not before.strip() and (not after or after.startswith(b"#"))

    def edited(self, edit: Edit) -> Function:
        """Apply an edit to the function."""
        origins = list(self.origins)
        for start, end, new in sorted(edit.replacements, reverse=True):
            first, last = self.line_of(start), self.line_of(end)
            more = new.count("\n") - (last - first)
            if more > 0:
                origins[last - 1 : last - 1] = [origins[max(first - 2, 0)]] * more
            elif more < 0:
                del origins[first - 1 : first - 1 - more]
        return Function(self.edited_text(edit), tuple(origins))

    def edited_text(self, edit: Edit) -> bytes:
        """Apply an edit to the text alone."""
        text = self.text
        for start, end, new in sorted(edit.replacements, reverse=True):
            text = text[:start] + new.encode() + text[end:]
        return text

    def blocks(self) -> Iterator[Sequence[ast.stmt]]:
        """Every list of statements in it, outermost first."""
        for node in ast.walk(self.tree):
            for field in ("body", "orelse"):
                statements = getattr(node, field, None)
                if isinstance(statements, list) and statements and isinstance(statements[0], ast.stmt):
                    yield statements


@dataclass(frozen=True, eq=False)
class Program:
    """The required function, and those of the student's functions that it calls.

    Attributes:
        functions: all of them, the required one first.
    """

    functions: tuple[Function, ...]

    @property
    def main(self) -> Function:
        """The required function."""
        return self.functions[0]

    @cached_property
    def text(self) -> bytes:
        """The texts of all functions, one after the other."""
        return b"\n\n".join(function.text for function in self.functions)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the functions."""
        return tuple(function.tree.name for function in self.functions)

    def edited(self, edit: Edit) -> Program:
        """Apply an edit to the program."""
        changed = self.functions[edit.number].edited(edit)
        return Program((*self.functions[: edit.number], changed, *self.functions[edit.number + 1 :]))
