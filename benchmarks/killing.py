"""A class whose grader is killed again and again, at random moments, and must end as if nothing had happened.

    python -m benchmarks.killing
    python -m benchmarks.killing --count 60 --kills 20

Grades a class once undisturbed. Then it starts the same again, kills the grader by SIGKILL at a random moment, starts
it again, and so on; the last run may finish. Prints what it saw, and ends with exit code 1 if the results differ in
anything but times, or if something was graded a second time whose grade had been kept.
"""

from __future__ import annotations

import argparse
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.handins import make_class
from grading.gradebook.database import FILE

ROOT = Path(__file__).resolve().parent.parent
_LINE = re.compile(r"^ *[\d.]+/[\d.]+  (\w+)", re.MULTILINE)

_TIME = re.compile(r'"seconds": [-+.0-9e]+|\b[-+.0-9e]+ s\b')


def start(work: Path, out: Path, jobs: int) -> subprocess.Popen[str]:
    command = [sys.executable, str(ROOT / "grader.py"), str(work), "--out", str(out), "--jobs", str(jobs)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def results(out: Path) -> dict[str, str]:
    """All that a run leaves, without the times; of the gradebook, how many marks and verdicts everybody has."""
    files = {
        str(path.relative_to(out)): _TIME.sub("", path.read_text())
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != "lock" and not path.name.startswith(FILE)
    }
    of_marks = (
        "SELECT name, state, score, count(*) FROM marks JOIN handins ON handin = handins.id GROUP BY name"
    )
    of_verdicts = "SELECT name, count(*) FROM verdicts JOIN handins ON handin = handins.id GROUP BY name"
    return files | {query: str(sorted(asked(out, query))) for query in (of_marks, of_verdicts)}


def asked(out: Path, query: str) -> list[tuple[Any, ...]]:
    """What the gradebook answers; nothing if there is none yet."""
    try:
        with closing(sqlite3.connect(f"file:{out / FILE}?mode=ro", uri=True)) as gradebook:
            return gradebook.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []


def kept(out: Path) -> set[str]:
    return {name for (name,) in asked(out, "SELECT name FROM handins JOIN verdicts ON handin = handins.id")}


def main() -> None:
    """Kill, and report the result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=60, metavar="N", help="hand-ins")
    parser.add_argument("--kills", type=int, default=20, metavar="N", help="how often the grader is killed")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the moments")
    options = parser.parse_args()
    moments = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        work, out, undisturbed = Path(folder, "class"), Path(folder, "out"), Path(folder, "undisturbed")
        make_class(work, options.count)
        begin = time.monotonic()
        start(work, undisturbed, options.jobs).communicate()
        needed = time.monotonic() - begin
        print(f"undisturbed: {options.count} graded in {needed:.1f} s")
        twice: set[str] = set()
        for number in range(options.kills):
            before = kept(out)
            process = start(work, out, options.jobs)
            time.sleep(
                moments.uniform(0.0, 2.0) * needed / options.kills + moments.uniform(0.0, 0.1) * needed
            )
            process.kill()
            said = process.communicate()[0]
            twice |= before & set(_LINE.findall(said))
            print(f"kill {number + 1:2}: {len(kept(out)):3} of {options.count} kept", flush=True)
        last = start(work, out, options.jobs).communicate()[0]
        print(last.splitlines()[-1])
        one, other = results(undisturbed), results(out)
        differ = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    print(f"graded twice although kept: {', '.join(sorted(twice)) or 'none'}")
    print(f"files that differ from those of the undisturbed run: {', '.join(differ) or 'none'}")
    sys.exit(bool(twice or differ))


if __name__ == "__main__":
    main()
