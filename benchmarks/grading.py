"""How long grading takes, where the processor time goes, and how much memory it needs.

    python -m benchmarks.grading
    python -m benchmarks.grading --counts 1,20,200 --jobs 1,2 --json figures.json
    python -m benchmarks.grading --counts 1000 --jobs 2

Grades classes of varied notebooks, right and wrong (`benchmarks.handins`), each in a fresh run of the command, and
prints a table and the same as JSON. All runs on one class must give the same grades, and so must some of its notebooks
when each is graded alone; if not, it says so and ends with exit code 1. The whole tree of processes is watched in /proc
while it works: processor seconds are those of all processes, "student" the share of them that was spent behind the
walls, memory the largest sum of what the processes do not share (PSS). On a machine that does other things as well,
compare processor seconds; the rest depends on how busy it is.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.handins import make_class

ROOT = Path(__file__).resolve().parent.parent
_BEHIND_WALLS = (b"grading.sandbox.inside",)
_LOOK_EVERY = 0.05
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Figures:
    """One run: seconds on the wall and on the processor, and mebibytes."""

    submissions: int
    jobs: int
    again: bool
    wall: float
    processor: float
    student: float
    memory: float

    @property
    def student_share(self) -> float:
        return self.student / self.processor if self.processor else 0.0


def run(work: Path, out: Path, jobs: int, again: bool, rubric: Path | None = None) -> Figures:
    """Grade a class once, by default with the shipped rubric."""
    command = [sys.executable, str(ROOT / "grader.py"), str(work), "--out", str(out), "--jobs", str(jobs)]
    command += [] if rubric is None else ["--rubric", str(rubric)]
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    processor = student = memory = 0.0
    looks = 0
    while process.poll() is None:
        tree = list(descendants(process.pid))
        processor = max(processor, sum(map(seconds_of, tree)))
        student = max(student, sum(seconds_of(p) for p in tree if is_behind_walls(p)))
        if looks % 10 == 0:
            memory = max(memory, sum(map(memory_of, tree)))
        looks += 1
        time.sleep(_LOOK_EVERY)
    wall = time.perf_counter() - begin
    if process.returncode not in (0, 3):  # 3: some could not be graded, which is an answer
        said = process.stderr.read().decode() if process.stderr else ""
        raise SystemExit(f"the grader ended with exit code {process.returncode}: {said}")
    count = len(list(work.iterdir())) if work.is_dir() else 1
    return Figures(count, jobs, again, wall, processor, student, memory)


def grades(out: Path) -> dict[str, object]:
    """All grades of a run, without what may differ between two."""
    return {path.parent.name: _lasting(json.loads(path.read_text())) for path in out.glob("*/report.json")}


def _lasting(value: object) -> object:
    if isinstance(value, dict):
        return {key: _lasting(part) for key, part in value.items() if key not in ("seconds", "path")}
    return [_lasting(part) for part in value] if isinstance(value, list) else value


def differing(work: Path, outs: list[Path], alone: int) -> list[str]:
    """The hand-ins that did not get the same grade in all runs, or, ``alone`` of them, when graded by themselves."""
    first, *others = [grades(out) for out in outs]
    differ = {
        name for other in others for name in first.keys() | other.keys() if first.get(name) != other.get(name)
    }
    files = sorted(work.iterdir())
    for file in files[:: max(1, len(files) // max(alone, 1))][:alone]:
        with tempfile.TemporaryDirectory() as folder:
            run(file, Path(folder), 1, again=False)
            differ |= {name for name, grade in grades(Path(folder)).items() if grade != first.get(name)}
    return sorted(differ)


def descendants(process: int) -> Iterator[int]:
    """A process and all below it."""
    yield process
    try:
        tasks = list(Path(f"/proc/{process}/task").iterdir())
    except OSError:
        return  # it has ended meanwhile
    for task in tasks:
        for child in text_of(task / "children").split():
            yield from descendants(int(child))


def text_of(path: Path) -> str:
    """A file of /proc, nothing if the process has ended."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def seconds_of(process: int) -> float:
    """Processor time of a process and of those children of it that have ended."""
    fields = text_of(Path(f"/proc/{process}/stat")).rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / _TICKS if fields else 0.0


def is_behind_walls(process: int) -> bool:
    """Whether it is the student's side: what all workers are forked from, and they."""
    try:
        command = Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False
    return any(sign in command for sign in _BEHIND_WALLS)


def memory_of(process: int) -> float:
    """Mebibytes, of shared pages a fair share."""
    for line in text_of(Path(f"/proc/{process}/smaps_rollup")).splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def table(rows: list[Figures]) -> Iterator[str]:
    """The figures as Markdown."""
    yield "| submissions | jobs | run | wall, s | processor, s | s each | student's share | memory, MiB |"
    yield "|---|---|---|---|---|---|---|---|"
    for row in rows:
        which = "again, all unchanged" if row.again else "first"
        yield (
            f"| {row.submissions} | {row.jobs} | {which} | {row.wall:.1f} | {row.processor:.1f} "
            f"| {row.processor / row.submissions:.2f} | {row.student_share:.0%} | {row.memory:.0f} |"
        )


def numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--counts", type=numbers, default=[1, 20], metavar="N,...", help="sizes of classes")
    parser.add_argument("--jobs", type=numbers, default=[1, 2], metavar="N,...", help="processes")
    parser.add_argument("--alone", type=int, default=3, metavar="N", help="how many to grade alone as well")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    arguments = parser.parse_args()
    rows: list[Figures] = []
    differ: dict[int, list[str]] = {}
    for count in arguments.counts:
        with tempfile.TemporaryDirectory() as folder:
            work, outs = Path(folder, "class"), []
            make_class(work, count)
            for jobs in arguments.jobs if count > 1 else [1]:
                outs.append(Path(folder, f"reports{jobs}"))
                rows += [run(work, outs[-1], jobs, again) for again in (False, True)]
                print(f"{count} submissions, {jobs} jobs: {rows[-2].wall:.1f} s", file=sys.stderr)
            differ[count] = differing(work, outs, min(arguments.alone, count))
    print(*table(rows), sep="\n")
    figures = [asdict(row) | {"student_share": row.student_share} for row in rows]
    facts = {"cores": len(os.sched_getaffinity(0)), "runs": figures, "differing_grades": differ}
    written = json.dumps(facts, indent=1)
    print(written)
    if arguments.json:
        arguments.json.write_text(written + "\n", encoding="utf-8")
    if any(differ.values()):
        sys.exit(f"not the same grades in all runs: {differ}")


if __name__ == "__main__":
    main()
