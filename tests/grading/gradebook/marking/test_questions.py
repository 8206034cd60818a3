"""Which answers are to the same question, and in which order questions are marked."""

from __future__ import annotations

from grading.gradebook.hand_marks import Item, items
from grading.gradebook.marking.questions import sorted_out
from grading.grades.grade import ManualItem

ASKED = ("Why is the loss near log(10)?", "What do the weights look like?")


def handed_in(*questions: str) -> list[Item]:
    """A hand-in with these questions, and an item of the rubric."""
    found = [ManualItem(question=text, answer="Because.", max_points=4.0) for text in questions]
    return list(items([*found, ManualItem(question="Style", answer="", max_points=5.0, source="rubric")], ""))


def test_questions_that_one_hand_in_has_made_up_come_last() -> None:
    own = [f"{letter * 40}?" for letter in "abcdef"]
    questions, numbers = sorted_out([handed_in(*ASKED), handed_in(*own, *ASKED), handed_in(*ASKED)])
    assert [question.text for question in questions] == [*ASKED, "Style", *own]
    assert [question.of_class for question in questions] == [True] * 3 + [False] * 6
    assert numbers == [[0, 1, 2], [*range(3, 9), 0, 1, 2], [0, 1, 2]]
