"""A class with hostile hand-ins of all kinds among honest ones: these must get exactly what they get without them.

    python -m benchmarks.hostile
    python -m benchmarks.hostile --honest 500 --hostile 50 --seed 2 --jobs 1,2

Grades the honest hand-ins of a class by themselves, then the whole class, with each number of processes. Hostile are
functions that attack before they answer, or pile things up beside their neighbours, hidden loops, classes that learn
nothing, and notebooks, scripts and zips that were made to stop whoever reads them: the programs of `tests/hostile`,
drawn by the seed. Ends with exit code 1 if an honest grade differs in anything but times, a function that attacks
passes for more than doing nothing would, a hand-in has no grade, or a process is left.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.grading import Figures, descendants, grades, numbers, run
from benchmarks.handins import cells, notebook
from grading.rubric.reading import default_rubric_path
from tests.checks.classes import SGD, HandedClass
from tests.hostile.test_intake import NOTEBOOKS, SCRIPTS, ZIPS
from tests.hostile.test_intake import notebook as intake_notebook
from tests.hostile.test_learning import MEANS, NO_LOSS, SOLVED, without
from tests.hostile.test_loops import HIDDEN, LOOP
from tests.hostile.test_neighbours import HOSTILE
from tests.hostile.test_programs import ALL

_ATTACKED = "svm_loss_naive"
_CHECKS_OF_ANSWERS = ("value", "gradient", "kinks", "symmetry")
_PR_SET_CHILD_SUBREAPER = 36
# What hangs is waited for twice; the grade of nobody else depends on how long.
_SECONDS = {"call_seconds = 10.0": "call_seconds = 2.0", "handin_seconds = 120.0": "handin_seconds = 30.0"}
_WITHOUT_REPAIRS = {"candidates = 1500": "candidates = 0"}
_ATTACK = f"""
def {_ATTACKED}(W, X, y, reg):
    attack(np.resize(X, (4, 4)), "/etc/passwd", 22, 1, "subgrader", "/tmp")
    return 0.0 * np.sum(X), 0.0 * W
"""
_PILES_UP = f"""
def {_ATTACKED}(W, X, y, reg):
    {{attack}}(0.5)
    return 0.0 * np.sum(X), 0.0 * W
