"""Compiles the statements of a block straight from its text, in half the time that it takes by way of a syntax tree.

Only text that can be split by its lines alone is split here; the rest is left to the parser. If every part compiles by
itself, then the parts are the statements of the block: at the end of a part no bracket, string or indentation is open.
"""

from __future__ import annotations

import marshal
import re
from collections.abc import Mapping
from itertools import pairwise
from types import CodeType
from typing import NamedTuple

from grading.protocol.wire import WireBlock, WireDefinition

# What can put two statements in one line, ends lines elsewhere, or matters beyond its own statement.
_FOR_THE_PARSER = re.compile(r"[;\r\f\0]|except|__future__")
# Of marshal's formats, one whose bytes do not depend on what else is in memory.
_WITHOUT_REFERENCES = 2
_STATEMENT = re.compile(r"(?!else\b|elif\b|finally\b)[A-Za-z_]")
_LINE = re.compile(r"[A-Za-z_ \t#)\]}]|$")
_EMPTY = re.compile(r"[ \t]*(?:#|$)")
_DEFINITION = re.compile(r"(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)")


class Compiled(NamedTuple):
    """A definition's text, from its first line to its last, and its code."""

    text: str
    code: CodeType

    def is_of(self, text: str) -> bool:
        """Whether ``text`` is this definition, with nothing but comments after it."""
        rest = text[len(self.text) :]
        return text.startswith(self.text) and all(map(_EMPTY.match, rest.split("\n")))


class Statement(NamedTuple):
    """One top-level statement.

    Attributes:
        code: the statement, compiled.
        lines: its first line, and the last one before the next statement.
        defines: the function or class that it defines.
        imports_names: whether it is ``from ... import ...``.
    """

    code: CodeType
    lines: tuple[int, int]
    defines: str | None
    imports_names: bool

    def has(self, definition: WireDefinition) -> bool:
        """Whether this is the statement with ``definition``."""
        first, last = self.lines
        within = first <= definition.first_line and definition.last_line <= last
        return within and self.defines == definition.name


def filename_of(name: str, cell: str | None) -> str:
    """Return the file name that the code of a block is compiled with."""
    return name if cell is None else f"{name}, {cell}"


def packed(block: WireBlock, filename: str, known: Mapping[int, Compiled]) -> bytes:
    """Return the statements of ``block`` for `WireBlock.compiled`, which is for nobody else to read."""
    statements = quickly_compiled(block, filename, known)
    return b"" if statements is None else marshal.dumps(list(map(tuple, statements)), _WITHOUT_REFERENCES)


def statements_of(block: WireBlock, filename: str) -> list[Statement] | None:
    """As `quickly_compiled`, if it has not been done before."""
    if block.compiled:
        # From whoever may run any code here.
        return [Statement(*each) for each in marshal.loads(block.compiled)]
    return quickly_compiled(block, filename)


def quickly_compiled(
    block: WireBlock, filename: str, known: Mapping[int, Compiled] = {}
) -> list[Statement] | None:
    """Return the statements of ``block``; None if it must be parsed to find them, or does not compile.

    ``known`` has definitions that were compiled for the same lines of the same file, by the first of these.
    """
    if _FOR_THE_PARSER.search(block.code):
        return None
    lines = block.code.split("\n")
    starts = [k for k, line in enumerate(lines) if _STATEMENT.match(line)]
    before = lines[: starts[0]] if starts else lines
    if not all(map(_EMPTY.match, before)) or not all(_LINE.match(line) for line in lines):
        return None
    statements = []
    for first, after in pairwise([*starts, len(lines)]):
        text = "\n".join(lines[first:after])
        if text.endswith("\\"):
            return None
        line = block.first_line + first
        definition = known.get(line)
        if definition is not None and definition.is_of(text):
            code = definition.code
        else:
            try:
                code = compile("\n" * (line - 1) + text, filename, "exec", dont_inherit=True)
            except Exception:
                return None
        found = _DEFINITION.match(text)
        defines = None if found is None else found[1]
        last = block.first_line + after - 1
        statements.append(Statement(code, (line, last), defines, bool(re.match(r"from\b", text))))
    return statements
