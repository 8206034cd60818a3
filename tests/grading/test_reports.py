"""Reports say what the grade says, and what a student wrote stays inert in them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

from grading.grade import (
    CheckResult,
    Counterexample,
    Diagnosis,
    Grade,
    IsolationFacts,
    ManualItem,
    Place,
    SubmissionFacts,
    SuiteFacts,
)
from grading.reports import WRITERS, write_reports, write_whole
from grading.reports.gradebook import gradebook
from grading.reports.json_report import report_schema

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "report.schema.json"


def a_grade(name: str = "ada", message: str = "The loss is wrong.", reason: str | None = None) -> Grade:
    check = CheckResult(
        id="value",
        function="svm_loss_naive",
        title="The loss equals its definition.",
        status="failed",
        points=0.0,
        max_points=4.0,
        message=message,
        remarks=["A 0-d array; accepted."],
        counterexample=Counterexample(
            code="W = np.array([[0.0, 1.0]])", W=[[0.0, 1.0]], X=[[1.0]], y=[0], reg=1.0
        ),
        expected="loss = 3.0",
        got="loss = 2.0",
        diagnosis=Diagnosis(id="x", title="The delta is missing.", hint="Add it."),
        cases=1000,
        seconds=0.25,
    )
    return Grade(
        submission=SubmissionFacts(name=name, path=f"class/{name}.ipynb", sha256="0" * 64, kind="notebook"),
        suite=SuiteFacts(
            version="0.1.0",
            rubric_sha256="1" * 64,
            seed=231,
            reg_scale="either",
            python="3.11.7",
            numpy="2.4.6",
        ),
        isolation=IsolationFacts(level="full", detail="bubblewrap"),
        state="graded" if reason is None else "not_graded",
        reason=reason,
        score=0.0,
        max_score=4.0,
        functions={"svm_loss_naive": Place(source="ada.ipynb, cell 3", lines=(1, 9)), "LinearSVM": None},
        checks=[check],
        manual=[ManualItem(question="Why?", answer="", max_points=2.0)],
        warnings=["Two copies were found."],
        seconds=1.5,
    )


def test_the_documented_schema_is_that_of_the_types() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == report_schema(), "run: make schema"


def test_a_report_fits_the_documented_schema() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    for grade in (a_grade(), a_grade(reason="a PDF")):
        jsonschema.validate(json.loads(WRITERS["json"].render(grade)), schema)


def test_a_report_with_another_key_does_not_fit_the_schema() -> None:
    report = json.loads(WRITERS["json"].render(a_grade()))
    report["state"] = "unknown"
    with pytest.raises(jsonschema.ValidationError, match="unknown"):
        jsonschema.validate(report, report_schema())


def test_a_report_can_be_read_back() -> None:
    assert msgspec.json.decode(WRITERS["json"].render(a_grade()), type=Grade) == a_grade()


def test_the_markdown_report_shows_promise_message_diagnosis_counterexample_and_remark() -> None:
    page = WRITERS["md"].render(a_grade()).decode()
    for text in (
        "0 of 4",
        "The loss equals its definition.",
        "The loss is wrong.",
        "The delta is missing.",
        "expected: loss = 3.0",
        "got:      loss = 2.0",
        "W = np.array([[0.0, 1.0]])",
        "A 0-d array; accepted.",
        "Two copies were found.",
        "ada.ipynb, cell 3, lines 1–9",
        "*(empty)*",
    ):
        assert text in page, text


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "[here](http://x.example)",
        "| a | b |\n# 100 of 100",
        "![x](y)",
        "`rm`",
        "~~no~~",
    ],
)
def test_markup_of_a_student_is_inert_in_markdown(hostile: str) -> None:
    page = WRITERS["md"].render(a_grade(message=hostile)).decode()
    plain = WRITERS["md"].render(a_grade(message="x")).decode()
    assert hostile not in page
    assert page.count("\n") == plain.count("\n")
    for mark in ("<", "](", "|"):
        assert page.replace("\\|", "").replace("\\[", "").replace("\\]", "").replace("\\(", "").count(
            mark
        ) == plain.count(mark)


def test_a_fence_is_longer_than_any_run_of_backticks_inside() -> None:
    grade = a_grade()
    check = msgspec.structs.replace(grade.checks[0], got="```\n# injected")
    page = WRITERS["md"].render(msgspec.structs.replace(grade, checks=[check])).decode()
    assert "````text\n" in page


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "-2", "@sum", "\tx"])
def test_a_name_is_no_formula_in_the_gradebook(name: str) -> None:
    rows = list(csv.reader(io.StringIO(gradebook([a_grade(name=name)], ["svm_loss_naive"]).decode())))
    assert rows[1][0] == "'" + name


def test_the_gradebook_has_a_row_for_every_submission_in_order() -> None:
    grades = [a_grade("b"), a_grade("a"), a_grade("c", reason="a PDF")]
    rows = list(csv.DictReader(io.StringIO(gradebook(grades, ["svm_loss_naive"]).decode())))
    assert [row["submission"] for row in rows] == ["a", "b", "c"]
    assert rows[2]["state"] == "not_graded"
    assert rows[2]["score"] == ""
    assert rows[0]["svm_loss_naive"] == "0"


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_whole(path, b"old")
    with pytest.raises(TypeError):
        write_whole(path, "not bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_reports_go_into_a_folder_of_the_submission(tmp_path: Path) -> None:
    folder = write_reports(a_grade(), tmp_path, ["json", "md"])
    assert folder == tmp_path / "ada"
    assert sorted(p.name for p in folder.iterdir()) == ["report.json", "report.md"]
