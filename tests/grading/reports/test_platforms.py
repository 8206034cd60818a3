"""The forms that other programs read, held field by field to what their makers write about them."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from grading.grades.grade import Grade, Place
from grading.intake.submission import Handin, Platform
from grading.reports import CLASS_WRITERS, WRITERS, ClassWriter
from grading.reports.anonymous import anonymous
from grading.running.grade_assembly import known_by
from tests.grading.reports.grades import FUNCTIONS, a_check, a_class, a_grade, a_passed_check

# "Autograder Specifications", section "Output format":
# https://gradescope-autograders.readthedocs.io/en/latest/specs/
TEXT_FORM = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
VISIBILITY = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
GRADESCOPE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["score", "tests"],
    "properties": {
        "score": {"type": "number"},
        "execution_time": {"type": "number"},
        "output": {"type": "string"},
        "output_format": TEXT_FORM,
        "test_output_format": TEXT_FORM,
        "test_name_format": TEXT_FORM,
        "visibility": VISIBILITY,
        "stdout_visibility": VISIBILITY,
        "extra_data": {"type": "object"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "score": {"type": "number"},
                    "max_score": {"type": "number"},
                    "status": {"enum": ["passed", "failed"]},
                    "name": {"type": "string"},
                    "name_format": TEXT_FORM,
                    "number": {"type": "string"},
                    "output": {"type": "string"},
                    "output_format": TEXT_FORM,
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "visibility": VISIBILITY,
                    "extra_data": {"type": "object"},
                },
            },
        },
    },
}


def rows(writer: ClassWriter, grades: list[Grade]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(writer.render(grades, FUNCTIONS).decode())))


def gradescope(grade: Grade) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(WRITERS["gradescope"].render(grade))
    return result


@pytest.mark.parametrize(
    "grade",
    [a_grade(), a_grade(checks=[a_passed_check()]), a_grade(reason="a PDF", checks=[])],
    ids=["failed", "passed", "not graded"],
)
def test_results_json_has_the_fields_and_values_of_the_autograder_specification(grade: Grade) -> None:
    jsonschema.validate(gradescope(grade), GRADESCOPE)


def test_each_check_is_a_test_of_gradescope_with_its_points_and_all_help() -> None:
    results = gradescope(a_grade(checks=[a_passed_check(), a_check()], score=2.0))
    assert results["score"] == 2.0
    first, second = results["tests"]
    assert (first["status"], first["score"], first["max_score"], first["number"]) == ("passed", 2.0, 2.0, "1")
    assert (second["status"], second["name"]) == ("failed", "svm_loss_naive: value")
    for part in (
        "The loss is wrong.",
        "Add it.",
        "expected: loss = 3.0",
        "W = np.array",
        "ada.ipynb, cell 3",
    ):
        assert part in second["output"], part


def test_gradescope_is_told_what_a_person_marks() -> None:
    assert "A person marks: Why? (2 points)" in gradescope(a_grade())["output"]


def junit(grade: Grade) -> ET.Element:
    return ET.fromstring(WRITERS["junit"].render(grade))


@pytest.mark.parametrize(
    "grade",
    [
        a_grade(),
        a_grade(checks=[a_passed_check(), a_check(status="error"), a_check(status="skipped"), a_check()]),
        a_grade(reason="a PDF", checks=[]),
        a_grade(name="\x1b[31m\x00\ufffe", message="\x08\ud800 ]]> &amp;"),
    ],
    ids=["failed", "all sorts", "not graded", "hostile"],
)
def test_junit_xml_is_valid(grade: Grade) -> None:
    xmlschema = pytest.importorskip("xmlschema", reason="xmlschema is a development dependency: make test")
    schema = xmlschema.XMLSchema(str(Path(__file__).with_name("junit.xsd")))
    schema.validate(WRITERS["junit"].render(grade).decode())


def test_junit_counts_what_its_cases_say() -> None:
    checks = [a_passed_check(), a_check(status="error"), a_check(status="skipped"), a_check()]
    suite = junit(a_grade(checks=checks))[0]
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["4", "1", "1", "1"]
    failure = suite.find(".//failure")
    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("no-delta", "The loss is wrong.")


def test_what_was_not_graded_is_an_error_of_junit() -> None:
    error = junit(a_grade(reason="a PDF", checks=[])).find(".//error")
    assert error is not None
    assert error.text == "a PDF"


# instructure/canvas-lms, lib/gradebook_importer.rb: the header begins with Student and ID, the last column about the
# student is Section, SIS User ID and SIS Login ID stand together between them; the row whose first cell includes
# "Points Possible" holds the points; an assignment is known by its title; a student by ID, then SIS ids, then name.
def test_canvas_csv_has_the_columns_that_the_importer_of_canvas_looks_for() -> None:
    (writer,) = CLASS_WRITERS["canvas"]
    head, possible, *students = rows(writer, a_class(3))
    assert head[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert len(head) == 6
    assert "Points Possible" in possible[0]
    assert possible[1:] == ["", "", "", "", "4"]
    assert [(row[0], row[3], row[5]) for row in students] == [
        ("student0000", "student0000", "4"),
        ("student0001", "student0001", "0"),
        ("student0002", "student0002", ""),
    ]


# "Grade import", https://docs.moodle.org/311/en/Grade_import: columns are mapped by whoever imports, the user by
# username, e-mail address or ID number; feedback without grades would lose the grades.
def test_moodle_csv_has_a_column_for_the_user_the_grade_and_the_feedback() -> None:
    (writer,) = CLASS_WRITERS["moodle"]
    head, *students = rows(writer, a_class(3))
    assert head == ["username", "Linear classifier", "Linear classifier feedback"]
    assert students == [
        ["student0000", "4", "Every check passed."],
        ["student0001", "0", "svm_loss_naive, value: The delta is missing."],
        ["student0002", "", "Not graded: a PDF, not code"],
    ]


# Gradescope imports no grades; these are the columns of its export of one assignment ("Download Grades"), as tools
# that read it expect them, for instance the tests of mines' grade administrator: First Name,Last Name,SID,Email,...
def test_gradescope_csv_has_the_columns_of_gradescopes_own_export() -> None:
    (writer,) = CLASS_WRITERS["gradescope"]
    head, *students = rows(writer, a_class(3))
    assert ",".join(head[:13]) == (
        "First Name,Last Name,SID,Email,Sections,Total Score,Max Points,Status,Submission ID,Submission Time,"
        "Lateness (H:M:S),View Count,Submission Count"
    )
    assert head[13:] == ["1: svm_loss_naive (4 pts)", "2: LinearSVM.train (0 pts)"]
    assert [(row[2], row[5], row[6], row[7]) for row in students] == [
        ("student0000", "4", "4", "Graded"),
        ("student0001", "0", "4", "Graded"),
        ("student0002", "", "4", "Ungraded"),
    ]


def test_the_gradebook_has_a_row_for_every_submission_in_order() -> None:
    (writer,) = CLASS_WRITERS["csv"]
    text = writer.render([a_grade("b"), a_grade("a"), a_grade("c", reason="a PDF")], FUNCTIONS).decode()
    book = list(csv.DictReader(io.StringIO(text)))
    assert [row["submission"] for row in book] == ["a", "b", "c"]
    assert (book[2]["state"], book[2]["score"], book[2]["percent"]) == ("not_graded", "", "")
    assert (book[0]["svm_loss_naive"], book[0]["percent"]) == ("0", "0.00")


@pytest.mark.parametrize("platform", ["canvas", "moodle", "gradescope", "brightspace"])
def test_what_a_platform_knows_a_student_by_stands_where_it_looks_for_it_and_nowhere_else(
    platform: Platform,
) -> None:
    grade = known_by(a_grade("Zoë Müller"), Handin("Zoë Müller", Path("x"), lms_id="10231", lms=platform))
    books = {
        name: rows(CLASS_WRITERS[name][0], [grade]) for name in ("canvas", "moodle", "gradescope", "csv")
    }
    (head, row), known = books["moodle"], "10231"
    assert books["canvas"][2][:4] == ["Zoë Müller", known if platform == "canvas" else "", "", "Zoë Müller"]
    assert (head[-1], row[-1]) == ("Identifier", f"Participant {known}") or platform != "moodle"
    assert ("Identifier" in head) is (platform == "moodle")
    assert books["gradescope"][1][2] == (known if platform == "gradescope" else "Zoë Müller")
    assert dict(zip(books["csv"][0], books["csv"][1], strict=True))["lms_id"] == known
    assert "lms_id" not in rows(CLASS_WRITERS["csv"][0], [a_grade()])[0]
    assert anonymous(grade, {"Zoë Müller": "quiet-fox"}).submission.lms_id == ""


def commands_of(grade: Grade) -> list[str]:
    return CLASS_WRITERS["github"][1].render([grade], FUNCTIONS).decode().splitlines()


# https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands:
# ::error file={name},line={line},endLine={endLine},title={title}::{message}
def test_an_annotation_is_an_error_command_at_the_lines_of_the_function() -> None:
    grade = a_grade()
    grade = msgspec.structs.replace(
        grade,
        submission=msgspec.structs.replace(grade.submission, path="class/ada", kind="package"),
        functions={"svm_loss_naive": Place(source="cs231n/svm.py", lines=(4, 18))},
    )
    (line,) = commands_of(grade)
    match = re.fullmatch(r"::error file=([^,]*),line=(\d+),endLine=(\d+),title=([^,]*)::(.*)", line)
    assert match is not None
    assert match.groups() == (
        "class/ada/cs231n/svm.py",
        "4",
        "18",
        "ada%3A svm_loss_naive%3A value",
        "The loss is wrong.%0AThe delta is missing. Add it.",
    )


def test_an_annotation_of_a_notebook_names_the_file_without_lines() -> None:
    (line,) = commands_of(a_grade())
    assert line.startswith("::error file=class/ada.ipynb,title=")


def test_what_was_not_graded_is_annotated_with_its_reason() -> None:
    assert commands_of(a_grade(reason="100% PDF", checks=[])) == [
        "::error file=class/ada.ipynb,title=ada%3A not graded::100%25 PDF"
    ]


def test_the_job_summary_has_a_row_for_each_hand_in_and_the_mistakes() -> None:
    text = CLASS_WRITERS["github"][0].render(a_class(3), FUNCTIONS).decode()
    assert "| ✅ | student0000 | 4 of 4 |  |" in text
    assert "| ❌ | student0001 | 0 of 4 | `svm_loss_naive`: value |" in text
    assert "| ⚠️ | student0002 | not graded | a PDF, not code |" in text
    assert "| 1 | The delta is missing. |" in text


def test_the_job_summary_of_a_large_class_stays_below_the_limit_of_a_step() -> None:
    text = CLASS_WRITERS["github"][0].render(a_class(3000), FUNCTIONS)
    assert len(text) < 2**20
    assert "and 2500 more" in text.decode()
