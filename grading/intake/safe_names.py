"""Makes names that are safe to show and to use for folders, whatever the student called the file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from grading.intake.file_types import stem
from grading.words import say

LONGEST_NAME = 80
LONGEST_SHOWN = 200

# The reports of all submissions are written side by side; these suffixes belong to files among them, to the
# gradebook and to its journals.
_REPORT_SUFFIX = re.compile(r"\.(csv|html?|json|md|xml|txt|pdf|sqlite(?:-\w+)?)$", re.IGNORECASE)
_WINDOWS_DEVICE = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
# Letters and marks that take no space or are invisible: fillers, joiners, variation selectors.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_MOST_BYTES = 200
# Latin letters that are not a letter with an accent.
_IN_ASCII = str.maketrans(
    {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}
    | {"đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "\u2019": "'"}
)
_IN_NAMES = " ,'()\u2019\u00b7\u30fb"  # O’Brien, 约翰·史密斯


def clean(text: str) -> str:
    """``text`` on one line, without control characters or lone surrogates."""
    return "".join(
        character if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else "?"
        for character in text
    )


def shown(text: str) -> str:
    """``text`` for use in a message: `clean`, and at most 200 characters."""
    text = clean(text[: LONGEST_SHOWN + 1])
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def module_name(name: str) -> str:
    """The name that a file is imported by: "my losses" becomes my_losses, so that it can be imported."""
    return re.sub(r"\W", "_", name)


def listed(items: Sequence[str], most: int = 6) -> str:
    """``items`` as a list in a sentence, at most ``most`` of them."""
    if len(items) > most:
        return say("{items} and {n} more", items=", ".join(items[:most]), n=len(items) - most)
    return ", ".join(items)


def safe_name(text: str) -> str:
    """Turns ``text`` into a name that is not a path, a spreadsheet formula, an option or a hidden file.

    Letters of all scripts are kept, in Unicode's composed form (NFC); invisible characters are dropped.
    """
    text = unicodedata.normalize("NFC", text)
    name = "".join(c if _is_plain(c) or c in _IN_NAMES else "_" for c in text)
    return _finished(" ".join(name.split()))


def ascii_name(text: str) -> str:
    """The same in ASCII, without spaces.

    Accents are dropped, and letters such as ß and ø spelt out; characters of other scripts become their code points,
    so that two names in Chinese remain different.
    """
    pieces = []
    for character in unicodedata.normalize("NFKD", text.translate(_IN_ASCII)):
        if character.isascii():
            pieces.append(character if _is_plain(character) else "_")
        elif not unicodedata.combining(character):
            pieces.append(f"u{ord(character):x}")
    return _finished("".join(pieces))


def _is_plain(character: str) -> bool:
    if character.isascii():
        return character.isalnum() or character in "._-+@"
    return unicodedata.category(character)[0] in "LMN" and not _UNSEEN.match(character)


def _finished(name: str) -> str:
    name = name.strip("._-+@ ,'\u2019\u00b7\u30fb")[:LONGEST_NAME]
    # File systems count bytes, and reports append a suffix to the name.
    name = name.encode()[:_MOST_BYTES].decode(errors="ignore")
    name = _REPORT_SUFFIX.sub(r"_\1", name.rstrip("., "))
    if _WINDOWS_DEVICE.match(name):
        name = "_" + name
    return name or "submission"


def unique_names(paths: Sequence[Path | str], *, ascii_only: bool = False) -> list[str]:
    """A safe name for each path or student's name, different from all others even if case is ignored.

    A file's name loses its suffix; if two would clash ("ada.py", "ada.ipynb"), both keep it, and
    numbers settle the rest. One that is just "grace" stays that, whatever looks like it ("GRACE", "Ｇrace").
    """
    safe = ascii_name if ascii_only else safe_name
    short = [safe(_short(path)) for path in paths]
    groups: dict[str, list[int]] = {}
    for k, name in enumerate(short):
        groups.setdefault(_alike(name), []).append(k)
    plain: set[int] = set()
    for alike, group in groups.items():
        exact = [k for k in group if short[k] == alike and not isinstance(paths[k], str)]
        plain |= {*group} if len(group) == 1 else {*exact} if len(exact) == 1 else set()
    taken: set[str] = set()
    # With a thousand of the same name, none tries all numbers again.
    numbers: dict[str, int] = {}
    names: dict[int, str] = {}
    # File names take precedence over a platform's names for students, which may come from text in a file.
    for k in sorted(range(len(paths)), key=lambda k: (k not in plain, isinstance(paths[k], str))):
        path = paths[k]
        wanted = short[k] if k in plain or isinstance(path, str) else safe(path.name)
        candidate = wanted
        while _alike(candidate) in taken:
            stem_ = wanted[: LONGEST_NAME - 8]
            numbers[stem_] = number = numbers.get(stem_, 1) + 1
            candidate = f"{stem_}-{number}"
        taken.add(_alike(candidate))
        names[k] = candidate
    return [names[k] for k in range(len(paths))]


def _alike(name: str) -> str:
    """A key that is equal for two names that a file system, or a person, would confuse."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _short(path: Path | str) -> str:
    if isinstance(path, str):
        return path
    return path.name if path.is_dir() else stem(path.name)
