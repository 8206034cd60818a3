"""Tells what kind of file a name stands for."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

SCRIPT, NOTEBOOK, ARCHIVE = ".py", ".ipynb", ".zip"
TARS = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2", ".tbz")
_WORK = (SCRIPT, NOTEBOOK, ARCHIVE, *TARS)
_OTHER_ARCHIVES = (".rar", ".7z")
# Suffixes that browsers, mail programs and text editors append to a name.
_ADDED = re.compile(r"(\.py|\.ipynb)(?:\.(?:txt|json|gz|xz|bz2))+$", re.IGNORECASE)
_SQUEEZED = re.compile(r"\.(?:py|ipynb)(?:\.(?:txt|json))*\.(?:gz|xz|bz2)(?:\.(?:txt|json))*$", re.IGNORECASE)
_CLOUD = re.compile(r"\.(?P<name>.+)\.icloud", re.IGNORECASE)


def plain_name(name: str) -> str:
    """The name without an appended suffix: "svm.ipynb" for "svm.ipynb.txt" and "svm.ipynb.gz"."""
    return _ADDED.sub(r"\1", name)


def is_squeezed(name: str) -> bool:
    """Whether it is a script or a notebook that is compressed by itself."""
    return _SQUEEZED.search(name) is not None


def ending(name: str) -> str:
    """The suffix that determines how a file is read, in lower case; "" if it is not read."""
    name = plain_name(name).lower()
    return next((each for each in _WORK if name.endswith(each)), "")


def is_archive(name: str) -> bool:
    """Whether it is a zip or a tar, by its name."""
    return ending(name) in (ARCHIVE, *TARS)


def is_packed(name: str) -> bool:
    """Whether it is an archive of any kind, by its name, even one that is not opened here."""
    return is_archive(name) or name.lower().endswith(_OTHER_ARCHIVES)


def not_downloaded(name: str) -> str | None:
    """The name of the original file, if ``name`` is that of a placeholder left by iCloud."""
    found = _CLOUD.fullmatch(name)
    return found["name"] if found else None


def stem(name: str) -> str:
    """The name of a file without its whole suffix: "ada" for "ada.tar.gz" and "ada.ipynb.txt"."""
    known = ending(name)
    return plain_name(name)[: -len(known)] if known else PurePosixPath(name).stem
