"""The messages that tell a process how to confine itself, before anything else, and order it to start a worker.

Imports nothing of ours, like `wire`.
"""

from __future__ import annotations

import msgspec


class Setup(msgspec.Struct, array_like=True, forbid_unknown_fields=True, gc=False, tag="setup"):
    """How a process confines itself before it sees student code; sent once, by us, before anything else.

    Attributes:
        address_space_bytes, cpu_seconds: resource limits.
        processes: RLIMIT_NPROC, which counts threads too.
        user_is_shared: whether that limit would count other people's processes too, if it counts by user.
        user: the user id to switch to, None to keep the current one. With one, each worker starts with a different id.
        readable: paths that Landlock lets it read, None for no Landlock.
        listable: folders whose entries it may list, as Python does to find packages.
        roots: a few folders that contain ``readable`` and nothing of ``scratch``.
        devices: devices that it may read and write.
        scratch: the folder in which each worker gets a writable folder of its own; None for none.
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
    """The order to start a worker, sent with its descriptors: its two sockets, and the data to map if there are any.

    Attributes:
        user: the user id that the worker switches to; None to keep the current one. Its descriptors are preceded by one
            that is to be held open as long as anything of this user's exists.
        imported: a module that the worker should find already imported.
    """

    user: int | None = None
    imported: str | None = None
