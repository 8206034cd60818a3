"""Walking through syntax trees: Python's own walk takes a large part of reading a hand-in."""

from __future__ import annotations

import ast
from collections.abc import Sequence

_KEPT = "_nodes_below"


def walk(node: ast.AST) -> Sequence[ast.AST]:
    """A node and all below it but for contexts (`ast.Load`), in the order of `ast.walk`, in less than half the time.

    What was found is kept with the node: trees are not changed here, and functions are looked through for many things.
    """
    known: Sequence[ast.AST] | None = getattr(node, _KEPT, None)
    if known is not None:
        return known
    found = [node]
    # The list grows while it is gone through.
    for each in found:
        for name in each._fields:
            value = getattr(each, name, None)
            if isinstance(value, list):
                found += [part for part in value if isinstance(part, ast.AST)]
            elif isinstance(value, ast.AST) and name != "ctx":
                found.append(value)
    setattr(node, _KEPT, found)
    return found
