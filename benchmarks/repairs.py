"""Where slips are found, by how many edits they are repaired, what they are called, and what that costs.

    python -m benchmarks.repairs
    python -m benchmarks.repairs --every 10 --out /tmp/repairs.jsonl
    python -m benchmarks.repairs --again /tmp/repairs.jsonl

Judges the wrong functions of `tests/grading/diagnosis/repair/slips_*.py` (most) and writes a line of JSON for each. The
table counts those located on a line that a person would name, those repaired by one edit and by two, and the names that
were given, held against what was judged of each by hand (`tests/grading/diagnosis/repair/named.toml`).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.grading import descendants
from grading.running.runner import Runner
from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from tests.checks.handins import Handed, rubric_of, submission_of
from tests.grading.diagnosis.repair.corpus import Slip, slips

_IN_FRONT = 2  # lines that a hand-in of the tests has before the function
_TICKS = os.sysconf("SC_CLK_TCK")
JUDGED_NAMES = Path(__file__).resolve().parent.parent / "tests/grading/diagnosis/repair/named.toml"


def processor_seconds() -> float:
    """Of this process and all below it, with those that have ended."""
    ticks = 0
    for process in descendants(os.getpid()):
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(map(int, fields[11:15]))
    return ticks / _TICKS


def judged(sandbox: Sandbox, slip: Slip) -> dict[str, Any]:
    """What came of one slip."""
    submission = submission_of({"loss": (slip.code, "loss")})
    handed = Handed(slip.loss, slip.code, vectorized=slip.vectorized)
    with sandbox.workers(submission) as workers:
        runner = Runner(submission, workers, rubric_of({"loss": handed}), opening=sandbox.start)
        for name, check in runner.plan():
            runner.result(name, check)
        before = processor_seconds()
        repair = runner.repairs().get("loss")
        seconds = processor_seconds() - before
        results = runner.results()
    names = {r.diagnosis.id: r.diagnosis.title for r in results if r.diagnosis is not None}
    return {
        "slip": slip.name,
        "statuses": {r.id: r.status for r in results if r.status not in ("passed", "skipped")},
        "names": names,
        "lines": [] if repair is None else [change.line - _IN_FRONT for change in repair.changes],
        "named": sorted(slip.named),
        "edits": 0 if repair is None else len(repair.changes),
        "part": None if repair is None else repair.part,
        "changes": [] if repair is None else [[c.kind, *c.lines] for c in repair.changes],
        "candidates": None if repair is None else repair.candidates,
        "seconds": round(seconds, 3),
    }


def table(found: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The lines of the table."""
    judged_names = tomllib.loads(JUDGED_NAMES.read_text(encoding="utf-8"))
    true, false = judged_names["true"], judged_names["false"]
    named = [row for row in found if row["names"] and set(row["names"]) <= set(true.get(row["slip"], []))]
    wrong = [row for row in found if set(row["names"]) & set(false.get(row["slip"], []))]
    unjudged = [row for row in found if row["names"] and row not in named and row not in wrong]
    whole = [row for row in found if row["part"] == "all"]
    rows = {
        "slips": found,
        "failed": [row for row in found if row["statuses"]],
        "repaired by one edit": [row for row in whole if row["edits"] == 1],
        "repaired by two": [row for row in whole if row["edits"] == 2],
        "half repaired": [row for row in found if row["part"] not in (None, "all")],
        "located where a person would": [
            r for r in found if r["lines"] and set(r["lines"]) <= set(r["named"])
        ],
        "located elsewhere": [r for r in found if r["lines"] and not set(r["lines"]) <= set(r["named"])],
        "named, nothing false": named,
        "named falsely": wrong,
        "named, not yet judged by hand": unjudged,
        "neither named nor located": [row for row in found if not row["names"] and not row["lines"]],
    }
    for title, members in rows.items():
        yield f"{title:30} {len(members):4}  {len(members) / len(found):6.1%}"
    for title, numbers in (
        ("candidates", [row["candidates"] for row in found if row["candidates"]]),
        ("processor seconds", [row["seconds"] for row in found if row["statuses"]]),
    ):
        if numbers:
            yield f"{title:30} {statistics.median(numbers):.4g} median, {max(numbers):.4g} largest"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.repairs", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--every", type=int, default=1, help="only every n-th slip")
    parser.add_argument("--first", type=int, default=0, help="the first slip taken")
    parser.add_argument("--out", type=Path, help="where the lines of JSON go")
    parser.add_argument("--again", type=Path, help="count lines of JSON that were written before")
    arguments = parser.parse_args()
    if arguments.again is not None:
        found = [json.loads(line) for line in arguments.again.read_text(encoding="utf-8").splitlines()]
    else:
        found = []
        with Sandbox.open(Limits(), allow_unsafe=True) as sandbox:
            for slip in list(slips())[arguments.first :: arguments.every]:
                found.append(judged(sandbox, slip))
                if arguments.out is not None:
                    with arguments.out.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(found[-1], ensure_ascii=False) + "\n")
                print(".", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
