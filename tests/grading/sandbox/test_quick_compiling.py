from __future__ import annotations

import ast
from types import CodeType

import pytest

from grading.protocol.wire import WireBlock, WireDefinition
from grading.sandbox.inside.quick_compiling import quickly_compiled

CELL = '''# the loss
import numpy as np
from math import exp, \\
    log
def loss(W, X):
    """Sum.

    Of all.
    """
# a comment in the midst of it
    total = 0
    for w in W:
        total += np.sum(
            w
)
    else:
        total += 1
    return total

class Model(object):
    W = [
        1,
]
if np:
    x = 1
else:
    x = 2
'''


def block(code: str, first_line: int = 1) -> WireBlock:
    return WireBlock(code, "cell 3", first_line)


def facts(code: CodeType) -> list[object]:
    """All that matters about compiled code."""
    consts = [facts(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts]
    return [code.co_code, code.co_names, code.co_varnames, list(code.co_positions()), code.co_flags, consts]


def test_statements_are_those_that_the_parser_finds() -> None:
    found = quickly_compiled(block(CELL, 7), "nb.ipynb, cell 3")
    assert found is not None
    parsed = ast.increment_lineno(ast.parse(CELL), 6).body
    for statement, tree in zip(found, parsed, strict=True):
        compiled = compile(ast.Module([tree], []), "nb.ipynb, cell 3", "exec", dont_inherit=True)
        assert facts(statement.code) == facts(compiled)
        assert statement.lines[0] == tree.lineno
        assert statement.lines[1] >= (tree.end_lineno or 0)
        assert statement.imports_names == isinstance(tree, ast.ImportFrom)
    assert [statement.defines for statement in found] == [None, None, "loss", "Model", None]
    assert found[2].has(WireDefinition("loss", "nb.ipynb", "cell 3", 11, 25))
    assert not found[2].has(WireDefinition("loss", "nb.ipynb", "cell 3", 28, 30))
    assert not found[3].has(WireDefinition("loss", "nb.ipynb", "cell 3", 27, 29))


@pytest.mark.parametrize("code", ["", "\n", "# nothing\n    # at all\n"])
def test_a_block_without_statements_has_none(code: str) -> None:
    assert quickly_compiled(block(code), "cell") == []


@pytest.mark.parametrize(
    "code",
    [
        "    x = 1\ny = 2",
        "x = 1; y = 2",
        'x = """\nabc\n"""',
        "x = 1 + \\\nabc",
        "x = 1 + \\",
        "f(1,\nabc)",
        "x = 1\r    y = 2",
        "try:\n    import six\nexcept ImportError:\n    six = None",
        "from __future__ import annotations\ndef f(x: y): pass",
        "@decorated\ndef f(): pass",
        "x = 1\n\ufeffy = 2",
        "def f(:\n    pass",
        "return 1",
        "else:\n    x = 1",
        "x = 1\n    y = 2",
        "(x,) = [1]",
    ],
)
def test_what_lines_alone_do_not_tell_is_left_to_the_parser(code: str) -> None:
    assert quickly_compiled(block(code), "cell") is None
