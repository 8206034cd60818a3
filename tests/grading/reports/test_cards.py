from __future__ import annotations

import msgspec

from grading.grades.grade import CheckResult, Diagnosis, Grade, Place
from grading.reports.cards import cards
from grading.reports.markdown_report import MarkdownReport
from tests.grading.reports.grades import a_check, a_grade
from tests.grading.reports.test_repairs import CHANGE, a_repair

FACTOR = Diagnosis(id="factor", title="A factor is missing.", hint="Add it.")
OTHER = Diagnosis(id="sign", title="The sign is wrong.", hint="Turn it.")
TRAIN = Place(source="linear_classifier.py", lines=(20, 41))


def failed(
    function: str, check: str, diagnosis: Diagnosis | None = None, message: str = "Wrong."
) -> CheckResult:
    return a_check(function=function, id=check, diagnosis=diagnosis, message=message)


def together(grade: Grade) -> list[list[str]]:
    """What is on each card."""
    return [[f"{c.function}: {c.id}" for c in (card.check, *card.same)] for card in cards(grade)]


def a_grade_of(*checks: CheckResult, **others: object) -> Grade:
    return msgspec.structs.replace(a_grade(), checks=list(checks), **others)


def test_one_mistake_is_one_card() -> None:
    value, gradient = failed("f", "value", FACTOR), failed("f", "gradient", FACTOR)
    assert together(a_grade_of(value, gradient)) == [["f: value", "f: gradient"]]


def test_two_mistakes_are_two_cards() -> None:
    value, gradient = failed("f", "value", FACTOR), failed("f", "gradient", OTHER)
    assert together(a_grade_of(value, gradient)) == [["f: value"], ["f: gradient"]]


def test_what_one_change_makes_right_is_one_card() -> None:
    value, gradient = failed("f", "value"), failed("f", "gradient")
    repair = msgspec.structs.replace(a_repair(), checks=["value", "gradient"])
    assert together(a_grade_of(value, gradient, repair={"f": repair})) == [["f: value", "f: gradient"]]
    both = msgspec.structs.replace(repair, changes=[CHANGE, CHANGE])
    assert together(a_grade_of(value, gradient, repair={"f": both})) == [["f: value"], ["f: gradient"]]


def test_a_method_that_two_classes_share_is_one_card_and_what_follows_from_it_too() -> None:
    checks = [
        failed(f"{name}.train", check, message=f"{name}.train is wrong.")
        for name in ("LinearSVM", "Softmax")
        for check in ("training", "accuracy")
    ]
    methods = {"LinearSVM.train": TRAIN, "Softmax.train": TRAIN}
    assert len(cards(a_grade_of(*checks, methods=methods))) == 1
    assert together(a_grade_of(*checks)) == [
        ["LinearSVM.train: training", "LinearSVM.train: accuracy"],
        ["Softmax.train: training", "Softmax.train: accuracy"],
    ]


def test_an_error_in_the_accuracy_check_has_its_own_reason() -> None:
    wrong, error = failed("SVM.train", "training"), failed("SVM.train", "accuracy")
    error = msgspec.structs.replace(error, expected=None)
    assert together(a_grade_of(wrong, error)) == [["SVM.train: training"], ["SVM.train: accuracy"]]


def test_a_card_says_what_else_failed() -> None:
    value, gradient = failed("f", "value", FACTOR), failed("f", "gradient", FACTOR, "dW is wrong.")
    page = MarkdownReport().render(a_grade_of(value, gradient)).decode()
    assert page.count("### f: ") == 1
    assert "For the same reason, `f`: gradient did not pass (0 of 4 points). dW is wrong." in page
