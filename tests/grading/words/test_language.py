"""One run, one language: `--lang`, the rubric's `lang`, and what a second run in another language takes over."""

from __future__ import annotations

import json
from pathlib import Path

import grader
from tests.one_loss import asking_one_loss

SAMPLE = Path(__file__).resolve().parents[3] / "submissions" / "factor_two_forgotten.ipynb"
ENGLISH, CHINESE = "The gradient of the regularization lacks its factor 2.", "正则化的梯度少了系数 2。"


def titles(out: Path) -> set[str]:
    report = json.loads((out / SAMPLE.stem / "report.json").read_text(encoding="utf-8"))
    return {check["diagnosis"]["title"] for check in report["checks"] if check["diagnosis"]}


def test_a_second_run_in_another_language_grades_again_and_says_everything_in_it(tmp_path: Path) -> None:
    rubric = str(asking_one_loss(tmp_path))
    for lang, title in (("en", ENGLISH), ("zh", CHINESE), ("en", ENGLISH)):
        grader.main([str(SAMPLE), "--out", str(tmp_path), "--jobs", "1", "--rubric", rubric, "--lang", lang])
        assert titles(tmp_path) == {title}
        assert title in (tmp_path / SAMPLE.stem / "report.html").read_text(encoding="utf-8")


def test_the_rubric_says_the_language_where_the_command_line_does_not(tmp_path: Path) -> None:
    rubric = asking_one_loss(tmp_path)
    rubric.write_text('lang = "zh"\n' + rubric.read_text())
    grader.main([str(SAMPLE), "--out", str(tmp_path / "out"), "--jobs", "1", "--rubric", str(rubric)])
    assert titles(tmp_path / "out") == {CHINESE}
