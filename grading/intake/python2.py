"""Recognises Python 2 in a file, so that a student is told what to change, not "invalid syntax"."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

import msgspec

from grading.intake.safe_names import shown
from grading.intake.tree_walk import nodes
from grading.words import later, say, translated


class _Form(msgspec.Struct, frozen=True):
    """A form that only Python 2 had, and its replacement in Python 3."""

    pattern: re.Pattern[str]
    what: str
    instead: str


# A statement, even a wrong one, is shorter; the patterns need not cope with more.
_LONGEST_LINE = 300

_FORMS = (
    _Form(re.compile(r"^\s*(?:.*[:;]\s*)?print\b(?!\s*\()\s*\S"), later("the print statement"), "print(...)"),
    _Form(
        re.compile(r"^\s*(?:.*[:;]\s*)?print\s*\(.*\)\s*%"), later("the print statement"), "print(... % ...)"
    ),
    _Form(re.compile(r"^\s*(?:.*:\s*)?print\s*$"), later("the print statement"), "print()"),
    _Form(re.compile(r"^\s*except\s+[\w.]+\s*,\s*\w+\s*:"), "`except Error, name`", "except Error as name:"),
    _Form(re.compile(r"^\s*except\s*\(.*\)\s*,\s*\w+\s*:"), "`except Error, name`", "except (...) as name:"),
    _Form(re.compile(r"^\s*raise\s+[\w.]+\s*,"), "`raise Error, message`", "raise Error(message)"),
    _Form(re.compile(r"^\s*exec\s+[^(\s=]"), later("the exec statement"), "exec(...)"),
    _Form(re.compile(r"<>"), "`<>`", "!="),
    _Form(re.compile(r"`[^`]+`"), later("backticks"), "repr(...)"),
    _Form(re.compile(r"\b\d+[lL]\b"), later("a long integer such as 10L"), "10"),
    _Form(re.compile(r"\b0\d+\b"), later("an octal number such as 0755"), "0o755"),
    _Form(re.compile(r"\bur['\"]"), later("a string such as ur''"), "r''"),
    _Form(
        re.compile(r"(?:def\s+\w+|lambda)\s*[^:]*\(\s*\w+\s*,[^)]*\)\s*[,):]"),
        later("unpacking in a parameter list"),
        later("a parameter, unpacked inside the function"),
    ),
)

# Names that Python 3 has dropped but functions still use; an attribute starts with a dot.
GONE_NAMES = {
    "xrange": "range",
    "raw_input": "input",
    "unicode": "str",
    "basestring": "str",
    "long": "int",
    "reduce": "functools.reduce",
    "unichr": "chr",
    "izip": "zip",
    "cmp": "(a > b) - (a < b)",
    ".iteritems": ".items",
    ".itervalues": ".values",
    ".iterkeys": ".keys",
    ".has_key": "`key in ...`",
}


def explain(lines: list[str], error: SyntaxError) -> str | None:
    """Say what is Python 2 in the line that ``error`` names, and what to write instead."""
    # The parser may stop one line late, at the end of a statement.
    for number in (error.lineno or 0, (error.lineno or 0) - 1):
        if not 1 <= number <= len(lines):
            continue
        line = lines[number - 1][:_LONGEST_LINE]
        for form in _FORMS:
            if form.pattern.search(line):
                return say(
                    "line {number}, `{line}`, is Python 2 ({what}), and the grader runs Python 3: write {instead}",
                    number=number,
                    line=shown(line.strip()),
                    what=translated(form.what),
                    instead=translated(form.instead),
                )
    return None


def gone_names(tree: ast.AST, known: Callable[[], frozenset[str]]) -> list[tuple[str, int]]:
    """Names in ``tree`` that only Python 2 had, and that are not ``known``, with their first lines."""
    found = [
        (name, node.lineno) for node in nodes(tree, ast.Attribute) if (name := "." + node.attr) in GONE_NAMES
    ]
    names = [node for node in nodes(tree, ast.Name) if node.id in GONE_NAMES]
    # Few files have any, and finding what a file binds takes long.
    if names:
        bound = {node.id for node in nodes(tree, ast.Name) if isinstance(node.ctx, ast.Store)}
        bound |= {node.arg for node in nodes(tree, ast.arg)} | known()
        # A star import may bind any of them.
        found += [(node.id, node.lineno) for node in names if not bound & {node.id, "*"}]
    first: dict[str, int] = {}
    for name, line in found:
        first[name] = min(line, first.get(name, line))
    return sorted(first.items(), key=lambda item: (item[1], item[0]))
