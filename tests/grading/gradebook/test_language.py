"""Another language: what is known is said again, and no student code runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from grading.words import say, speaking, together, translated
from grading.words.origins import kept_of

SAMPLES = Path(__file__).resolve().parents[3] / "submissions"
NAMES = ("several_slips.ipynb", "unfinished_template", "python2.py")


def graded(out: Path, *options: str) -> tuple[dict[str, str], str]:
    """The reports without what differs between any two runs, and what the terminal showed.

    In a process of its own, as it is run: one that has said a great deal before may have forgotten what its sentences
    were made of, and then grades again.
    """
    rubric = out.with_suffix(".toml")
    rubric.write_text('edition = "cs231n"\n[repair]\ncandidates = 100\n')
    command = [sys.executable, "grader.py", *(str(SAMPLES / name) for name in NAMES), "--out", str(out)]
    command += ["--rubric", str(rubric)]
    done = subprocess.run(
        [*command, "--allow-unsafe", *options],
        cwd=SAMPLES.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    texts = {path.parent.name: path.read_text(encoding="utf-8") for path in out.glob("*/report.json")}
    reports = {
        name: re.sub(r'"(seconds|stored_bytes)": [-+.0-9e]+', "", text) for name, text in texts.items()
    }
    return reports, done.stdout


def test_reports_in_another_language_are_those_of_grading_in_it(tmp_path: Path) -> None:
    english, _ = graded(tmp_path / "one")
    chinese, shown = graded(tmp_path / "one", "--lang", "zh")
    assert re.search("已评分 0 份.*未变化 3 份", shown)
    assert chinese == graded(tmp_path / "other", "--lang", "zh")[0]
    assert graded(tmp_path / "other")[0] == english, "and back"


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
