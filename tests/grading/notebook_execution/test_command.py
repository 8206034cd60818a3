"""`grader.py --execute`: what a person at the terminal gets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import grader
from grading.sandbox.walls import users
from reference.datasets import CIFAR10_VARIABLE
from tests.grading.notebook_execution.making import PICTURES, SEARCH, hand_in, notebook
from tests.grading.running.small_class import RIGHT, RUBRIC
from tests.reference.cifar10_layout import write

SEARCHED = """
[search.svm]
model = "best_svm"
points = { grid = 2, best = 3 }
"""
DIES = "import os; os._exit(1)"


def arguments(folder: Path, *more: str) -> list[str]:
    (folder / "rubric.toml").write_text(RUBRIC + SEARCHED)
    paths = [str(folder / "class"), "--out", str(folder / "out"), "--rubric", str(folder / "rubric.toml")]
    return [*paths, "--allow-unsafe", "--jobs", "1", *more]


def report(folder: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "out" / name / "report.json").read_text())
    return found


def test_points_of_the_search_count_only_when_notebooks_are_run(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(CIFAR10_VARIABLE, str(data))
    hand_in(
        tmp_path / "class",
        {
            "ada.ipynb": notebook(RIGHT, PICTURES, SEARCH + "best_val = 0.99", saved={3: "accuracy: 0.99\n"}),
            "bob.ipynb": notebook(RIGHT, "import nowhere", PICTURES, SEARCH),
            "eve.ipynb": notebook(
                RIGHT, "x = 1", "import matplotlib.pyplot as plt; plt.plot([1])", "", DIES, SEARCH
            ),
        },
    )
    assert grader.main(arguments(tmp_path)) == 0
    assert report(tmp_path, "ada")["execution"] is None
    assert report(tmp_path, "ada")["max_score"] == 4

    assert grader.main(arguments(tmp_path, "--execute")) == 0
    said = capsys.readouterr().out
    scores = {name: report(tmp_path, name)["score"] for name in ("ada", "bob", "eve")}
    assert scores == {"ada": 6, "bob": 9, "eve": 4}
    assert report(tmp_path, "eve")["max_score"] == 9
    assert "eve.ipynb: Stopped in cell 5, after 3 of 5 code cells: the process ended itself" in said
    assert "bob.ipynb: Ran to its end; 1 of 4 code cells failed, the first of them cell 2." in said

    page = (tmp_path / "out" / "ada" / "report.html").read_text()
    assert "best_val is 0.99, but the best validation accuracy in results is" in page
    assert "there was no such line" in page
    assert "data:image/png;base64" in (tmp_path / "out" / "eve" / "report.html").read_text()
    words = (tmp_path / "out" / "eve" / "report.md").read_text()
    assert "Your notebook, run again" in words

    assert grader.main(arguments(tmp_path, "--execute")) == 0
    assert "0 graded, 3 unchanged" in capsys.readouterr().out


def test_without_the_data_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(CIFAR10_VARIABLE, raising=False)
    hand_in(tmp_path / "class", {"ada.ipynb": notebook(RIGHT)})
    assert grader.main(arguments(tmp_path, "--execute")) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "--execute needs CIFAR-10" in line
    assert "--data" in line


def test_editions_whose_notebooks_read_other_data_are_told_so_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work = hand_in(tmp_path / "class", {"ada.ipynb": notebook(RIGHT)})
    assert grader.main([str(work), "--out", str(tmp_path / "out"), "--edition", "dlcourse", "--execute"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "those of the edition dlcourse do not: leave it out" in line


@pytest.mark.skipif(not users.can_be_given(), reason="only root runs notebooks as somebody else")
def test_data_that_only_root_can_read_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    batches = write(tmp_path / "data")
    (batches / "test_batch").chmod(0o600)
    monkeypatch.setenv(CIFAR10_VARIABLE, str(batches))
    hand_in(tmp_path / "class", {"ada.ipynb": notebook(RIGHT)})
    assert grader.main(arguments(tmp_path, "--execute")) == 2
    assert "test_batch can be read by root alone" in capsys.readouterr().err


def test_a_rubric_with_an_unknown_check_of_a_search_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in(tmp_path / "class", {"ada.ipynb": notebook(RIGHT)})
    words = arguments(tmp_path)
    rubric = tmp_path / "rubric.toml"
    rubric.write_text(rubric.read_text().replace("grid", "grit"))
    assert grader.main(words) == 2
    assert "did you mean 'grid'?" in capsys.readouterr().err
