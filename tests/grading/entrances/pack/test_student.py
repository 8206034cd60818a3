"""`grader.py pack student`: what students check themselves with, and nothing that they shall not have."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import grader
from grading import commands
from grading.rubric.reading import default_rubric_path

ROOT = Path(__file__).resolve().parents[4]


def test_students_get_checks_that_run_and_nothing_that_is_hidden(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = default_rubric_path().read_text(encoding="utf-8")
    text = text.replace("[functions.svm_loss_naive]", '[functions.svm_loss_naive]\nhidden = ["gradient"]')
    (tmp_path / "rubric.toml").write_text(text, encoding="utf-8")
    out = tmp_path / "student.zip"
    assert (
        grader.main(["pack", "student", str(out), "--rubric", str(tmp_path / "rubric.toml")])
        == commands.GRADED
    )
    assert "give it to your students" in capsys.readouterr().out
    with zipfile.ZipFile(out) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "student")
    assert not [
        name for name in names if name.startswith(("submissions", "tests", "docs", "checks/editions"))
    ]
    assert {"setup.py", "pyproject.toml", "README.md", "requirements.lock", "checks/exam.bin"} <= set(names)
    sample = ROOT / "submissions" / "factor_two_forgotten.ipynb"
    command: list[str | Path] = [sys.executable, tmp_path / "student" / "grader.py", "test", sample]
    done = subprocess.run(
        [*command, "-k", "svm_loss_naive", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "svm_loss_naive               8 of 10" in done.stdout, done.stdout + done.stderr
    assert "test_gradient" not in done.stdout
