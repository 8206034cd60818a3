"""The class page and the counts on it."""

from __future__ import annotations

import json

from grading.grades.grade import Diagnosis
from grading.reports import CLASS_WRITERS
from grading.reports.statistics import CheckCount, ForPerson, Mistake, statistics
from tests.grading.reports.grades import FUNCTIONS, a_check, a_class, a_grade, a_passed_check, an_execution
from tests.grading.reports.test_html_report import Outline


def page_of(size: int) -> str:
    (writer,) = CLASS_WRITERS["html"]
    return writer.render(a_class(size), FUNCTIONS).decode()


def test_scores_fall_into_ten_bins_and_full_marks_into_the_last() -> None:
    grades = [
        a_grade(str(i), score=score, max_score=100.0)
        for i, score in enumerate([0.0, 9.99, 10.0, 99.0, 100.0])
    ]
    assert statistics(grades).histogram == [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]


def test_mean_and_median_are_over_what_was_graded() -> None:
    grades = [a_grade(str(i), score=float(i)) for i in (0, 1, 4)] + [a_grade("x", reason="a PDF")]
    counts = statistics(grades)
    assert (counts.submissions, counts.graded) == (4, 3)
    assert (counts.mean_percent, counts.median_percent) == (41.67, 25.0)


def test_a_mistake_counts_once_for_each_hand_in_and_the_commonest_is_first() -> None:
    rare = a_check(diagnosis=Diagnosis(id="a-rare-one", title="Rare.", hint="x"))
    grades = [
        a_grade("a", checks=[a_check(), a_check(id="gradient")]),
        a_grade("b"),
        a_grade("c", checks=[rare]),
    ]
    assert statistics(grades).mistakes == [
        Mistake(id="no-delta", title="The delta is missing.", submissions=2),
        Mistake(id="a-rare-one", title="Rare.", submissions=1),
    ]


def test_a_check_that_nobody_passes_is_named_and_one_that_somebody_passes_is_not() -> None:
    grades = [
        a_grade("a", checks=[a_check(), a_passed_check()]),
        a_grade("b", checks=[a_check(), a_check(id="interface")]),
    ]
    assert statistics(grades).passed_by_nobody == [
        CheckCount(function="svm_loss_naive", check="value", asked=2, passed=0)
    ]


def test_hand_ins_for_a_person_are_those_not_graded_and_those_with_answers_to_mark() -> None:
    grades = [a_grade("a", manual=[]), a_grade("b"), a_grade("c", reason="a PDF", manual=[], checks=[])]
    assert statistics(grades).for_person == [
        ForPerson(name="b", reasons=["1 written answer to mark"]),
        ForPerson(name="c", reasons=["not graded: a PDF"]),
    ]


def test_a_claim_that_was_not_reproduced_is_for_a_person() -> None:
    (found,) = statistics([a_grade("a", manual=[], execution=an_execution())]).for_person
    assert found.reasons == ["1 of 2 accuracies in the notebook not reproduced"]


def test_the_page_has_a_row_for_every_hand_in_with_a_link_to_its_report() -> None:
    page = page_of(9)
    links = [a["href"] for tag, a in Outline(page).tags if tag == "a"]
    assert links == [f"student{i:04d}/report.html" for i in range(9)]


def test_the_link_survives_a_name_with_signs_of_addresses() -> None:
    (writer,) = CLASS_WRITERS["html"]
    page = writer.render([a_grade("a?b#c%d")], FUNCTIONS).decode()
    assert 'href="a%3Fb%23c%25d/report.html"' in page


def test_columns_stand_in_the_order_of_the_rubric() -> None:
    (writer,) = CLASS_WRITERS["html"]
    grades = [a_grade("a", checks=[a_check(function="LinearSVM.train", id="training"), a_check()])]
    page = writer.render(grades, FUNCTIONS).decode()
    assert page.index('scope="colgroup">svm_loss_naive') < page.index('scope="colgroup">LinearSVM.train')


def test_the_page_has_headings_in_order_and_loads_nothing() -> None:
    page = page_of(3)
    # No check is passed by nobody, so there is no panel of those.
    assert Outline(page).headings == [1, 2, 2, 2, 2]
    assert "://" not in page
    assert "unsafe" not in page


def test_the_histogram_can_be_read_without_being_seen() -> None:
    assert "0–10 percent: 3. " in page_of(9)
    assert "90–100 percent: 3. " in page_of(9)


def test_gradebook_json_holds_every_hand_in_and_the_same_counts() -> None:
    (writer,) = CLASS_WRITERS["json"]
    grades = a_class(6)
    book = json.loads(writer.render(grades, FUNCTIONS))
    assert [entry["name"] for entry in book["submissions"]] == [f"student{i:04d}" for i in range(6)]
    assert book["submissions"][0]["functions"] == {"svm_loss_naive": 4.0, "LinearSVM.train": 0.0}
    assert book["submissions"][1]["mistakes"] == ["no-delta"]
    assert (book["submissions"][2]["score"], book["submissions"][2]["reason"]) == (None, "a PDF, not code")
    assert book["statistics"]["graded"] == 4