"""

Write = Callable[[Path, int, random.Random], None]


def _honest_but_for(number: int, code: str) -> str:
    return notebook([*cells(number), f"import numpy as np\n{code}"])


def _attacks(place: Path, number: int, chance: random.Random) -> None:
    code = f"{chance.choice(ALL).code}\n{_ATTACK}"
    place.with_suffix(".ipynb").write_text(_honest_but_for(number, code), encoding="utf-8")


def _piles_up(place: Path, number: int, chance: random.Random) -> None:
    attack = chance.choice(("nests", "litters", "fills", "locks_up", "spawns"))
    code = HOSTILE + _PILES_UP.format(attack=attack)
    place.with_suffix(".ipynb").write_text(_honest_but_for(number, code), encoding="utf-8")


def _hides_a_loop(place: Path, number: int, chance: random.Random) -> None:
    code = LOOP + HIDDEN[chance.choice(sorted(HIDDEN))] + "\nsvm_loss_vectorized = loss"
    place.with_suffix(".ipynb").write_text(_honest_but_for(number, code), encoding="utf-8")


def _learns_nothing(place: Path, number: int, chance: random.Random) -> None:
    handed: HandedClass = without(
        chance.choice(sorted(NO_LOSS.values())), chance.choice((SOLVED, MEANS)) + SGD
    )
    place.with_suffix(".ipynb").write_text(
        _honest_but_for(number, handed.code("LinearSVM")), encoding="utf-8"
    )


def _stops_readers(place: Path, number: int, chance: random.Random) -> None:
    kind = chance.choice((".ipynb", ".py", ".zip"))
    if kind == ".ipynb":
        place.with_suffix(kind).write_bytes(intake_notebook(*NOTEBOOKS[chance.choice(sorted(NOTEBOOKS))]))
    elif kind == ".py":
        place.with_suffix(kind).write_text(SCRIPTS[chance.choice(sorted(SCRIPTS))])
    else:
        place.with_suffix(kind).write_bytes(ZIPS[chance.choice(sorted(ZIPS))]())


_KINDS: tuple[Write, ...] = (
    _attacks,
    _attacks,
    _attacks,
    _piles_up,
    _hides_a_loop,
    _learns_nothing,
    _stops_readers,
)


def make_class(folder: Path, honest: int, hostile: int, seed: int) -> None:
    """Write the hand-ins; the hostile ones lie evenly among the others."""
    folder.mkdir()
    for number in range(honest):
        place = folder / f"student{number:05}.ipynb"
        place.write_text(notebook([*cells(10_000 * seed + number)]), encoding="utf-8")
    chance = random.Random(seed)
    for k in range(hostile):
        place = folder / f"student{k * honest // hostile:05}-hostile{k}"
        _KINDS[k % len(_KINDS)](place, 10_000 * seed + k, chance)


def gained(out: Path, names: set[str]) -> list[str]:
    """The attacking hand-ins whose function passed a check of its answers."""
    found = []
    for name in sorted(names):
        report = json.loads((out / name / "report.json").read_text())
        won = [c["id"] for c in report["checks"] if c["function"] == _ATTACKED and c["status"] == "passed"]
        number = int(name.rpartition("hostile")[2])
        if _KINDS[number % len(_KINDS)] in (_attacks, _piles_up) and set(won) & set(_CHECKS_OF_ANSWERS):
            found.append(name)
    return found


def still_alive() -> list[int]:
    """What is below us though the grader has ended; whoever lost a parent has come to us, and the dead are buried."""
    time.sleep(1.0)
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    return [process for process in descendants(os.getpid()) if process != os.getpid()]


def _told(figures: Figures, what: str) -> None:
    print(
        f"{figures.submissions} hand-ins, {what}, {figures.jobs} jobs: {figures.wall:.0f} s, "
        f"{figures.processor:.0f} s of processor, {figures.memory:.0f} MiB in all processes together",
        flush=True,
    )


def main() -> None:
    """Grade without the hostile ones and with them, and compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--honest", type=int, default=100, metavar="N", help="honest hand-ins")
    parser.add_argument("--hostile", type=int, default=20, metavar="N", help="hostile hand-ins")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which ones")
    parser.add_argument("--jobs", type=numbers, default=[2], metavar="N,...", help="processes")
    parser.add_argument(
        "--without-repairs",
        action="store_true",
        help="search for none: they take most of the time, and win no points",
    )
    options = parser.parse_args()
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    wrong = False
    with tempfile.TemporaryDirectory() as folder:
        rubric = Path(folder, "rubric.toml")
        text = default_rubric_path().read_text(encoding="utf-8")
        changed = _SECONDS | (_WITHOUT_REPAIRS if options.without_repairs else {})
        for usual, shorter in changed.items():
            assert usual in text
            text = text.replace(usual, shorter)
        rubric.write_text(text, encoding="utf-8")
        for jobs in options.jobs:
            found = {}
            for hostile in (0, options.hostile):
                work, out = Path(folder, f"class{jobs}-{hostile}"), Path(folder, f"out{jobs}-{hostile}")
                make_class(work, options.honest, hostile, options.seed)
                figures = run(work, out, jobs, again=False, rubric=rubric)
                found[bool(hostile)] = grades(out)
                _told(figures, f"{hostile} of them hostile")
            alone, together = found[False], found[True]
            won = gained(out, together.keys() - alone.keys())
            left = still_alive()
            differ = [name for name in alone if alone[name] != together.get(name)]
            missing = options.honest + options.hostile - len(together)
            print(f"honest grades that differ: {len(differ)} {', '.join(differ[:10])}")
            print(f"hostile functions that gained: {', '.join(won) or 'none'}")
            print(f"hand-ins without a grade: {missing}; processes left: {len(left)}", flush=True)
            wrong |= bool(differ or won or missing or left)
    sys.exit(wrong)


if __name__ == "__main__":
    main()
