"""Edits of train and predict: those of any function, and insertions of what is often forgotten there."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace

from grading.diagnosis.repair.expressions import Expressions
from grading.diagnosis.repair.function import Edit, Function
from grading.diagnosis.repair.scope import Scope, names_in
from grading.diagnosis.repair.statements import Statements
from grading.diagnosis.repair.writing import UNKNOWN, Ranked

METHODS = ("train", "predict")

_OWN = "self"
_STEP = 4


def method_scope(function: Function, kind: str) -> Scope | None:
    """The meaning of names in a train or a predict; None if it takes no data."""
    arguments = [argument.arg for argument in function.tree.args.args]
    given = [name for name in arguments if name not in (_OWN, "W")]
    if not given:
        return None
    X = given[0]
    y = given[1] if kind == "train" and len(given) > 1 else UNKNOWN
    W = f"{_OWN}.W" if _OWN in arguments else "W"
    found = names_in(function, W, X, y, "reg" if "reg" in given else UNKNOWN, kind)
    return replace(found, numbers=tuple(dict.fromkeys((*given[2:], *found.numbers))))


class MethodExpressions(Expressions):
    """The edits of a method's expressions, without those specific to losses."""

    def edits(self) -> Iterator[Ranked]:
        """All edits of expressions of a method, each with its rank."""
        for node in ast.walk(self.function.tree):
            if not isinstance(node, ast.expr) or isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
                continue
            if self._is_term(node):
                yield 2, self._put("sign", node, f"-{self._factor(node)}")
            yield from self._of(node)
            if isinstance(node, ast.Name) and node.id in (self.scope.X, self.scope.y):
                # The batch is meant.
                for name in self.scope.arrays:
                    yield 1, self._put("name", node, name)
                    yield 1, self._put("index", node, f"{node.id}[{name}]")
            if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Name):
                for name in self.scope.arrays if isinstance(node.value, ast.Name) else ():
                    yield 1, self._put("index", node.slice, name)


class MethodStatements(Statements):
    """The edits of a method's statements."""

    def edits(self) -> Iterator[Ranked]:
        """All edits of statements of a method, each with its rank."""
        yield from super().edits()
        missing = f"{self.scope.W} is None"
        for node in ast.walk(self.function.tree) if self.scope.loss == "train" else ():
            if isinstance(node, ast.If):
                span = self.function.span(node.test)
                yield 2, Edit("condition", span, ((*span, missing),))
            elif isinstance(node, ast.Assign) and self.function.said(node.targets[0]) == self.scope.W:
                # Existing weights are kept.
                (start, end), indent = self.function.full_lines(node), " " * node.col_offset
                whole = self.function.text[start:end].decode()
                guarded = f"{indent}if {missing}:\n" + textwrap.indent(whole, " " * _STEP)
                yield 2, Edit("condition", self.function.span(node), ((start, end, guarded),))

    def _outside(self) -> Iterator[tuple[int, str]]:
        for name in self.scope.arrays:
            yield 1, f"return {name}"
        if self.scope.loss == "predict":
            best = f"{self.scope.np}.argmax({self.scope.X}.dot({self.scope.W}), axis=1)"
            yield 3, f"return {best}"
            for name in self.scope.arrays:
                yield 2, f"{name} = {best}"
        for name in self._lists():
            yield 1, f"{name} = []"

    def _in_loops(self) -> Iterator[tuple[int, str]]:
        scope = self.scope
        rates = [
            a.arg for a in self.function.tree.args.args if "rate" in a.arg or a.arg in ("lr", "alpha", "eta")
        ]
        for loss, dW in self._evaluated():
            for rate in rates:
                yield 1, f"{scope.W} -= {rate} * {dW}"
            for name in self._lists():
                yield 1, f"{name}.append({loss})"
        for rows in scope.arrays:
            for batch in scope.arrays:
                if rows != batch:
                    yield 2, f"{batch} = {scope.X}[{rows}]"
                    yield 2, f"{batch} = {scope.y}[{rows}]"

    def _evaluated(self) -> Iterator[tuple[str, str]]:
        """The names of the two values of a loss."""
        for node in ast.walk(self.function.tree):
            if isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Tuple):
                names = [part.id for part in target.elts if isinstance(part, ast.Name)]
                if len(names) == 2 and isinstance(node.value, ast.Call):
                    yield names[0], names[1]

    def _lists(self) -> Iterator[str]:
        """The names of lists."""
        for node in ast.walk(self.function.tree):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.List):
                yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def without_indentation(lines: Sequence[str], indent: int) -> str:
    """Dedent the lines of a method to those of a function; text further left is in a string or a comment."""
    return "\n".join(line[indent:] if not line[:indent].strip() else line for line in lines)
