"""Lists what can be marked in a class, and stores the marks: the gradebook as markers use it."""

from __future__ import annotations

import hashlib
import math
import threading
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from msgspec.structs import replace

from grading import Closing, UserError
from grading.gradebook.as_reported import ClassForms, Forms, Kept, kept_class
from grading.gradebook.database import FILE, Database, GradebookError
from grading.gradebook.hand_marks import HandMark, Item, give, items, lacked, marks_of, marks_since
from grading.gradebook.marking.questions import Question, sorted_out
from grading.gradebook.marks import OwnRun, now, write_mark
from grading.gradebook.stored import reported
from grading.gradebook.verdict_points import manual_at
from grading.grades.grade import ManualItem, SubmissionFacts
from grading.intake.submission import Handin

LONGEST_COMMENT = 5_000
_DECIMALS = 4


class MarkError(UserError):
    """A mark that cannot be given; the message is one line. ``code`` says which kind of error it is."""

    code = "refused"


class ConflictError(MarkError):
    """Somebody else has given another mark meanwhile: ``theirs``."""

    code = "conflict"

    def __init__(self, theirs: HandMark) -> None:
        super().__init__(f"{theirs.who} has marked it meanwhile")
        self.theirs = theirs


class ChangedError(MarkError):
    """The work has been graded again meanwhile, and is no longer what the marker saw."""

    code = "changed"


@dataclass(frozen=True)
class Place:
    """Something to mark in a hand-in.

    Attributes:
        item: what to mark.
        question: the number of its question.
        missing: whether others have that question, but this hand-in does not.
    """

    item: Item
    question: int
    missing: bool = False


@dataclass(frozen=True)
class Work:
    """A graded hand-in: its number in the gradebook, its name, its student, and what can be marked in it."""

    id: int
    name: str
    student: str
    student_id: str
    email: str
    sha256: str
    handin: Handin
    places: list[Place]

    @property
    def rank(self) -> str:
        """Sort a class in an order that reveals nothing."""
        return hashlib.sha256(f"{self.id} {self.sha256}".encode()).hexdigest()


