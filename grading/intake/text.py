"""Decodes bytes to text, and parses text to a syntax tree, for files written on any machine since 2015."""

from __future__ import annotations

import ast
import codecs
import io
import re
import tokenize
import warnings
from collections.abc import Sequence
from pathlib import PurePosixPath
from types import CodeType

import msgspec

from grading.intake.parsing import syntax_tree
from grading.words import later, say, translated

_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_FORM_FEED = re.compile(r"^[ \t\f]*\f", re.MULTILINE)
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC_NUMBERS = (
    (b"%PDF", later("a PDF")),
    (b"PK\x03\x04", later("a zip archive")),
    (b"PK\x05\x06", later("an empty zip archive")),
    (b"\x1f\x8b", later("a gzip archive")),
    (b"Rar!", later("a RAR archive")),
    (b"7z\xbc\xaf", later("a 7-Zip archive")),
    (b"BZh", later("a bzip2 archive")),
    (b"\xfd7zXZ", later("an xz archive")),
    (b"\x89PNG", later("a PNG picture")),
    (b"\xff\xd8\xff", later("a JPEG picture")),
    (b"\xd0\xcf\x11\xe0", later("an Office document")),
    (b"{\\rtf", later("an RTF document")),
    (b"\x7fELF", later("a program")),
    (b"MZ", later("a program")),
    (b"[InternetShortcut]", later("a shortcut to a web page")),
    (b"[{000214A0-0000-0000-C000-000000000046}]", later("a shortcut to a web page")),
    (b"https://", later("a link to a web page")),
    (b"http://", later("a link to a web page")),
    (b'{"doc_id"', later("a link to a document of Google's")),
    (b'{"url"', later("a link to a web page")),
    (b"<!DOCTYPE html", later("a web page")),
    (b"<!doctype html", later("a web page")),
    (b"<html", later("a web page")),
    (b"version https://git-lfs", later("a pointer that Git LFS has left in place of the file")),
    (b"bplist", later("a shortcut")),
    (b"L\0\0\0\x01\x14\x02\0", later("a shortcut")),
)
_BY_NAME = {
    ".webloc": later("a shortcut to a web page"),
    ".url": later("a shortcut to a web page"),
    ".lnk": later("a shortcut"),
    ".gdoc": later("a link to a document of Google's"),
    ".gsheet": later("a link to a document of Google's"),
    ".tar": later("a tar archive"),
}


_FIRST_BYTES = 64
_CONFLICT = ("<<<<<<< ", "=======", ">>>>>>> ")


class NotTextError(ValueError):
    """The bytes are not text; the message says what they are: "is a PDF"."""


class Parsed(msgspec.Struct, frozen=True):
    """Source text and its tree; ``text`` is what was parsed, with tabs fixed where necessary."""

    text: str
    tree: ast.Module
    tabs_expanded: bool = False


def recognised(data: bytes, name: str = "") -> str | None:
    """Say what ``data`` is by its first bytes ("a PDF"), or a file by its name; None if it is unknown."""
    start = data[:_FIRST_BYTES].lstrip()
    known = next((what for magic, what in _MAGIC_NUMBERS if start.startswith(magic)), None)
    return known or _BY_NAME.get(PurePosixPath(name).suffix.lower())


def is_conflict_mark(line: str) -> bool:
    """Whether a line is one of Git's conflict marks, around and between two versions."""
    return line.lstrip().startswith(_CONFLICT)


def conflict_line(lines: Sequence[str]) -> int | None:
    """The first line, counted from 1, that begins a conflict left by Git, if there is one."""
    marks = {
        mark: [n for n, line in enumerate(lines, 1) if line.lstrip().startswith(mark)] for mark in _CONFLICT
    }
    return marks[_CONFLICT[0]][0] if all(marks.values()) else None


def decode(data: bytes) -> str:
    """The text of a Python file, lines ending in newline.

    By byte order mark, coding line (PEP 263) or UTF-8; anything else is read as Latin-1, which
    accepts every byte and can only hurt comments and strings.

    Raises:
        NotTextError: if the file is a known binary format, or holds zero bytes.
    """
    mark = next((encoding for start, encoding in _BYTE_ORDER_MARKS if data.startswith(start)), None)
    what = recognised(data)
    if what is not None and mark is None and b"def " not in data:
        raise NotTextError(say("is {what}, not Python", what=translated(what)))
    if mark is None and b"\0" in data:
        raise NotTextError(say("holds zero bytes and is no text"))
    try:
        encoding = mark or tokenize.detect_encoding(io.BytesIO(data).readline)[0]
        text = data.decode(encoding)
    except (SyntaxError, UnicodeError, LookupError):
        text = data.decode("latin-1")
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    # To Python, a line begins after a form feed in its indentation.
    return _FORM_FEED.sub("", text).replace("\f", " ") if "\f" in text else text


def parse(text: str) -> Parsed:
    """Parse ``text``; tabs mixed with spaces are read as Python 2 did, to the next multiple of 8.

    Raises:
        SyntaxError: if it does not parse either way; ``lineno`` is set if known.
    """
    try:
        return Parsed(text, _tree(text))
    except IndentationError:
        # TabError is one of these; mixed tabs are also reported as a wrong dedent.
        if "\t" not in text:
            raise
        for width in (8, 4):
            expanded = _INDENT.sub(lambda match, width=width: match[0].expandtabs(width), text)  # type: ignore[misc]
            try:
                return Parsed(expanded, _tree(expanded), tabs_expanded=True)
            except SyntaxError:
                continue
        raise


def compiled(statement: ast.stmt, filename: str) -> CodeType | SyntaxError:
    """Compile a statement, or return the error of the compiler, which is stricter than the parser; nothing is run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code: CodeType = compile(ast.Module([statement], []), filename, "exec", dont_inherit=True)
            return code
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError) as error:
        return SyntaxError(str(error) or say("nested too deeply"))


def _tree(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            # "\d" in a string, or `is` with a number, is the student's business, and their program runs.
            warnings.simplefilter("ignore")
            return syntax_tree(text)
    except SyntaxError:
        raise
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(str(error) or say("nested too deeply")) from error
