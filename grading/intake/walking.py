"""Walking through syntax trees: Python's own walk takes a large part of reading a hand-in."""

from __future__ import annotations

import ast


def walk(node: ast.AST) -> list[ast.AST]:
    """A node and all below it but for contexts (`ast.Load`), in the order of `ast.walk`, in less than half the time."""
    found = [node]
    # The list grows while it is gone through.
    for each in found:
        for name in each._fields:
            value = getattr(each, name, None)
            if isinstance(value, list):
                found += [part for part in value if isinstance(part, ast.AST)]
            elif isinstance(value, ast.AST) and name != "ctx":
                found.append(value)
    return found
