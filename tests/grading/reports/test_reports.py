"""Reports say what the grade says, and what a student wrote stays inert in them."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

from grading.commands.arguments import FORMATS, USUAL_FORMATS
from grading.grades.atomic_files import write_atomically
from grading.grades.grade import Grade
from grading.reports import CLASS_WRITERS, WRITERS, write_class, write_reports
from grading.reports.json_report import report_schema
from tests.grading.reports.grades import FUNCTIONS, a_class, a_grade

SCHEMA = Path(__file__).resolve().parents[3] / "docs" / "report.schema.json"


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


def test_a_check_without_points_is_said_not_to_be_counted() -> None:
    grade = a_grade()
    free = [msgspec.structs.replace(check, points=0.0, max_points=0.0) for check in grade.checks]
    page = WRITERS["html"].render(msgspec.structs.replace(grade, checks=free)).decode()
    assert "(not counted)" in page
    assert "0/0" not in page
    assert "not counted" not in WRITERS["html"].render(grade).decode()


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


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_atomically(path, b"old")
    with pytest.raises(TypeError):
        write_atomically(path, "not bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_reports_go_into_a_folder_of_the_submission(tmp_path: Path) -> None:
    folder = write_reports(a_grade(), tmp_path, ["json", "md"])
    assert folder == tmp_path / "ada"
    assert sorted(p.name for p in folder.iterdir()) == ["report.json", "report.md"]


def test_the_command_knows_every_form_there_is() -> None:
    assert set(FORMATS) == {*WRITERS, *CLASS_WRITERS, "notebook", "notebook-html"}
    assert set(USUAL_FORMATS) <= set(FORMATS)


def test_reports_on_a_class_stand_beside_the_folders(tmp_path: Path) -> None:
    files = write_class(a_class(3), FUNCTIONS, tmp_path, FORMATS)
    assert sorted(files) == sorted(tmp_path.iterdir())
    assert {"index.html", "gradebook.csv", "gradebook.json"} <= {file.name for file in files}


def test_no_two_forms_write_the_same_file() -> None:
    for names in (
        [writer.file_name for writer in WRITERS.values()],
        [writer.file_name for writers in CLASS_WRITERS.values() for writer in writers],
    ):
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("form", sorted(WRITERS))
def test_a_report_is_the_same_every_time_but_for_the_seconds(form: str) -> None:
    grade = a_grade()
    later = msgspec.structs.replace(
        grade, seconds=9.0, checks=[msgspec.structs.replace(check, seconds=9.0) for check in grade.checks]
    )
    first, second = WRITERS[form].render(grade).decode(), WRITERS[form].render(later).decode()
    assert first == WRITERS[form].render(grade).decode()
    for seconds in ("9.000", "9.0"):
        second = second.replace(seconds, "N")
    for seconds in ("0.250", "1.500", "0.25", "1.5"):
        first = first.replace(f'"{seconds}"', '"N"').replace(f": {seconds}", ": N")
    assert first == second


@pytest.mark.parametrize("form", sorted(CLASS_WRITERS))
def test_a_report_on_a_class_does_not_depend_on_the_order_in_which_it_was_graded(form: str) -> None:
    grades = a_class(7)
    for writer in CLASS_WRITERS[form]:
        assert writer.render(grades, FUNCTIONS) == writer.render(grades[::-1], FUNCTIONS)


@pytest.mark.parametrize("form", sorted(CLASS_WRITERS))
def test_a_class_of_nobody_can_be_written(form: str) -> None:
    for writer in CLASS_WRITERS[form]:
        assert isinstance(writer.render([], FUNCTIONS), bytes)


@pytest.mark.parametrize("form", sorted(WRITERS))
def test_a_grade_without_any_check_can_be_written(form: str) -> None:
    page = WRITERS[form].render(a_grade(reason="a PDF, not code", checks=[], manual=[], warnings=[]))
    assert b"a PDF, not code" in page


def test_reports_say_nothing_of_the_folders_of_whoever_grades(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for path, told in (
        (tmp_path / "class" / "ada.ipynb", "class/ada.ipynb"),
        (Path("/home/ta/ada.ipynb"), "ada.ipynb"),
    ):
        submission = msgspec.structs.replace(a_grade().submission, name="ada", path=str(path))
        folder = write_reports(
            msgspec.structs.replace(a_grade(), submission=submission),
            tmp_path / "out",
            ("json", "html", "md"),
        )
        written = [file.read_text(encoding="utf-8") for file in folder.iterdir()]
        assert not any(str(path.parent) in text for text in written)
        assert json.loads((folder / "report.json").read_text(encoding="utf-8"))["submission"]["path"] == told
