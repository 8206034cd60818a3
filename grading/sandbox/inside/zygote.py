"""Starts workers by forking: everything is imported once, and each worker is ready within milliseconds.

It never runs student code itself. It takes its orders from one socket: ``start`` (with two sockets for the
new worker) and the name of a worker that has ended, to be cleared away.
"""

from __future__ import annotations

import gc
import os
import secrets
import signal
import socket
import sys
from collections.abc import Callable

import msgspec
import numpy as np

from grading.sandbox.inside import notebook, serving, walls
from grading.sandbox.inside.mapped import Mapped
from grading.sandbox.wire import Setup

START = b"start"
READY = b"ready"


class Zygote:
    """The process that workers are forked from."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._setup = msgspec.msgpack.decode(control.recv(1 << 20), type=Setup)
        self._reachable: Callable[[str], str] = str
        self._folders: dict[int, str] = {}

    def prepare(self) -> None:
        """Import and warm up what every worker needs, then go behind the walls that all of them share."""
        np.linalg.norm(np.ones((8, 8)) @ np.ones((8, 8)))
        np.random.default_rng(0).normal()
        self._reachable = walls.become(self._setup)
        walls.adopt_orphans()
        if self._setup.data is not None and self._setup.scratch is not None:
            notebook.warm_up(self._reachable(self._setup.scratch))
        if self._setup.readable is not None:
            walls.close_files(self._setup, self._reachable)
        sys.argv = ["submission"]
        gc.collect()
        # Objects that live from here on are not looked at, and so not copied, by a worker's collections.
        gc.freeze()

    def serve(self) -> None:
        """Take orders until the other side is gone; then nothing that was started may stay."""
        self._control.send(READY)
        while True:
            order, descriptors, _, _ = socket.recv_fds(self._control, 64, 3)
            if not order:
                break
            if order == START:
                self._start(*descriptors)
            else:
                self._control.send(str(self._reap(int(order))).encode())
        for process in list(self._folders):
            os.kill(process, signal.SIGKILL)
            self._reap(process)

    def _start(self, frames: int, printed: int, data: int | None = None) -> None:
        folder = None
        if self._setup.scratch is not None:
            folder = f"{self._reachable(self._setup.scratch)}/{secrets.token_hex(8)}"
            os.mkdir(folder, 0o700)  # noqa: PTH102
        process = os.fork()
        if not process:
            try:
                self._become_worker(frames, printed, data, folder)
            finally:
                os._exit(70)
        for descriptor in (frames, printed, *(() if data is None else (data,))):
            os.close(descriptor)
        self._folders[process] = folder or ""
        handle = os.pidfd_open(process)
        socket.send_fds(self._control, [str(process).encode()], [handle])
        os.close(handle)

    def _become_worker(self, frames: int, printed: int, data: int | None, folder: str | None) -> None:
        os.setsid()
        self._control.close()
        walls.die_with_parent()
        walls.redirect(printed)
        mapped = None if data is None else Mapped(data)
        walls.limit(self._setup, mapped)
        if folder is not None:
            walls.settle(folder)
            if self._setup.data is not None:
                notebook.place_data(self._reachable(self._setup.data))
        if self._setup.readable is not None and folder is not None:
            walls.close_neighbours(self._setup, self._reachable, folder)
        if self._setup.system_calls is not None:
            walls.close_system_calls(self._setup.system_calls)
        serving.main(socket.socket(fileno=frames), mapped)

    def _reap(self, process: int) -> int:
        _, status = os.waitpid(process, 0)
        folder = self._folders.pop(process)
        self._end_orphans()
        if folder:
            try:
                clear(folder)
            except OSError:
                os.chdir("/")
        return os.waitstatus_to_exitcode(status)

    def _end_orphans(self) -> None:
        """End what a worker has left behind, where it could start processes: they are our children now."""
        try:
            while left := self._children() - self._folders.keys():
                for process in left:
                    os.kill(process, signal.SIGKILL)
                    os.waitpid(process, 0)
        except OSError:
            # There is no /proc to look at: behind full walls nothing is left in the first place.
            return

    def _children(self) -> set[int]:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:  # noqa: PTH123
            return set(map(int, file.read().split()))


def clear(folder: str) -> None:
    """Remove ``folder`` with all that a student may have put there, be it nested a hundred thousand deep.

    It walks down and up again by relative names, so that no name gets too long and nothing recurses. Nobody
    else may be at work in ``folder``.
    """
    os.chdir(folder)
    above: list[tuple[str, list[str]]] = []
    names = os.listdir()  # noqa: PTH208
    while True:
        if names:
            name = names.pop()
            try:
                os.unlink(name)  # noqa: PTH108
            except OSError:
                os.chmod(name, 0o700)  # noqa: PTH101
                os.chdir(name)
                above.append((name, names))
                names = os.listdir()  # noqa: PTH208
        elif above:
            os.chdir("..")
            name, names = above.pop()
            os.rmdir(name)  # noqa: PTH106
        else:
            break
    os.chdir("/")
    os.rmdir(folder)  # noqa: PTH106


def main(control: int) -> None:
    """Serve on the file descriptor ``control``."""
    zygote = Zygote(socket.socket(fileno=control))
    zygote.prepare()
    zygote.serve()
