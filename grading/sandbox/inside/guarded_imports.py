"""Finds imports that a program can do without: in a `try` that says what to do without the module."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_CAUGHT = frozenset(("ImportError", "ModuleNotFoundError", "Exception", "BaseException"))
_GIVING_UP = frozenset(("exit", "quit", "_exit", "abort"))


def prepared(statement: ast.stmt) -> Iterator[range]:
    """Yield the lines of such imports in ``statement``, at any depth."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Try) and any(map(_goes_on, node.handlers)):
            for inner in node.body:
                for found in ast.walk(inner):
                    if isinstance(found, (ast.Import, ast.ImportFrom)):
                        yield range(found.lineno, (found.end_lineno or found.lineno) + 1)


def _goes_on(handler: ast.ExceptHandler) -> bool:
    """Whether ``handler`` catches the error of a missing module, and does something other than give up."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    if not any(kind is None or (isinstance(kind, ast.Name) and kind.id in _CAUGHT) for kind in kinds):
        return False
    return not any(
        isinstance(node, ast.Raise)
        or (
            isinstance(node, ast.Call)
            and getattr(node.func, "attr", getattr(node.func, "id", "")) in _GIVING_UP
        )
        for node in ast.walk(handler)
    )
