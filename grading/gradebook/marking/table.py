"""Exports marks as a table for a spreadsheet, and imports them from one, all or nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from grading.gradebook.hand_marks import HandMark
from grading.gradebook.marking.store import ConflictError, MarkError, NewMark, Place, Store, Work, in_range
from grading.grades.atomic_files import write_atomically
from grading.grades.roster import Known, Matches, Student, columns_of, match, read_table, student_of
from grading.reports.gradebook import inert
from grading.reports.text import visible

_HEAD = (
    *("submission", "student", "student_id", "item", "question", "answer", "max_points"),
    *("points", "comment", "marked_by", "state"),
)
_NOTHING = ("", "-", "–")


class TableError(MarkError):
    """A table whose marks cannot be imported; the message is one line: where, what, what to do."""


def export(store: Store, path: Path) -> int:
    """Write a row for everything that can be marked; return the number of rows.

    ``state`` identifies the mark that a row is based on: marks given since then are not overwritten.

    Raises:
        OSError: the file cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow(_HEAD)
    rows = [_row(work, place, mark) for work, place, mark in _everything(store)]
    writer.writerows(rows)
    # With the byte order mark, by which Excel recognizes UTF-8.
    write_atomically(path, text.getvalue().encode("utf-8-sig"))
    return len(rows)


def _everything(store: Store) -> list[tuple[Work, Place, HandMark | None]]:
    last = {(handin, mark.item): mark for handin, mark in store.marks_since(0)}
    return [
        (work, place, last.get((work.id, place.item.key)))
        for number in range(len(store.questions))
        for work in store.works.values()
        for place in work.places
        if place.question == number
    ]


def _row(work: Work, place: Place, mark: HandMark | None) -> list[str]:
    item, manual = place.item, place.item.manual
    holds = mark if item.counts(mark) else None
    points = holds.points if holds is not None else None
    return [
        inert(work.name),
        inert(work.student),
        inert(work.student_id),
        item.key,
        inert(manual.question),
        inert(manual.answer),
        f"{manual.max_points:g}",
        "" if points is None else f"{points:g}",
        inert(holds.comment) if holds is not None else "",
        inert(holds.who) if holds is not None else "",
        f"{mark.id if mark is not None else 0}-{item.answer_digest}",
    ]


def take(store: Store, path: Path) -> int:
    """Give the marks in a table; return the number of new ones.

    Rows without points and comment are skipped. In an instructor's own table, students may be identified by anything
    that a roster knows them by, and questions by their words instead of ``item``.

    Raises:
        TableError: a row is wrong; nothing is taken.
        RosterError: the file cannot be read.
    """
    headings, rows = read_table(path, by_row=True)
    known = columns_of(headings)
    names = [heading.strip().casefold() for heading in headings]
    _require_columns(path, names, known)
    find = _Finder(store)
    marks: list[NewMark] = []
    rows_of: dict[tuple[int, str], int] = {}
    for number, row in rows:
        try:
            # Of several columns with the same name, the first counts.
            cells = dict(reversed([*zip(names, row, strict=False)]))
            student = student_of(row, known) or Student()
            mark = _new_mark(cells, student, find)
            if mark is None:
                continue
            earlier = rows_of.setdefault((mark.handin, mark.item), number)
            if earlier != number:
                raise MarkError(f"row {earlier} marks the same")
        except MarkError as error:
            raise TableError(f"{path}, row {number}: {error}; nothing was taken") from None
        marks.append(mark)
    before = {mark.id for _, mark in store.marks_since(0)}
    try:
        given = store.give_all(marks)
    except ConflictError as error:
        theirs = error.theirs
        where = next(
            (n for (handin, key), n in rows_of.items() if key == theirs.item and _has(store, handin, theirs)),
            0,
        )
        raise TableError(
            f"{path}, row {where}: {theirs.who} has marked it since the table was written "
            f"({_said(theirs)}): write a new table with --export; nothing was taken"
        ) from None
    return sum(mark.id not in before for mark in given)


def _has(store: Store, handin: int, mark: HandMark) -> bool:
    return any(each.id == mark.id for each in store.marks(handin))


