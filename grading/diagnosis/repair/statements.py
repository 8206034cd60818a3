"""Edits of whole statements: missing, superfluous or misplaced ones, = where += belongs."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator, Sequence
from functools import cached_property

from grading.diagnosis.repair.function import Edit, Function
from grading.diagnosis.repair.scope import Scope
from grading.diagnosis.repair.writing import Ranked

_SYMBOLS: dict[type[ast.operator], str] = {ast.Add: "+=", ast.Sub: "-=", ast.Mult: "*=", ast.Div: "/="}
_INSTEAD = {"+=": ("-=", "=", "*="), "-=": ("+=", "="), "/=": ("*=",), "*=": ("/=", "+=")}


class Statements:
    """The edits of a function's statements, in no particular order."""

    def __init__(self, function: Function, scope: Scope) -> None:
        self.function, self.scope = function, scope

    def edits(self) -> Iterator[Ranked]:
        """All edits of statements, each with its rank."""
        for block in self.function.blocks():
            for k, statement in enumerate(block):
                if isinstance(statement, ast.AugAssign | ast.Assign):
                    yield from self._assignments(statement)
                if isinstance(statement, ast.If):
                    yield from self._branches(statement)
                if isinstance(statement, ast.Break | ast.Continue):
                    span = self.function.span(statement)
                    other = "continue" if isinstance(statement, ast.Break) else "break"
                    yield 1, Edit("statement", span, ((*span, other),))
                if self.function.alone(statement):
                    yield from self._penalty_out(statement)
                    yield from self._without(block, k)
                    yield from self._moved(block, k)
            yield from self._dedented(block)
            yield from self._inserted(block)

    def _assignments(self, statement: ast.AugAssign | ast.Assign) -> Iterator[Ranked]:
        target = statement.target if isinstance(statement, ast.AugAssign) else statement.targets[-1]
        if isinstance(target, ast.Tuple):
            if len(target.elts) == 2 and isinstance(statement.value, ast.Tuple):
                first, second = target.elts
                start, end = self.function.span(first)[0], self.function.span(second)[1]
                text = f"{self.function.said(second)}, {self.function.said(first)}"
                yield 1, Edit("order", (start, end), ((start, end, text),))
            return
        gap = self.function.span(target)[1], self.function.span(statement.value)[0]
        between = self.function.text[gap[0] : gap[1]].decode()
        symbol = _SYMBOLS.get(statement.op.__class__, "") if isinstance(statement, ast.AugAssign) else "="
        start = gap[0] + len(between[: between.find(symbol)].encode())
        place = start, start + len(symbol)
        for rank, other in enumerate(_INSTEAD.get(symbol, ("+=", "-=")), 1):
            yield min(rank, 2), Edit("assignment", place, ((*place, other),))
        if symbol in ("+=", "-=") and isinstance(target, ast.Subscript):
            # With an index array, an entry that occurs twice is changed only once.
            said, sign = self.function.said, "-" if symbol == "-=" else ""
            added = f"{sign}({said(statement.value)})" if sign else said(statement.value)
            text = f"{self.scope.np}.add.at({said(target.value)}, {said(target.slice)}, {added})"
            span = self.function.span(statement)
            if not isinstance(target.slice, ast.Tuple):
                yield 1, Edit("repeated", span, ((*span, text),))

    def _branches(self, statement: ast.If) -> Iterator[Ranked]:
        span = self.function.span(statement.test)
        said = self.function.said(statement.test)
        yield 2, Edit("condition", span, ((*span, f"not ({said})"),))
        yield 3, Edit("condition", span, ((*span, "True"),))
        for i in self.scope.indices:
            for j in self.scope.indices:
                if i != j:
                    yield 2, Edit("condition", span, ((*span, f"{j} != {self.scope.y}[{i}] and ({said})"),))

    def _without(self, block: Sequence[ast.stmt], k: int) -> Iterator[Ranked]:
        statement = block[k]
        if isinstance(statement, ast.FunctionDef | ast.Return | ast.For):
            return
        lines, span = self.function.full_lines(statement), self.function.span(statement)
        if len(block) == 1:
            yield 3, Edit("delete", span, ((*span, "pass"),))
        else:
            yield 2, Edit("delete", span, ((*lines, ""),))

    def _moved(self, block: Sequence[ast.stmt], k: int) -> Iterator[Ranked]:
        statement = block[k]
        if isinstance(statement, ast.FunctionDef | ast.Return) or len(block) == 1:
            return
        span = self.function.span(statement)
        for rank, place, indent in self._places(block, k):
            yield rank, Edit("move", span, self._move(statement, place, indent))

    def _places(self, block: Sequence[ast.stmt], k: int) -> Iterator[tuple[int, int, int]]:
        """Other places for a statement: the rank, the byte, the indentation."""
        indent = block[k].col_offset
        for other, neighbour in enumerate(block):
            before = self.function.full_lines(neighbour)[0]
            if other < k:
                yield 2 if other == k - 1 else 3, before, indent
            elif other > k + 1:
                yield 2 if other == k + 2 else 3, before, indent
        last = block[-1]
        if not isinstance(last, ast.Return) and k < len(block) - 1:
            yield 2, self.function.full_lines(last)[1], indent
        # Into a loop before or after it
        for other in (k - 1, k + 1):
            if 0 <= other < len(block) and isinstance(loop := block[other], ast.For | ast.If):
                inner = loop.body
                edge = inner[-1] if other < k else inner[0]
                place = self.function.full_lines(edge)[1 if other < k else 0]
                yield 2, place, inner[0].col_offset
        # Out of the loop that it is in
        outer = self.function.parents.get(id(block[k]))
        while isinstance(outer, ast.For | ast.If | ast.While):
            start, end = self.function.full_lines(outer)
            yield 2, end, outer.col_offset
            yield 2, start, outer.col_offset
            outer = self.function.parents.get(id(outer))

    def _move(self, statement: ast.stmt, place: int, indent: int) -> tuple[tuple[int, int, str], ...]:
        start, end = self.function.full_lines(statement)
        text = _indented(self.function.text[start:end].decode(), indent)
        if place == len(self.function.text):
            text = "\n" + text.rstrip("\n")
        return (start, end, ""), (place, place, text)

    def _penalty_out(self, statement: ast.stmt) -> Iterator[Ranked]:
        """Move the regularization out of a sum in a loop to the end, where it counts once."""
        last = self.function.tree.body[-1]
        looped = any(isinstance(outer, ast.For | ast.While) for outer in self._around(statement))
        if not (looped and isinstance(statement, ast.AugAssign) and isinstance(last, ast.Return)):
            return
        if not isinstance(statement.op, ast.Add) or not isinstance(statement.target, ast.Name):
            return
        value, place = statement.value, self.function.full_lines(last)[0]
        target, said = statement.target.id, self.function.said
        if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
            for penalty, rest in ((value.right, value.left), (value.left, value.right)):
                if self._holds_reg(penalty) and not self._holds_reg(rest):
                    end = _indented(f"{target} += {said(penalty)}\n", last.col_offset)
                    changes = (*self.function.span(value), said(rest)), (place, place, end)
                    yield 1, Edit("move", self.function.span(penalty), changes)
        elif self._holds_reg(value):
            lines = self.function.full_lines(statement)
            whole = _indented(self.function.text[slice(*lines)].decode(), last.col_offset)
            kept = "" if len(self._block_of(statement)) > 1 else _indented("pass\n", statement.col_offset)
            yield 1, Edit("move", self.function.span(statement), ((*lines, kept), (place, place, whole)))

    def _holds_reg(self, node: ast.AST) -> bool:
        return any(isinstance(n, ast.Name) and n.id == self.scope.reg for n in ast.walk(node))

    def _block_of(self, statement: ast.stmt) -> Sequence[ast.stmt]:
        return next(block for block in self.function.blocks() if statement in block)

    def _dedented(self, block: Sequence[ast.stmt]) -> Iterator[Ranked]:
        """Move the last statements of a loop or branch out of it."""
        outer = self.function.parents.get(id(block[0]))
        if not isinstance(outer, ast.For | ast.While | ast.If) or not all(map(self.function.alone, block)):
            return
        for k in range(len(block) - 1, 0, -1):
            if len(block) - k < 2 and not isinstance(block[k], ast.Return):
                continue  # a single statement is moved
            start, end = self.function.full_lines(block[k])[0], self.function.full_lines(block[-1])[1]
            text = _indented(self.function.text[start:end].decode(), outer.col_offset)
            at = self.function.span(block[k])
            yield 1 if isinstance(block[-1], ast.Return) else 3, Edit("move", at, ((start, end, text),))

    # Missing statements

    def _inserted(self, block: Sequence[ast.stmt]) -> Iterator[Ranked]:
        inside = any(isinstance(s, ast.For) for s in self._around(block[0]))
        indent = block[0].col_offset
        menu = [
            # An existing statement is more likely misplaced than missing.
            (rank + 2 if "".join(text.split()) in self._written else rank, text)
            for rank, text in (self._in_loops() if inside else self._outside())
        ]
        for k in range(len(block), -1, -1):
            if k and isinstance(block[k - 1], ast.Return | ast.Continue | ast.Break):
                continue
            before = self.function.text[: self.function.full_lines(block[k])[0] if k < len(block) else None]
            place = len(before) if k < len(block) else self.function.full_lines(block[-1])[1]
            at = self.function.span(block[max(k - 1, 0)])
            for rank, text in menu:
                needed = re.match(r"\w+", text)
                starts = text.endswith("= 0.0") or text.startswith("if ")
                if needed and not starts and not re.search(rf"\b{needed[0]}\b".encode(), before):
                    continue
                whole = _indented(text + "\n", indent)
                if place == len(self.function.text):
                    whole = "\n" + whole.rstrip("\n")
                yield rank, Edit("insert", at, ((place, place, whole),), inserts=True)

    @cached_property
    def _written(self) -> frozenset[str]:
        """All statements, without spaces, except those with nested blocks, which are never proposed as missing."""
        return frozenset(
            "".join(ast.unparse(statement).split())
            for statement in ast.walk(self.function.tree)
            if isinstance(statement, ast.stmt)
            and not any(hasattr(inner, "body") for inner in ast.iter_child_nodes(statement))
        )

    def _around(self, statement: ast.stmt) -> Iterator[ast.AST]:
        outer = self.function.parents.get(id(statement))
        while outer is not None and not isinstance(outer, ast.FunctionDef):
            yield outer
            outer = self.function.parents.get(id(outer))

    def _outside(self) -> Iterator[tuple[int, str]]:
        s = self.scope
        loss, dW = s.returned
        for name in dict.fromkeys(name for name in (loss, dW, *s.sums) if name):
            yield 1, f"{name} /= {s.N}"
        for name in dict.fromkeys(name for name in (loss, *s.sums) if name):
            yield 1 if name == loss else 2, f"{name} += {s.reg} * {s.np}.sum({s.W} * {s.W})"
        for name in dict.fromkeys(name for name in (dW, *s.sums) if name):
            yield 1 if name == dW else 2, f"{name} += 2 * {s.reg} * {s.W}"
            yield 3, f"{name} += {s.reg} * {s.W}"
        if not any(isinstance(node, ast.Return) for node in ast.walk(self.function.tree)):
            for loss in (*s.sums, *s.arrays):
                yield from ((2, f"return {loss}, {dW}") for dW in (*s.arrays, *s.sums) if dW != loss)
        for name in s.arrays:
            if s.loss != "softmax":
                yield 1, f"{name}[{s.rows}] = 0"
                yield 1, f"{name}[{s.rows}] = -{name}.sum(axis=1)"
                yield 2, f"{name}[{s.rows}] -= {name}.sum(axis=1)"
                yield 2, f"{name}[{name} < 0] = 0"
                yield 2, f"{name}[{name} > 0] = 1"
                yield 2, f"{name} += 1"
            if s.loss != "svm":
                yield 1, f"{name}[{s.rows}] -= 1"
                yield 1, f"{name} -= {name}.max(axis=1, keepdims=True)"
                yield 2, f"{name} = {name} / {name}.sum(axis=1, keepdims=True)"
                yield 3, f"{name} = {s.np}.exp({name})"
            yield 3, f"{name} = {name}.astype(float)"

    def _in_loops(self) -> Iterator[tuple[int, str]]:
        s = self.scope
        _, dW = s.returned
        gradients = [name for name in dict.fromkeys((dW, *s.arrays, *s.sums)) if name]
        for i in s.indices:
            for name in dict.fromkeys((*s.arrays, *s.sums)):
                if s.loss != "svm":
                    yield 2, f"{name}[{s.y}[{i}]] -= 1"
                if s.loss != "softmax":
                    yield 2, f"{name}[{s.y}[{i}]] = 0"
            for j in s.indices:
                if i == j or s.loss == "softmax":
                    continue
                yield 1, f"if {j} == {s.y}[{i}]:\n    continue"
                for name in gradients[:2]:
                    yield 1, f"{name}[:, {s.y}[{i}]] -= {s.X}[{i}]"
                    yield 1, f"{name}[:, {j}] += {s.X}[{i}]"
        for label in s.indices:
            if s.loss == "svm":
                yield from ((3, f"{name}[{label}] = 0") for name in s.arrays)
        for name in s.arrays if s.loss != "svm" else ():
            yield 1, f"{name} -= {s.np}.max({name})"
            yield 3, f"{name} = {name} / {s.np}.sum({name})"
            yield 3, f"{name} = {s.np}.exp({name})"
        for name in s.sums:
            yield 1, f"{name} = 0.0"


def _indented(text: str, indent: int) -> str:
    return textwrap.indent(textwrap.dedent(text), " " * indent)
