"""The benchmarks are commands that work; what they grade is the same in every run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.handins import cells, make_class
from grading.intake.find import find
from grading.intake.read import read
from grading.intake.submission import State

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = sorted(
    path.stem for path in (ROOT / "benchmarks").glob("*.py") if "__main__" in path.read_text(encoding="utf-8")
)
ASKED = ("svm_loss_naive", "svm_loss_vectorized", "softmax_loss_naive", "softmax_loss_vectorized")


IN_ONE_PROCESS = """
import runpy, sys
for name in sys.argv[1:]:
    sys.argv = [name, "--help"]
    print("#", name)
    try:
        runpy.run_module(f"benchmarks.{name}", run_name="__main__", alter_sys=True)
    except SystemExit as stopped:
        assert not stopped.code, name
"""


def test_every_benchmark_starts_and_says_how_it_is_used() -> None:
    command = [sys.executable, "-W", "ignore::RuntimeWarning:runpy", "-c", IN_ONE_PROCESS, *COMMANDS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    said = dict(part.split("\n", 1) for part in done.stdout.removeprefix("# ").split("\n# "))
    assert list(said) == COMMANDS
    assert [name for name in COMMANDS if not said[name].startswith("usage: ")] == []


def test_a_student_hands_in_the_same_in_every_run() -> None:
    assert list(cells(7)) == list(cells(7))
    assert list(cells(7)) != list(cells(8))


def test_every_notebook_of_a_class_has_all_that_is_asked_for(tmp_path: Path) -> None:
    make_class(tmp_path, 12)
    for handin in find([tmp_path]):
        definitions = read(handin, (*ASKED, "LinearSVM", "Softmax")).definitions
        assert len(definitions) == 6
        assert {definition.state for definition in definitions.values()} == {State.WRITTEN}
