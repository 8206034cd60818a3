"""Marks in a table: out to a spreadsheet and back, all or none."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest

import grader
from grading import commands
from grading.gradebook.marking.store import Store
from tests.grading.gradebook.marking.marked_class import graded, new_mark, notebook
from tests.grading.running.small_class import rows


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class with a roster, in which an answer would be a formula."""
    folder = tmp_path_factory.mktemp("table")
    (folder / "roster.csv").write_text("name,id\nLovelace Ada,10001\nHopper Grace,10002\n", encoding="utf-8")
    hand_ins = {"ada_lovelace": notebook("=1+1", "two\nlines"), "grace_hopper": notebook("", "Blurry.")}
    graded(folder, "--roster", str(folder / "roster.csv"), **hand_ins)
    return folder


@pytest.fixture
def out(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made / "out", tmp_path / "out"))


def exported(out: Path, path: Path) -> list[dict[str, str]]:
    assert grader.main(["mark", str(out), "--export", str(path)]) == commands.GRADED
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


def marked(out: Path) -> list[tuple[str, float, str, str]]:
    return rows(out, "SELECT name, points, comment, who FROM hand_marks JOIN handins ON handins.id = handin")


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8", ","), ("utf-16", "\t"), ("gb18030", ";")])
def test_a_table_that_was_filled_in_is_taken(
    out: Path, tmp_path: Path, encoding: str, delimiter: str
) -> None:
    path = tmp_path / "marks.csv"
    table = exported(out, path)
    assert [row["submission"] for row in table] == ["ada_lovelace", "grace_hopper"] * 3
    assert table[0]["answer"] == "'=1+1"
    table[0] |= {"points": "2,5", "comment": "好"}
    table[3] |= {"points": "0"}
    text = io.StringIO()
    writer = csv.DictWriter(text, table[0].keys(), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(table)
    path.write_bytes(text.getvalue().encode(encoding))
    take = ["mark", str(out), "--as", "grace", "--import", str(path)]
    assert grader.main(take) == commands.GRADED
    assert marked(out) == [("ada_lovelace", 2.5, "好", "grace"), ("grace_hopper", 0.0, "", "grace")]
    assert "2.5" in (out / "gradebook.csv").read_text()
    assert grader.main(take) == commands.GRADED
    assert len(marked(out)) == 2, "taken twice, it is there once"


def test_a_table_of_ones_own_names_students_as_the_roster_does(out: Path, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("id,question,points\n10002,Style,4\n10002,nothing,\n", encoding="utf-8")
    assert grader.main(["mark", str(out), "--as", "t", "--import", str(path)]) == commands.GRADED
    assert marked(out) == [("grace_hopper", 4.0, "", "t")]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"points": "5"}, "row 2: 5 points are more than the 4 that there are; nothing was taken"),
        ({"points": "-1"}, "row 2: -1 points are less than none"),
        ({"points": "two"}, "row 2: 'two' is not a number of points"),
        ({"points": "nan"}, "row 2: points must be a number"),
        ({"points": "", "comment": "so"}, "row 2: there is a comment, but no points"),
        ({"points": "1", "item": "abc"}, "row 2: ada_lovelace has no item 'abc'"),
        (
            {"points": "1", "submission": "zoe", "student": "", "student_id": ""},
            "row 2: no hand-in that was graded",
        ),
        ({"points": "1", "state": "0-another"}, "row 2: the answer is another one now"),
        ({"points": "1", "state": "9-{digest}"}, "no mark"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_taken(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, str], said: str
) -> None:
    path = tmp_path / "marks.csv"
    table = exported(out, path)
    table[1]["points"] = "1"
    digest = table[0]["state"].partition("-")[2]
    table[0] |= {name: value.replace("{digest}", digest) for name, value in change.items()}
    with path.open("w", encoding="utf-8") as file:
        writer = csv.DictWriter(file, table[0].keys())
        writer.writeheader()
        writer.writerows(table)
    if "9-" in change.get("state", ""):
        with Store(out, "other") as store:
            store.give(new_mark(store, "ada_lovelace", 0, 3))
        said = "row 2: other has marked it since the table was written (3 points)"
    before = marked(out)
    capsys.readouterr()
    assert grader.main(["mark", str(out), "--import", str(path)]) == commands.WRONG_USE
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert marked(out) == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("name,points\nada,1\n", "there is no column item or question"),
        ("item,comment\nx,1\n", "there is no column submission"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_in_one_line(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    path = tmp_path / "marks.csv"
    path.write_text(text, encoding="utf-8")
    assert grader.main(["mark", str(out), "--import", str(path)]) == commands.WRONG_USE
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
