"""What a cluster costs beside one machine: one class on one process, and on 1, 2, 3... workers of a local scheduler.

    python -m benchmarks.cluster
    python -m benchmarks.cluster --count 100 --workers 1,2,3

Scheduler, workers and client run on this machine; their processor seconds are counted apart
(`benchmarks.processor_time`), without what a worker takes to start. The efficiency is what the same class takes
without a cluster, divided by what workers, client and scheduler take together. What the client and the scheduler take
for each hand-in says how many workers they can keep busy. All runs must give the same grades; if not, it says which
differ and ends with exit code 1.
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.grading import ROOT, grades, numbers
from benchmarks.handins import make_class
from benchmarks.processor_time import Counted

_SECONDS_TO_START = 60.0


@dataclass(frozen=True)
class Figures:
    """One run: seconds on the wall, and of the processor by part."""

    workers: int
    wall: float
    grading: float
    client: float = 0.0
    scheduler: float = 0.0

    @property
    def processor(self) -> float:
        return self.grading + self.client + self.scheduler


@contextlib.contextmanager
def started(command: list[str], counted: Counted) -> Iterator[None]:
    """A process that runs until the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + command[0], *command[1:]],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=counted.enter,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def grade(work: Path, out: Path, counted: Counted, *options: str) -> float:
    """Grade a class once, and give the seconds on the wall.

    Raises:
        SystemExit: it could not be graded.
    """
    command = [sys.executable, str(ROOT / "grader.py"), str(work), "--out", str(out), *options]
    begin = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=counted.enter)
    if done.returncode:
        raise SystemExit(f"the grader ended with exit code {done.returncode}: {done.stderr[-2000:]}")
    return time.perf_counter() - begin


def alone(work: Path, out: Path) -> Figures:
    """One process of this machine, without a cluster."""
    with Counted() as counted:
        return Figures(0, grade(work, out, counted, "--jobs", "1"), counted.seconds)


def on_cluster(work: Path, out: Path, workers: int) -> Figures:
    """The workers of a scheduler that is started for it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Counted() as schedulers,
        Counted() as members,
        Counted() as clients,
    ):
        file = Path(folder, "scheduler.json")
        scheduler = ["dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
        worker = ["dask_worker", "--host", "127.0.0.1", "--nthreads", "1", "--nworkers", str(workers)]
        with (
            started([*scheduler, "--scheduler-file", str(file)], schedulers),
            started([*worker, "--scheduler-file", str(file), "--no-dashboard"], members),
        ):
            address = address_of(file, workers)
            before = schedulers.seconds, members.seconds
            wall = grade(work, out, clients, "--cluster", address)
            used = schedulers.seconds - before[0], members.seconds - before[1]
            return Figures(workers, wall, used[1], clients.seconds, used[0])


def address_of(file: Path, workers: int) -> str:
    """The address that a scheduler has written to a file, once it has that many workers."""
    from distributed import Client

    until = time.monotonic() + _SECONDS_TO_START
    while not file.exists() and time.monotonic() < until:
        time.sleep(0.1)
    with Client(scheduler_file=str(file), timeout=_SECONDS_TO_START) as client:  # type: ignore[no-untyped-call]
        client.wait_for_workers(workers, timeout=_SECONDS_TO_START)
        return str(client.scheduler.address)


def table(rows: list[Figures], count: int) -> Iterator[str]:
    """The figures as Markdown."""
    yield "| workers | wall, s | processor, s | of it workers | client | scheduler | efficiency |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        share = f"{rows[0].processor / row.processor:.2f}"
        yield (
            f"| {row.workers or 'no cluster'} | {row.wall:.1f} | {row.processor:.1f} | {row.grading:.1f} "
            f"| {1000 * row.client / count:.0f} ms each | {1000 * row.scheduler / count:.0f} ms each | {share} |"
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=60, metavar="N", help="size of the class")
    parser.add_argument(
        "--workers", type=numbers, default=[1, 2, 3], metavar="N,...", help="worker processes"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder, "class")
        make_class(work, arguments.count, all_right=True)
        outs = [Path(folder, f"out{workers}") for workers in (0, *arguments.workers)]
        rows = [alone(work, outs[0])]
        rows += [on_cluster(work, out, k) for out, k in zip(outs[1:], arguments.workers, strict=True)]
        expected, *others = map(grades, outs)
        differ = {name for other in others for name in expected if other.get(name) != expected[name]}
    print("\n".join(table(rows, arguments.count)))
    if differ:
        raise SystemExit(f"not the same grade in all runs: {', '.join(sorted(differ))}")


if __name__ == "__main__":
    main()
