"""The student's page says what the grade says, in a form that a person can use."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser

import msgspec
import pytest

from grading.grades.grade import ManualItem
from grading.reports import CLASS_WRITERS, WRITERS
from tests.grading.reports.grades import FUNCTIONS, a_check, a_class, a_grade, a_passed_check, trainings

VOID = {"meta", "br", "input", "rect", "line", "link", "img", "hr"}


class Outline(HTMLParser):
    """Text, headings and attributes of a page; complains of tags that do not close in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[int] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "caption", "dt", "dd", "p", "li"):
            self.text += " "
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.open):
            self.text += data


def page_of(**changes: object) -> str:
    return WRITERS["html"].render(a_grade(**changes)).decode()  # type: ignore[arg-type]


def words(page: str) -> str:
    return " ".join(Outline(page).text.split())


def test_a_failed_check_shows_promise_message_diagnosis_hint_input_answers_and_place() -> None:
    text = words(page_of())
    for part in (
        "0 of 4 points",
        "svm_loss_naive: value",
        "The loss equals its definition.",
        "The loss is wrong.",
        "The delta is missing. Add it.",
        "W 0.0 1.0 X 1.0 y 0 reg 1.0",
        "expected loss 3.0 your loss 2.0 (wrong)",
        "W = np.array([[0.0, 1.0]])",
        "ada.ipynb, cell 3, lines 1–9",
    ):
        assert part in text, part


def test_the_page_ends_with_isolation_versions_seed_and_the_command_that_repeats_it() -> None:
    text = words(page_of())
    for part in (
        "python grader.py class/ada.ipynb",
        "Isolation full (bubblewrap)",
        "subgrader 0.1.0, Python 3.11.7, NumPy 2.4.6",
        "Seed 231",
    ):
        assert part in text, part


def test_the_command_quotes_what_a_shell_would_read() -> None:
    assert "python grader.py &#39;class/a b;c.ipynb&#39;" in page_of(name="a b;c")


def test_a_passed_check_is_one_line_and_asks_for_nothing() -> None:
    page = page_of(checks=[a_passed_check()], score=2.0, manual=[])
    assert "Every check passed" in page
    assert "What to fix" not in page
    assert page.count("<li>") == 1 + page.count("<li>Two copies")


def test_remarks_warnings_and_questions_are_shown() -> None:
    text = words(page_of())
    for part in (
        "Accepted, but",
        "A 0-d array; accepted.",
        "Two copies were found.",
        "Why?",
        "No answer was found.",
    ):
        assert part in text, part


def test_a_question_is_shown_without_its_asterisks_and_with_its_points() -> None:
    items = [
        ManualItem(question="**Question 1** Why 2 ** 3?", answer="So.", max_points=points)
        for points in (2.0, 0.0)
    ]
    text = words(page_of(manual=items))
    assert text.count("Question 1 Why 2 ** 3? ") == 2
    assert "2 points, not in the score above. So." in text
    assert "No part of the score above. So." in text


def test_a_function_of_a_class_stands_where_the_class_does() -> None:
    grade = a_grade(checks=[a_check(function="LinearSVM.train")])
    places = {"LinearSVM": grade.functions["svm_loss_naive"]}
    page = WRITERS["html"].render(msgspec.structs.replace(grade, functions=places)).decode()
    assert "ada.ipynb, cell 3, lines 1–9. What was asked" in words(page)


def test_what_was_not_graded_says_why() -> None:
    text = words(page_of(reason="a PDF, not code", checks=[], manual=[]))
    assert "Not graded" in text
    assert "a PDF, not code" in text


def test_answers_that_are_no_numbers_are_shown_as_sentences() -> None:
    page = page_of(checks=[a_check(expected="an array of shape (1,)", got="NameError: name 'xrange'")])
    assert '<pre class="sentence">an array of shape (1,)</pre>' in page
    assert "NameError: name &#39;xrange&#39;" in page


def test_an_input_too_large_to_look_at_is_only_given_as_python() -> None:
    example = msgspec.structs.replace(a_check().counterexample, X=[[0.0] * 50] * 50)  # type: ignore[type-var]
    page = page_of(checks=[a_check(counterexample=example)])
    assert "The smallest input" not in page
    assert "As Python, to paste" in page


def test_a_long_number_is_short_in_the_table_and_whole_in_the_python() -> None:
    example = msgspec.structs.replace(a_check().counterexample, X=[[0.123456789]], code="X = 0.123456789")  # type: ignore[type-var]
    text = words(page_of(checks=[a_check(counterexample=example)]))
    assert "X 0.12346 y" in text
    assert "X = 0.123456789" in text
    assert "rounded to five digits" in text
    assert "rounded to five digits" not in words(page_of())


def test_headings_descend_one_step_at_a_time() -> None:
    headings = Outline(page_of()).headings
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(below <= above + 1 for above, below in itertools.pairwise(headings))


def test_the_page_loads_nothing_and_admits_only_its_own_script() -> None:
    page = page_of()
    outline = Outline(page)
    loaded = {name for _, attributes in outline.tags for name in attributes} & {
        "src",
        "srcset",
        "action",
        "style",
    }
    assert not loaded
    assert "url(" not in page
    assert "@import" not in page
    assert "://" not in page
    (policy,) = [a["content"] for _, a in outline.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("page", ["student", "not graded", "class"])
def test_a_page_is_html_without_a_fault(page: str) -> None:
    html5lib = pytest.importorskip("html5lib", reason="html5lib is a development dependency: make test")
    (writer,) = CLASS_WRITERS["html"]
    text = {
        "student": page_of(),
        "not graded": page_of(reason="a PDF", checks=[]),
        "class": writer.render(a_class(9), FUNCTIONS).decode(),
    }[page]
    html5lib.HTMLParser(strict=True).parse(text)


def test_course_and_assignment_stand_at_the_top_and_in_the_title() -> None:
    suite = msgspec.structs.replace(a_grade().suite, course="CS231n, 2026", assignment="Linear classifiers")
    page = WRITERS["html"].render(msgspec.structs.replace(a_grade("ada"), suite=suite)).decode()
    assert "<title>ada: grade report · CS231n, 2026 · Linear classifiers</title>" in page
    assert '<p class="assignment">CS231n, 2026 · Linear classifiers</p>' in page


def test_what_trained_well_is_folded_and_what_failed_is_open() -> None:
    facts = trainings([1.0, 0.5])
    passed = a_grade(checks=[a_passed_check(function=facts.function)], trainings=[facts])
    failed = a_grade(checks=[a_check(function=facts.function)], trainings=[facts])
    folded, shown = (WRITERS["html"].render(grade).decode() for grade in (passed, failed))
    assert '<details class="training">' in folded
    assert '<details class="training" open>' in shown
