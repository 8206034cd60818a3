from __future__ import annotations

import msgspec
import pytest

from grading.grade import Change, Grade, Hint, Repair
from grading.reports.hidden import for_students
from grading.reports.html_report import HtmlReport
from grading.reports.markdown_report import MarkdownReport
from grading.reports.repairs import as_text
from tests.grading.reports.grades import a_grade

CHANGE = Change(
    source="svm.ipynb, cell 3",
    line=8,
    column=14,
    width=7,
    after=False,
    first=7,
    excerpt=["    # 梯度 the gradient", "    dW += X + reg * W", "    return loss, dW"],
    kind="factor",
    sentence="A factor is missing, or there is one too many.",
    lines=["-    dW += X + reg * W", "+    dW += X + 2 * reg * W"],
)


MISSING = msgspec.structs.replace(CHANGE, column=4, width=1, after=True)


def a_repair(hint: Hint = "line", *changes: Change) -> Repair:
    return Repair(
        part="all",
        checks=["value"],
        changes=list(changes or (CHANGE,)),
        elsewhere=None,
        cases=1234,
        candidates=17,
        hint=hint,
    )


def a_grade_with(repair: Repair) -> Grade:
    return msgspec.structs.replace(a_grade(), repair={"svm_loss_naive": repair})


def test_the_place_is_marked_as_a_compiler_does() -> None:
    assert as_text("svm_loss_naive", a_repair()).splitlines() == [
        "One change in svm.ipynb, cell 3, line 8 makes svm_loss_naive right; it was tried on 1,234 inputs.",
        "7 |     # 梯度 the gradient",
        "8 |     dW += X + reg * W",
        "  |               ^^^^^^^",
        "9 |     return loss, dW",
        "A factor is missing, or there is one too many.",
        "-    dW += X + reg * W",
        "+    dW += X + 2 * reg * W",
    ]


def test_what_is_missing_is_not_said_to_be_wrong() -> None:
    assert as_text("f", a_repair("line", MISSING)).startswith(
        "One more statement after svm.ipynb, cell 3, line 8 makes"
    )


@pytest.mark.parametrize(
    ("line", "column", "carets"),
    [("\tdW = y", 6, "         ^^"), ("x = '中文' + yy", 11, "             ^^"), ("", 0, "^^")],
)
def test_carets_stand_below_what_is_meant(line: str, column: int, carets: str) -> None:
    change = msgspec.structs.replace(CHANGE, excerpt=[line], first=8, column=column, width=2)
    marked = as_text("f", a_repair("line", change)).splitlines()[2]
    assert marked.removeprefix("  | ").rstrip("^") == carets.rstrip("^")


TOLD: dict[Hint, tuple[bool, bool, bool]] = {
    "none": (False, False, False),
    "line": (True, False, False),
    "kind": (True, True, False),
    "fix": (True, True, True),
}


@pytest.mark.parametrize("hint", TOLD)
def test_students_are_told_as_much_as_the_rubric_says(hint: Hint) -> None:
    page = MarkdownReport().render(for_students(a_grade_with(a_repair(hint)))).decode()
    told = "^^^^^^^" in page, "A factor is missing" in page, "+    dW += X + 2 * reg * W" in page
    assert told == TOLD[hint]


def test_the_page_shows_the_place_in_the_first_check_that_it_is_about() -> None:
    page = HtmlReport().render(for_students(a_grade_with(a_repair()))).decode()
    assert page.count("^^^^^^^") == 1
