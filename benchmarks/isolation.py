"""What isolation costs: python benchmarks/isolation.py [--json FILE] [--rounds N].

For each level that this machine offers: opening a sandbox with its self-test, once for a run; a submission
from nothing to ready, and its end; a call by itself, in a batch, as one of many that are asked together, and with
arrays of the real size.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from grading.intake.submission import Block, Definition, Kind, Source, Submission
from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from grading.sandbox.messages import Call
from grading.sandbox.pairs import PackedCalls
from grading.sandbox.walls.levels import IsolationError, Level

CODE = "def f(W, X, y, reg):\n    return 0.5, W\n"
SUBMISSION = Submission(
    name="benchmark",
    path="",
    sha256="",
    kind=Kind.FILES,
    sources=(Source("work.py", "work", (Block(CODE),)),),
    definitions={"f": Definition("f", "work.py", None, (1, 2))},
)
SMALL = Call("f", (np.ones((4, 3)), np.ones((5, 4)), np.zeros(5, np.int64), 0.1))
LARGE = Call("f", (np.ones((3073, 10)), np.ones((500, 3073)), np.zeros(500, np.int64), 0.1))

TOGETHER = PackedCalls.of([SMALL.args] * 1000)


def median_seconds(action: Callable[[], object], rounds: int) -> float:
    """The median time of ``action`` over ``rounds``."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def measure(level: Level, rounds: int) -> dict[str, float | str]:
    """Costs at one level, in seconds."""
    began = time.perf_counter()
    with Sandbox.open(Limits(), level=level, allow_unsafe=True) as sandbox:
        opened = time.perf_counter() - began
        starts, ends = [], []
        for _ in range(rounds):
            began = time.perf_counter()
            worker = sandbox.start(SUBMISSION)
            starts.append(time.perf_counter() - began)
            began = time.perf_counter()
            worker.close()
            ends.append(time.perf_counter() - began)
        with sandbox.start(SUBMISSION) as worker:
            worker.run([SMALL] * 100)
            return {
                "level": str(level),
                "detail": sandbox.isolation.detail,
                "open": opened,
                "fork_to_ready": statistics.median(starts),
                "end": statistics.median(ends),
                "call_alone": median_seconds(lambda: worker.run([SMALL]), 10 * rounds),
                "call_in_batch": median_seconds(lambda: worker.run([SMALL] * 1000), max(3, rounds // 5))
                / 1000,
                "call_together": median_seconds(lambda: worker.call_all("f", TOGETHER), max(3, rounds // 5))
                / len(TOGETHER),
                "large_call": median_seconds(lambda: worker.run([LARGE]), rounds),
            }


def main() -> int:
    """Measure, print a table, write JSON if asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="write the figures to this file, in seconds")
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    columns = {
        "open": ("open, with self-test", 1e3, "ms"),
        "fork_to_ready": ("fork to ready", 1e3, "ms"),
        "end": ("end", 1e3, "ms"),
        "call_alone": ("one call", 1e6, "us"),
        "call_in_batch": ("a call of 1,000", 1e6, "us"),
        "call_together": ("of 1,000 together", 1e6, "us"),
        "large_call": ("500x3073 call", 1e3, "ms"),
    }
    print(f"{'level':<14}", *(f"{title:>21}" for title, _, _ in columns.values()))
    results = []
    for level in Level:
        try:
            result = measure(level, options.rounds)
        except IsolationError as error:
            print(f"{level:<14} {error}")
            continue
        results.append(result)
        cells = (f"{float(result[key]) * scale:.1f} {unit}" for key, (_, scale, unit) in columns.items())
        print(f"{level:<14}", *(f"{cell:>21}" for cell in cells))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
