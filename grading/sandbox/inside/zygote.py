"""Starts workers by forking: everything is imported once, and each worker is ready within milliseconds.

It never runs student code itself. It takes its orders from one socket: ``start`` (with two sockets for the
new worker) and the name of a worker that has ended, to be cleared away. ``start MODULE`` has the worker forked from a
branch, a process that this one has forked and that has imported MODULE: some take longer to import than to be graded.
"""

from __future__ import annotations

import gc
import importlib
import os
import secrets
import signal
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from grading.protocol.confinement import Setup
from grading.sandbox.inside import confining, running_cells, serving
from grading.sandbox.inside.clearing import clear_in_background
from grading.sandbox.inside.mapped import Mapped

if TYPE_CHECKING:
    from landlockpy import Ruleset

START = b"start"
READY = b"ready"


class _Branch:
    """Our end of a branch, which takes the same orders as its zygote.

    Args:
        control: where it takes them from.
        process: its number.
    """

    def __init__(self, control: socket.socket, process: int) -> None:
        self.control = control
        self.process = process

    def is_up(self) -> bool:
        """Wait until it takes orders; False if it never does."""
        return bool(self.control.recv(64))

    def start(self, descriptors: list[int]) -> tuple[bytes, int]:
        """The name of a new worker, and a handle on it.

        Raises:
            OSError: the branch is lost.
        """
        socket.send_fds(self.control, [START], descriptors)
        name, handles, _, _ = socket.recv_fds(self.control, 64, 1)
        if not handles:
            raise ConnectionError("no answer")
        return name, handles[0]

    def reap(self, process: int) -> int:
        """The exit status of a worker that has ended.

        Raises:
            OSError, ValueError: the branch is lost.
        """
        self.control.send(str(process).encode())
        return int(self.control.recv(64))

    def close(self) -> None:
        """End it and all its workers."""
        self.control.close()
        os.waitpid(self.process, 0)


