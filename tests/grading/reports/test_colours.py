"""Student code in colours: nothing of it is lost or comes through as markup."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.reports.colours import coloured

PIECES = [
    "def f(x):",
    "'",
    '"""',
    "'''",
    '"',
    "\\",
    "#",
    "\n",
    "@",
    "1e-5",
    ".5",
    "0x",
    "<b>",
    "&lt;",
    "rb'",
    "é",
]


def spans(code: str) -> list[tuple[str, str]]:
    return [
        (kind, html.unescape(text))
        for kind, text in re.findall(r'<span class="(\w+)">([^<]*)', "\n".join(coloured(code)))
    ]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def loss(W): return 1", [("k", "def"), ("nf", "loss"), ("k", "return"), ("mi", "1")]),
        ("class LinearSVM: pass", [("k", "class"), ("nf", "LinearSVM"), ("k", "pass")]),
        ("x = max(y)  # max", [("nb", "max"), ("c", "# max")]),
        ("np.max(y, 0)", [("mi", "0")]),
        ("self.W = None", [("bp", "self"), ("k", "None")]),
        ("a = 1e-5 * .5 + 0xff", [("mi", "1e-5"), ("mi", ".5"), ("mi", "0xff")]),
        ("f'it {x}' + 'isn\\'t'", [("s", "f'it {x}'"), ("s", "'isn\\'t'")]),
        ('"""two\nlines""" + x', [("s", '"""two'), ("s", 'lines"""')]),
        ("'never closed\nx = 1", [("s", "'never closed"), ("mi", "1")]),
        ("    @property\nX @ W", [("nd", "@property")]),
        ("défini = 'é'", [("s", "'é'")]),
    ],
)
def test_what_stands_out_has_its_colour(code: str, expected: list[tuple[str, str]]) -> None:
    assert spans(code) == expected


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4)).map("".join))
def test_nothing_is_lost_and_nothing_becomes_markup(code: str) -> None:
    code = code.replace("\r", "")
    lines = coloured(code)
    assert html.unescape(re.sub(r"</?span[^>]*>", "", "\n".join(lines))) == code
    for line in lines:
        assert re.sub(r'<span class="[a-z]+">|</span>', "", line).count("<") == 0
        assert line.count("<span") == line.count("</span>")
