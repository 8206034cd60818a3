"""Stores the origins of sentences as JSON, so that they can be repeated in another language.

An origin is a template and its values: numbers, texts that are the same in all languages, and further sentences.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from typing import Any

from grading.words import (
    PLACE,
    Origin,
    origin_of,
    remember,
    said_place,
    say,
    together,
    translated,
)


class UnknownOriginError(Exception):
    """The origin of a sentence is unknown."""


def kept_of(texts: Iterable[str]) -> dict[str, Any]:
    """The same for single texts, for another process to `know` them; unknown ones are omitted."""
    found = {}
    for text in texts:
        try:
            found[text] = recipe(text)
        except UnknownOriginError:
            continue
    return found


def know(kept: Mapping[str, Any]) -> None:
    """Register texts that were said in another process as said in this one."""
    for text, origin in kept.items():
        remember(text, *_origin(origin))


def recipe(text: str) -> Any:
    """The origin of a text as JSON: [template, values], [None, texts] for joined ones, or [place].

    Raises:
        UnknownOriginError: it is unknown.
    """
    origin = origin_of(text)
    if origin is None:
        raise UnknownOriginError
    template, values = origin
    if values is PLACE:
        kept: Any = [template]
    elif template is None:
        kept = [None, {str(k): _value(value, text) for k, value in (values or {}).items()}]
    else:
        kept = [template, None if values is None else {k: _value(value, text) for k, value in values.items()}]
    try:
        if said_from(kept) == text:
            return kept
    except (ValueError, KeyError, TypeError):
        pass
    # A value that is neither a number nor a text.
    raise UnknownOriginError


def _origin(kept: Any) -> Origin:
    """The inverse of `recipe`; texts inside become known, too."""
    if len(kept) == 1:
        return kept[0], PLACE
    template, parts = kept
    if parts is None:
        return template, None
    values = {}
    for name, part in parts.items():
        if isinstance(part, list):
            part = remember(said_from(part), *_origin(part))
        values[name] = part
    return template, values


def _value(value: object, whole: str) -> Any:
    if isinstance(value, float):
        return float(value)
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        text = str(value)
    return recipe(text) if text != whole and origin_of(text) is not None else text


def said_from(kept: Any) -> str:
    """The text of a `recipe` in the current language."""
    if isinstance(kept, str):
        return kept
    if len(kept) == 1:
        return said_place(kept[0])
    template, parts = kept
    if parts is None:
        return translated(str(template))
    values = {name: said_from(part) if isinstance(part, list) else part for name, part in parts.items()}
    if template is None:
        return together(*map(str, values.values()))
    return say(template, **values)
