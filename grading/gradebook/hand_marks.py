"""Marks that people give to written answers and to the rubric's manual items, and their effect on a grade.

A mark belongs to what was marked: if the next hand-in has a different answer, or the item is now worth fewer points
than were given, the mark becomes history and no longer counts. All marks are kept; the last one of each item holds.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from grading.gradebook.database import Database
from grading.grades.grade import Grade, ManualItem

_JOINED = "\n".join  # the parts that are hashed
_HEX = 12


class HandMark(msgspec.Struct, frozen=True):
    """One mark by a person.

    Attributes:
        id: a later mark has a higher one; 0 for a mark that is not stored yet.
        item: the `Item.key` of what is marked, and ``question`` its words.
        answer: the `Item.answer_digest` that was marked.
        points: None if an earlier mark is withdrawn.
        max_points: the maximum at that time.
        comment: for the student.
        who, made: by whom and when (UTC).
    """

    id: int
    item: str
    question: str
    answer: str
    points: float | None
    max_points: float
    comment: str
    who: str
    made: str


_COLUMNS = ", ".join(HandMark.__struct_fields__)


class Item(msgspec.Struct, frozen=True):
    """What can be marked in a hand-in: one of its answers, an item of the rubric, or a question that it lacks.

    ``key`` is the same for the same words in every hand-in; ``manual`` is the item as reports show it.
    """

    key: str
    answer_digest: str
    manual: ManualItem

    def counts(self, mark: HandMark | None) -> bool:
        """Whether a mark is for the item as it is now."""
        return (
            mark is not None
            and mark.points is not None
            and mark.answer == self.answer_digest
            and mark.points <= self.manual.max_points
        )


def items(manual_items: Iterable[ManualItem], sha256: str) -> Iterator[Item]:
    """Yield what can be marked in a hand-in with this hash, in order."""
    seen: Counter[str] = Counter()
    for manual in manual_items:
        key = key_of(manual)
        seen[key] += 1
        if seen[key] > 1:
            key = _hash(key, str(seen[key]))
        # The rubric's items concern the whole work.
        digest = _hash(manual.answer if manual.source == "notebook" else sha256)
        yield Item(key, digest, manual)


def lacked(sha256: str, key: str, question: str, max_points: float) -> Item:
    """Return the item for a question that other notebooks have, but that cannot be found in this hand-in."""
    digest = _hash("not found", sha256)
    return Item(key, digest, ManualItem(question=question, answer="", max_points=max_points))


def key_of(manual: ManualItem) -> str:
    """Return the key of an item: its words, however they are formatted."""
    text = unicodedata.normalize("NFKC", manual.question).casefold()
    return _hash(manual.source, "".join(letter for letter in text if letter.isalnum()))


def _hash(*parts: str) -> str:
    return hashlib.sha256(_JOINED(parts).encode("utf-8", "surrogatepass")).hexdigest()[:_HEX]


def with_marks(grade: Grade, marks: Iterable[HandMark], manual_points: float) -> Grade:
    """Return a grade, before the factor for being late, with these marks; a question is worth ``manual_points`` now."""
    if grade.state != "graded":
        return grade
    last = {mark.item: mark for mark in marks}
    manual = []
    sha256 = grade.submission.sha256
    for item in items(grade.manual, sha256):
        mark = last.pop(item.key, None)
        manual.append(_marked(item, mark) if mark is not None else item.manual)
    for mark in last.values():
        item = lacked(sha256, mark.item, mark.question, manual_points)
        if item.counts(mark):
            manual.append(_marked(item, mark))
    counted = [item for item in manual if item.points is not None]
    return msgspec.structs.replace(
        grade,
        manual=manual,
        score=round(grade.score + sum(item.points or 0.0 for item in counted), 6),
        max_score=round(grade.max_score + sum(item.max_points for item in counted), 6),
    )


def counting(grade: Grade, marks: Iterable[HandMark]) -> set[int]:
    """Return the numbers of the marks that are included in a grade."""
    last = {mark.item: mark for mark in marks}
    # A question that it lacks, once marked, is among its items, with other words in place of an answer.
    own = {item.key: item for item in items(grade.manual, grade.submission.sha256)}
    worth = {key: item.manual.max_points for key, item in own.items()}
    return {
        mark.id
        for key, mark in last.items()
        if key in own
        and (
            own[key].counts(mark)
            or lacked(grade.submission.sha256, key, mark.question, worth[key]).counts(mark)
        )
    }


def _marked(item: Item, mark: HandMark) -> ManualItem:
    if not item.counts(mark):
        return item.manual
    return msgspec.structs.replace(item.manual, points=mark.points, comment=mark.comment)


def marks_of(database: Database, handin: int, item: str | None = None) -> list[HandMark]:
    """All marks of a hand-in, or of one item in it, oldest first."""
    which = "" if item is None else " AND item = :item"
    query = f"SELECT {_COLUMNS} FROM hand_marks WHERE handin = :handin{which} ORDER BY id"
    return [HandMark(*row) for row in database.select(query, {"handin": handin, "item": item})]


def marks_since(database: Database, number: int) -> list[tuple[int, HandMark]]:
    """Everybody's marks with a higher number, each with its hand-in."""
    query = f"SELECT handin, {_COLUMNS} FROM hand_marks WHERE id > ? ORDER BY id"
    return [(handin, HandMark(*mark)) for handin, *mark in database.select(query, (number,))]


def give(database: Database, handin: int, mark: HandMark) -> int:
    """Store a mark and return its number."""
    # All except the number, which the database assigns.
    columns = ("handin", *HandMark.__struct_fields__[1:])
    row = (handin, *msgspec.structs.astuple(mark)[1:])
    places = ", ".join("?" * len(row))
    return database.change(f"INSERT INTO hand_marks ({', '.join(columns)}) VALUES ({places})", row)


def newest_of_all(database: Database) -> int:
    """The number of the last mark given to anybody; 0 if there is none."""
    ((newest,),) = database.select("SELECT max(id) FROM hand_marks")
    return newest or 0


def latest(marks: Sequence[HandMark]) -> int:
    """The number of the last of these marks; 0 if there are none."""
    return max((mark.id for mark in marks), default=0)
