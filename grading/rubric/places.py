"""Finds the line of a value in a TOML file."""

from __future__ import annotations

import re
from collections.abc import Sequence

Path = tuple[str | int, ...]
"""The path to a value: names of keys, and positions in lists counted from 0."""

_KEY = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_KEYS = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_TABLE = re.compile(rf"\s*(\[\[?)\s*({_KEYS})\s*\]")
_ENTRY = re.compile(rf"\s*({_KEYS})\s*=")


def line_of(text: str, path: Sequence[str | int]) -> int | None:
    """The line, counted from 1, of the value at ``path``, or of the nearest thing around it that has one."""
    lines = text.splitlines()
    places = _places(lines)
    for length in range(len(path), 0, -1):
        start = places.get(tuple(path[:length]))
        if start is not None:
            return _inside(lines, start, path[length:])
    return None


def _places(lines: Sequence[str]) -> dict[Path, int]:
    """The lines of all tables, and of the entries that start a line."""
    found: dict[Path, int] = {}
    seen: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(lines, 1):
        if heading := _TABLE.match(line):
            table = _path(heading[2])
            if heading[1] == "[[":
                seen[table] = seen.get(table, -1) + 1
                table = (*table, seen[table])
            found.setdefault(table, number)
        elif entry := _ENTRY.match(line):
            found.setdefault((*table, *_path(entry[1])), number)
    return found


def _path(keys: str) -> Path:
    return tuple(key.strip("\"'") for key in re.findall(_KEY, keys))


def _inside(lines: Sequence[str], start: int, rest: Sequence[str | int]) -> int:
    """Follow a path into a value written with braces and brackets, from line ``start`` on."""
    at, column = start, 0
    for part in rest:
        if isinstance(part, int):
            wanted, opening = part + 1, re.compile(r"\{")
        else:
            wanted, opening = 1, re.compile(rf"(?<![\w-])[\"']?{re.escape(part)}[\"']?\s*=")
        while wanted and at <= len(lines):
            found = opening.search(lines[at - 1].split("#")[0], column)
            if found is None:
                at, column = at + 1, 0
                continue
            wanted, column = wanted - 1, found.end()
        if at > len(lines):
            return start
    return at
