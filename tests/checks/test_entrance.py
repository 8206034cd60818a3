"""`pytest checks/ --submission PATH` says what the grade says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import grader

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "submissions"


def run_pytest(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "checks", "-p", "no:cacheprovider", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def test_a_right_submission_passes_every_check_and_gets_its_points() -> None:
    result = run_pytest("--submission", SAMPLES / "ada.ipynb")
    assert result.returncode == 0, result.stdout
    assert re.search(r"together +100 of 100", result.stdout)


def test_verdicts_and_words_are_those_of_the_grade(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = SAMPLES / "factor_two_forgotten.ipynb"
    result = run_pytest("--submission", sample, "-rA")
    grader.main([str(sample), "--out", str(tmp_path), "--allow-unsafe"])
    capsys.readouterr()
    report = json.loads((tmp_path / "factor_two_forgotten" / "report.json").read_bytes())
    assert result.returncode == 1
    words = {"passed": "PASSED", "failed": "FAILED", "skipped": "SKIPPED"}
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


def test_one_check_may_be_chosen() -> None:
    result = run_pytest("--submission", SAMPLES / "ada.ipynb", "-k", "gradient and softmax_loss_naive")
    assert result.returncode == 0
    assert re.search(r"1 passed", result.stdout)
    assert re.search(r"softmax_loss_naive +5 of 5", result.stdout)


@pytest.mark.parametrize(
    ("path", "complaint"),
    [("no/such.ipynb", "no/such.ipynb"), (SAMPLES, "hand-ins could be meant")],
)
def test_a_submission_that_is_not_there_or_not_one_gets_one_line(path: object, complaint: str) -> None:
    result = run_pytest("--submission", path)
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    said = result.stdout + result.stderr
    assert len([line for line in said.splitlines() if complaint in line]) == 1
    assert "Traceback" not in said


def test_a_bad_rubric_gets_one_line(tmp_path: Path) -> None:
    (tmp_path / "rubric.toml").write_text("sead = 1\n")
    result = run_pytest("--submission", SAMPLES / "ada.ipynb", "--rubric", tmp_path / "rubric.toml")
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert "Traceback" not in result.stdout + result.stderr
