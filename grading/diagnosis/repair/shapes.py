"""Edits of calls, indices and attributes: another axis, shape, index or function."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grading.diagnosis.repair.function import Edit
from grading.diagnosis.repair.writing import REDUCING, Ranked, Writing

_FUNCTIONS = {
    "max": ("maximum", "sum"), "maximum": ("max",), "min": ("max",), "amin": ("amax",), "minimum": ("maximum",),
    "mean": ("sum",), "sum": ("mean",), "log10": ("log",), "log2": ("log",), "log1p": ("log",), "abs": ("square",),
    "sqrt": ("square",), "ones": ("zeros",), "ones_like": ("zeros_like",), "exp2": ("exp",), "argmax": ("max",),
    "argmin": ("argmax",),
    "outer": ("dot",), "dot": ("outer",), "log": ("exp",), "exp": ("log",), "prod": ("sum",), "std": ("sum",),
    "float32": ("float64",), "single": ("float64",), "half": ("float64",), "bool": ("float",), "int": ("float",),
}  # fmt: skip


class Shapes(Writing):
    """The edits of a function's calls and indices, in no particular order."""

    def edits(self) -> Iterator[Ranked]:
        """All edits of axes and shapes, each with its rank."""
        for node in ast.walk(self.function.tree):
            match node:
                case ast.Attribute():
                    yield from self._attributes(node)
                case ast.Subscript():
                    yield from self._subscripts(node)
                case ast.Call():
                    yield from self._calls(node)

    def _attributes(self, node: ast.Attribute) -> Iterator[Ranked]:
        if node.attr == "T":
            yield 1, self._put("transpose", node, self.function.said(node.value))
            return
        parent = self.function.parents.get(id(node))
        start = self.function.span(node.value)[1] + 1
        end = self.function.span(node)[1]
        if self.function.said(node.value) == "math":
            yield 1, self._put("function", node.value, self.scope.np)
        for rank, other in enumerate(_FUNCTIONS.get(node.attr, ()), 1):
            yield rank, Edit("function", (start, end), ((start, end, other),))
        if node.attr == "shape" and isinstance(parent, ast.Subscript):
            for other in (self.scope.W, self.scope.X):
                if other != self.function.said(node.value):
                    yield 2, self._put("name", node.value, other)

    def _subscripts(self, node: ast.Subscript) -> Iterator[Ranked]:
        scope, index = self.scope, node.slice
        at = self.function.span(index)

        def other(text: str, kind: str = "index") -> Edit:
            return Edit(kind, at, ((*at, text),))

        if isinstance(node.ctx, ast.Load):
            yield 2, self._put("index", node, self.function.said(node.value))
        said = self.function.said(index)
        parts = index.elts if isinstance(index, ast.Tuple) else [index]
        if len(parts) == 1 and not isinstance(index, ast.Slice):
            yield 1, other(f":, {said}")
            yield 1, other(f"{scope.y}[{said}]")
        if len(parts) == 2:
            if isinstance(node.ctx, ast.Load) and not any(isinstance(part, ast.Slice) for part in parts):
                yield 1, self._put("axis", node, f"{self.function.said(node)}[:, {scope.np}.newaxis]")
            for part in parts:
                if not isinstance(part, ast.Slice):
                    yield 2, other(self.function.said(part))
            swapped = ", ".join(self.function.said(part) for part in reversed(parts))
            yield 2, other(swapped)
        yield 1 if scope.y in said else 3, other(scope.rows)
        last = parts[-1]
        if isinstance(node.ctx, ast.Load) and self.function.said(last) == scope.y:
            rows = f"{self.function.said(node.value)}[{scope.rows}]"
            yield 1, self._put("index", node, f"{rows}[:, {scope.np}.newaxis]", at)
        if isinstance(last, ast.Subscript):
            inner, place = self.function.said(last.slice), self.function.span(last)
            yield 2, Edit("index", at, ((*place, inner),))
        for name in self.scope.indices:
            place = self.function.span(last)
            if not isinstance(last, ast.Slice):
                yield 2, Edit("index", at, ((*place, f"{scope.y}[{name}]"),))
                yield 2, Edit("index", at, ((*place, name),))

    def _calls(self, node: ast.Call) -> Iterator[Ranked]:
        said = self.function.said
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        start, end = self.function.span(node)
        whole = self.function.text[start:end].decode()
        if name in ("norm", "sqrt"):
            yield 1, self._put("square", node, f"{whole} ** 2")
        if name in ("abs", "fabs", "absolute") and len(node.args) == 1:
            group = self._group(node.args[0])
            yield 1, self._put("square", node, f"{group} * {group}")
        if name in ("zeros", "ones", "empty", "full") and len(node.args) >= 2:
            at = self._both(node.args[0], node.args[1])
            yield 1, Edit("brackets", at, ((at[0], at[0], "("), (at[1], at[1], ")")))
        if name in ("randn", "rand") and len(node.args) == 1:
            at = self.function.span(node.args[0])
            yield 1, Edit("brackets", at, ((at[0], at[0], "*"),))
        if name in REDUCING:
            yield from self._reductions(node, whole)
        if len(node.args) == 1 and not self._is_method(node):
            yield from self._calls_of_one(node)
        if len(node.args) >= 2:
            yield from self._other_order(node, name)
        if isinstance(node.func, ast.Attribute) and self._is_method(node):
            owner = node.func.value
            yield 2, self._put("function", node, said(owner))
            if name == "dot" and len(node.args) == 1:
                yield from self._products(node, owner, node.args[0])
            elif name in ("sum", "max") and not node.args and not node.keywords:
                yield 3, self._put("square", node, f"({said(owner)} ** 2).{name}()")
        elif name in ("dot", "matmul", "outer") and len(node.args) == 2:
            yield from self._products(node, *node.args)
        if isinstance(node.func, ast.Name) and name == "range" and len(node.args) == 1:
            for size in (self.scope.N, self.scope.C):
                if said(node.args[0]) != size:
                    # A name that holds another size is wrong where it is assigned.
                    yield (
                        2 if isinstance(node.args[0], ast.Name) else 1,
                        self._put("number", node.args[0], size),
                    )

    def _reductions(self, node: ast.Call, whole: str) -> Iterator[Ranked]:
        """Change the axis of a reduction, or keep it; ``whole`` is the call's text."""
        said = self.function.said
        start, end = self.function.span(node)
        keywords = {keyword.arg for keyword in node.keywords}
        positional = len(node.args) == (1 if self._is_method(node) else 2)
        comma = ", " if node.args or node.keywords else ""
        if "axis" not in keywords and not positional:
            for more in ("axis=1, keepdims=True", "axis=1", "axis=0"):
                yield 1, Edit("axis", (start, end), ((end - 1, end - 1, comma + more),))
        elif "keepdims" not in keywords:
            yield 1, Edit("axis", (start, end), ((end - 1, end - 1, comma + "keepdims=True"),))
            yield 2, self._put("axis", node, f"{whole}[:, {self.scope.np}.newaxis]")
        for keyword in node.keywords:
            if keyword.arg in ("axis", "keepdims"):
                rest = [said(a) for a in node.args] + [said(k) for k in node.keywords if k is not keyword]
                text = f"{said(node.func)}({', '.join(rest)})"
                yield 2, self._put("axis", node, text, self.function.span(keyword))

    def _calls_of_one(self, node: ast.Call) -> Iterator[Ranked]:
        """Remove a call with one argument, or exchange it with the operation inside."""
        said = self.function.said
        yield 2, self._put("function", node, said(node.args[0]))
        inner = node.args[0]
        if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Div):
            text = f"{said(node.func)}({said(inner.left)}) / {self._group(inner.right)}"
            yield 2, self._put("brackets", node, text)
        if isinstance(inner, ast.UnaryOp) and isinstance(inner.operand, ast.Call):
            inner = inner.operand
        if isinstance(inner, ast.Call) and len(inner.args) == 1:
            text = f"{said(inner.func)}({said(node.func)}({said(inner.args[0])}))"
            yield 3, self._put("order", node, text)

    def _other_order(self, node: ast.Call, name: str) -> Iterator[Ranked]:
        """Swap the first two arguments."""
        said = self.function.said
        first, second = node.args[:2]
        text = f"{said(second)}, {said(first)}"
        rank = 1 if name == "range" else 2
        yield rank, Edit("order", self._both(first, second), ((*self._both(first, second), text),))
        if name == "range" and len(node.args) == 2:
            yield 1, self._put("number", node, f"range({said(second)})", self.function.span(first))

    def _is_method(self, node: ast.Call) -> bool:
        """Whether it calls a method of a value, not a function of a module."""
        return isinstance(node.func, ast.Attribute) and not (
            isinstance(node.func.value, ast.Name) and node.func.value.id in (self.scope.np, "math", "special")
        )

    def _products(self, node: ast.Call, left: ast.expr, right: ast.expr) -> Iterator[Ranked]:
        a, b = self._group(left), self._group(right)
        yield 1, self._put("transpose", left, f"{a}.T")
        yield 1, self._put("transpose", right, f"{b}.T")
        yield 2, self._put("order", node, f"{b}.dot({a})")
        if isinstance(left, ast.Attribute) and left.attr == "T":
            yield 2, self._put("order", node, f"{b}.T.dot({self._group(left.value)})")
        yield 3, self._put("function", node, f"{a} * {b}")
        yield 3, self._put("function", node, f"{a} * {a}")
        yield 3, self._put("function", node, f"{self.scope.np}.outer({a}, {b})")
