"""Names that are safe to show and to make folders of, whatever the student called the file."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from grading.intake.endings import stem
from grading.words import say

LONGEST_NAME = 80
LONGEST_SHOWN = 200

# Reports of all submissions are written beside each other; these endings belong to the files among them.
_REPORT_SUFFIX = re.compile(r"\.(csv|html?|json|md|xml|txt|pdf)$", re.IGNORECASE)
_WINDOWS_DEVICE = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def clean(text: str) -> str:
    """``text`` on one line, without control characters or halves of surrogates."""
    return "".join(
        character if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else "?"
        for character in text
    )


def shown(text: str) -> str:
    """``text`` as it may stand in a message: `clean`, and at most 200 characters."""
    text = clean(text[: LONGEST_SHOWN + 1])
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def listed(items: Sequence[str], most: int = 6) -> str:
    """``items`` as a list in a sentence, no more than ``most`` of them."""
    if len(items) > most:
        return say("{items} and {n} more", items=", ".join(items[:most]), n=len(items) - most)
    return ", ".join(items)


def safe_name(text: str) -> str:
    """``text`` as an ASCII name that is no path, no formula of a spreadsheet, no option and no hidden file.

    Accents are dropped; characters of other scripts become their code points, so that two names in Chinese
    stay two names.
    """
    pieces = []
    for character in unicodedata.normalize("NFKD", text):
        if character.isascii():
            pieces.append(character if character.isalnum() or character in "._-+@ " else "_")
        elif not unicodedata.combining(character):
            pieces.append(f"u{ord(character):x}")
    name = "".join(pieces).replace(" ", "_").strip("._-+@")
    name = _REPORT_SUFFIX.sub(r"_\1", name[:LONGEST_NAME].rstrip("."))
    if _WINDOWS_DEVICE.match(name):
        name = "_" + name
    return name or "submission"


def unique_names(paths: Sequence[Path | str]) -> list[str]:
    """A safe name for each path or student's name, different from all others even where case does not count.

    A file goes by its name without ending; where two would clash ("ada.py", "ada.ipynb") both keep it, and
    a number settles the rest.
    """
    short = [safe_name(_short(path)) for path in paths]
    clashes = Counter(name.casefold() for name in short)
    wanted = [
        name if clashes[name.casefold()] == 1 or isinstance(path, str) else safe_name(path.name)
        for name, path in zip(short, paths, strict=True)
    ]
    taken: set[str] = set()
    names = []
    for name in wanted:
        candidate, number = name, 1
        while candidate.casefold() in taken:
            number += 1
            candidate = f"{name[: LONGEST_NAME - 8]}-{number}"
        taken.add(candidate.casefold())
        names.append(candidate)
    return names


def _short(path: Path | str) -> str:
    if isinstance(path, str):
        return path
    return path.name if path.is_dir() else stem(path.name)
