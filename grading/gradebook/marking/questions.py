"""Finds out which answers of different students belong to the same question.

Students edit their notebooks: one translates a question, one shortens it, one deletes it. Questions with the same words
are the same; then those with nearly the same words; and if a student has as many unmatched questions as missing ones,
they are matched in order. None of this affects points: a mark is given to what is in the hand-in.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grading.gradebook.hand_marks import Item
from grading.reports.text import one_line

_ALIKE = 0.7
_LONGEST_COMPARED = 400
_SHARE_OF_CLASS = 0.5


@dataclass(frozen=True)
class Question:
    """A question to the whole class, or one that only a few hand-ins contain.

    Attributes:
        key: identifies the question in the marks of students whose notebooks lack it.
        text: its words, where it is present.
        max_points: what it is worth.
        source: "notebook" or "rubric".
        of_class: whether hand-ins without it count as lacking it.
    """

    key: str
    text: str
    max_points: float
    source: str
    of_class: bool


def sorted_out(students: Sequence[Sequence[Item]]) -> tuple[list[Question], list[list[int]]]:
    """Return the questions of a class, and for each student the number of the question of each item.

    Questions of the class come first, in the order of the notebooks, then the rubric's items, and last the questions
    that only a few hand-ins contain, however many of them students have made up.
    """
    count: Counter[str] = Counter()
    position: Counter[str] = Counter()
    words: dict[str, Item] = {}
    for items in students:
        for place, item in enumerate(items):
            count[item.key] += 1
            position[item.key] += place
            words.setdefault(item.key, item)
    common = [key for key in sorted(count, key=lambda k: -count[k]) if count[key] >= _quorum(len(students))]
    found: dict[str, str] = {key: key for key in common}
    for items in students:
        own = {found[item.key] for item in items if item.key in found}
        missing = [key for key in common if key not in own]
        found |= _assigned([item for item in items if item.key not in found], missing, words)
    named = sorted(
        set(found.values()),
        key=lambda k: (k not in common, words[k].manual.source == "rubric", position[k] / count[k], k),
    )
    questions = [
        Question(key, manual.question, manual.max_points, manual.source, key in common)
        for key in named
        for manual in [words[key].manual]
    ]
    number = {key: place for place, key in enumerate(named)}
    return questions, [[number[found[item.key]] for item in items] for items in students]


def _quorum(students: int) -> float:
    """The number of students who must have a question for it to belong to the whole class."""
    return max(2.0, _SHARE_OF_CLASS * students) if students > 2 else 1.0


def _assigned(
    strange: Sequence[Item], missing: list[str], words: dict[str, Item]
) -> Iterator[tuple[str, str]]:
    """Match each unmatched item with the question that it is taken for: one of the missing ones, or its own."""
    rest = []
    for item in strange:
        near = [key for key in missing if _alike(item, words[key])]
        if near:
            missing.remove(near[0])
            yield item.key, near[0]
        else:
            rest.append(item)
    in_order = missing if len(missing) == len(rest) else [item.key for item in rest]
    yield from zip((item.key for item in rest), in_order, strict=True)


def _alike(one: Item, other: Item) -> bool:
    if one.manual.source != other.manual.source:
        return False
    text, text_ = (one_line(item.manual.question)[:_LONGEST_COMPARED] for item in (one, other))
    matcher = difflib.SequenceMatcher(None, text, text_, autojunk=False)
    return matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE
