"""Saying again, in another language, what was said and kept.

With a grade are kept the templates that its sentences were made from, with their values: numbers, texts that are the
same in all languages, and further sentences.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

import msgspec

from grading.grade import Grade, Hint
from grading.words import (
    PLACE,
    Language,
    Origin,
    origin_of,
    remember,
    said_place,
    say,
    speaking,
    together,
    translated,
)

#: The fields of a grade that hold sentences. What stands in others is the same in all languages.
_SENTENCES = frozenset(("title", "message", "hint", "sentence", "remarks", "warnings", "expected", "got"))
#: Those that may hold values instead.
_OR_VALUES = frozenset(("expected", "got"))


class _Unknown(Exception):
    """It is not known what a sentence was made from."""


def kept_with(grade: Grade) -> dict[str, Any]:
    """What the sentences of a grade, made just now in this process, are made from: by the sentence, as JSON.

    Nothing, if that is not known of one of them.
    """
    found: dict[str, Any] = {}
    if grade.execution is not None or grade.state != "graded":
        return {}
    try:
        for field, text in _texts(msgspec.to_builtins(grade, builtin_types=(bytes,))):
            if text and text not in found:
                try:
                    found[text] = _kept(text)
                except _Unknown:
                    if field not in _OR_VALUES and text not in get_args(Hint):
                        raise
    except _Unknown:
        return {}
    return found


def kept_of(texts: Iterable[str]) -> dict[str, Any]:
    """The same of single texts, for another process, which is to `know` them; what is not known is left out."""
    found = {}
    for text in texts:
        try:
            found[text] = _kept(text)
        except _Unknown:
            continue
    return found


def know(kept: Mapping[str, Any]) -> None:
    """Take texts for said in this process that were said in another."""
    for text, origin in kept.items():
        remember(text, *_origin(origin))


def again(grade: Grade, kept: Mapping[str, Any], language: Language) -> Grade | None:
    """The grade as it would be in ``language``; None if that is not known."""
    if not kept:
        return None
    with speaking(language):
        said = {text: _said(origin) for text, origin in kept.items()}
    content = _replaced(msgspec.to_builtins(grade, builtin_types=(bytes,)), said)
    return msgspec.convert(content, Grade, builtin_types=(bytes,))


def _texts(content: Any, field: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(content, str):
        if field in _SENTENCES:
            yield field, content
    elif isinstance(content, dict):
        for name, value in content.items():
            yield from _texts(value, str(name))
    elif isinstance(content, list | tuple):
        for value in content:
            yield from _texts(value, field)


def _replaced(content: Any, said: Mapping[str, str], field: str = "") -> Any:
    if isinstance(content, str):
        return said.get(content, content) if field in _SENTENCES else content
    if isinstance(content, dict):
        return {name: _replaced(value, said, str(name)) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_replaced(value, said, field) for value in content]
    return content


def _kept(text: str) -> Any:
    """The origin of a text as JSON: [template, values], [None, texts] one after the other, [place]."""
    origin = origin_of(text)
    if origin is None:
        raise _Unknown
    template, values = origin
    if values is PLACE:
        kept: Any = [template]
    elif template is None:
        kept = [None, {str(k): _value(value, text) for k, value in (values or {}).items()}]
    else:
        kept = [template, None if values is None else {k: _value(value, text) for k, value in values.items()}]
    try:
        if _said(kept) == text:
            return kept
    except (ValueError, KeyError, TypeError):
        pass
    # A value that is neither a number nor a text.
    raise _Unknown


def _origin(kept: Any) -> Origin:
    """The other way round; what is within is known with it."""
    if len(kept) == 1:
        return kept[0], PLACE
    template, parts = kept
    if parts is None:
        return template, None
    values = {}
    for name, part in parts.items():
        if isinstance(part, list):
            part = remember(_said(part), *_origin(part))
        values[name] = part
    return template, values


def _value(value: object, whole: str) -> Any:
    if isinstance(value, float):
        return float(value)
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        text = str(value)
    return _kept(text) if text != whole and origin_of(text) is not None else text


def _said(kept: Any) -> str:
    if isinstance(kept, str):
        return kept
    if len(kept) == 1:
        return said_place(kept[0])
    template, parts = kept
    if parts is None:
        return translated(str(template))
    values = {name: _said(part) if isinstance(part, list) else part for name, part in parts.items()}
    if template is None:
        return together(*map(str, values.values()))
    return say(template, **values)
