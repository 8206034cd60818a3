"""Every sentence that a student or an instructor reads, in the language of the run.

English sentences are in the code, as templates with named places: ``say("{name} raised {error}.", name=name, ...)``.
Each other language is one file beside this one, ``zh.toml``: English template = translation, with the same places.
``tests/grading/test_words.py`` fails if a template has no translation or other places, or is no longer used.

Code, the names of the assignment (W, X, dW, reg) and numbers are the same in all languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_spoken: Language = "en"
PLACE: Mapping[str, object] = {}
#: Recent sentences and their origins: template (a place's own text; None for joined sentences) and values.
Origin = tuple[str | None, Mapping[Any, object] | None]
_newer: dict[str, Origin] = {}
_older: dict[str, Origin] = {}
_MOST_REMEMBERED = 10_000


def speak(language: Language) -> None:
    """Set the language of all sentences from now on, in this process and in those that it will fork."""
    global _spoken
    _spoken = language


def spoken() -> Language:
    """The language of the run."""
    return _spoken


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Set the language of all sentences inside the ``with`` block."""
    before = spoken()
    speak(language)
    try:
        yield
    finally:
        speak(before)


def say(template: str, /, **values: object) -> str:
    """A sentence in the language of the run; each ``{place}`` of the template is filled by the value of that name."""
    return remember(_in_language(template).format_map(values), template, values)


def together(*sentences_: str) -> str:
    """Join whole sentences."""
    said = [sentence for sentence in sentences_ if sentence]
    if len(said) < 2:
        return "".join(said)
    return remember(("" if _spoken == "zh" else " ").join(said), None, dict(enumerate(said)))


def translated(text: str) -> str:
    """Translate a whole text defined elsewhere, such as the title of a known mistake, into the language of the run."""
    said = _in_language(text)
    return said if origin_of(said) is not None else remember(said, text, None)


def said_place(where: str) -> str:
    """Translate a place that is stored and sent as "svm.ipynb, cell 3, line 4"."""
    if _spoken == "en":
        return remember(where, where, PLACE)
    said = _PART_OF_A_PLACE.sub(
        lambda part: (
            (part[1] and _in_language(_COMMA)) + _in_language(_PARTS[part[2]]).format(number=part[3])
        ),
        where,
    )
    return remember(said, where, PLACE)


def _in_language(text: str) -> str:
    return text if _spoken == "en" else sentences(_spoken).get(text, text)


def remember(text: str, template: str | None, values: Mapping[Any, object] | None) -> str:
    """Return ``text``, and remember its origin for a while, so that it can be said in another language."""
    global _newer, _older
    if len(_newer) > _MOST_REMEMBERED:
        _newer, _older = {}, _newer
    _newer[text] = template, values
    return text


def origin_of(text: str) -> Origin | None:
    """The origin of a text that was said recently in this process."""
    return _newer.get(text) or _older.get(text)


def later(template: str) -> str:
    """Mark a constant that will be passed to `translated` or `say`, so that its translation is required."""
    return template


@cache
def sentences(language: Language) -> dict[str, str]:
    """English template -> translation."""
    import tomllib

    path = Path(__file__).with_name(f"{language}.toml")
    return {str(key): str(text) for key, text in tomllib.loads(path.read_text(encoding="utf-8")).items()}


_PARTS = {"cell": later("cell {number}"), "line": later("line {number}")}
_COMMA = later(", ")
_PART_OF_A_PLACE = re.compile(r"(^|, )(cell|line) (\d+)\b")
