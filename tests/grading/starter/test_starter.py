"""What is handed out is worth nothing as it is, everything when it is solved, and can be checked by students."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

import grader
from grading import commands
from grading.intake.read import read
from grading.intake.submission import Handin
from grading.rubric.reading import default_rubric_path, load_rubric
from grading.starter.toml import as_toml
from grading.starter.write import StarterError, write_starter
from tests.grading.commands.test_rubric import SOFTMAX_ONLY
from tests.grading.starter.solution import solve


def graded(folder: Path, out: Path, *options: str) -> dict[str, Any]:
    grader.main([str(folder), "--out", str(out), "--allow-unsafe", "--jobs", "1", *options])
    (report,) = out.glob("*/report.json")
    result: dict[str, Any] = json.loads(report.read_bytes())
    return result


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    write_starter(tmp_path / "hand-out", load_rubric())
    return tmp_path / "hand-out"


def test_the_starter_as_it_is_gets_0_and_a_kind_sentence_for_each_task(starter: Path, tmp_path: Path) -> None:
    report = graded(starter, tmp_path / "out")
    assert report["state"] == "graded"
    assert report["score"] == 0
    failed = [check for check in report["checks"] if check["status"] == "failed"]
    assert len(failed) == 8
    assert all("not written" in check["message"] for check in failed), {c["message"] for c in failed}
    assert [item["answer"] for item in report["manual"]] == [""] * 3


def test_the_solved_starter_gets_everything(starter: Path, tmp_path: Path) -> None:
    solve(starter)
    report = graded(starter, tmp_path / "out")
    assert report["score"] == 100, [c["message"] for c in report["checks"] if c["status"] != "passed"]


def test_an_edition_with_softmax_only_can_be_handed_out_and_graded(tmp_path: Path) -> None:
    rubric = tmp_path / "rubric.toml"
    rubric.write_text(SOFTMAX_ONLY, encoding="utf-8")
    write_starter(tmp_path / "hand-out", load_rubric(rubric))
    assert not (tmp_path / "hand-out" / "classifiers" / "linear_svm.py").exists()
    assert "SVM" not in (tmp_path / "hand-out" / "README.md").read_text(encoding="utf-8")
    assert graded(tmp_path / "hand-out", tmp_path / "before", "--rubric", str(rubric))["score"] == 0
    solve(tmp_path / "hand-out", scale=0.5)
    report = graded(tmp_path / "hand-out", tmp_path / "after", "--rubric", str(rubric), "--release")
    assert (report["score"], report["max_score"]) == (15, 15)
    assert report["manual"][-1] == {
        "question": "Style of the code",
        "answer": "",
        "max_points": 5,
        "source": "rubric",
        "points": None,
        "comment": "",
    }


def test_students_get_the_rubric_without_what_is_hidden(tmp_path: Path) -> None:
    rubric = tmp_path / "rubric.toml"
    rubric.write_text(SOFTMAX_ONLY, encoding="utf-8")
    write_starter(tmp_path / "hand-out", load_rubric(rubric))
    public = load_rubric(tmp_path / "hand-out" / "rubric.toml").settings
    assert "stability" not in public.functions["softmax_loss_vectorized"].points
    assert public.reg_scale == 0.5
    assert public.late is None
    readme = (tmp_path / "hand-out" / "README.md").read_text(encoding="utf-8")
    for name, function in public.functions.items():
        (row,) = [line for line in readme.splitlines() if line.startswith(f"| `{name}` |")]
        assert row.endswith(f"| {sum(function.points.values()):g} |"), "nor the points of what is hidden"


def test_the_shipped_rubric_says_the_same_to_students(starter: Path) -> None:
    assert load_rubric(starter / "rubric.toml").settings == load_rubric().settings


def test_the_handed_out_notebook_is_valid_and_its_questions_are_found(starter: Path) -> None:
    nbformat.validate(json.loads((starter / "assignment.ipynb").read_text(encoding="utf-8")))
    submission = read(Handin("x", starter), load_rubric().asked_names)
    assert [question.answer for question in submission.questions] == [""] * 3


def test_a_folder_with_something_in_it_is_left_alone(
    starter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert grader.main(["starter", str(starter)]) == commands.WRONG_USE
    assert "is not empty; name a new folder" in capsys.readouterr().err


def test_the_command_lists_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert grader.main(["starter", str(tmp_path / "new")]) == commands.GRADED
    files = capsys.readouterr().out.splitlines()
    assert all(Path(file).is_file() for file in files)
    assert str(tmp_path / "new" / "assignment.ipynb") in files


def test_a_rubric_whose_every_check_is_hidden_cannot_be_handed_out(tmp_path: Path) -> None:
    rubric = tmp_path / "rubric.toml"
    hidden = 'hidden = ["interface", "value", "gradient", "stability"]'
    rubric.write_text(SOFTMAX_ONLY.replace('hidden = ["stability"]', hidden), encoding="utf-8")
    with pytest.raises(StarterError, match="checked by students"):
        write_starter(tmp_path / "hand-out", load_rubric(rubric))
    assert not (tmp_path / "hand-out").exists()


def test_toml_is_written_as_it_is_read(tmp_path: Path) -> None:
    import tomllib

    content = tomllib.loads(default_rubric_path().read_text(encoding="utf-8"))
    assert tomllib.loads(as_toml(content)) == content
