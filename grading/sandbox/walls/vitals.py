"""What a process has used, seen from outside: nothing that it says about itself is used."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import msgspec

_NANOSECOND = 1e-9
# How Linux numbers the clock of another process's processor time (MAKE_PROCESS_CPUCLOCK, CPUCLOCK_SCHED).
_CLOCK_OF_PROCESS = 2


class Vitals(msgspec.Struct, frozen=True):
    """A process, by its number where we are; it must not have been waited for yet.

    Attributes:
        process: the number.
    """

    process: int

    @classmethod
    def of_handle(cls, handle: int) -> Vitals | None:
        """Of the process that a pidfd stands for; None where that cannot be found out."""
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
        """How long its first thread could have run but had no processor; 0 where the kernel does not tell."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int(Path(f"/proc/{self.process}/schedstat").read_text().split()[1]) * _NANOSECOND
        return 0.0
