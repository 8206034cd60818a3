"""What a command takes of one processor, with everything that it starts.

Whoever waits for a process learns what it took, but not what became of processes that were killed together with those
that should have waited for them. The kernel's control groups count all of it: version 2, or cpuacct of version 1. To
make a group takes root, or a folder that was delegated.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_GROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Time:
    """What commands took, in seconds: of the processor, for all processes that they started, and on the wall."""

    processor: float = 0.0
    wall: float = 0.0

    def __add__(self, other: Time) -> Time:
        return Time(self.processor + other.processor, self.wall + other.wall)


class Counted:
    """Processes whose processor time is counted: those that have entered, and all that they start.

    Raises:
        SystemExit: no control group can be made here.
    """

    def __init__(self) -> None:
        self._group = _new_group()

    def __enter__(self) -> Counted:
        return self

    def __exit__(self, *_: object) -> None:
        self.wait()
        self._group.rmdir()

    def enter(self) -> None:
        """For the ``preexec_fn`` of a process."""
        (self._group / "cgroup.procs").write_text("0")

    def wait(self) -> None:
        """Wait until all have ended: what a command has left behind may be on its way out."""
        while (self._group / "cgroup.procs").read_text():
            time.sleep(0.01)

    @property
    def seconds(self) -> float:
        """Of the processor, so far."""
        return _used(self._group)


def timed(
    command: Sequence[str | Path], folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> Time:
    """What a command takes on one processor.

    Raises:
        SystemExit: it ended with an exit code other than 0, or no control group can be made here.
    """
    processor = min(os.sched_getaffinity(0))
    with Counted() as counted:

        def enter() -> None:
            os.sched_setaffinity(0, {processor})
            counted.enter()

        begin = time.perf_counter()
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=enter,
        )
        wall = time.perf_counter() - begin
        counted.wait()
        if done.returncode:
            raise SystemExit(f"{command} ended with exit code {done.returncode}: {done.stderr[-2000:]}")
        return Time(counted.seconds, wall)


_numbers = itertools.count()


def _new_group() -> Path:
    """A control group that counts processor time."""
    own = dict(line.split(":", 2)[1:] for line in Path("/proc/self/cgroup").read_text().splitlines())
    version_2 = own.get("", "/").lstrip("/")
    places = [
        _GROUPS / version_2,
        _GROUPS / "unified" / version_2,
        _GROUPS / "cpuacct" / own.get("cpuacct", "/").lstrip("/"),
    ]
    name = f"subgrader-{os.getpid()}-{next(_numbers)}"
    for place in places:
        group = place / name
        try:
            group.mkdir()
        except OSError:
            continue
        if (group / "cgroup.procs").exists() and any(
            (group / file).exists() for file in ("cpu.stat", "cpuacct.usage")
        ):
            return group
        group.rmdir()
    raise SystemExit(f"no control group can be made below {_GROUPS}: run it as root, or in a delegated group")


def _used(group: Path) -> float:
    if (group / "cpuacct.usage").exists():
        return int((group / "cpuacct.usage").read_text()) / 1e9
    counts = dict(line.split() for line in (group / "cpu.stat").read_text().splitlines())
    return int(counts["usage_usec"]) / 1e6
