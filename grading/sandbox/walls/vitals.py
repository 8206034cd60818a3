"""Measures, from outside, what a process has used: nothing that it says about itself is used."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import msgspec

_NANOSECOND = 1e-9
# How Linux numbers the clock of another process's processor time (MAKE_PROCESS_CPUCLOCK, CPUCLOCK_SCHED).
_CLOCK_OF_PROCESS = 2


class Vitals(msgspec.Struct, frozen=True):
    """A process, by its number in our namespace; it must not have been waited for yet.

    Attributes:
        process: the number.
    """

    process: int

    @classmethod
    def of_handle(cls, handle: int) -> Vitals | None:
        """Make one for the process of a pidfd; None if its number cannot be found out."""
        with contextlib.suppress(OSError, ValueError):
            for line in Path(f"/proc/self/fdinfo/{handle}").read_text().splitlines():
                key, _, value = line.partition(":")
                if key == "Pid" and int(value) > 0:
                    return cls(int(value))
        return None

    def processor_seconds(self) -> float | None:
        """Processor time of all its threads so far, to the nanosecond; None if it has ended."""
        with contextlib.suppress(OSError):
            return time.clock_gettime(~self.process << 3 | _CLOCK_OF_PROCESS)
        return None

    def waiting_seconds(self) -> float:
        """How long its first thread was ready to run but had no processor; 0 if the kernel does not tell."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int(Path(f"/proc/{self.process}/schedstat").read_text().split()[1]) * _NANOSECOND
        return 0.0
