"""The benchmarks are commands that work; what they grade is the same in every run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.handins import cells, make_class
from grading.intake.find import find
from grading.intake.read import read
from grading.submission import State

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = sorted(
    path.stem for path in (ROOT / "benchmarks").glob("*.py") if "__main__" in path.read_text(encoding="utf-8")
)
ASKED = ("svm_loss_naive", "svm_loss_vectorized", "softmax_loss_naive", "softmax_loss_vectorized")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_benchmark_starts_and_says_how_it_is_used(name: str) -> None:
    command = [sys.executable, "-m", f"benchmarks.{name}", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("usage: ")


def test_a_student_hands_in_the_same_in_every_run() -> None:
    assert list(cells(7)) == list(cells(7))
    assert list(cells(7)) != list(cells(8))


def test_every_notebook_of_a_class_has_all_that_is_asked_for(tmp_path: Path) -> None:
    make_class(tmp_path, 12)
    for handin in find([tmp_path]):
        definitions = read(handin, (*ASKED, "LinearSVM", "Softmax")).definitions
        assert len(definitions) == 6
        assert {definition.state for definition in definitions.values()} == {State.WRITTEN}
