"""Highlights Python with the colours of ``source.css``: keywords, strings, comments, numbers, definitions.

Pygments distinguishes thirty kinds of text, at ten times the cost: most of writing a report. The names of the classes
are its own.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterator
from html import escape

_WORDS = {
    **{name: "nb" for name in dir(builtins) if not name.startswith("_")},
    **dict.fromkeys(("self", "cls"), "bp"),
    **dict.fromkeys(keyword.kwlist, "k"),
}

_TOKENS = re.compile(
    r"""
      (?P<c>\#[^\n]*)
    | (?P<s>(?:(?i:[rbuf]{1,2})?(?:
            \"{3}(?:[^"\\]|\\.|"(?!""))*+(?:\"{3}|\Z)
          | '{3}(?:[^'\\]|\\.|'(?!''))*+(?:'{3}|\Z)
          | "(?:[^"\\\n]|\\.)*+"?
          | '(?:[^'\\\n]|\\.)*+'?
      ))++)
    | \b(?P<k>def|class)[ \t]+(?P<nf>\w+)
    | \.[^\W\d]\w*  # np.max is not max
    | (?P<word>[^\W\d]\w*)
    | (?P<mi>(?:0[xXbBoO]\w+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?j?)++)
    | ^[ \t]*(?P<nd>@[\w.]+)
    """,
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)


def coloured(text: str) -> list[str]:
    """Lines of Python as HTML with spans of Pygments' classes, each of which ends within its line; all else is escaped.

    Any text will do; what is not recognized has no colour.
    """
    text += "\n"  # ends what is continued there
    pieces, done = [], 0
    for start, end, css in _spans(text):
        opening = f'<span class="{css}">'
        lines = escape(text[start:end], quote=False).split("\n")
        pieces.append(escape(text[done:start], quote=False))
        pieces.append("\n".join([f"{opening}{line}</span>" if line else "" for line in lines]))
        done = end
    pieces.append(escape(text[done:], quote=False))
    return "".join(pieces).split("\n")[:-1]


def _spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Where something begins and ends, and its class."""
    for match in _TOKENS.finditer(text):
        kind = match.lastgroup
        if kind == "word":
            if css := _WORDS.get(match[0]):
                yield *match.span(), css
        elif kind == "nf":
            yield *match.span("k"), "k"
            yield *match.span("nf"), "nf"
        elif kind is not None:
            yield *match.span(kind), kind
