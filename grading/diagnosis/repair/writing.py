"""Writes edits of expressions, with brackets only where they are needed."""

from __future__ import annotations

import ast

from grading.diagnosis.repair.function import Edit, Function
from grading.diagnosis.repair.scope import UNKNOWN, Scope

__all__ = ["REDUCING", "UNKNOWN", "Ranked", "Writing"]

Ranked = tuple[int, Edit]
"""How unlikely an edit is, from 1, and the edit."""

REDUCING = frozenset(("sum", "max", "min", "mean", "amax", "amin", "logsumexp", "log_softmax", "softmax"))
"""Functions that reduce an array to one number, or to one per row."""

_COMPOUND = (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Lambda, ast.Tuple, ast.NamedExpr)


class Writing:
    """Base of the classes that make edits of a function's expressions."""

    def __init__(self, function: Function, scope: Scope) -> None:
        self.function, self.scope = function, scope
        self._places: dict[int, tuple[tuple[int, int], bool]] = {}

    def _group(self, node: ast.AST) -> str:
        text = self.function.said(node)
        return f"({text})" if isinstance(node, _COMPOUND) else text

    def _factor(self, node: ast.AST) -> str:
        """Like `_group`, but without brackets around a product."""
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
            return self.function.said(node)
        return self._group(node)

    def _put(self, kind: str, node: ast.AST, text: str, at: tuple[int, int] | None = None) -> Edit:
        if id(node) not in self._places:
            self._places[id(node)] = self.function.span(node), self._needs_brackets(node)
        span, needs_brackets = self._places[id(node)]
        if needs_brackets:
            simple = text.replace("_", "a").replace(".", "a").isalnum() or (
                text.endswith(")") and "(" in text
            )
            text = text if simple else f"({text})"
        return Edit(kind, at or span, ((*span, text),))

    def _needs_brackets(self, node: ast.AST) -> bool:
        """Whether what takes the place of a node may bind less tightly than is needed there."""
        parent = self.function.parents.get(id(node))
        tight = isinstance(parent, ast.BinOp | ast.UnaryOp | ast.Compare | ast.BoolOp | ast.Attribute)
        called = (isinstance(parent, ast.Subscript) and parent.value is node) or (
            isinstance(parent, ast.Call) and parent.func is node
        )
        return (tight or called) and not self._closed(self.function.span(node))

    def _closed(self, span: tuple[int, int]) -> bool:
        """Whether a place already has brackets around it."""
        text = self.function.text
        return text[: span[0]].rstrip().endswith(b"(") and text[span[1] :].lstrip().startswith(b")")

    def _both(self, first: ast.AST, last: ast.AST) -> tuple[int, int]:
        return self.function.span(first)[0], self.function.span(last)[1]
