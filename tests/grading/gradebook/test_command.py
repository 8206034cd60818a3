"""`grader.py gradebook`: what an instructor sees of a class, and of one student."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

import grader
from grading import commands
from tests.grading.running.small_class import RIGHT, RUBRIC, WRONG, make_class, rows


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class in which zoe has become better, and tim's file is empty."""
    folder = tmp_path_factory.mktemp("gradebook")
    work = make_class(folder / "class", ada=RIGHT, zoe=WRONG, tim="", 李=RIGHT)
    command = [
        str(work),
        "--out",
        str(folder / "out"),
        "--rubric",
        str(folder / "rubric.toml"),
        "--allow-unsafe",
    ]
    grader.main(command)
    (work / "zoe.py").write_text(RIGHT)
    (folder / "rubric.toml").write_text(RUBRIC.replace("prediction = 4", "prediction = 8"))
    grader.main(command)
    return folder / "out"


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert grader.main(["gradebook", *arguments]) == commands.GRADED
    return capsys.readouterr().out


def names(capsys: pytest.CaptureFixture[str], out: Path, *options: str) -> list[str]:
    return [row["name"] for row in json.loads(said(capsys, str(out), "--format", "json", *options))]


def test_filters_choose_students(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert names(capsys, out) == ["ada", "tim", "zoe", "李"]
    assert names(capsys, out, "--state", "not_graded") == ["tim"]
    assert names(capsys, out, "--below", "60") == []
    assert names(capsys, out, "--failed", "prediction") == []
    assert names(capsys, out, "--late") == []


def test_a_student_has_a_history(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, last = json.loads(said(capsys, str(out), "--student", "zoe", "--format", "json"))
    assert [(row["score"], row["max_score"]) for row in (first, last)] == [(0.0, 4.0), (8.0, 8.0)]
    assert first["checks"] == {"Softmax.predict:prediction": "failed"}
    assert last["checks"] == {"Softmax.predict:prediction": "passed"}
    assert first["rubric"] != last["rubric"]
    [one, other] = json.loads(said(capsys, str(out), "--student", "ada", "--format", "json"))
    assert (one["score"], other["score"], other["checks"]) == (4.0, 8.0, {})


def test_a_table_and_csv_say_the_same(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(said(capsys, str(out), "--format", "csv"))))
    table = said(capsys, str(out)).splitlines()
    assert len(table) == 1 + len(rows)
    for row, line in zip(rows, table[1:], strict=True):
        assert line.startswith(row["name"])
        assert row["score"] in line


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["{out}/ada"], "there is no gradebook in"),
        (["{out}", "--student", "zoey"], "nobody is called 'zoey' in the gradebook; there is zoe"),
    ],
)
def test_wrong_use_is_one_line(
    arguments: list[str], complaint: str, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert grader.main(["gradebook", *(word.format(out=out) for word in arguments)]) == commands.WRONG_USE
    [line] = capsys.readouterr().err.splitlines()
    assert complaint in line


def test_the_queries_that_are_documented_are_answered(out: Path) -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "gradebook.md").read_text(encoding="utf-8")
    of_checks, of_students = re.findall(r"^```sql\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert rows(out, of_checks) == []
    assert rows(out, of_students) == [("ada", 4.0, 8.0), ("zoe", 0.0, 8.0), ("李", 4.0, 8.0)]
