from __future__ import annotations

import ast

import pytest

from grading.intake.fragments import read_fragment
from grading.intake.text import NotTextError, decode


def names(text: str) -> list[str]:
    return [
        statement.name
        for statement in read_fragment(text).statements
        if isinstance(statement, ast.FunctionDef)
    ]


@pytest.mark.parametrize(
    "broken",
    [
        "def bad(x)\n    return x\n",
        "def bad(x):\nreturn x\n",
        "def bad(x):\n    return (x\n",
        "def bad(x):\n    '''open\n",
        "def bad(x):\n    if x = 1:\n        pass\n",
        "def bad(x):\n    print x\n",
        "def bad(x, x):\n    return x\n",
        "def bad():\n    return yield = 3\n",
        "def bad():\n    break\n",
        "@decorated\ndef bad(x)\n    pass\n",
    ],
)
def test_a_function_that_does_not_parse_costs_only_itself(broken: str) -> None:
    fragment = read_fragment(f"def before():\n    pass\n\n{broken}\n")
    assert names(f"def before():\n    pass\n\n{broken}\n") == ["before"]
    assert [broken.names for broken in fragment.broken] == [("bad",)]
    assert fragment.broken[0].lines[0] == 4


@pytest.mark.parametrize("broken", ["def bad(x)\n    return x\n", "def bad(x):\n    print x\n", "x = )\n"])
def test_what_stands_behind_it_keeps_its_lines(broken: str) -> None:
    fragment = read_fragment(f"{broken}\n\ndef after():\n    pass\n")
    assert fragment.statements[0].lineno == broken.count("\n") + 3


def test_text_at_the_margin_of_a_string_is_no_statement() -> None:
    text = 'def f(W):\n    """\nW is a matrix\nX too\n    """\n    return W\n\ndef bad(x)\n    pass\n'
    assert names(text) == ["f"]


def test_an_else_belongs_to_its_if() -> None:
    text = "try:\n    import a\nexcept ImportError:\n    a = None\nelse:\n    pass\nx = (\n"
    assert len(read_fragment(text).statements) == 1


def test_tabs_among_spaces_are_read_as_python_2_did() -> None:
    fragment = read_fragment("def f(x):\n        if x:\n\t\treturn 1\n\treturn 2\n")
    assert fragment.tabs_expanded
    assert fragment.lines[2] == " " * 16 + "return 1"
    assert ast.unparse(fragment.statements[0]) == "def f(x):\n    if x:\n        return 1\n    return 2"


def test_tabs_alone_are_nobodys_business() -> None:
    assert not read_fragment("def f(x):\n\treturn 1\n").tabs_expanded


@pytest.mark.parametrize(
    "data",
    [
        "x = 'é'\r\ny = 1\r\n".encode(),
        "x = 'é'\ry = 1\r".encode(),
        "\fx = 'é'\n  \fy = 1\n".encode(),
        b"\xef\xbb\xbf" + "x = 'é'\ny = 1\n".encode(),
        "x = 'é'\ny = 1\n".encode("latin-1"),
        "x = 'é'\ny = 1\n".encode("utf-16"),
        "# -*- coding: cp1252 -*-\nx = 'é'\ny = 1\n".encode("cp1252"),
        "# -*- coding: nonsense -*-\nx = 'é'\ny = 1\n".encode("latin-1"),
    ],
)
def test_a_file_from_any_machine_is_the_same_text(data: bytes) -> None:
    assert decode(data).split("\n")[-3:] == ["x = 'é'", "y = 1", ""]


@pytest.mark.parametrize("data", [b"%PDF-1.4 \xff", b"x\0y", b"\x7fELF\1"])
def test_what_is_no_text_is_not_taken_for_python(data: bytes) -> None:
    with pytest.raises(NotTextError):
        decode(data)


HOSTILE = {
    "signs": "x = " + "-" * 100_000 + "1",
    "brackets": "(" * 100_000,
    "attributes": "x = a" + ".b" * 50_000,
    "sums": "x = " + "1+" * 50_000 + "1",
    "digits": "x = " + "9" * 100_000,
    "open brackets": "x=(\n" * 4_000,
    "open strings": "'''\n" * 10_001,
    "broken functions": "def f(:\n" * 4_000,
    "zero": "x = 1\0",
    "nested": "\n".join(" " * depth + "if 1:" for depth in range(99)),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_text_made_to_break_parsers_is_broken_text_and_no_more(text: str) -> None:
    fragment = read_fragment(text)
    assert fragment.statements == []
    assert fragment.broken