class Zygote:
    """The process that workers are forked from.

    It runs no student code, and is not behind Landlock itself: a process that is can mount nothing, and takes the
    longer the deeper a folder lies that it clears away. Each of its workers is.
    """

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._setup = msgspec.msgpack.decode(control.recv(1 << 20), type=Setup)
        self._reachable: Callable[[str], str] = str
        self._files: Ruleset | None = None
        # Where each worker has a file system of its own, if it can have one.
        self._own_scratch: str | None = None
        self._sweepers: set[int] = set()
        self._folders: dict[int, str] = {}
        self._branches: dict[str, _Branch | None] = {}
        self._on_branch: dict[int, _Branch] = {}

    def prepare(self) -> None:
        """Import and warm up what every worker needs, then go behind the walls that all of them share."""
        np.linalg.norm(np.ones((8, 8)) @ np.ones((8, 8)))
        np.random.default_rng(0).normal()
        self._reachable = confining.become(self._setup)
        confining.adopt_orphans()
        if self._setup.data is not None and self._setup.scratch is not None:
            running_cells.warm_up(self._reachable(self._setup.scratch))
        if self._setup.scratch is not None:
            folder = self._new_folder(self._setup.scratch)
            self._own_scratch = folder if confining.can_mount_scratch(folder) else None
        if self._setup.readable is not None:
            self._files = confining.files_closed(self._setup, self._reachable)
        sys.argv = ["submission"]
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
            elif order.startswith(START):
                self._start_on_branch(order.removeprefix(START).decode().strip(), descriptors)
            else:
                self._control.send(str(self._reap(int(order))).encode())
        for branch in self._branches.values():
            if branch is not None:
                branch.close()
        for process in list(self._folders):
            os.kill(process, signal.SIGKILL)
            self._reap(process)

    def _new_folder(self, scratch: str) -> str:
        """One whose name nobody can have taken before: not a student's code, nor a zygote that this one replaces."""
        folder = f"{self._reachable(scratch)}/{secrets.token_hex(8)}"
        os.mkdir(folder, 0o700)  # noqa: PTH102
        return folder

    def _start(self, frames: int, printed: int, data: int | None = None) -> None:
        folder = self._own_scratch
        if folder is None and self._setup.scratch is not None:
            folder = self._new_folder(self._setup.scratch)
        process = os.fork()
        if not process:
            try:
                self._become_worker(frames, printed, data, folder)
            finally:
                os._exit(70)
        for descriptor in (frames, printed, *(() if data is None else (data,))):
            os.close(descriptor)
        self._folders[process] = "" if folder is None or folder == self._own_scratch else folder
        handle = os.pidfd_open(process)
        socket.send_fds(self._control, [str(process).encode()], [handle])
        os.close(handle)

    def _start_on_branch(self, module: str, descriptors: list[int]) -> None:
        if module not in self._branches:
            self._branches[module] = self._new_branch(module, descriptors)
        branch = self._branches[module]
        if branch is not None:
            try:
                name, handle = branch.start(descriptors)
            except OSError:
                self._let_go_of(branch)
            else:
                for descriptor in descriptors:
                    os.close(descriptor)
                self._on_branch[int(name)] = branch
                socket.send_fds(self._control, [name], [handle])
                os.close(handle)
                return
        self._start(*descriptors)

    def _new_branch(self, module: str, not_its_own: list[int]) -> _Branch | None:
        """A branch that has imported ``module``; None if that cannot be imported."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        process = os.fork()
        if not process:
            try:
                for descriptor in (ours.detach(), *not_its_own):
                    os.close(descriptor)
                self._become_branch(theirs, module)
            finally:
                os._exit(70)
        theirs.close()
        branch = _Branch(ours, process)
        if branch.is_up():
            return branch
        branch.close()
        return None

    def _become_branch(self, control: socket.socket, module: str) -> None:
        confining.die_with_parent()
        confining.adopt_orphans()
        self._let_go_of_orders()
        self._control, self._folders, self._branches, self._on_branch = control, {}, {}, {}
        self._sweepers = set()
        if self._files is not None and self._own_scratch is None:
            self._files.restrict()
        importlib.import_module(module)
        gc.collect()
        gc.freeze()
        self.serve()

    def _let_go_of(self, branch: _Branch) -> None:
        """Of a branch that is lost, and its workers with it; the next one takes its place."""
        if branch in self._branches.values():
            branch.close()
            self._branches = {
                module: other for module, other in self._branches.items() if other is not branch
            }

    def _let_go_of_orders(self) -> None:
        """In a process that has just been forked: it must not be able to give or to take ours."""
        self._control.close()
        for branch in self._branches.values():
            if branch is not None:
                branch.control.close()

    def _become_worker(self, frames: int, printed: int, data: int | None, folder: str | None) -> None:
        os.setsid()
        self._let_go_of_orders()
        if folder is not None and folder == self._own_scratch:
            confining.mount_scratch(folder)
        counted_alone = confining.be_counted_alone()
        # A process that changes its user id has to say this again.
        confining.die_with_parent()
        confining.redirect(printed)
        mapped = None if data is None else Mapped(data)
        confining.limit(self._setup, mapped, counted_alone=counted_alone)
        if folder is not None:
            confining.settle(folder)
            if self._setup.data is not None:
                running_cells.place_data(self._reachable(self._setup.data))
        if self._files is not None:
            self._files.restrict()
        if self._files is not None and folder is not None:
            confining.close_neighbours(self._setup, self._reachable, folder)
        if self._setup.system_calls is not None:
            confining.close_system_calls(self._setup.system_calls)
        serving.main(socket.socket(fileno=frames), mapped)

    def _reap(self, process: int) -> int:
        if process in self._on_branch:
            branch = self._on_branch.pop(process)
            try:
                return branch.reap(process)
            except (OSError, ValueError):
                # Its workers are our children now.
                self._let_go_of(branch)
                self._folders[process] = ""
        _, status = os.waitpid(process, 0)
        folder = self._folders.pop(process)
        self._end_orphans()
        self._sweepers = {sweeper for sweeper in self._sweepers if not os.waitpid(sweeper, os.WNOHANG)[0]}
        if folder and (sweeper := clear_in_background(folder)) is not None:
            self._sweepers.add(sweeper)
        return os.waitstatus_to_exitcode(status)

    def _end_orphans(self) -> None:
        """End what a worker has left behind, where it could start processes: they are our children now."""
        try:
            branches = {branch.process for branch in self._branches.values() if branch is not None}
            while left := self._children() - self._folders.keys() - branches - self._sweepers:
                for process in left:
                    os.kill(process, signal.SIGKILL)
                    os.waitpid(process, 0)
        except OSError:
            # There is no /proc to look at: behind full walls nothing is left in the first place.
            return

    def _children(self) -> set[int]:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:  # noqa: PTH123
            return set(map(int, file.read().split()))


def main(control: int) -> None:
    """Serve on the file descriptor ``control``."""
    zygote = Zygote(socket.socket(fileno=control))
    zygote.prepare()
    zygote.serve()
