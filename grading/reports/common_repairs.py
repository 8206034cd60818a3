"""Counts the changes that repair a class's functions: many students may make a slip that has no name yet."""

from __future__ import annotations

import hashlib
import keyword
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from grading.grades.grade import Change, Grade, Repair

_NAME = re.compile(r"(?<![\w.])[^\W\d]\w*")
_KEPT = frozenset((*keyword.kwlist, "np", "numpy", "range", "len", "sum", "max", "abs"))


class FixedPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A change that repairs a function, or helps to, and the number of hand-ins with it, each counted once.

    Attributes:
        id: the same for changes that differ only in the names of variables, and in their place.
        function: the repaired function; for a method, its own name.
        sentence: the kind of change.
        lines: the change in its commonest form, "-" or "+" in front.
        submissions: the number of hand-ins.
    """

    id: str
    function: str
    sentence: str
    lines: list[str]
    submissions: int


def places_of(grade: Grade) -> dict[str, tuple[str, Change]]:
    """The function or method, and the change, of each place, by its id."""
    found: dict[str, tuple[str, Change]] = {}
    for function, repair in grade.repair.items():
        # Classes that inherit a method share one mistake.
        asked = function.rpartition(".")[2]
        for change in repair.changes:
            found.setdefault(_id(asked, change), (asked, change))
    return found


def fixed_places(grades: Sequence[Grade]) -> list[FixedPlace]:
    """The places where a class's functions were repaired, the commonest first."""
    counts: Counter[str] = Counter()
    written: dict[str, Counter[tuple[str, ...]]] = {}
    about: dict[str, tuple[str, Change]] = {}
    for grade in grades:
        for place, (function, change) in places_of(grade).items():
            counts[place] += 1
            written.setdefault(place, Counter())[tuple(_bare(change.lines))] += 1
            about.setdefault(place, (function, change))
    return [
        FixedPlace(
            id=place,
            function=about[place][0],
            sentence=about[place][1].sentence,
            lines=list(min(written[place].items(), key=lambda item: (-item[1], item[0]))[0]),
            submissions=counts[place],
        )
        for place in sorted(counts, key=lambda place: (-counts[place], place))
    ]


def in_short(repairs: Mapping[str, Repair]) -> dict[str, Repair]:
    """Repairs as the reports on a class need them, without the student's lines around."""
    return {
        function: msgspec.structs.replace(
            repair,
            changes=[
                msgspec.structs.replace(change, excerpt=[], first=change.line) for change in repair.changes
            ],
            elsewhere=None,
        )
        for function, repair in repairs.items()
    }


def summary(grade: Grade) -> Iterator[str]:
    """One line for each change: where, and what becomes what; for instructors."""
    for function, repair in grade.repair.items():
        for change in repair.changes:
            old, new = ("; ".join(_signed(change.lines, sign)) for sign in "-+")
            yield f"{function}, {change.source}, line {change.line}: {old} -> {new}"


def _id(function: str, change: Change) -> str:
    names: dict[str, str] = {}

    def renamed(match: re.Match[str]) -> str:
        name = match[0]
        return name if name in _KEPT else names.setdefault(name, f"v{len(names)}")

    text = "\n".join("".join(_NAME.sub(renamed, line).split()) for line in change.lines)
    whole = "\n".join((function, change.kind, text))
    return "fix-" + hashlib.sha256(whole.encode(errors="replace")).hexdigest()[:12]


def _bare(lines: Sequence[str]) -> Iterator[str]:
    """The lines without their common indentation."""
    indents = [len(line) - 1 - len(line[1:].lstrip()) for line in lines if line[1:].strip()]
    yield from (line[0] + " " + line[1 + min(indents, default=0) :] for line in lines if line)


def _signed(lines: Sequence[str], sign: str) -> Iterator[str]:
    return (line[1:].strip() for line in lines if line.startswith(sign))
