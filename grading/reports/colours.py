"""Highlights Python with the colours of ``source.css``: keywords, strings, comments, numbers, definitions.

Pygments' own lexer for Python distinguishes thirty kinds of text, at four times the cost: most of writing a report.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterator

from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexer import RegexLexer, bygroups
from pygments.token import Comment, Keyword, Name, Number, String, Text, _TokenType

_WORDS: dict[str, _TokenType] = {
    **{name: Name.Builtin for name in dir(builtins) if not name.startswith("_")},
    **dict.fromkeys(("self", "cls"), Name.Builtin.Pseudo),
    **dict.fromkeys(keyword.kwlist, Keyword),
}


def _word(_: RegexLexer, match: re.Match[str], __: object = None) -> Iterator[tuple[int, _TokenType, str]]:
    yield match.start(), _WORDS.get(match[0], Text), match[0]


class Colours(RegexLexer):  # type: ignore[misc]
    """Returns any input completely: everything that it does not recognize is text."""

    flags = re.DOTALL | re.MULTILINE
    tokens = {  # noqa: RUF012 - Pygments' own way
        "root": [
            (r"#[^\n]*", Comment),
            (r'(?i:[rbuf]{1,2})?"""(?:[^"\\]|\\.|"(?!""))*(?:"""|\Z)', String),
            (r"(?i:[rbuf]{1,2})?'''(?:[^'\\]|\\.|'(?!''))*(?:'''|\Z)", String),
            (r'(?i:[rbuf]{1,2})?"(?:[^"\\\n]|\\.)*"?', String),
            (r"(?i:[rbuf]{1,2})?'(?:[^'\\\n]|\\.)*'?", String),
            (r"\b(def|class)([ \t]+)(\w+)", bygroups(Keyword, Text, Name.Function)),
            (r"\.[^\W\d]\w*", Text),  # np.max is not max
            (r"[^\W\d]\w*", _word),
            (r"0[xXbBoO]\w+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?j?", Number.Integer),
            (r"^([ \t]*)(@[\w.]+)", bygroups(Text, Name.Decorator)),
            (r"[^\w'\"#@.\n]+|.", Text),
        ]
    }


_LEXER, _FORMATTER = Colours(stripnl=False), HtmlFormatter(nowrap=True)


def coloured(text: str) -> str:
    """Python as HTML with spans of Pygments' classes, each of which ends within its line; all else is escaped."""
    return str(highlight(text, _LEXER, _FORMATTER))
