"""Cleans text that student code can influence, so that it can be shown."""

from __future__ import annotations

import re
import unicodedata

# CSI and OSC sequences and the two-byte escapes: everything that a terminal would act on.
_ESCAPE_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]"
)
_PLAIN = re.compile(r"[ -~\n\t]*")


def clean(text: str, limit: int) -> str:
    """Return ``text`` without terminal sequences and invisible characters, cut to ``limit`` characters.

    Line feeds and tabs stay; carriage returns become line feeds. Control, format (direction marks, zero-width
    characters), surrogate, private and unassigned characters go. Escaping for HTML and the like is left to
    whoever writes HTML.
    """
    # A flood is cut before it is examined; sequences are short, so a few times the limit is plenty.
    text = text[: 4 * limit + 1000]
    if not _PLAIN.fullmatch(text):
        text = _ESCAPE_SEQUENCES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
        text = "".join(c for c in text if c in "\n\t" or not unicodedata.category(c).startswith("C"))
    return text if len(text) <= limit else text[: max(0, limit - 1)] + "…"
