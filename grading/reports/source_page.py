"""``source.html``: the student's files as a page, with the feedback below each function.

All student content is shown as text: Markdown and HTML are not rendered, and outputs are limited to what a terminal
would show, and small pictures. (nbconvert takes ten times as long, most of it to make rendered HTML harmless.)
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from grading.grades.grade import Grade
from grading.intake.ipynb import DamagedNotebookError, as_it_is, dictionaries, is_ours, joined
from grading.intake.pasted import set_apart
from grading.intake.png import NoPictureError, checked
from grading.reports.colours import coloured
from grading.reports.pages import page
from grading.reports.sources import Commented, Feedback
from grading.reports.text import points, shown, visible

if TYPE_CHECKING:
    from markupsafe import Markup

_MOST_KEPT = 256  # texts
_LONGEST_HIGHLIGHTED = 100_000
_LONGEST_OUTPUT = 4_000
_MOST_PICTURE_BYTES = 200_000  # on a page, so that a class of a thousand stays small
_MOST_TEXT = 2_000_000  # characters of a file; the course's notebooks have some 30,000
_MOST_LINES = 5_000  # in a piece of a .py file
# The cost of a line and of a cell's output in addition to their characters.
_LINE, _OUTPUT = 60, 200
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?")


class Output(msgspec.Struct, frozen=True):
    """The output of a cell: text, or a picture as a data URL."""

    text: str = ""
    picture: str = ""


class Piece(msgspec.Struct, frozen=True):
    """A cell, or a part of a file: its numbered lines, its outputs, and the feedback on functions that end there.

    ``kind`` is "code", "markdown" or "raw"; ``label`` names a cell and is empty for a file.
    """

    kind: str
    label: str
    source: Markup
    outputs: list[Output] = []
    feedback: list[Feedback] = []


class SourcePage:
    """Writes the files that contain functions as one page."""

    file_name = "source.html"

    def render(self, grade: Grade, sources: Sequence[Commented]) -> bytes:
        """The page's bytes."""
        grade = shown(grade)
        return page(
            "source.html",
            "student.js",
            ("common.css", "source.css", "colours.css", "feedback.css"),
            pictures=True,
            grade=grade,
            points=points,
            files=[(visible(source.file.name), list(_pieces(source))) for source in sources],
        )


def _pieces(source: Commented) -> Iterator[Piece]:
    if source.is_notebook:
        yield from _cells(source)
        return
    lines = _highlighted(source.file.data.decode("utf-8-sig", "replace"))
    done = 0
    for last in sorted({each.lines[1] for each in source.feedback}):
        ending = [each for each in source.feedback if each.lines[1] == last]
        first = max(done, last - _MOST_LINES)
        yield Piece("code", "", _numbered(lines[first:last], first + 1), feedback=ending)
        done = last
    rest = lines[done : done + _MOST_LINES]
    if any(line.strip() for line in rest):
        yield Piece("code", "", _numbered(rest, done + 1))


def _cells(source: Commented) -> Iterator[Piece]:
    try:
        cells = as_it_is(source.file.data)["cells"]
    except (DamagedNotebookError, KeyError):
        return
    left, text_left = _MOST_PICTURE_BYTES, _MOST_TEXT
    for number, cell in enumerate(cells if isinstance(cells, list) else [], start=1):
        if not isinstance(cell, dict) or is_ours(cell):
            continue
        kind = str(cell.get("cell_type", ""))
        outputs = []
        for output in dictionaries(cell.get("outputs"))[: max(0, text_left) // _OUTPUT]:
            shown_, used = _output(output, left)
            left -= used
            outputs += shown_
        text = joined(cell.get("source"))
        if kind == "markdown":
            text = set_apart(text)[0]
        text_left -= sum(_OUTPUT + _weight(output.text) for output in outputs) + _weight(text)
        if text_left < 0:
            text, outputs = "...", []
        yield Piece(
            kind if kind in ("code", "markdown") else "raw",
            str(number),
            _cell_source(text, is_code=kind == "code"),
            outputs,
            [each for each in source.feedback if each.cell == number],
        )


def _weight(text: str) -> int:
    return len(text) + _LINE * text.count("\n")


def _output(output: dict[str, Any], left: int) -> tuple[list[Output], int]:
    """An output as text or picture, and the number of bytes that it takes of those ``left`` for pictures."""
    data = output.get("data")
    data = data if isinstance(data, dict) else {}
    encoded = "".join(joined(data.get("image/png")).split())
    used = 0
    if encoded and len(encoded) <= left:
        # Even for those that are not shown: finding that out may take decompressing megabytes.
        used = len(encoded)
        # A browser would decompress whatever a picture claims to hold, and show anything else in its file.
        with contextlib.suppress(NoPictureError):
            picture = base64.b64encode(checked(_decoded(encoded), packed_anew=False).png).decode()
            return [Output(picture=f"data:image/png;base64,{picture}")], used
    text = joined(output.get("text")) or joined(data.get("text/plain")) or _traceback(output)
    return ([Output(text=_short(_ANSI.sub("", text)))] if text.strip() else []), used


def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _traceback(output: dict[str, Any]) -> str:
    lines = output.get("traceback")
    return "\n".join(line for line in lines if isinstance(line, str)) if isinstance(lines, list) else ""


def _short(text: str) -> str:
    return visible(text if len(text) <= _LONGEST_OUTPUT else text[:_LONGEST_OUTPUT] + " ...")


@lru_cache(maxsize=_MOST_KEPT)
def _cell_source(text: str, *, is_code: bool) -> Markup:
    """The lines of a cell; cached, since all hand-ins of a class share the course's own cells."""
    return _numbered(_highlighted(text) if is_code else _plain(text), 1)


def _numbered(lines: Sequence[str], first: int) -> Markup:
    """Lines of HTML with their numbers, as one piece: a template takes longer for each of them."""
    from markupsafe import Markup

    numbers = enumerate(lines, start=first)
    # No student's text but in lines, which are escaped.
    return Markup(
        "".join([f'<span class="line" data-line="{number}">{line}\n</span>' for number, line in numbers])
    )


def _plain(text: str) -> Sequence[str]:
    from markupsafe import escape

    return escape(_readable(text)).split("\n")


def _readable(text: str) -> str:
    return visible(text.replace("\r\n", "\n").replace("\r", "\n"))


def _highlighted(text: str) -> Sequence[str]:
    """Lines of highlighted Python, as HTML; plain if the text is far too long."""
    return _plain(text) if len(text) > _LONGEST_HIGHLIGHTED else coloured(_readable(text))
