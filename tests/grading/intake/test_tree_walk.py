from __future__ import annotations

import ast
import gc
from pathlib import Path

import pytest

from grading.intake.tree_walk import nodes, walk

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("path", sorted((ROOT / "grading").glob("*.py")), ids=lambda path: path.name)
def test_it_finds_what_pythons_own_walk_finds_in_the_same_order(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left_out = ast.expr_context | ast.operator | ast.unaryop | ast.boolop | ast.cmpop
    expected = [node for node in ast.walk(tree) if not isinstance(node, left_out)]
    assert list(map(id, walk(tree))) == list(map(id, expected))


@pytest.mark.parametrize("kind", [ast.Name, ast.Call, ast.FunctionDef, ast.Pass])
def test_it_finds_all_of_one_kind(kind: type[ast.AST]) -> None:
    tree = ast.parse((ROOT / "grading" / "running" / "run.py").read_text(encoding="utf-8"))
    expected = [node for node in ast.walk(tree) if isinstance(node, kind)]
    assert list(map(id, nodes(tree, kind))) == list(map(id, expected))


def test_a_tree_of_any_depth_can_be_walked() -> None:
    tree: ast.expr = ast.Constant(1)
    for _ in range(100_000):
        tree = ast.UnaryOp(ast.USub(), tree)
    assert len(walk(tree)) == 100_001


def test_a_tree_that_was_searched_is_freed_at_once() -> None:
    gc.collect()
    gc.disable()
    try:
        tree = ast.parse("def f(x):\n    return [x + 1]\n" * 10)
        for node in (tree, *tree.body):
            assert nodes(node, ast.FunctionDef)
            assert nodes(node, ast.Name)
        del node, tree
        assert gc.collect() == 0
    finally:
        gc.enable()
