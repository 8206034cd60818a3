"""A hand-in of another edition than the one that is asked for is recognized from its text, and no other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import grader
from grading.editions.callings import as_called
from grading.intake.read import read
from grading.intake.submission import Handin
from grading.rubric.editions import USUAL, shipped
from grading.rubric.reading import load_rubric
from tests.grading.editions.solving import write_solved
from tests.grading.intake.making import EVERYTHING, written

HEAD = "import numpy as np\n\n"


def seems(path: Path, edition: str = USUAL) -> str | None:
    rubric = load_rubric(edition=edition)
    submission = as_called(read(Handin("x", path), rubric.asked_names), rubric)
    told = [warning for warning in submission.warnings if "--edition" in warning]
    assert told == (
        []
        if submission.edition is None
        else [
            "This looks like work for another edition of the assignment: "
            f"grade it with --edition {submission.edition}."
        ]
    )
    return submission.edition


def of_loss(tmp_path: Path, body: str, edition: str = USUAL) -> str | None:
    code = HEAD + written("svm_loss_naive", "".join(f"    {line}\n" for line in body.split("\n")))
    (tmp_path / "work.py").write_text(code, encoding="utf-8")
    return seems(tmp_path / "work.py", edition)


@pytest.mark.parametrize(
    "body",
    [
        '"""\nInputs:\n- W: C x D array of weights\n- X: D x N array of data\n"""\nreturn X, W',
        '"""\n    W: weights (C, D)\n"""\nreturn X, W',
        "scores = W.dot(X)\nreturn scores, W",
        "scores = np.dot(W, X)\nreturn scores, W",
        "scores = W @ X\nreturn scores, W",
        "for i in range(X.shape[1]):\n    scores = W.dot(X[:, i])\nreturn scores, W",
    ],
)
def test_the_layout_of_2015_is_recognized(tmp_path: Path, body: str) -> None:
    assert of_loss(tmp_path, body) == "cs231n-2015"
    assert of_loss(tmp_path, body, "cs231n-2015") is None


@pytest.mark.parametrize(
    "body",
    [
        "scores = X.dot(W)\nreturn scores, W",
        "scores = np.dot(X[0], W)\nreturn scores, W",
        "for i in range(3):\n    scores = X[i, :] @ W\nreturn scores, W",
    ],
)
def test_where_that_is_asked_for_todays_layout_is_recognized(tmp_path: Path, body: str) -> None:
    assert of_loss(tmp_path, body) is None
    assert of_loss(tmp_path, body, "cs231n-2015") == USUAL


@pytest.mark.parametrize(
    "body",
    [
        '"""\n- W: A numpy array of shape (D, C)\n- X: A numpy array of shape (N, D)\n"""\nreturn X, W',
        "scores = W.T.dot(X.T)\nreturn scores, W",
        "# X.T is (D, N)\nreturn X.T @ X, W",
        "return W.T @ X[0], W",
        "loss = 0.5 * reg\nreturn X, loss",
    ],
)
def test_what_may_be_either_is_not_spoken_of(tmp_path: Path, body: str) -> None:
    assert of_loss(tmp_path, body) is None
    assert of_loss(tmp_path, body, "cs231n-2015") is None


@pytest.mark.parametrize("edition", shipped())
def test_work_of_each_edition_is_recognized_by_every_rubric_that_it_does_not_fit(
    edition: str, tmp_path: Path
) -> None:
    write_solved(tmp_path / "hand-in", edition)
    assert seems(tmp_path / "hand-in") == (None if edition == USUAL else edition)
    assert seems(tmp_path / "hand-in", edition) is None


def test_one_sentence_stands_for_all_that_is_called_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    called_otherwise = ("cs231n-2015", "dlcourse", "eecs498")
    for edition in called_otherwise:
        write_solved(tmp_path / "class" / edition, edition)
    grader.main(
        [str(tmp_path / "class"), "--out", str(tmp_path / "out"), "--allow-unsafe", "--format", "json"]
    )
    terminal = capsys.readouterr().out
    for edition in called_otherwise:
        sentence = (
            f"This looks like work for another edition of the assignment: grade it with --edition {edition}."
        )
        assert terminal.count(sentence) == 1
        report = json.loads((tmp_path / "out" / edition / "report.json").read_bytes())
        failed = [check for check in report["checks"] if check["status"] in ("failed", "error")]
        assert {check["message"] for check in failed} == {sentence}
        assert all(check["got"] is None and check["diagnosis"] is None for check in failed)
        assert report["repair"] == {}
        assert [warning for warning in report["warnings"] if "torch" not in warning] == [sentence]


def test_an_unfinished_hand_in_of_the_usual_edition_is_not_taken_for_another(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(EVERYTHING.replace("def svm_loss_naive", "def other"), encoding="utf-8")
    assert seems(tmp_path / "work.py") is None
