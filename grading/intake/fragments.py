"""Parses one file or cell into statements; one that does not parse costs only itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import msgspec

from grading.intake import python2
from grading.intake.text import compiled, conflict_line, is_conflict_mark, parse
from grading.sandbox.inside.quick_compiling import Compiled
from grading.words import say

_OPENING = re.compile(r"(?!(?:else|elif|except|finally)\b)[A-Za-z_@'\"\[({%!]")
_DEFINED = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)", re.MULTILINE)
_UNCLOSED = ("unterminated triple-quoted", "was never closed", "unexpected EOF")
_LONGEST_JOIN = 40
_MOST_JOINS = 100
_MOST_PIECES = 5_000


class Broken(msgspec.Struct, frozen=True):
    """Lines that do not parse or compile.

    Attributes:
        lines: the first and the last one.
        names: the names that these lines would define.
        sentence: where and why, and what to do: "line 12, ...".
        python2: whether it is Python 2.
    """

    lines: tuple[int, int]
    names: tuple[str, ...]
    sentence: str
    python2: bool


class Fragment(msgspec.Struct):
    """A file or a cell.

    Attributes:
        lines: its text, with mixed tabs fixed; as many lines as the student's.
        statements: all top-level statements that compile, in order, with line numbers of the file or cell.
        broken: the parts that do not parse.
        tabs_expanded: whether tabs and spaces were mixed in a way that Python 3 refuses.
        compiled: the definitions among the statements, by the line that each begins on.
    """

    lines: list[str]
    statements: list[ast.stmt] = []
    broken: list[Broken] = []
    tabs_expanded: bool = False
    compiled: dict[int, Compiled] = {}


def first_line(statement: ast.stmt) -> int:
    """The line that ``statement`` begins on, including decorators."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def last_line(statement: ast.stmt) -> int:
    """The line that ``statement`` ends on."""
    return statement.end_lineno or statement.lineno


def read_fragment(text: str, filename: str = "student code") -> Fragment:
    """Parse ``text`` into statements, to be compiled as from ``filename``; never raise, whatever the text is."""
    try:
        parsed = parse(text)
    except SyntaxError as error:
        return _in_pieces(text, filename, error)
    fragment = Fragment(parsed.text.split("\n"), tabs_expanded=parsed.tabs_expanded)
    _take(fragment, parsed.tree, filename)
    return fragment


def _in_pieces(text: str, filename: str, whole: SyntaxError) -> Fragment:
    fragment = Fragment(text.split("\n"))
    lines = fragment.lines
    starts = [*_starts(lines), len(lines)]
    if len(starts) > _MOST_PIECES:
        fragment.broken.append(_broken(lines, (1, len(lines)), whole))
        return fragment
    index, joins = 0, _MOST_JOINS
    while index < len(starts) - 1:
        first, after = starts[index], index + 1
        parsed, error = None, None
        for end in range(index + 1, min(index + 1 + _LONGEST_JOIN, len(starts))):
            try:
                parsed, after = parse("\n".join(lines[first : starts[end]])), end
                break
            except SyntaxError as failure:
                # Only an open string or bracket can be closed by later text.
                error = error or failure
                joins -= 1
                if joins < 0 or not any(sign in str(failure) for sign in _UNCLOSED):
                    break
        if parsed is not None:
            fragment.tabs_expanded |= parsed.tabs_expanded
            lines[first : starts[after]] = parsed.text.split("\n")
            _take(fragment, ast.increment_lineno(parsed.tree, first) if first else parsed.tree, filename)
        elif error is not None:
            error.lineno = (error.lineno or 1) + first
            fragment.broken.append(_broken(lines, (first + 1, starts[after]), error))
        index = after
    return fragment


def _take(fragment: Fragment, tree: ast.Module, filename: str) -> None:
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first, last = first_line(statement), last_line(statement)
            code = compiled(statement, filename)
            if isinstance(code, SyntaxError):
                fragment.broken.append(_broken(fragment.lines, (first, last), code))
                continue
            fragment.compiled[first] = Compiled("\n".join(fragment.lines[first - 1 : last]), code)
        fragment.statements.append(statement)


def _starts(lines: list[str]) -> Iterator[int]:
    """Yield the indices of the lines that may begin a top-level statement."""
    decorated = False
    for index, line in enumerate(lines):
        if _OPENING.match(line) and not (index and lines[index - 1].endswith("\\")):
            if not decorated:
                yield index
            decorated = line.startswith("@")


def _broken(all_lines: list[str], lines: tuple[int, int], error: SyntaxError) -> Broken:
    while lines[1] > lines[0] and not all_lines[lines[1] - 1].strip():
        lines = lines[0], lines[1] - 1
    names = tuple(_DEFINED.findall("\n".join(all_lines[lines[0] - 1 : lines[1]])))
    here = all_lines[lines[0] - 1 : lines[1]]
    conflict = conflict_line(here)
    # The code between conflict marks parses, so the marks separate it.
    whole = None if conflict or not any(is_conflict_mark(line) for line in here) else conflict_line(all_lines)
    if conflict or whole:
        sentence = say(
            "line {number}: a merge conflict was left here. "
            "Keep one of the two versions, and take out the lines of <, = and >",
            number=whole or lines[0] - 1 + (conflict or 0),
        )
        return Broken(lines, names, sentence, python2=False)
    explained = python2.explain(all_lines, error)
    if explained is not None:
        return Broken(lines, names, explained, python2=True)
    # "Maybe you meant '==' instead of '='?" ends with a mark of its own.
    what = error.msg.rstrip("?")
    sentence = (
        say("line {number}: {error}. Fix it so that Python 3 can read it", number=error.lineno, error=what)
        if error.lineno
        else say("{error}. Fix it so that Python 3 can read it", error=what)
    )
    return Broken(lines, names, sentence, python2=False)
