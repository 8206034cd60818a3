"""Chooses between versions of one file, "softmax.ipynb" and "softmax (1).ipynb": one counts, as a whole."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Sequence
from pathlib import PurePosixPath

from grading.intake.modules import Module
from grading.intake.submission import State
from grading.words import say

# Suffixes that browsers, Jupyter, file managers and people append to the name of a second one.
_NUMBERED = re.compile(
    r"(?:[ _]?\((?P<number>\d{1,3})\)|[ _-]v(?:er|ersion)?[ _-]?(?P<version>\d{1,2}))$", re.IGNORECASE
)
_COPIED = re.compile(r"(?<![ _-])[ _-]*+(?:copy|kopie|copie|copia|副本)[ ]?\d{0,3}$", re.IGNORECASE)


def current_versions(modules: Sequence[Module], wanted: Container[str]) -> tuple[list[Module], list[str]]:
    """The modules without older versions of files among them, and sentences about those.

    The version with most of the ``wanted`` names written counts, then the one with the highest number, which a browser
    gave to the newest download; copies made by Jupyter come last. A version with something written that the other lacks
    is kept beside it.
    """
    if len(modules) < 2:
        return list(modules), []
    families: dict[tuple[str, str], list[Module]] = defaultdict(list)
    for module in modules:
        path = PurePosixPath(module.name)
        families[str(path.parent), _plain(path.stem) + path.suffix].append(module)
    left: dict[str, str] = {}
    for family in families.values():
        if len(family) < 2:
            continue
        written = {module.name: _written(module, wanted) for module in family}
        family.sort(key=lambda m: (-len(written[m.name]), _is_copied(m), -_number(m), m.name))
        first, *others = family
        for other in others:
            shared = _defined(other, wanted) & _defined(first, wanted)
            if shared and written[other.name] <= written[first.name]:
                left[other.name] = first.name
    said = [
        say(
            "{file} and {other} are versions of one file: {file} was taken as a whole.",
            file=taken,
            other=other,
        )
        for other, taken in left.items()
    ]
    return [module for module in modules if module.name not in left], said


def _plain(stem: str) -> str:
    return _COPIED.sub("", _NUMBERED.sub("", stem)).strip()


def _is_copied(module: Module) -> bool:
    return _COPIED.search(_NUMBERED.sub("", PurePosixPath(module.name).stem)) is not None


def _number(module: Module) -> int:
    found = _NUMBERED.search(PurePosixPath(module.name).stem)
    return int(found["number"] or found["version"]) if found else 0


def _defined(module: Module, wanted: Container[str]) -> set[str]:
    return {name for name in module.defined if name in wanted}


def _written(module: Module, wanted: Container[str]) -> set[str]:
    return {
        name
        for name in _defined(module, wanted)
        if any(candidate.state is State.WRITTEN for candidate in module.candidates([name]))
    }
