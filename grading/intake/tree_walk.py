"""Walks through syntax trees fast: Python's own walk takes a large part of the time to read a hand-in."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TypeVar, cast

T = TypeVar("T", bound=ast.AST)

_KEPT, _KEPT_BY_KIND = "_nodes_below", "_nodes_by_kind"
# Fields that hold no nodes except contexts and operators, in every kind of node.
_NAMES = ("arg", "asname", "attr", "id", "kind", "module", "name", "type_comment")
_NUMBERS = ("conversion", "is_async", "level", "simple")
_LEAVES = frozenset((*_NAMES, *_NUMBERS, "ctx", "op", "ops"))


# Lists that hold only nodes, in every kind of node.
_ONLY_NODES = frozenset(
    ("args", "body", "comparators", "elts", "generators", "keywords", "orelse", "targets", "values")
)


class _Branches(dict[type[ast.AST], tuple[str, ...]]):
    """The fields of each kind of node that may hold other nodes."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        fields = () if kind is ast.Constant else tuple(f for f in kind._fields if f not in _LEAVES)
        return self.setdefault(kind, fields)


_BRANCHES = _Branches()


def walk(node: ast.AST) -> Sequence[ast.AST]:
    """A node and all below it except contexts (`ast.Load`) and operators (`ast.Add`), in the order of `ast.walk`.

    What is below it is stored on the node: trees are not changed here, and functions are searched for many things.
    """
    # Without the node itself: a tree that refers to itself is only freed by a search for such garbage, which takes a
    # fifth of the time to read a hand-in.
    known: Sequence[ast.AST] | None = getattr(node, _KEPT, None)
    if known is not None:
        return [node, *known]
    found = [node]
    # The list grows during the iteration.
    for each in found:
        for name in _BRANCHES[type(each)]:
            value = getattr(each, name, None)
            if type(value) is list:
                found += value if name in _ONLY_NODES else [p for p in value if isinstance(p, ast.AST)]
            elif isinstance(value, ast.AST):
                found.append(value)
    setattr(node, _KEPT, found[1:])
    return found


def nodes(node: ast.AST, kind: type[T]) -> Sequence[T]:
    """The nodes of exactly one kind, without subclasses, that `walk` finds. They are stored on the node, too."""
    by_kind: dict[type[ast.AST], list[ast.AST]] | None = getattr(node, _KEPT_BY_KIND, None)
    if by_kind is None:
        by_kind = {}
        for each in walk(node)[1:]:
            by_kind.setdefault(type(each), []).append(each)
        setattr(node, _KEPT_BY_KIND, by_kind)
    found = by_kind.get(kind, ())
    return cast(Sequence[T], [node, *found] if type(node) is kind else found)
