"""Edits of expressions: another factor, term, sign, operator, number or name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grading.diagnosis.repair.function import Edit
from grading.diagnosis.repair.writing import REDUCING, Ranked, Writing

_SYMBOLS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.MatMult: "@", ast.FloorDiv: "//",
    ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
_TINY = 1e-3  # less than this is added to avoid a logarithm of 0 or a division by 0
_OPERATORS = {"+": ("-",), "-": ("+",), "*": ("/", "**", "+"), "/": ("*",), "**": ("*",), "@": ("*",)}
_COMPARISONS = {
    ">": ("<", ">=", "!="), ">=": (">", "<"), "<": (">", "<="), "<=": ("<", ">"), "==": ("!=",), "!=": ("==", ">"),
}  # fmt: skip


class Expressions(Writing):
    """The edits of a function's expressions, in no particular order."""

    def edits(self) -> Iterator[Ranked]:
        """All edits of expressions, each with its rank."""
        for node in ast.walk(self.function.tree):
            if not isinstance(node, ast.expr) or isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
                continue
            if self._is_term(node):
                yield from self._factors(node)
                yield from self._wraps(node)
            yield from self._of(node)
        yield from self._missing_terms()

    def _of(self, node: ast.expr) -> Iterator[Ranked]:
        match node:
            case ast.BinOp():
                return self._operations(node)
            case ast.UnaryOp():
                return self._signs(node)
            case ast.Compare():
                return self._comparisons(node)
            case ast.BoolOp():
                return self._conditions(node)
            case ast.Constant():
                return self._constants(node)
            case ast.Name():
                return self._names(node)
        return iter(())

    # Terms

    def _is_term(self, node: ast.expr) -> bool:
        parent = self.function.parents.get(id(node))
        if isinstance(parent, ast.Assign | ast.AugAssign):
            return node is parent.value and not isinstance(node, ast.Tuple)
        if isinstance(parent, ast.BinOp):
            return isinstance(parent.op, ast.Add | ast.Sub)
        if isinstance(parent, ast.Tuple):
            return isinstance(self.function.parents.get(id(parent)), ast.Return)
        if isinstance(parent, ast.UnaryOp):
            return True
        if isinstance(parent, ast.Attribute):
            return (parent.attr in REDUCING and not isinstance(node, ast.Name | ast.Attribute)) or (
                parent.attr in REDUCING and isinstance(node, ast.Name) and node.id in self.scope.arrays
            )
        return isinstance(parent, ast.Call) and node in parent.args and not isinstance(node, ast.Constant)

    def _factors(self, node: ast.expr) -> Iterator[Ranked]:
        text, scope = self._factor(node), self.scope
        parent = self.function.parents.get(id(node))
        inside = isinstance(parent, ast.Call | ast.Attribute | ast.UnaryOp)
        # A value that already has a name is more likely wrong where it is assigned; the 2 is usually the penalty's.
        named = isinstance(node, ast.Name)
        yield 3 if named else 1 if scope.reg in text else 2, self._put("factor", node, f"2 * {text}")
        # If it is added up in a loop, the mean is more likely taken after it.
        in_loop = (
            isinstance(parent, ast.AugAssign) and parent.col_offset > self.function.tree.body[0].col_offset
        )
        yield 3 if inside else 2 if in_loop else 1, self._put("factor", node, f"{text} / {scope.N}")
        yield 3 if named else 2, self._put("sign", node, f"-{text}")
        yield 3 if named else 2, self._put("factor", node, f"{scope.reg} * {text}")
        yield 2, self._put("factor", node, f"0.5 * {text}")
        yield 3, self._put("factor", node, f"{text} * {scope.N}")
        yield 3, self._put("factor", node, f"{text} * {scope.C}")
        yield 4, self._put("factor", node, f"{text} / {scope.C}")

    def _wraps(self, node: ast.expr) -> Iterator[Ranked]:
        text, numpy = self.function.said(node), self.scope.np
        group = self._group(node)
        names = (n.id for n in ast.walk(node) if isinstance(n, ast.Name))
        if self.scope.reg in text and self.scope.reg in names:
            penalty = f"{self.scope.reg} * {numpy}.sum({self.scope.W} * {self.scope.W})"
            for whole in (penalty, f"2 * {self.scope.reg} * {self.scope.W}"):
                yield 2, self._put("term", node, whole)
        in_call = isinstance(self.function.parents.get(id(node)), ast.Call)
        parent = self.function.parents.get(id(node))
        absolute = isinstance(parent, ast.Call) and self.function.said(parent.func).endswith("abs")
        yield (
            1 if in_call and isinstance(node, ast.Name) and not absolute else 3,
            self._put("square", node, f"{group} * {group}"),
        )
        yield 2 if isinstance(node, ast.Call) else 3, self._put("square", node, f"{group} ** 2")
        likely = 4 if self.scope.loss == "svm" else 2
        yield likely, self._put("function", node, f"{numpy}.exp({text})")
        yield likely, self._put("function", node, f"{numpy}.log({text})")
        yield likely, self._put("function", node, f"-{numpy}.log({text})")
        yield 3, self._put("function", node, f"{numpy}.sum({text})")
        yield 3, self._put("clip", node, f"{numpy}.maximum(0, {text})")
        yield 4, self._put("comparison", node, f"({text} > 0)")
        for total in self.scope.sums:
            yield 2, self._put("factor", node, f"{self._factor(node)} / {total}")
        for array in (*self.scope.arrays, *self.scope.sums):
            yield 4, self._put("factor", node, f"{self._factor(node)} / {array}")
            yield 4, self._put("factor", node, f"{self._factor(node)} * {array}")
            yield 4, self._put("term", node, f"{text} - {array}")
            yield 4, self._put("term", node, f"{text} + {array}")
        if not isinstance(node, ast.Name):
            for name in self.scope.arrays:
                yield 3, self._put("name", node, name)
        # It is the SVM loss's margin that is forgotten.
        margin = self.scope.loss == "svm" and isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)
        yield 1 if margin else 3, self._put("term", node, f"{text} + 1")
        yield 3, self._put("term", node, f"{text} - 1")
        yield 4, self._put("type", node, f"{group}.astype(float)")

    def _missing_terms(self) -> Iterator[Ranked]:
        """Add missing terms to what is returned, and the regularization."""
        scope = self.scope
        for node in ast.walk(self.function.tree):
            if not isinstance(node, ast.Return) or node.value is None:
                continue
            if not isinstance(node.value, ast.Tuple):
                said = self.function.said(node.value)
                for name in dict.fromkeys((*scope.sums, *scope.arrays)):
                    yield 1, self._put("return", node.value, f"{said}, {name}")
                    yield 1, self._put("return", node.value, f"{name}, {said}")
                continue
            if len(node.value.elts) != 2:
                first, second = node.value.elts[:2]
                both = f"{self.function.said(first)}, {self.function.said(second)}"
                yield 1, self._put("return", node.value, both)
                continue
            loss, dW = node.value.elts
            for rank, half, double in ((1, "", "2 * "), (3, "0.5 * ", "")):
                penalty = f"{half}{scope.reg} * {scope.np}.sum({scope.W} * {scope.W})"
                yield rank, self._put("term", loss, f"{self.function.said(loss)} + {penalty}")
                term = f"{double}{scope.reg} * {scope.W}"
                yield rank, self._put("term", dW, f"{self.function.said(dW)} + {term}")
            swapped = f"{self.function.said(dW)}, {self.function.said(loss)}"
            yield 1, Edit("order", self.function.span(node.value), ((*self._both(loss, dW), swapped),))

    # Operators

    def _operations(self, node: ast.BinOp) -> Iterator[Ranked]:
        symbol = _SYMBOLS.get(type(node.op), "")
        left, right = self._group(node.left), self._group(node.right)
        bare_left, bare_right = self._factor(node.left), self._factor(node.right)
        between = self.function.span(node.left)[1], self.function.span(node.right)[0]
        for rank, other in enumerate(_OPERATORS.get(symbol, ()), 1):
            kind = "sign" if {symbol, other} == {"+", "-"} else "operator"
            yield rank, self._put(kind, node, f"{left} {other} {right}", between)
        if symbol in ("-", "/", "@", "**"):
            yield 1, self._put("order", node, f"{right} {symbol} {left}")
        if symbol == "/":
            inner_text = self.function.said(node.left)
            yield 2, self._put("function", node.left, f"{self.scope.np}.exp({inner_text})")
            inner_text = self.function.said(node.right)
            yield 3, self._put("function", node.right, f"{self.scope.np}.sum({inner_text})")
            yield (
                3,
                self._put("function", node.right, f"{self.scope.np}.sum({self.scope.np}.exp({inner_text}))"),
            )
        if symbol in ("*", "/"):
            yield 2, self._put("factor", node, left, self.function.span(node.right))
            if symbol == "*":
                yield 2, self._put("factor", node, right, self.function.span(node.left))
                yield 2, self._put("function", node, f"{left}.dot({right})")
        if symbol in ("+", "-"):
            added = node.right.value if isinstance(node.right, ast.Constant) else None
            likely = 1 if isinstance(added, float) and 0 < added < _TINY else 2
            yield (
                likely,
                self._put("term", node, self.function.said(node.left), self.function.span(node.right)),
            )
            yield 3, self._put("term", node, self.function.said(node.right), self.function.span(node.left))
        # Brackets in another place
        inner = node.right
        if isinstance(inner, ast.BinOp):
            first, second = self._factor(inner.left), self._factor(inner.right)
            other = _SYMBOLS.get(type(inner.op), "")
            yield 2, self._put("brackets", node, f"({bare_left} {symbol} {first}) {other} {second}")
        inner = node.left
        if isinstance(inner, ast.BinOp):
            first, second = self._factor(inner.left), self._factor(inner.right)
            other = _SYMBOLS.get(type(inner.op), "")
            if symbol in ("*", "/"):
                yield 2, self._put("brackets", node, f"{first} {symbol} {bare_right} {other} {second}")
            yield 2, self._put("brackets", node, f"{first} {other} ({second} {symbol} {bare_right})")
        if symbol == "**" and isinstance(node.left, ast.Call) and len(node.left.args) == 1:
            inside = self._group(node.left.args[0])
            called = self.function.said(node.left.func)
            yield 2, self._put("brackets", node, f"{called}({inside} ** {right})")

    def _signs(self, node: ast.UnaryOp) -> Iterator[Ranked]:
        if isinstance(node.op, ast.USub | ast.Not):
            yield 1, self._put("sign", node, self.function.said(node.operand))

    def _comparisons(self, node: ast.Compare) -> Iterator[Ranked]:
        if len(node.ops) > 1:
            return
        symbol = _SYMBOLS.get(type(node.ops[0]), "")
        left, right = self._group(node.left), self._group(node.comparators[0])
        between = self.function.span(node.left)[1], self.function.span(node.comparators[0])[0]
        for rank, other in enumerate(_COMPARISONS.get(symbol, ()), 1):
            yield rank, self._put("comparison", node, f"{left} {other} {right}", between)

    def _conditions(self, node: ast.BoolOp) -> Iterator[Ranked]:
        word, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        parts = [self._group(value) for value in node.values]
        yield 1, self._put("condition", node, f" {other} ".join(parts))
        for k in range(len(parts)):
            rest = parts[:k] + parts[k + 1 :]
            yield 2, self._put("condition", node, f" {word} ".join(rest), self.function.span(node.values[k]))

    # Numbers and names

    def _constants(self, node: ast.Constant) -> Iterator[Ranked]:
        parent = self.function.parents.get(id(node))
        value = node.value
        if isinstance(value, bool):
            yield 2, self._put("number", node, str(not value))
        elif isinstance(value, int | float):
            near = (0, 1, 2, -1, 0.5, value + 1, value - 1, value * 10, value / 10, value / 2)
            for k, other in enumerate(dict.fromkeys(near)):
                if other != value and not (
                    isinstance(parent, ast.keyword) and parent.arg != "axis" and k > 1
                ):
                    yield 1 if k < 3 else 2, self._put("number", node, f"{other:g}")
            if float(value) == int(value) and value > 2:
                # One of the student's names may get its value only further down.
                for text in dict.fromkeys((self.scope.C, f"{self.scope.W}.shape[1]")):
                    yield 1, self._put("number", node, text)
                yield 2, self._put("number", node, self.scope.N)
            for name in self.scope.indices:
                yield 2, self._put("name", node, name)
            for i in self.scope.indices if value == 1 else ():
                for j in self.scope.indices:
                    if i != j:
                        yield 2, self._put("term", node, f"({j} == {self.scope.y}[{i}])")
            for name in self.scope.arrays if value else ():
                yield 2, self._put("term", node, f"{name}.sum()")
                yield 2, self._put("term", node, f"{name}.sum(axis=1)")
        elif isinstance(value, str) and "->" in value:
            inputs, _, output = value.partition("->")
            for letter in dict.fromkeys(c for c in inputs if c.isalpha()):
                if len(output) == 1 and letter != output:
                    yield 2, self._put("axis", node, repr(f"{inputs}->{letter}"))

    def _names(self, node: ast.Name) -> Iterator[Ranked]:
        parent = self.function.parents.get(id(node))
        if node.id == self.scope.np or (isinstance(parent, ast.Call) and parent.func is node):
            return
        arguments = self.scope.W, self.scope.X
        groups = (arguments, self.scope.indices, self.scope.numbers, self.scope.arrays)
        group = next((group for group in groups if node.id in group), self.scope.arrays)
        for other in self.scope.names:
            if other != node.id:
                yield 2 if other in group else 3, self._put("name", node, other)
        for other in (self.scope.N, self.scope.C):
            if other != node.id and "." in other and node.id in self.scope.numbers:
                yield 2, self._put("name", node, other)
        if node.id in self.scope.indices:
            yield 2, self._put("index", node, f"{self.scope.y}[{node.id}]")
        if node.id in self.scope.arrays and isinstance(parent, ast.Attribute | ast.Call):
            yield 2, self._put("index", node, f"{node.id}[{self.scope.rows}]")
            for mask in self.scope.arrays:
                yield 3, self._put("index", node, f"{node.id}[{mask}]")
