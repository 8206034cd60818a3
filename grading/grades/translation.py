"""Translates a grade into another language, without grading again.

The templates that a grade's sentences were made from are stored with it (`grading.words.origins`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

import msgspec

from grading.grades.grade import Grade
from grading.rubric.settings import Hint
from grading.words import Language, speaking
from grading.words.origins import UnknownOriginError, recipe, said_from

#: The fields of a grade that hold sentences. The others are the same in all languages.
_SENTENCES = frozenset(("title", "message", "hint", "sentence", "remarks", "warnings", "expected", "got"))
#: The fields that may hold values instead.
_OR_VALUES = frozenset(("expected", "got"))


def kept_with(grade: Grade) -> dict[str, Any]:
    """The origins of all sentences of a grade that this process has just made, as JSON.

    Empty if any of them is unknown.
    """
    found: dict[str, Any] = {}
    if grade.execution is not None or grade.state != "graded":
        return {}
    # Nothing but numbers and names is in the courses of trainings, and most of a grade's values are.
    said = msgspec.structs.replace(grade, trainings=[], baselines=[])
    try:
        for field, text in _texts(msgspec.to_builtins(said, builtin_types=(bytes,))):
            if text and text not in found:
                try:
                    found[text] = recipe(text)
                except UnknownOriginError:
                    if field not in _OR_VALUES and text not in get_args(Hint):
                        raise
    except UnknownOriginError:
        return {}
    return found


def again(grade: Grade, kept: Mapping[str, Any], language: Language) -> Grade | None:
    """The grade in ``language``; None if the origins of its sentences are unknown."""
    if not kept:
        return None
    with speaking(language):
        said = {text: said_from(origin) for text, origin in kept.items()}
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
