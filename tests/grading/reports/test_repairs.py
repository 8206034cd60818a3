from __future__ import annotations

import csv
import io

import msgspec
import pytest

from grading.grades.grade import Change, Grade, Place, Repair
from grading.reports import CLASS_WRITERS, ClassWriter
from grading.reports.common_repairs import fixed_places
from grading.reports.hidden import for_students
from grading.reports.html_report import HtmlReport
from grading.reports.markdown_report import MarkdownReport
from grading.reports.shown_repairs import as_text, pages_parts_of
from grading.rubric.settings import Hint
from tests.grading.reports.grades import FUNCTIONS, a_grade

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
        "One change in svm.ipynb, cell 3, line 8 makes svm_loss_naive right; this was tested on 1,234 inputs.",
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


def test_two_changes_of_one_line_are_shown_in_one_place() -> None:
    second = msgspec.structs.replace(
        CHANGE, lines=["-    dW += X + 2 * reg * W", "+    dW += X / N + 2 * reg * W"], column=4, width=17
    )
    assert as_text("svm_loss_naive", a_repair("fix", CHANGE, second)).splitlines() == [
        "Two changes in svm.ipynb, cell 3, line 8 make svm_loss_naive right; this was tested on 1,234 inputs.",
        "7 |     # 梯度 the gradient",
        "8 |     dW += X + reg * W",
        "  |               ^^^^^^^",
        "9 |     return loss, dW",
        "A factor is missing, or there is one too many.",
        "-    dW += X + reg * W",
        "+    dW += X / N + 2 * reg * W",
    ]


NEAR = msgspec.structs.replace(
    CHANGE,
    line=9,
    first=8,
    column=11,
    width=4,
    excerpt=["    dW += X + reg * W", "    return loss, dW"],
    lines=["-    return loss, dW", "+    return loss / N, dW"],
)


def test_the_lines_around_two_changes_of_neighbouring_lines_are_shown_once() -> None:
    repair = a_repair("line", CHANGE, NEAR)
    assert as_text("f", repair).splitlines()[:7] == [
        "Changes in two places, svm.ipynb, cell 3, line 8 and svm.ipynb, cell 3, line 9, make f right; "
        "this was tested on 1,234 inputs.",
        "7 |     # 梯度 the gradient",
        "8 |     dW += X + reg * W",
        "  |               ^^^^^^^",
        "9 |     return loss, dW",
        "  |            ^^^^",
        "A factor is missing, or there is one too many.",
    ]
    ((_, rows, _),) = pages_parts_of(repair)
    assert [(row.number, row.marked) for row in rows] == [("7", ""), ("8", "reg * W"), ("9", "loss")]


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
    assert page.count("<mark>reg * W</mark>") == 1


def test_a_page_says_where_a_statement_is_missing() -> None:
    page = HtmlReport().render(for_students(a_grade_with(a_repair("line", MISSING)))).decode()
    assert "<mark>…</mark>" in page
    assert "dW += X + reg * W" in page


def test_tabs_and_indentation_do_not_move_the_mark() -> None:
    change = msgspec.structs.replace(CHANGE, excerpt=["\tdW = y", "\t\tx"], first=8, column=6, width=1)
    ((_, rows, _),) = pages_parts_of(a_repair("line", change))
    assert [(row.before, row.marked, row.after) for row in rows] == [("dW = ", "y", ""), ("    x", "", "")]


def renamed(change: Change) -> Change:
    return msgspec.structs.replace(
        change, line=3, lines=["-        grad += x+reg*Wt", "+        grad += x+2*reg*Wt"]
    )


def test_a_class_is_counted_by_what_repairs_it_whatever_variables_are_called() -> None:
    other = msgspec.structs.replace(CHANGE, lines=["-    dW -= X", "+    dW += X"], kind="sign")
    changes = {"ada": CHANGE, "eve": other, "kim": renamed(CHANGE), "lou": CHANGE}
    grades = [
        msgspec.structs.replace(a_grade(name), repair={"svm_loss_naive": a_repair("line", change)})
        for name, change in changes.items()
    ]
    first, second = fixed_places(grades)
    assert (first.submissions, first.function) == (3, "svm_loss_naive")
    assert first.lines == ["- dW += X + reg * W", "+ dW += X + 2 * reg * W"]
    assert second.submissions == 1
    page = rendered("html", grades)
    assert page.count(first.id) == 1 + 1 + 3  # to choose it by a button, in a list, and the rows that have it


def rendered(form: str, grades: list[Grade], number: int = 0) -> str:
    writer: ClassWriter = CLASS_WRITERS[form][number]
    return writer.render(
        grades if writer.takes_hidden else list(map(for_students, grades)), FUNCTIONS
    ).decode()


def test_instructors_read_the_change_in_the_gradebook_and_students_files_of_the_class_do_not_tell_it() -> (
    None
):
    grades = [a_grade_with(a_repair("none"))]
    (row,) = csv.DictReader(io.StringIO(rendered("csv", grades)))
    assert row["repaired by"] == (
        "svm_loss_naive, svm.ipynb, cell 3, line 8: dW += X + reg * W -> dW += X + 2 * reg * W"
    )
    for form in ("github", "canvas", "moodle", "gradescope"):
        for number in range(len(CLASS_WRITERS[form])):
            assert "2 * reg" not in rendered(form, grades, number)


@pytest.mark.parametrize(("hint", "line"), [("line", "8"), ("none", "2")])
def test_an_annotation_marks_the_line_that_students_are_told(hint: Hint, line: str) -> None:
    grade = a_grade_with(a_repair(hint, msgspec.structs.replace(CHANGE, source="svm.py")))
    facts = msgspec.structs.replace(grade.submission, path="class/ada", kind="package")
    places = {"svm_loss_naive": Place(source="svm.py", lines=(2, 18))}
    told = rendered("github", [msgspec.structs.replace(grade, submission=facts, functions=places)], 1)
    assert f"file=class/ada/svm.py,line={line},endLine={'18' if hint == 'none' else line}," in told
    assert ("One change in svm.py, line 8" in told) == (hint == "line")
