"""Breaks up long runs of combining characters: browsers take minutes to draw a hundred thousand in a row."""

from __future__ import annotations

import re
import unicodedata

# No script has more than a few.
_MOST = 30
_PERHAPS = re.compile(f"[^\x00-\u02ff]{{{_MOST + 1},}}")
_DOTTED_CIRCLE = "\u25cc"  # the base on which Unicode's own charts draw them
_SKIN_TONES = range(0x1F3FB, 0x1F400)


def unstacked(text: str) -> str:
    """Insert a dotted circle after every 30 successive combining characters of ``text``."""
    return _PERHAPS.sub(_broken_up, text)


def _broken_up(match: re.Match[str]) -> str:
    pieces = []
    stacked = 0
    for character in match[0]:
        stacked = stacked + 1 if _joins(character) else 0
        if stacked > _MOST:
            pieces.append(_DOTTED_CIRCLE)
            stacked = 1
        pieces.append(character)
    return "".join(pieces)


def _joins(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] == "M" or category == "Cf" or ord(character) in _SKIN_TONES
