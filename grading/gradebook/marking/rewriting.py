"""Rewrites reports after marking: from recorded verdicts, without running any student code.

The gradebook stores the number of the last mark included in each report, so that after a crash the next person who
marks or grades catches up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from grading.gradebook.as_reported import ClassForms, Kept, kept_class
from grading.gradebook.database import FILE, Database, GradebookError
from grading.gradebook.hand_marks import latest, newest_of_all
from grading.gradebook.marks import LATEST, write_mark
from grading.gradebook.stored import reported, stored
from grading.grades.grade import Grade
from grading.intake.reader import Reader
from grading.reports import WRITERS, write_class, write_reports
from grading.reports.anonymous import pseudonyms
from grading.reports.brief import Brief
from grading.reports.source_page import SourcePage

_QUIET_SECONDS = 1.5  # after a mark, before the reports on the class are written
_PAUSE_SECONDS = 0.5
_STALE = (
    "SELECT reports.handin FROM reports JOIN hand_marks ON hand_marks.handin = reports.handin "
    "GROUP BY reports.handin HAVING max(hand_marks.id) > reports.hand_mark ORDER BY max(hand_marks.id)"
)


@dataclass
class Rewriter:
    """Rewrites the reports in one folder while people are marking there.

    Attributes:
        out: the folder.
        reader: reads the hand-ins, whose own files are shown.
        waiting: how many hand-ins have reports that lack a mark; the class counts as one.
        problem: why the last attempt to write something failed.
    """

    out: Path
    reader: Reader
    waiting: int = 0
    problem: str = ""
    _short: dict[int, tuple[tuple[int, int], Grade]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._brief = Brief()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Write in the background, until `finish`."""
        self._thread = threading.Thread(target=self._go_on, name="reports", daemon=True)
        self._thread.start()

    def finish(self, said: Callable[[int], None] = lambda _: None) -> None:
        """Write everything that is pending, and stop; ``said`` is told how much that is, if there is anything."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
        with Database(self.out / FILE, must_exist=True) as database:
            self._count(database)
            if self.waiting:
                said(self.waiting)
                self.write(database)

    def _go_on(self) -> None:
        seen, since = -1, time.monotonic()
        with Database(self.out / FILE, must_exist=True) as database:
            while not self._ending.wait(_PAUSE_SECONDS):
                try:
                    newest = self._count(database)
                    if newest != seen:
                        seen, since = newest, time.monotonic()
                    if self.waiting:
                        quiet = time.monotonic() - since >= _QUIET_SECONDS
                        self.write(database, with_class=quiet)
                except (GradebookError, OSError) as error:
                    self.problem = _told(error)

    def _count(self, database: Database) -> int:
        """Count what is waiting; return the number of the newest mark."""
        newest = newest_of_all(database)
        written = database.select("SELECT hand_mark FROM class_reports")
        stale_class = bool(written) and written[0]["hand_mark"] < newest
        self.waiting = len(database.select(_STALE)) + stale_class
        return newest

    def write(self, database: Database, *, with_class: bool = True) -> None:
        """Write the reports that lack a mark: first those on hand-ins, then those on the class.

        Raises:
            GradebookError, OSError: something could not be written; everything else was.
        """
        problems: list[Exception] = []
        for row in database.select(_STALE):
            if self._ending.is_set() and not with_class:
                return
            try:
                self._write_reports(database, row["handin"])
            except (GradebookError, OSError) as error:
                problems.append(error)
        if with_class:
            self._write_class(database)
        self._count(database)
        self.problem = _told(problems[0]) if problems else ""
        if problems and with_class:
            raise problems[0]

    def _write_reports(self, database: Database, number: int) -> None:
        work = reported(database, number)
        if work is None:
            newest = "(SELECT max(id) FROM hand_marks WHERE handin = :number)"
            # It is no longer graded; its marks count again once it is.
            database.change(
                f"UPDATE reports SET hand_mark = {newest} WHERE handin = :number", {"number": number}
            )
            return
        formats, release = work.forms.formats, work.forms.release
        if self.reader.digest(work.handin) == work.grade.submission.sha256:
            write_reports(work.grade, self.out, formats, work.handin, release=release, reader=self.reader)
        else:
            page = (self.out / work.grade.submission.name / SourcePage.file_name).is_file()
            own = [name for name in formats if name in WRITERS]
            write_reports(work.grade, self.out, own, release=release, source_page=page)
        with database.transaction():
            database.change("UPDATE reports SET hand_mark = ? WHERE handin = ?", (latest(work.marks), number))
            # Somebody may have graded at the same time, without knowing of the mark yet.
            now = reported(database, number)
            if now is not None:
                (last,) = database.select(LATEST, (number,))
                write_mark(database, number, now.grade, now.verdict, lambda: int(last["run"]))

    def _write_class(self, database: Database) -> None:
        newest = newest_of_all(database)
        forms = kept_class(database)
        if forms is None:
            return
        worth = forms.forms.worth
        write_class(
            self._everybody(database, forms),
            list(worth.settings.functions),
            self.out,
            forms.forms.formats,
            release=forms.forms.release,
            names=pseudonyms(forms.names, self.out) if forms.anonymous else None,
            said=forms.said,
            title=worth.settings.title,
            matches=forms.matches(),
        )
        database.change("UPDATE class_reports SET hand_mark = ?", (newest,))

    def _everybody(self, database: Database, forms: ClassForms) -> list[Grade]:
        """Return the grades of the class, as the reports on it need them."""
        known = {
            row["name"]: row
            for row in database.select(
                "SELECT handins.id, handins.name, reports.facts, report_settings.settings, "
                "(SELECT max(id) FROM marks WHERE marks.handin = handins.id) AS mark, "
                "(SELECT max(id) FROM hand_marks WHERE hand_marks.handin = handins.id) AS hand_mark "
                "FROM handins LEFT JOIN reports ON reports.handin = handins.id "
                "LEFT JOIN report_settings ON report_settings.id = reports.settings"
            )
        }
        settings = msgspec.json.encode(forms.forms, order="deterministic").decode()
        grades = []
        for name in forms.names:
            row = known.get(name)
            if row is None or row["mark"] is None:
                continue
            state = (row["mark"], row["hand_mark"] or 0)
            held = self._short.get(row["id"])
            if held is None or held[0] != state:
                same = row["settings"] == settings
                work = reported(database, row["id"]) if same else None
                grade = (
                    work.grade if work else stored(database, row["id"], forms.forms.worth, forms.decided_by)
                )
                if grade is None:
                    continue
                if same and work is None:
                    kept = msgspec.json.decode(row["facts"], type=Kept)
                    facts = msgspec.structs.replace(grade.submission, lms_id=kept.lms_id, lms=kept.lms)
                    grade = msgspec.structs.replace(grade, submission=facts)
                held = (state, self._brief.of(grade))
                self._short[row["id"]] = held
            grades.append(held[1])
        return grades


def _told(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"cannot write {error.filename}: {error.strerror}"
    return str(error)


def rewritten(out: Path, said: Callable[[int], None] = lambda _: None) -> None:
    """Write all reports in a folder that lack a mark.

    Raises:
        GradebookError, OSError: something cannot be written.
    """
    with Reader() as reader:
        Rewriter(out, reader).finish(said)
