"""Single changes to right code: what a typing error, or a slip of thought, would make of it."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

_OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (),
}
_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
}
_NAMES = {"maximum": "minimum", "max": "min", "zeros": "ones", "sum": "mean", "log": "log2", "exp": "exp2"}


@dataclass(frozen=True)
class Mutant:
    """``name`` says where and what was changed; ``code`` is the whole function with the change."""

    name: str
    code: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every function that differs from ``source`` by one change."""
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    for position, node in enumerate(ast.walk(tree)):
        for number, (change, _) in enumerate(_changes(node)):
            other = copy.deepcopy(tree)
            twin = next(n for k, n in enumerate(ast.walk(other)) if k == position)
            _apply(list(_changes(twin))[number][1])
            code = ast.unparse(ast.fix_missing_locations(other))
            if code not in seen:
                seen.add(code)
                where = f"line {getattr(node, 'lineno', 0)}, column {getattr(node, 'col_offset', 0)}"
                yield Mutant(f"{where}: {change}", code)


@dataclass(frozen=True)
class _Edit:
    """Set an attribute of a node, or an item of one of its lists."""

    owner: ast.AST
    field: str
    value: object
    index: int | None = None


def _apply(edits: tuple[_Edit, ...]) -> None:
    for edit in edits:
        if edit.index is None:
            setattr(edit.owner, edit.field, edit.value)
        else:
            getattr(edit.owner, edit.field)[edit.index] = edit.value


def _changes(node: ast.AST) -> Iterator[tuple[str, tuple[_Edit, ...]]]:
    if isinstance(node, ast.BinOp):
        text = ast.unparse(node)
        for operator in _OPERATORS.get(type(node.op), ()):
            yield f"{text}: {type(node.op).__name__} -> {operator.__name__}", (_Edit(node, "op", operator()),)
        if isinstance(node.op, ast.Sub | ast.Div):
            yield f"{text}: sides swapped", (_Edit(node, "left", node.right), _Edit(node, "right", node.left))
    elif isinstance(node, ast.AugAssign):
        text = ast.unparse(node)
        for operator in _OPERATORS.get(type(node.op), ()):
            yield f"{text}: {type(node.op).__name__} -> {operator.__name__}", (_Edit(node, "op", operator()),)
    elif isinstance(node, ast.Compare):
        for comparison in _COMPARISONS.get(type(node.ops[0]), ()):
            text = f"{ast.unparse(node)}: {type(node.ops[0]).__name__} -> {comparison.__name__}"
            yield text, (_Edit(node, "ops", comparison(), 0),)
    elif (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
    ):
        for step in (1, -1):
            yield f"{node.value} -> {node.value + step}", (_Edit(node, "value", node.value + step),)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield f"{ast.unparse(node)}: minus dropped", (_Edit(node, "op", ast.UAdd()),)
    elif isinstance(node, ast.Call) and len(node.args) == 2:
        swapped = (_Edit(node, "args", node.args[1], 0), _Edit(node, "args", node.args[0], 1))
        yield f"{ast.unparse(node)}: arguments swapped", swapped
    elif isinstance(node, ast.Attribute) and node.attr in _NAMES:
        yield f"{ast.unparse(node)} -> {_NAMES[node.attr]}", (_Edit(node, "attr", _NAMES[node.attr]),)
    for body in ("body", "orelse"):
        statements = getattr(node, body, None)
        if isinstance(statements, list):
            for k, statement in enumerate(statements):
                if isinstance(statement, ast.Assign | ast.AugAssign | ast.Expr | ast.Continue):
                    yield f"dropped: {ast.unparse(statement)}", (_Edit(node, body, ast.Pass(), k),)
