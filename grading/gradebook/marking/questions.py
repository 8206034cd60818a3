"""Which answers of different students are to the same question.

Students edit their notebooks: one translates a question, one shortens it, one deletes it. Questions with the same words
are the same; then those with nearly the same words; and if a student lacks as many as are nobody else's, they are the
same in their order. Nothing of that decides about points: a mark is given to what stands in the hand-in.
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
    """Something that is asked of the class, or of one student.

    Attributes:
        key: by which marks of those who lack it are known.
        text: its words, of those who have it.
        max_points: what it is worth.
        source: "notebook" or "rubric".
        of_class: whether it is missing where it is not.
    """

    key: str
    text: str
    max_points: float
    source: str
    of_class: bool


def sorted_out(students: Sequence[Sequence[Item]]) -> tuple[list[Question], list[list[int]]]:
    """The questions of a class, and for each student the number of the question of each item.

    Questions of the class are in the order of the notebooks, then come the rubric's items, and those that only a few
    hand-ins have are last, however many somebody has made up.
    """
    count: Counter[str] = Counter()
    position: Counter[str] = Counter()
    words: dict[str, Item] = {}
    for items in students:
        for place, item in enumerate(items):
            count[item.key] += 1
            position[item.key] += place
            words.setdefault(item.key, item)
    common = [key for key in sorted(count, key=lambda k: -count[k]) if count[key] >= _least(len(students))]
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


def _least(students: int) -> float:
    """How many students must have a question for it to be one of the whole class."""
    return max(2.0, _SHARE_OF_CLASS * students) if students > 2 else 1.0


def _assigned(
    strange: Sequence[Item], missing: list[str], words: dict[str, Item]
) -> Iterator[tuple[str, str]]:
    """Each strange item with the question that it is taken for: one of the missing, or its own."""
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
