"""Describes a repair: the place in the student's own text, marked as a compiler does, and what is certain."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from grading.grades.grade import Change, CheckResult, Grade, Repair
from grading.words import later, said_place, say, together

T = TypeVar("T")

_TAB = 4


def repair_shown_by(check: CheckResult, grade: Grade) -> Repair | None:
    """The repair of a check's function, if this is the first failed check that it makes pass."""
    repair = grade.repair.get(check.function)
    if repair is None:
        return None
    failed = [c.id for c in grade.checks if c.function == check.function and c.status == "failed"]
    return repair if check.id == next((id_ for id_ in failed if id_ in repair.checks), None) else None


def told(repairs: Mapping[str, Repair]) -> dict[str, Repair]:
    """The part of repairs that students are told, by function."""
    found = {}
    for function, repair in repairs.items():
        if repair.hint != "none":
            changes = [_shown_change(change, repair) for change in repair.changes]
            elsewhere = None if repair.elsewhere is None else _shown_change(repair.elsewhere, repair)
            found[function] = msgspec.structs.replace(repair, changes=changes, elsewhere=elsewhere)
    return found


def _shown_change(change: Change, repair: Repair) -> Change:
    if repair.hint == "fix":
        return change
    if repair.hint == "kind":
        return msgspec.structs.replace(change, lines=[])
    return msgspec.structs.replace(change, kind="", sentence="", lines=[])


def sentence_of(function: str, repair: Repair) -> str:
    """A sentence on where the repair is, and how certain that is."""
    first = repair.changes[0]
    if _on_one_line(repair):
        return say(
            "Two changes in {place} make {function} right; this was tested on {cases:,} inputs.",
            place=_place(first),
            function=function,
            cases=repair.cases,
        )
    if len(repair.changes) > 1:
        return say(
            "Changes in two places, {first} and {second}, make {function} right; this was tested on {cases:,} inputs.",
            first=_place(first),
            second=_place(repair.changes[1]),
            function=function,
            cases=repair.cases,
        )
    if repair.part != "all":
        halves = {
            "ordinary": later(
                "A change in {place} makes {function} right except for large scores, tried on {cases:,} inputs."
            ),
            "loss": later(
                "A change in {place} makes the loss of {function} right, tried on {cases:,} inputs."
            ),
            "dW": later("A change in {place} makes the dW of {function} right, tried on {cases:,} inputs."),
        }
        return together(
            say(halves[repair.part], place=_place(first), function=function, cases=repair.cases),
            say("More is wrong in it than that."),
        )
    one, more = (
        later("One change in {place} makes {function} right; this was tested on {cases:,} inputs."),
        later("One more statement {place} makes {function} right; this was tested on {cases:,} inputs."),
    )
    return say(more if first.after else one, place=_place(first), function=function, cases=repair.cases)


def parts_of(repair: Repair) -> list[tuple[str, str, str]]:
    """For each change: its introduction, the place in the text, and the change; "" for missing parts."""
    return _parts(repair, _marked)


def pages_parts_of(repair: Repair) -> list[tuple[str, list[Row], str]]:
    """As `parts_of`, for pages: carets below a line would be misplaced if a narrow page breaks it."""
    return _parts(repair, _rows)


def _parts(repair: Repair, around: Callable[..., T]) -> list[tuple[str, T, str]]:
    """The same; ``around`` shows the lines around one change or two."""
    if _on_one_line(repair):
        both = _both(*repair.changes)
        return [("", around(both), _text_of(both))]
    if _are_near(repair):
        told = "\n".join(part for change in repair.changes if (part := _text_of(change)))
        return [("", around(*repair.changes), told)]
    parts = [("", around(change), _text_of(change)) for change in repair.changes]
    if repair.elsewhere is not None:
        other = repair.elsewhere
        parts.append((say("Or else, with the same effect:"), around(other), _text_of(other)))
    return parts


def _on_one_line(repair: Repair) -> bool:
    """Whether there are two changes, both on the same line."""
    places = {(change.source, change.line, change.after) for change in repair.changes}
    return len(repair.changes) == 2 and len(places) == 1 and not repair.changes[0].after


def _both(first: Change, second: Change) -> Change:
    """Combine two changes on one line."""
    sentences = [first.sentence] + [second.sentence] * (second.sentence != first.sentence)
    old = [line for line in first.lines if line.startswith("-")]
    new = [line for line in second.lines if line.startswith("+")]
    return msgspec.structs.replace(first, sentence=together(*sentences), lines=old + new)


class Row(msgspec.Struct, frozen=True):
    """One of the student's lines on a page, in three pieces, of which the second is marked."""

    number: str
    before: str
    marked: str = ""
    after: str = ""


def _rows(first: Change, *others: Change) -> list[Row]:
    """The lines around changes, without duplicates."""
    rows = _rows_around(first)
    for change in others:
        known = {row.number: row for row in rows}
        known |= {row.number: row for row in _rows_around(change) if row.marked or row.number not in known}
        rows = [known[number] for number in sorted(known, key=int)]
    return rows


def _rows_around(change: Change) -> list[Row]:
    lines = [line.expandtabs(_TAB) for line in change.excerpt]
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    rows = []
    for number, (written, line) in enumerate(zip(change.excerpt, lines, strict=True), change.first):
        begin, end = (
            len(written[:column].expandtabs(_TAB)) for column in (change.column, change.column + change.width)
        )
        if number == change.line and not change.after:
            rows.append(Row(str(number), line[indent:begin], line[max(begin, indent) : end], line[end:]))
        else:
            rows.append(Row(str(number), line[indent:]))
        if number == change.line and change.after:
            rows.append(Row("", " " * max(change.column - indent, 0), "…"))
    return rows


def as_text(function: str, repair: Repair) -> str:
    """The repair of a function as plain text: a sentence, then each change."""
    lines = [sentence_of(function, repair)]
    for before, place, change in parts_of(repair):
        lines += [part for part in (before, place, change) if part]
    return "\n".join(lines)


def _are_near(repair: Repair) -> bool:
    """Whether there are two changes on neighbouring lines, indented alike, so that the lines are shown once."""
    if len(repair.changes) != 2 or any(change.after for change in repair.changes):
        return False
    first, second = repair.changes
    indents = {
        min(len(line) - len(line.lstrip()) for line in change.excerpt if line.strip())
        for change in repair.changes
    }
    shared = first.source == second.source and len(indents) == 1
    return shared and 0 < abs(first.line - second.line) <= len(first.excerpt) // 2


def _text_of(change: Change) -> str:
    return "\n".join(part for part in (change.sentence, *change.lines) if part)


def _place(change: Change) -> str:
    place = said_place(f"{change.source}, line {change.line}")
    return say("after {place}", place=place) if change.after else place


def _marked(*changes: Change) -> str:
    """The lines around the places, with their numbers, and carets below the marked text."""
    lines: dict[int, str] = {}
    for change in changes:
        lines |= dict(enumerate(change.excerpt, change.first))
    width = len(str(max(lines)))
    rows = []
    for number, line in sorted(lines.items()):
        rows.append(f"{number:{width}} | {line.expandtabs(_TAB)}".rstrip())
        for change in changes:
            if number != change.line:
                continue
            begin = _columns(line[: change.column])
            end = _columns(line[: change.column + change.width])
            rows.append(f"{'':{width}} | {' ' * begin}{'^' * max(end - begin, 1)}")
    return "\n".join(rows)


def _columns(text: str) -> int:
    """The number of columns of a text in a monospaced font, in which some characters are twice as wide."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text.expandtabs(_TAB))
