"""Hands out user ids that belong to nobody: one for each process that runs student code, if we are root."""

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

# The range from which systemd takes users that exist for one service only; no files belong to them.
_USERS = range(61184, 65520)
_OF_SERVICES = Path("/run/systemd/dynamic-uid")
# The capabilities needed to switch to such an id, and to end its processes.
_RIGHTS = {"CAP_KILL": 5, "CAP_SETGID": 6, "CAP_SETUID": 7}


class PrivateUser(Closing):
    """A user id that nobody else has, until all descriptors of its lock are closed.

    The lock is a name among abstract sockets: the kernel gives it to one process of this machine (to be exact, of this
    network) at a time, and takes it back when its last holder ends, however that ends. Ids are taken in turn from a
    random one on, so that even runs that do not know of each other hardly ever share one.

    Attributes:
        number: the id.
        lock: to be held as long as any process runs, or any file exists, that belongs to the id.
    """

    def __init__(self) -> None:
        self.lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        for number in itertools.islice(_in_turn(), len(_free())):
            if not (_OF_SERVICES / str(number)).exists():
                with contextlib.suppress(OSError):
                    self.lock.bind(f"\0subgrader user {number}")
                    self.number = number
                    return
        # Anybody can take all the names, and must not be able to stop us by doing so.
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
    """The id of the processes that run no student code but start the workers; None if there is none.

    It is held until the last process of this run ends.

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
