"""Writes plain values as TOML, as far as a rubric needs it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def as_toml(content: Mapping[str, Any]) -> str:
    """Return nested tables as TOML; values that are None are left out."""
    return "\n".join(_lines(content, ())) + "\n"


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    plain = {key: value for key, value in table.items() if not _is_table(value) and value is not None}
    lines = [f"{_key(key)} = {_value(value)}" for key, value in plain.items()]
    if lines and path:
        lines = ["", f"[{'.'.join(map(_key, path))}]", *lines]
    for key, value in table.items():
        if _is_table(value):
            lines += _lines(value, (*path, key))
    return lines


def _is_table(value: Any) -> bool:
    """Whether a value gets a heading of its own: a table of more than plain numbers."""
    return isinstance(value, Mapping) and not all(isinstance(part, int | float) for part in value.values())


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        entries = ", ".join(f"{_key(key)} = {_value(part)}" for key, part in value.items())
        return f"{{ {entries} }}" if entries else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return json.dumps(value, ensure_ascii=False)
