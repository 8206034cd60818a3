"""Marks by persons: what they do to grades, and that none is lost or silently overwritten."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import grader
from grading import commands
from grading.gradebook.database import FILE, BusyError, GradebookError
from grading.gradebook.marking.rewriting import rewritten
from grading.gradebook.marking.store import ChangedError, ConflictError, MarkError, Store
from tests.grading.gradebook.marking.marked_class import graded, new_mark, notebook, place
from tests.grading.running.small_class import rows


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of three, of whom tim has deleted a question and answered nothing."""
    folder = tmp_path_factory.mktemp("marked")
    graded(
        folder,
        ada=notebook("Ten classes, each $1/10$.", "Templates."),
        grace=notebook("", "Blurry."),
        tim=notebook("", None),
    )
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


def scores(out: Path) -> dict[str, tuple[float, float]]:
    found = rows(out, "SELECT name, score, max_score FROM gradebook ORDER BY name")
    return {name: (score, most) for name, score, most in found}


def test_a_mark_is_in_the_gradebook_at_once_and_in_every_report_when_these_are_rewritten(
    folder: Path,
) -> None:
    out = folder / "out"
    with Store(out, "ada t.") as store:
        store.give(new_mark(store, "ada", 0, 2.5, "Why 10?"))
        assert scores(out) == {"ada": (6.5, 8.0), "grace": (4.0, 4.0), "tim": (4.0, 4.0)}
    rewritten(out)
    report = json.loads((out / "ada" / "report.json").read_text())
    assert (report["score"], report["max_score"]) == (6.5, 8.0)
    marked, *others = report["manual"]
    assert (marked["points"], marked["comment"]) == (2.5, "Why 10?")
    assert [item["points"] for item in others] == [None, None]
    for name in ("ada/report.md", "ada/report.html"):
        text = (out / name).read_text()
        assert "2.5 of 4 points" in text
        assert "Why 10?" in text
    (row,) = [
        r for r in csv.DictReader(io.StringIO((out / "gradebook.csv").read_text())) if r["score"] == "6.5"
    ]
    assert (row["by hand"], row["max by hand"], row["still to mark"]) == ("2.5", "4", "2")
    assert "6.5" in (out / "index.html").read_text()


def test_rewriting_writes_what_grading_writes(folder: Path) -> None:
    """No student code is run, and no byte differs, wherever the marks come from."""
    out = graded(folder)  # where it lies now
    with Store(out, "t") as store:
        store.give_all([new_mark(store, "ada", 0, 2.5, "Why?"), new_mark(store, "tim", 1, 0, "")])
    rewritten(out)
    files = [path for path in sorted(out.rglob("*")) if path.is_file() and not path.name.startswith(FILE)]
    before = {path: path.read_bytes() for path in files}
    graded(folder)
    assert {path: path.read_bytes() for path in files} == before


def test_a_mark_stands_on_the_answer_that_was_marked_and_on_what_that_is_worth(folder: Path) -> None:
    out, rubric = folder / "out", folder / "rubric.toml"
    with Store(out, "t") as store:
        given = [("ada", 0, 1), ("ada", 1, 1), ("ada", 2, 5), ("grace", 1, 3), ("grace", 2, 4)]
        store.give_all([new_mark(store, name, question, points) for name, question, points in given])
        old = new_mark(store, "ada", 0, 1, based_on=None)
        rubric.write_text(rubric.read_text().replace("manual_points = 4", "manual_points = 2"))
        graded(folder, ada=notebook("Another answer.", "Templates."))
        # Of ada's the other answer is the same; the rubric's item was about the whole of the work. Of grace's, 3 points
        # are more than there are now.
        assert scores(out) == {"ada": (5.0, 6.0), "grace": (8.0, 9.0), "tim": (4.0, 4.0)}
        with pytest.raises(ChangedError):
            store.give(old)
        store.read()
        assert len(store.marks(old.handin)) == 3


def test_a_question_that_is_missing_can_be_marked_with_0(folder: Path) -> None:
    with Store(folder / "out", "t") as store:
        assert place(store, "tim", 1)[1].missing
        store.give(new_mark(store, "tim", 1, 0))
    assert scores(folder / "out")["tim"] == (4.0, 8.0)


@pytest.mark.parametrize(
    ("points", "why"), [(4.5, "more than the 4"), (-1, "less than none"), (float("nan"), "must be a number")]
)
def test_a_mark_out_of_range_changes_nothing(folder: Path, points: float, why: str) -> None:
    with Store(folder / "out", "t") as store:
        both = [new_mark(store, "ada", 1, 1), new_mark(store, "ada", 0, points)]
        with pytest.raises(MarkError, match=why):
            store.give_all(both)
        assert store.marks_since(0) == []


def test_two_markers_never_overwrite_each_other_silently(folder: Path) -> None:
    with Store(folder / "out", "ada t.") as one, Store(folder / "out", "grace t.") as two:
        first = one.give(new_mark(one, "ada", 0, 2))
        assert one.give(new_mark(one, "ada", 0, 2)) == first, "sent twice, kept once"
        with pytest.raises(ConflictError) as conflict:
            two.give(new_mark(two, "ada", 0, 3))
        assert conflict.value.theirs == first
        two.give(new_mark(two, "ada", 0, 3, based_on=first.id))
        one.give(new_mark(one, "ada", 1, 4))
        history = [(mark.who, mark.points) for mark in one.marks(new_mark(one, "ada", 0, 2).handin)]
    assert history == [("ada t.", 2), ("grace t.", 3), ("ada t.", 4)]
    assert scores(folder / "out")["ada"] == (11.0, 12.0)


def test_a_mark_that_is_taken_back_counts_no_more_and_stays_in_the_history(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "out"
    with Store(out, "ada t.") as store:
        mark = store.give(new_mark(store, "ada", 0, 2, "so"))
        store.give(new_mark(store, "ada", 0, None, based_on=mark.id))
    assert scores(out)["ada"] == (4.0, 4.0)
    capsys.readouterr()
    assert grader.main(["gradebook", str(out), "--marks", "--format", "json"]) == commands.GRADED
    given, back = json.loads(capsys.readouterr().out)
    assert (given["who"], given["points"], given["comment"]) == ("ada t.", 2.0, "so")
    assert (back["points"], given["counts"], back["counts"]) == (None, False, False)


def test_a_gradebook_that_others_write_is_busy_and_nothing_is_lost(folder: Path) -> None:
    with Store(folder / "out", "t", patience=0.1) as store:
        with closing(sqlite3.connect(folder / "out" / FILE, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(BusyError, match="is being written by another program"):
                store.give(new_mark(store, "ada", 0, 1))
            other.execute("ROLLBACK")
        assert store.give(new_mark(store, "ada", 0, 1)).points == 1


def test_a_gradebook_of_version_1_is_taken_over_and_has_to_be_graded_once_more(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = folder / "out"
    with closing(sqlite3.connect(out / FILE)) as old:
        for table in ("hand_marks", "reports", "report_settings", "class_reports"):
            old.execute(f"DROP TABLE {table}")
        old.execute("PRAGMA user_version = 1")
    assert grader.main(["gradebook", str(out), "--marks"]) == commands.GRADED, "read as it is"
    with pytest.raises(GradebookError, match="grade once more"):
        Store(out, "t")
    graded(folder)
    with Store(out, "t") as store:
        assert store.give(new_mark(store, "ada", 0, 1)).id == 1
