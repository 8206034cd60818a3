"""Finds what earlier runs have graded, and records what this one adds: verdicts by their key, marks as they change."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import IO, Self

import msgspec

from grading import Closing
from grading.gradebook import as_reported
from grading.gradebook.database import FILE, Database, GradebookError
from grading.gradebook.earlier import take_over
from grading.gradebook.hand_marks import latest, marks_of, newest_of_all, with_marks
from grading.gradebook.marks import OwnRun, now, write_mark
from grading.gradebook.stored import decoded, stored
from grading.gradebook.verdict_points import decided_by, marked, worth_of
from grading.grades.grade import Grade, IsolationFacts
from grading.grades.roster import Known, Matches
from grading.intake.safe_names import clean
from grading.intake.submission import Handin
from grading.running.code_version import library_versions, suite_hash
from grading.running.setup import RunSetup

#: Beside the gradebook: which processes are at work here, and who is behind each pseudonym.
FOLDER = ".resume"
_TEMPORARY = ".*.tmp"  # as `write_whole` names them
_MOST_PENDING = 100


class Records(Closing):
    """The gradebook of one output folder, as one run uses it; entering ``with`` cleans up after killed runs.

    Args:
        out: the output folder, which must exist.
        setup: what the current run grades with.
        force: reuse no verdicts.
        trusted: whether only graders can have written into ``out``; if not, nothing in it is read, and no gradebook is
            kept there.
        digest: returns the current hash of a hand-in, to see whether it is still what was graded; None if it cannot be
            read, or should not be.
        formats, release: the formats of the reports, and whether they include what was hidden.

    Attributes:
        matches: which student each hand-in belongs to, if there is a roster; to be set before anything is marked.

    Raises:
        OSError: the folder cannot be written.
        GradebookError: the existing gradebook cannot be used.
    """

    def __init__(
        self,
        out: Path,
        setup: RunSetup,
        *,
        force: bool = False,
        trusted: bool = True,
        digest: Callable[[Handin], str | None] = lambda _: None,
        formats: Sequence[str] = (),
        release: bool = False,
    ) -> None:
        self._out, self._setup, self._force = out, setup, force
        self._formats, self._release = tuple(formats), release
        self._digest = digest
        self._trusted = trusted
        (out / FOLDER).mkdir(exist_ok=True)
        self._database = Database(out / FILE if trusted else None)
        try:
            self._lock: IO[bytes] = (out / FOLDER / "lock").open("ab")
        except OSError:
            self._database.close()
            raise
        self._run = OwnRun(self._database, lambda: self._worth)
        self._pending: list[tuple[Grade, int | None]] = []
        self._marked: Grade | None = None
        self._verdicts: dict[str, int] = {}
        self._reported: dict[str, tuple[as_reported.Kept, int]] = {}
        self._hand_marks: dict[str, int] = {}
        self._newest_hand_mark = 0
        self.matches: Matches | None = None

    def __enter__(self) -> Self:
        if _is_alone(self._lock):
            self._clear()
        if self._trusted:
            take_over(self._out / FOLDER, self._database)
        # Marks given by hand from now on may or may not be in the reports on the class.
        self._newest_hand_mark = newest_of_all(self._database)
        return self

    def close(self) -> None:
        """Record what is left, and that this run has ended."""
        # What cannot be recorded now is computed again by the next run.
        with contextlib.suppress(OSError, GradebookError):
            self.write_marks()
            self._run.end()
        self._database.close()
        self._lock.close()

    @cached_property
    def _decided_by(self) -> str:
        return decided_by(self._setup)

    @cached_property
    def _worth(self) -> as_reported.Worth:
        return worth_of(self._setup)

    @cached_property
    def _forms(self) -> as_reported.Forms:
        return as_reported.Forms(worth=self._worth, formats=self._formats, release=self._release)

    @cached_property
    def _text_of_forms(self) -> str:
        return as_reported.text_of(self._forms)

    def get_ready(self) -> None:
        """Compute the part that all keys have in common, so that the first grade need not wait for it."""
        suite_hash()
        library_versions()

    def find(self, handin: Handin, isolation: IsolationFacts) -> Grade | None:
        """Return the grade that grading ``handin`` now would give, or None if it is not known."""
        if self._force:
            return None
        query = (
            "SELECT verdicts.id, sha256, record FROM verdicts JOIN handins ON handins.id = handin "
            "WHERE name = ? AND key = ?"
        )
        rows = self._database.select(query, (handin.name, self._key(handin, isolation)))
        if not rows:
            return None
        # An unreadable hand-in is reported by the code that reads it for grading.
        digest = self._digest(handin)
        for row in rows:
            if row["sha256"] != digest or (verdict := decoded(row["record"])) is None:
                continue
            grade = marked(verdict, self._worth)
            if grade is not None:
                self._verdicts[handin.name] = row["id"]
                facts = msgspec.structs.replace(grade.submission, path=clean(str(handin.path)))
                return msgspec.structs.replace(grade, submission=facts)
        return None

    def keep(self, handin: Handin, verdict: Grade, grade: Grade) -> None:
        """Store a verdict and the resulting grade. A hand-in that could not be graded is tried again in each run.

        Raises:
            OSError: it cannot be written.
        """
        if verdict.state != "graded":
            return
        key = self._key(handin, verdict.isolation)
        record = zlib.compress(msgspec.json.encode(verdict), 1)
        with self._run.transaction():
            student = self._handin(verdict)
            statement = (
                "INSERT INTO verdicts (handin, run, made, sha256, key, decided_by, record) "
                "VALUES (?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET run = excluded.run, made = excluded.made, record = excluded.record"
            )
            sha256 = verdict.submission.sha256
            values = (student, self._run.number(), now(), sha256, key, self._decided_by, record)
            self._database.change(statement, values)
            query = "SELECT id FROM verdicts WHERE handin = ? AND sha256 = ? AND key = ?"
            (row,) = self._database.select(query, (student, sha256, key))
            self._verdicts[handin.name] = row["id"]
            self._mark(grade, row["id"])
        self._marked = grade

    def with_hand_marks(self, grade: Grade) -> Grade:
        """Return a grade, before the factor for being late, with the marks that people gave to its answers."""
        rows = self._database.select("SELECT id FROM handins WHERE name = ?", (grade.submission.name,))
        marks = marks_of(self._database, rows[0]["id"]) if rows else []
        self._hand_marks[grade.submission.name] = latest(marks)
        return with_marks(grade, marks, self._setup.rubric.settings.manual_points) if marks else grade

    def reported(self, handin: Handin, verdict: Grade, grade: Grade) -> None:
        """Remember, until the grade is marked, that its reports have been written."""
        kept = as_reported.kept_of(handin, verdict, grade)
        self._reported[handin.name] = (kept, self._hand_marks.get(handin.name, 0))

    def reported_class(self, names: Sequence[str], said: Sequence[str], *, anonymous: bool) -> None:
        """Record the data with which the reports on the class were written.

        Raises:
            OSError: it cannot be written.
        """
        forms = as_reported.class_forms(
            self._forms, self._decided_by, names, said, self.matches, anonymous=anonymous
        )
        with self._database.transaction():
            as_reported.keep_class(self._database, forms, self._newest_hand_mark)

    def mark(self, grade: Grade) -> None:
        """Record a hand-in's mark if it has changed; writing may be deferred until `write_marks`.

        Raises:
            OSError: it cannot be written.
        """
        if grade is self._marked:
            return  # by `keep`
        verdict = self._verdicts.get(grade.submission.name) if grade.state == "graded" else None
        self._pending.append((grade, verdict))
        if len(self._pending) >= _MOST_PENDING:
            self.write_marks()

    def write_marks(self) -> None:
        """Record all marks that have changed.

        Raises:
            OSError: they cannot be written.
        """
        if not self._pending:
            return
        with self._run.transaction():
            for grade, verdict in self._pending:
                self._mark(grade, verdict)
        self._pending.clear()

    def others(self, handins: Sequence[Handin], graded: Sequence[Path]) -> Iterator[Grade]:
        """Yield the grades of those who are in the gradebook but not among ``handins``, with their late factors.

        Anyone whose work used to be in ``graded``, and no longer is, has left the class.
        """
        for row in self._others(handins, graded):
            grade = stored(self._database, row["id"], self._worth, self._decided_by)
            if grade is not None:
                yield grade

    def known(self, handins: Sequence[Handin], graded: Sequence[Path]) -> list[Known]:
        """Return what is known about the owners of these hand-ins and of the others in the gradebook."""
        here = [
            Known(handin.name, handin.lms_id, "" if handin.parts else handin.path.name) for handin in handins
        ]
        rows = self._others(handins, graded)
        return here + [Known(row["name"], row["lms_id"], Path(row["path"]).name) for row in rows]

    def _others(self, handins: Sequence[Handin], graded: Sequence[Path]) -> list[sqlite3.Row]:
        here = {handin.name for handin in handins}
        roots = [path.resolve() for path in graded]

        def is_left(row: sqlite3.Row) -> bool:
            path = Path(row["path"]).resolve()
            return row["name"] not in here and not any(path.is_relative_to(root) for root in roots)

        return [row for row in self._database.select("SELECT * FROM handins ORDER BY name") if is_left(row)]

    def _mark(self, grade: Grade, verdict: int | None) -> None:
        student = self._handin(grade)
        write_mark(self._database, student, grade, verdict, self._run.number)
        reported = self._reported.pop(grade.submission.name, None)
        if reported is not None:
            forms = as_reported.keep_forms(self._database, self._text_of_forms)
            as_reported.keep_reported(self._database, student, forms, *reported)

    def _handin(self, grade: Grade) -> int:
        facts = grade.submission
        statement = (
            "INSERT INTO handins (name, path, lms_id) VALUES (?, ?, ?) "
            "ON CONFLICT DO UPDATE SET path = excluded.path, lms_id = max(lms_id, excluded.lms_id)"
        )
        student = self.matches.of.get(facts.name) if self.matches is not None else None
        path = os.fsencode(os.path.abspath(facts.path)).decode("utf-8", "replace")  # noqa: PTH100
        self._database.change(statement, (facts.name, path, facts.lms_id))
        if student is not None:
            who = (student.name, student.number or student.platform, student.email, facts.name)
            self._database.change(
                "UPDATE handins SET student = ?, student_id = ?, email = ? WHERE name = ?", who
            )
        (row,) = self._database.select("SELECT id FROM handins WHERE name = ?", (facts.name,))
        return int(row["id"])

    def _key(self, handin: Handin, isolation: IsolationFacts) -> str:
        parts = (
            handin.name,
            # The folder makes no difference. Names on disk need not be text.
            repr(handin.path.name),
            repr(handin.parts),
            self._decided_by,
            suite_hash(),
            isolation.level,
            isolation.detail,
            *(f"{name} {version}" for name, version in library_versions().items()),
        )
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()

    def _clear(self) -> None:
        """Remove the temporary files of killed runs; no other run is alive."""
        for pattern in (_TEMPORARY, f"*/{_TEMPORARY}"):
            for path in self._out.glob(pattern):
                with contextlib.suppress(OSError):
                    path.unlink()


@contextlib.contextmanager
def beside_others(out: Path) -> Iterator[None]:
    """Announce that a process is at work in ``out``, so that runs that start do not remove its temporary files."""
    (out / FOLDER).mkdir(exist_ok=True)
    with (out / FOLDER / "lock").open("ab") as lock:
        _is_alone(lock)
        yield


def _is_alone(lock: IO[bytes]) -> bool:
    """Announce this process until ``lock`` is closed or all its holders are dead; return whether it is the only one."""
    try:
        import fcntl
    except ImportError:
        return False
    alone = False
    with contextlib.suppress(OSError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        alone = True
    with contextlib.suppress(OSError):
        fcntl.flock(lock, fcntl.LOCK_SH)
    return alone
