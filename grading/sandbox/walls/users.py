"""User ids that are nobody's: one for each process that student code runs in, where root can give them out."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from random import SystemRandom

from grading import Closing
from grading.sandbox.walls.levels import LaunchError

# Where systemd takes users from that exist for one service only; nobody's files belong to them.
_USERS = range(61184, 65520)
_OF_SERVICES = Path("/run/systemd/dynamic-uid")
# What it takes to become one and to end its processes.
_RIGHTS = {"CAP_KILL": 5, "CAP_SETGID": 6, "CAP_SETUID": 7}


class PrivateUser(Closing):
    """A user id that nobody else has, until all descriptors of its lock are closed.

    The lock is a name among abstract sockets: the kernel gives it to one process of this machine (to be exact, of this
    network) at a time, and takes it back from the last one that holds it, however that ends. Ids are taken in turn from
    a random one on, so that even those that know nothing of each other hardly ever have the same.

    Attributes:
        number: the id.
        lock: to be held as long as anything runs, or any file is there, that belongs to the id.
    """

    def __init__(self) -> None:
        self.lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        for number in itertools.islice(_in_turn(), len(_free())):
            if not (_OF_SERVICES / str(number)).exists():
                with contextlib.suppress(OSError):
                    self.lock.bind(f"\0subgrader user {number}")
                    self.number = number
                    return
        # Anybody can take all the names, and is not to stop us by it.
        self.number = SystemRandom().choice(_free())

    def close(self) -> None:
        """Release it in this process."""
        self.lock.close()


@functools.cache
def _free() -> list[int]:
    import pwd

    taken = {entry.pw_uid for entry in pwd.getpwall()}
    return [number for number in _USERS if number not in taken]


@functools.cache
def _in_turn() -> Iterator[int]:
    start = SystemRandom().randrange(len(_free()))
    return itertools.cycle(_free()[start:] + _free()[:start])


def can_be_given() -> bool:
    """Whether we may start processes as other users."""
    return sys.platform == "linux" and os.geteuid() == 0


@functools.cache
def of_this_run() -> int | None:
    """The id of the processes that run no student code themselves, from which workers come; None where there is none.

    It is kept until the last process of this run ends.

    Raises:
        LaunchError: we are root without its rights, as in some containers, and student code never runs as root.
    """
    if not can_be_given():
        return None
    held = int(Path("/proc/self/status").read_text().partition("\nCapEff:")[2].split()[0], 16)
    if missing := [name for name, number in _RIGHTS.items() if not held >> number & 1]:
        raise LaunchError(
            f"root lacks {', '.join(missing)} here, and student code never runs as root: grade as another user"
        )
    user = PrivateUser()
    user.lock.detach()
    return user.number