def _said(mark: HandMark) -> str:
    return "taken back" if mark.points is None else f"{mark.points:g} points"


def _require_columns(path: Path, names: Sequence[str], known: Mapping[str, int]) -> None:
    is_known = "submission" in names or set(known) & {"number", "platform", "login", "email", "name", "last"}
    missing = [
        *(["submission (or a column of a roster: name, email, id)"] if not is_known else []),
        *(["item or question"] if not {"item", "question"} & set(names) else []),
        *(["points"] if "points" not in names else []),
    ]
    if missing:
        raise TableError(f"{path}: there is no column {' and no column '.join(missing)}; --export writes all")


class _Finder:
    """Finds the hand-in and item that a row refers to."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_name = {work.name: work for work in store.works.values()}
        self._by_student: dict[str, list[Work]] = {}
        for work in store.works.values():
            for called in {work.student, work.student_id, work.email} - {""}:
                self._by_student.setdefault(called.casefold(), []).append(work)
        self._matches: Matches | None = store.forms.matches()

    def work(self, cells: Sequence[str]) -> Work:
        """Find the hand-in that the first cell names, or another cell, by what a roster knows its student by."""
        given = [cell for cell in map(_without_apostrophe, cells) if cell]
        if not given:
            raise MarkError("it says of nobody whose mark this is")
        if meant_by_name := self._by_name.get(_without_apostrophe(cells[0])):
            return meant_by_name
        for cell in given:
            works = self._works(cell)
            if len(works) > 1:
                raise MarkError(f"{cell!r} could be {' or '.join(work.name for work in works)}")
            if works:
                return works[0]
        raise MarkError(f"no hand-in that was graded is {visible(given[0])!r}'s")

    def _works(self, cell: str) -> list[Work]:
        """Find hand-ins by student; by file name only if ``cell`` names no student: anyone may choose one."""
        known = self._by_student.get(cell.casefold(), [])
        if known or self._matches is None:
            return known or [work for work in [self._by_name.get(cell)] if work is not None]
        students = match(self._matches.roster, [Known(cell)]).of.values()
        names = [name for name, student in self._matches.of.items() if student in students]
        return [self._by_name[name] for name in (names if students else [cell]) if name in self._by_name]

    def place(self, work: Work, row: Mapping[str, str]) -> Place:
        """Find the item of a hand-in by its key or by the words of its question."""
        key, question = row.get("item", ""), " ".join(_without_apostrophe(row.get("question", "")).split())
        found = [place for place in work.places if place.item.key == key]
        if not key and question:
            found = [
                place
                for place in work.places
                if question
                in map(_words, (place.item.manual.question, self._store.questions[place.question].text))
            ]
        if len(found) != 1:
            what = f"item {visible(key)!r}" if key else f"question {visible(question[:60])!r}"
            raise MarkError(f"{work.name} has no {what}" if not found else f"{work.name} has {what} twice")
        return found[0]


def _words(text: str) -> str:
    return " ".join(visible(text).split())


def _new_mark(cells: Mapping[str, str], student: Student, find: _Finder) -> NewMark | None:
    written, comment = cells.get("points", "").strip(), _without_apostrophe(cells.get("comment", "")).strip()
    if written in _NOTHING and not comment:
        return None
    whose = (student.number, student.platform, student.login, student.email, student.name)
    work = find.work([cells.get("submission", ""), *whose])
    place = find.place(work, cells)
    if written in _NOTHING:
        raise MarkError("there is a comment, but no points")
    try:
        points = in_range(float(written.replace(",", ".")), place.item.manual.max_points)
    except ValueError:
        raise MarkError(f"{visible(written)!r} is not a number of points") from None
    state, digest = cells.get("state", ""), place.item.answer_digest
    based_on, _, seen = state.partition("-")
    if state and seen != digest:
        raise MarkError("the answer is another one now: write a new table with --export")
    return NewMark(
        work.id, place.item.key, digest, points, comment, int(based_on) if based_on.isdigit() else None
    )


def _without_apostrophe(cell: str) -> str:
    """Strip the apostrophe that keeps a cell from being a formula."""
    return cell[1:] if cell.startswith("'") and inert(cell[1:]) == cell else cell.strip()
