"""How a process walls itself in, said to it before anything else, and the order to start a worker.

Imports nothing of ours, as `wire`.
"""

from __future__ import annotations

import msgspec


class Setup(msgspec.Struct, array_like=True, forbid_unknown_fields=True, gc=False, tag="setup"):
    """How a process walls itself in before it sees student code; said once, by us, before anything else.

    Attributes:
        address_space_bytes, cpu_seconds: resource limits.
        processes: RLIMIT_NPROC, which counts threads too.
        user_is_shared: whether that would count other people's processes, too, if it counts by user.
        user: the user id to become, None to stay. With one, each worker is started with another.
        readable: for Landlock: what may be read, None for no Landlock.
        listable: folders whose names may be read, as Python does to find packages.
        roots: folders that hold ``readable``, few, and nothing of ``scratch``.
        devices: may be read and written.
        scratch: the folder in which each worker gets one of its own to write in; None for none.
        data: a folder with a data set, for workers that run notebooks; None for those that do not.
        system_calls: the seccomp filter, None for none.
    """

    address_space_bytes: int
    cpu_seconds: int
    processes: int | None = None
    user_is_shared: bool = False
    user: int | None = None
    readable: list[str] | None = None
    listable: list[str] = []
    roots: list[str] = []
    devices: list[str] = []
    scratch: str | None = None
    data: str | None = None
    system_calls: bytes | None = None


class Start(msgspec.Struct, array_like=True, forbid_unknown_fields=True, gc=False, tag="start"):
    """The order to start a worker. With it come its descriptors: its two sockets, and the data to map if there are any.

    Attributes:
        user: the user id that the worker becomes. Before its descriptors comes one that is to be held as long as
            anything of this user's is there. None to stay.
        imported: a module that it is to find imported.
    """

    user: int | None = None
    imported: str | None = None
