"""Opens blocks for the definitions in them: under an `if`, in a `try`, a `with` or a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grading.intake.fragments import first_line, last_line

_DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_BLOCK = (ast.If, ast.Try, ast.TryStar, ast.With, ast.AsyncWith, ast.For, ast.AsyncFor, ast.While)
#: Replaces a block's head, so that its body runs once, whatever the head says.
HEAD = "if 1:"


def bodies(statement: ast.stmt) -> list[list[ast.stmt]]:
    """The bodies of a block, in the order of the text; none for any other statement."""
    if not isinstance(statement, _BLOCK):
        return []
    handlers = [handler.body for handler in getattr(statement, "handlers", ())]
    ends = [getattr(statement, name, None) for name in ("orelse", "finalbody")]
    return [body for body in (statement.body, *handlers, *ends) if body]


def definitions(statement: ast.stmt) -> Iterator[ast.stmt]:
    """The functions and classes that ``statement`` defines in its bodies, at whatever depth.

    Definitions in an `except` count only if the body that it stands in for does not have them.
    """
    if not isinstance(statement, _BLOCK):
        return
    handled = {id(body) for handler in getattr(statement, "handlers", ()) for body in (handler.body,)}
    tried: set[str] = set()
    for body in bodies(statement):
        found = [
            each
            for inner in body
            for each in ([inner] if isinstance(inner, _DEFINITION) else definitions(inner))
        ]
        names = {each.name for each in found if isinstance(each, _DEFINITION)}
        if id(body) in handled:
            yield from (each for each in found if getattr(each, "name", "") not in tried)
        else:
            tried |= names
            yield from found


def is_elif(statement: ast.stmt, body: list[ast.stmt]) -> bool:
    """Whether ``body`` is an `elif` of ``statement``, with a head of its own."""
    return (
        isinstance(statement, ast.If)
        and body is statement.orelse
        and isinstance(body[0], ast.If)
        and body[0].col_offset == statement.col_offset
    )


def write(source: list[str], lines: list[str], statement: ast.stmt) -> None:
    """Copy ``statement`` to its place in ``lines``; several on one line stay separated by semicolons."""
    first, last = first_line(statement), last_line(statement)
    start = statement.col_offset
    for number in range(first, last + 1):
        line = source[number - 1].encode()
        # Offsets count bytes of UTF-8.
        piece = line[: statement.end_col_offset] if number == last else line
        piece = piece[start:] if number == first and line[:start].strip() else piece
        text = piece.decode(errors="replace")
        before = lines[number - 1]
        lines[number - 1] = text if not before else f"{before}{' ' if before.endswith(HEAD) else '; '}{text}"


def write_head(source: list[str], lines: list[str], block: ast.stmt, body: list[ast.stmt]) -> None:
    """Put a head that always holds before ``body`` of ``block``, on its line or on the one above."""
    number = first_line(body[0])
    is_beside = bool(source[number - 1].encode()[: body[0].col_offset].strip())
    outer = source[first_line(block) - 1]
    indent = outer[: len(outer) - len(outer.lstrip())]
    lines[number - 1 if is_beside else number - 2] = f"{indent}{HEAD}"