class NewMark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mark to be given or, without points, to be withdrawn.

    Attributes:
        handin: the number of the hand-in.
        item: its key.
        answer: the `Item.answer_digest` of what the marker saw.
        comment: for the student.
        based_on: the number of the mark that the marker saw; 0 for none, None for any.
    """

    handin: int
    item: str
    answer: str
    points: float | None
    comment: str
    based_on: int | None


class _Verdict(msgspec.Struct, frozen=True):
    """The part of a recorded grade that is needed here."""

    submission: SubmissionFacts
    manual: list[ManualItem]


@dataclass
class Store(Closing):
    """The class of one folder of reports, and its gradebook; for many threads.

    Attributes:
        out: the folder.
        who: the person who gives the marks.
        patience: how many seconds to wait for others who are writing into the gradebook.
        forms: how the reports on the class were written.
        questions, works: what there is to mark, as of the last time the class was read.

    Raises:
        GradebookError: there is no gradebook, or it has nothing that can be marked.
    """

    out: Path
    who: str
    patience: float = 10.0
    forms: ClassForms = field(init=False)
    questions: list[Question] = field(init=False)
    works: dict[int, Work] = field(init=False)

    def __post_init__(self) -> None:
        self._database = Database(self.out / FILE, must_exist=True, patience=self.patience)
        self._lock = threading.Lock()
        self._run = OwnRun(self._database, lambda: self.forms.forms.worth, self.who)
        try:
            self.read()
        except BaseException:
            self._database.close()
            raise

    def close(self) -> None:
        """End the run, and close the gradebook."""
        with self._lock:
            self._run.end()
            self._database.close()

    def read(self) -> None:
        """Read the class again from the gradebook.

        Raises:
            GradebookError: no run of this version has finished its reports.
        """
        with self._lock:
            forms = kept_class(self._database)
            if forms is None:
                raise GradebookError(
                    f"the reports in {self.out} are of an earlier version of subgrader, or none were finished: grade "
                    "once more as you did, and mark then"
                )
            rows = self._database.select(
                "SELECT handins.*, report_settings.settings, reports.facts, verdicts.record FROM reports "
                "JOIN handins ON handins.id = reports.handin "
                "JOIN report_settings ON report_settings.id = reports.settings "
                "JOIN marks ON marks.id = (SELECT max(id) FROM marks WHERE marks.handin = handins.id) "
                "JOIN verdicts ON verdicts.id = marks.verdict WHERE marks.state = 'graded' ORDER BY handins.name"
            )
        known: dict[str, Forms] = {}
        in_class = set(forms.names)
        found: list[tuple[Work, list[Item], float]] = []
        for row in rows:
            if row["name"] not in in_class:
                continue
            theirs = known.setdefault(row["settings"], msgspec.json.decode(row["settings"], type=Forms))
            try:
                verdict = msgspec.json.decode(zlib.decompress(row["record"]), type=_Verdict)
            except (zlib.error, msgspec.DecodeError, UnicodeDecodeError):
                continue  # damaged; the next run grades it again
            settings, sha256 = theirs.worth.settings, verdict.submission.sha256
            kept = msgspec.json.decode(row["facts"], type=Kept)
            who = (row["student"], row["student_id"], row["email"])
            work = Work(row["id"], row["name"], *who, sha256, kept.handin(row["name"]), [])
            own = list(items(manual_at(verdict.manual, settings), sha256))
            found.append((work, own, settings.manual_points))
        questions, numbers = sorted_out([own for _, own, _ in found])
        for (work, own, worth), theirs_ in zip(found, numbers, strict=True):
            work.places.extend(_places(work, own, theirs_, questions, worth))
        self.forms, self.questions = forms, questions
        self.works = {work.id: work for work, _, _ in found}

    def marks(self, handin: int) -> list[HandMark]:
        """All marks ever given to anything in a hand-in, oldest first."""
        with self._lock:
            return marks_of(self._database, handin)

    def marks_since(self, number: int) -> list[tuple[int, HandMark]]:
        """Everybody's marks after the one with that number, each with its hand-in."""
        with self._lock:
            return marks_since(self._database, number)

    def give(self, new: NewMark) -> HandMark:
        """Give a mark; once this returns, it is stored, whatever happens.

        Raises:
            MarkError: the mark cannot be given; nothing is changed.
            GradebookError, OSError: it cannot be written; nothing is changed.
        """
        (mark,) = self.give_all([new])
        return mark

    def give_all(self, marks: Sequence[NewMark]) -> list[HandMark]:
        """Give all these marks or, if one of them cannot be given, none. Raises the same errors as `give`."""
        # Outside the transaction, during which nobody else can write.
        for mark in marks:
            if mark.handin not in self.works:
                raise ChangedError("it is not in the class any more")
        with self._lock, self._run.transaction():
            given = [self._give(mark) for mark in marks]
            for handin in dict.fromkeys(mark.handin for mark in marks):
                now_ = reported(self._database, handin)
                if now_ is not None:
                    write_mark(self._database, handin, now_.grade, now_.verdict, self._run.number)
            return given

    def _give(self, new: NewMark) -> HandMark:
        item = self._item_of_now(new)
        comment = new.comment.replace("\r\n", "\n").strip()
        if len(comment) > LONGEST_COMMENT:
            raise MarkError(f"a comment may have {LONGEST_COMMENT} characters, this one has {len(comment)}")
        points = None if new.points is None else in_range(new.points, item.manual.max_points)
        marks = marks_of(self._database, new.handin, new.item)
        last = marks[-1] if marks else None
        if last is not None and (last.points, last.comment, last.answer) == (points, comment, new.answer):
            return last  # sent twice, or two markers who agree
        if new.based_on is not None and new.based_on != (last.id if last else 0):
            assert last is not None
            raise ConflictError(last)
        made = HandMark(
            id=0,
            item=new.item,
            question=item.manual.question,
            answer=item.answer_digest,
            points=points,
            max_points=item.manual.max_points,
            comment=comment,
            who=self.who,
            made=now(),
        )
        return replace(made, id=give(self._database, new.handin, made))

    def _item_of_now(self, new: NewMark) -> Item:
        """Return the marked item as it is in the gradebook now: the hand-in may have been graded again meanwhile."""
        works = self.works[new.handin]
        place = next((each for each in works.places if each.item.key == new.item), None)
        work = reported(self._database, new.handin)
        if place is None or work is None:
            raise ChangedError("it has been graded again: read the class anew")
        sha256 = work.grade.submission.sha256
        if place.missing:
            manual = place.item.manual
            item = lacked(sha256, new.item, manual.question, work.forms.worth.settings.manual_points)
        else:
            found = [each for each in items(work.grade.manual, sha256) if each.key == new.item]
            if not found:
                raise ChangedError("it has been graded again: read the class anew")
            item = found[0]
        if item.answer_digest != new.answer:
            raise ChangedError("the answer is another one now: read the class anew")
        return item


def in_range(points: float, most: float) -> float:
    """Return the points if they can be given.

    Raises:
        MarkError: they cannot.
    """
    if not math.isfinite(points):
        raise MarkError("points must be a number")
    if points < 0:
        raise MarkError(f"{points:g} points are less than none")
    if points > most:
        raise MarkError(f"{points:g} points are more than the {most:g} that there are")
    return round(points, _DECIMALS)


def _places(
    work: Work, own: Sequence[Item], numbers: Sequence[int], questions: Sequence[Question], worth: float
) -> Iterator[Place]:
    """List what can be marked in a hand-in, in the order of the questions, including those that it lacks."""
    of = [Place(item, number) for item, number in zip(own, numbers, strict=True)]
    lacking = [
        Place(lacked(work.sha256, question.key, question.text, worth), number, missing=True)
        for number, question in enumerate(questions)
        if worth and question.of_class and question.source == "notebook" and number not in numbers
    ]
    return iter(sorted([*of, *lacking], key=lambda place: place.question))
