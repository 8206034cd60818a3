"""Another language: what is known is said again, and no student code runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import grader
from grading.words import say, speaking, together, translated
from grading.words.again import kept_of

SAMPLES = Path(__file__).resolve().parents[3] / "submissions"
NAMES = ("several_slips.ipynb", "unfinished_template", "does_not_parse.py", "python2.py")


def graded(out: Path, *options: str) -> dict[str, str]:
    """The reports without what differs between any two runs."""
    grader.main([*(str(SAMPLES / name) for name in NAMES), "--out", str(out), "--allow-unsafe", *options])
    texts = {path.parent.name: path.read_text(encoding="utf-8") for path in out.glob("*/report.json")}
    return {name: re.sub(r'"(seconds|stored_bytes)": [-+.0-9e]+', "", text) for name, text in texts.items()}


def test_reports_in_another_language_are_those_of_grading_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    english = graded(tmp_path / "one")
    capsys.readouterr()
    chinese = graded(tmp_path / "one", "--lang", "zh")
    assert "已评分 0 份, 未变化 4 份" in capsys.readouterr().out
    assert chinese == graded(tmp_path / "other", "--lang", "zh")
    assert graded(tmp_path / "other") == english, "and back"


def test_what_a_sentence_is_made_of_is_kept_within_it() -> None:
    inner = say("{n} hours", n=3)
    whole = together(translated("Every check passed."), say("{where}: {why}", where="a.py", why=inner))
    with speaking("zh"):
        other = say("{n} hours", n=3)
    kept = kept_of([whole, "never said"])
    assert list(kept) == [whole]
    assert inner in whole
    assert other not in whole
    assert kept[whole][1]["1"][1]["why"] == ["{n} hours", {"n": 3}]
