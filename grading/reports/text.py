"""Makes students' text harmless before any report shows it."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from grading.grades.grade import Grade, Status
from grading.intake.combining_characters import unstacked

# C0 and C1 controls except tab and newline; characters that reverse the direction of text; lone surrogates, which
# cannot be written as UTF-8; and characters that XML 1.0 does not allow.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)

# How the JSON of a grade writes those of them that are ASCII.
_UNSEEN_IN_JSON = (b"\\u", b"\\b", b"\\f", b"\\r", b"\x7f")
_ASCII = bytes(range(128))

_HEADING = re.compile(r"inline (question|exercise) *\d*", re.IGNORECASE)

SIGNS: dict[Status, str] = {"passed": "✓", "failed": "✗", "error": "✗", "skipped": "–", "manual": "?"}

# One grade is shown in several forms.
_last: tuple[Grade, Grade] | None = None


def visible(text: str) -> str:
    """Text in which nothing is invisible: escapes and changes of direction become their hexadecimal numbers.

    Long runs of combining characters are broken up.
    """
    return unstacked(_UNSEEN.sub(lambda match: _written_out(ord(match[0])), text.replace("\r\n", "\n")))


def _written_out(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def one_line(text: str) -> str:
    """`visible` text with every run of white space replaced by one space."""
    return " ".join(visible(text).split())


def shown(grade: Grade) -> Grade:
    """The grade with all of its text made `visible`: the value that every report for people is written from."""
    global _last
    last = _last
    if last is None or last[0] is not grade:
        is_visible = _is_visible(grade)
        made = grade if is_visible else msgspec.convert(_visible_in(msgspec.to_builtins(grade)), Grade)
        _last = last = grade, made
    return last[1]


def _is_visible(grade: Grade) -> bool:
    """Whether all text of a grade certainly is `visible` as it is."""
    try:
        whole = msgspec.json.encode(grade)
    except UnicodeEncodeError:
        return False
    beyond = whole.translate(None, _ASCII).decode()
    return not any(unseen in whole for unseen in _UNSEEN_IN_JSON) and visible(beyond) == beyond


def _visible_in(value: Any) -> Any:
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, list | tuple):
        return [_visible_in(item) for item in value]
    if isinstance(value, dict):
        return {key: _visible_in(item) for key, item in value.items()}
    return value


def in_short(question: str, most: int) -> str:
    """A question in a few words, without Markdown's marks and the heading that all of them have."""
    plain = _HEADING.sub("", " ".join(re.sub(r"[*#`>]", "", one_line(question)).split())).lstrip(" :.-–")
    plain = plain or one_line(question)
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def points(value: float) -> str:
    """A number of points without needless decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
