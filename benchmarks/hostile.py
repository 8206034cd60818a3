"""A class in which every fifth hand-in is hostile: the others must get exactly what they get without them.

    python -m benchmarks.hostile
    python -m benchmarks.hostile --count 200 --jobs 2

Grades the honest hand-ins of a class by themselves, then the whole class. The hostile ones are honest notebooks whose
`svm_loss_naive` attacks before it answers, each by another of the programs of `tests/hostile`. Ends with exit code 1 if
an honest grade differs in anything but times, a hostile function passes for more than doing nothing would, a hand-in
has no grade, or a process is left.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.grading import descendants, grades, run
from benchmarks.handins import cells, notebook
from grading.rubric import default_rubric_path
from tests.hostile.test_programs import ALL

_EVERY = 5
# So that forty of them come from all themes.
_STRIDE = 4
_ATTACKED = "svm_loss_naive"
_CHECKS_OF_ANSWERS = ("value", "gradient", "kinks", "symmetry")
_PR_SET_CHILD_SUBREAPER = 36
# What hangs is waited for twice; the grade of nobody else depends on how long.
_SECONDS = ("call_seconds = 10.0", "call_seconds = 2.0")
_ATTACK = f"""
def {_ATTACKED}(W, X, y, reg):
    attack(np.resize(X, (4, 4)), "/etc/passwd", 22, 1, "subgrader", "/tmp")
    return 0.0 * np.sum(X), 0.0 * W
"""


def hostile(number: int) -> str:
    """The honest notebook of student ``number``, but for one function."""
    program = ALL[number // _EVERY * _STRIDE % len(ALL)]
    return notebook([*cells(number), f"import numpy as np\n{program.code}\n{_ATTACK}"])


def make_class(folder: Path, count: int, *, with_hostile: bool) -> None:
    """Write the notebooks; student 0, 5, 10, ... is hostile."""
    folder.mkdir()
    for number in range(count):
        if number % _EVERY:
            (folder / f"student{number:05}.ipynb").write_text(notebook([*cells(number)]), encoding="utf-8")
        elif with_hostile:
            (folder / f"student{number:05}.ipynb").write_text(hostile(number), encoding="utf-8")


def gained(out: Path, names: set[str]) -> list[str]:
    """The hostile hand-ins whose function passed a check of its answers."""
    found = []
    for name in sorted(names):
        checks = json.loads((out / name / "report.json").read_text())["checks"]
        won = [c["id"] for c in checks if c["function"] == _ATTACKED and c["status"] == "passed"]
        if set(won) & set(_CHECKS_OF_ANSWERS):
            found.append(name)
    return found


def still_alive() -> list[int]:
    """What is below us though the grader has ended; whoever lost a parent has come to us, and the dead are buried."""
    time.sleep(1.0)
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    return [process for process in descendants(os.getpid()) if process != os.getpid()]


def main() -> None:
    """Grade twice and compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=200, metavar="N", help="hand-ins")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes")
    options = parser.parse_args()
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory() as folder:
        rubric = Path(folder, "rubric.toml")
        rubric.write_text(
            default_rubric_path().read_text(encoding="utf-8").replace(*_SECONDS), encoding="utf-8"
        )
        found = {}
        for with_hostile in (False, True):
            work, out = Path(folder, f"class{with_hostile}"), Path(folder, f"out{with_hostile}")
            make_class(work, options.count, with_hostile=with_hostile)
            figures = run(work, out, options.jobs, again=False, rubric=rubric)
            found[with_hostile] = grades(out)
            print(
                f"{figures.submissions} hand-ins, {'with' if with_hostile else 'without'} hostile ones: "
                f"{figures.wall:.0f} s, {figures.memory:.0f} MiB in all processes together, "
                f"{len(found[with_hostile])} graded",
                flush=True,
            )
        alone, together = found[False], found[True]
        won = gained(out, together.keys() - alone.keys())
        left = still_alive()
    differ = [name for name in alone if alone[name] != together.get(name)]
    missing = options.count - len(together)
    print(f"honest grades that differ: {', '.join(differ) or 'none'}")
    print(f"hostile functions that gained: {', '.join(won) or 'none'}")
    print(f"hand-ins without a grade: {missing}; processes left: {len(left)}")
    sys.exit(bool(differ or won or missing or left))


if __name__ == "__main__":
    main()
