"""`pytest checks/ --submission=PATH` says what the grade says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import grader
from grading.entrances import pytest_session
from tests.one_loss import asking_one_loss

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "submissions"


def run_pytest(
    *arguments: object, folder: Path = ROOT, typed: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """`pytest CHECKS ARGUMENTS` as a student runs it in ``folder``."""
    checks = os.path.relpath(ROOT / "checks", folder) if folder == ROOT else ROOT / "checks"
    command = [sys.executable, "-m", "pytest", checks, "-p", "no:cacheprovider", *map(str, arguments)]
    return subprocess.run(
        command,
        cwd=folder,
        input=typed,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A student's folder with one notebook, and files that are no hand-in."""
    mine = tmp_path / "my work"
    mine.mkdir()
    shutil.copy(SAMPLES / "factor_two_forgotten.ipynb", mine)
    (mine / "notes.txt").write_text("regularize!")
    return mine


def test_a_right_submission_passes_every_check_and_gets_its_points() -> None:
    result = run_pytest(f"--submission={SAMPLES / 'ada.ipynb'}")
    assert result.returncode == 0, result.stdout
    assert re.search(r"together +100 of 100", result.stdout)


def test_verdicts_and_words_are_those_of_the_grade_in_several_processes_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample, rubric = SAMPLES / "factor_two_forgotten.ipynb", asking_one_loss(tmp_path)
    result = run_pytest(f"--submission={sample}", "--rubric", rubric, "-rA", "-n", 2)
    grader.main([str(sample), "--out", str(tmp_path), "--rubric", str(rubric), "--allow-unsafe"])
    capsys.readouterr()
    report = json.loads((tmp_path / "factor_two_forgotten" / "report.json").read_bytes())
    assert result.returncode == 1
    words = {"passed": "PASSED", "failed": "FAILED", "skipped": "SKIPPED"}
    assert {check["status"] for check in report["checks"]} == set(words)
    assert "dW += 2 * reg * W" in result.stdout
    for check in report["checks"]:
        if check["status"] == "skipped":
            assert check["message"] in result.stdout
            continue
        test = f"test_{check['id']}[{check['function']}]"
        assert re.search(rf"{words[check['status']]} .*{re.escape(test)}", result.stdout), test
        if check["status"] == "failed":
            assert check["message"] in result.stdout
            assert check["counterexample"]["code"].splitlines()[1] in result.stdout
            assert check["expected"] in result.stdout


def test_one_check_may_be_chosen_and_the_hand_in_named_by_a_word_of_its_own() -> None:
    result = run_pytest("--submission", SAMPLES / "ada.ipynb", "-k", "gradient and softmax_loss_naive")
    assert result.returncode == 0
    assert re.search(r"1 passed", result.stdout)
    assert re.search(r"softmax_loss_naive +5 of 5", result.stdout)


@pytest.mark.parametrize(
    ("path", "complaint"),
    [("no/such.ipynb", "no/such.ipynb"), (SAMPLES, "hand-ins could be meant")],
)
def test_a_submission_that_is_not_there_or_not_one_gets_one_line(path: object, complaint: str) -> None:
    result = run_pytest(f"--submission={path}")
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    said = result.stdout + result.stderr
    assert len([line for line in said.splitlines() if complaint in line]) == 1
    assert "Traceback" not in said


def test_a_bad_rubric_gets_one_line(tmp_path: Path) -> None:
    (tmp_path / "rubric.toml").write_text("sead = 1\n")
    result = run_pytest(f"--submission={SAMPLES / 'ada.ipynb'}", "--rubric", tmp_path / "rubric.toml")
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert "Traceback" not in result.stdout + result.stderr


def test_without_a_path_the_current_folder_is_checked_and_nothing_is_left_in_it(folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    result = run_pytest("-k", "svm_loss_naive and (gradient or value)", folder=folder, CI="true")
    assert re.search(r"svm_loss_naive +4 of 9", result.stdout), result.stdout + result.stderr
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        (["ada.ipynb", "grace.ipynb"], "2 hand-ins could be meant (ada.ipynb, grace.ipynb); name one"),
        ([], "is an empty folder"),
    ],
)
def test_a_folder_with_two_or_none_gets_one_line(tmp_path: Path, files: list[str], complaint: str) -> None:
    for name in files:
        shutil.copy(SAMPLES / "ada.ipynb", tmp_path / name)
    result = run_pytest(folder=tmp_path)
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    (line,) = (result.stdout + result.stderr).strip().splitlines()
    assert complaint in line


def test_in_the_graders_own_folder_a_hand_in_must_be_named() -> None:
    result = run_pytest()
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert "Name it, --submission=PATH" in result.stderr


def test_a_checkout_of_the_grader_beside_the_hand_in_is_not_part_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "subgrader").mkdir()
    (tmp_path / "subgrader" / "grader.py").write_text("x = 1")
    shutil.copy(SAMPLES / "ada.ipynb", tmp_path)
    monkeypatch.setattr(pytest_session, "SUITE", tmp_path / "subgrader")
    monkeypatch.chdir(tmp_path)
    assert pytest_session.the_handin(None).path == tmp_path / "ada.ipynb"


def test_the_debugger_stops_behind_the_call_that_gives_the_wrong_answer(folder: Path) -> None:
    chosen = ("-k", "svm_loss_naive and gradient", "--pdb")
    result = run_pytest(*chosen, folder=folder, typed="p dW - 1\nsvm_loss_naive\nq\n")
    assert "dW = svm_loss_naive(W, X, y, 1.0)" in result.stdout
    assert "array([[" in result.stdout
    assert "<function svm_loss_naive" in result.stdout


def test_a_students_run_does_not_wait_for_libraries_that_it_does_not_use(folder: Path) -> None:
    command = [
        sys.executable,
        "-X",
        "importtime",
        "-m",
        "pytest",
        str(ROOT / "checks"),
        "-p",
        "no:cacheprovider",
    ]
    chosen = ["-q", "-k", "value and svm_loss_naive"]
    done = subprocess.run([*command, *chosen], cwd=folder, capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not imported & {"hypothesis", "scipy", "sklearn", "matplotlib.pyplot", "pandas"}
