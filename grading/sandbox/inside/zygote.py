"""Starts workers by forking: everything is imported once, and each worker is ready within milliseconds.

It never runs student code itself. It takes orders from one socket: `Start`, with what the new worker needs, or the name
of a worker that has ended, to be cleared away. A worker that should find a module already imported is forked from a
branch, a process forked from this one that has imported the module: some take longer to import than to be graded.
"""

from __future__ import annotations

import contextlib
import gc
import os
import secrets
import signal
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from grading.protocol.confinement import Setup, Start
from grading.protocol.freed_memory import keep_freed_memory
from grading.sandbox.inside import confining, running_cells, serving
from grading.sandbox.inside.clearing import clear_slowly
from grading.sandbox.inside.libraries import import_long
from grading.sandbox.inside.mapped_array import Mapped

if TYPE_CHECKING:
    from landlockpy import Ruleset

READY = b"ready"
_ORDERS = msgspec.msgpack.Decoder(Start | int)


class _Branch:
    """Our end of a branch, which takes the same orders as its zygote.

    Args:
        control: the socket on which it takes them.
        process: its process id.
    """

    def __init__(self, control: socket.socket, process: int) -> None:
        self.control = control
        self.process = process

    def is_up(self) -> bool:
        """Wait until it takes orders; False if it never does."""
        return bool(self.control.recv(64))

    def start(self, user: int | None, descriptors: list[int]) -> tuple[bytes, int]:
        """Return the name of a new worker, and a handle on it.

        Raises:
            OSError: the branch is lost.
        """
        socket.send_fds(self.control, [msgspec.msgpack.encode(Start(user))], descriptors)
        name, handles, _, _ = socket.recv_fds(self.control, 64, 1)
        if not handles:
            raise ConnectionError("no answer")
        return name, handles[0]

    def reap(self, process: int) -> int:
        """Return the exit status of a worker that has ended.

        Raises:
            OSError, ValueError: the branch is lost.
        """
        self.control.send(msgspec.msgpack.encode(process))
        return int(self.control.recv(64))

    def close(self) -> None:
        """End it and all its workers."""
        self.control.close()
        os.waitpid(self.process, 0)


class _Worker(msgspec.Struct, gc=False):
    """A worker that has not been cleared away.

    Attributes:
        folder: the folder to remove after it, "" for none.
        user: its user id, None for ours.
        lock: a descriptor that reserves that id, None if there is none.
        branch: the branch that it was forked from, None for this process.
    """

    folder: str = ""
    user: int | None = None
    lock: int | None = None
    branch: _Branch | None = None


class Zygote:
    """The process that workers are forked from.

    It runs no student code, and is not restricted by Landlock itself: a restricted process cannot mount anything, and
    clearing away a folder takes it longer the deeper the folder is. Each of its workers is restricted.
    """

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._setup = msgspec.msgpack.decode(control.recv(1 << 20), type=Setup)
        self._reachable: Callable[[str], str] = str
        self._files: Ruleset | None = None
        # The mount point of each worker's own file system, if it can have one.
        self._own_scratch: str | None = None
        self._sweepers: set[int] = set()
        self._workers: dict[int, _Worker] = {}
        self._branches: dict[str, _Branch | None] = {}

    def prepare(self) -> None:
        """Import and warm up what every worker needs, then go behind the walls that all of them share."""
        keep_freed_memory()
        np.linalg.norm(np.ones((8, 8)) @ np.ones((8, 8)))
        np.random.default_rng(0).normal()
        self._reachable = confining.become(self._setup)
        confining.adopt_orphans()
        if self._setup.data is not None and self._setup.scratch is not None:
            running_cells.warm_up(self._reachable(self._setup.scratch))
        if self._setup.scratch is not None:
            folder = self._new_name(self._setup.scratch)
            os.mkdir(folder, 0o700)  # noqa: PTH102
            self._own_scratch = folder if confining.can_mount_scratch(folder) else None
        if self._setup.readable is not None:
            self._files = confining.files_closed(self._setup, self._reachable)
        sys.argv = ["submission"]
        # Objects that exist by now are not visited, and so not copied, by a worker's garbage collections.
        gc.freeze()
        gc.enable()

    def serve(self) -> None:
        """Take orders until the other side is gone; then nothing that was started may remain."""
        self._control.send(READY)
        while True:
            said, descriptors, _, _ = socket.recv_fds(self._control, 256, 4)
            if not said:
                break
            order = _ORDERS.decode(said)
            if isinstance(order, int):
                self._control.send(str(self._reap(order)).encode())
            elif order.imported is None:
                self._start(order.user, descriptors)
            else:
                self._start_on_branch(order.imported, order.user, descriptors)
        for branch in self._branches.values():
            if branch is not None:
                branch.close()
        for process, worker in list(self._workers.items()):
            if worker.branch is None:
                os.kill(process, signal.SIGKILL)
                self._reap(process)

    def _new_name(self, scratch: str) -> str:
        """Return a new folder name that neither a student's code nor a zygote replaced by this one can have taken."""
        return f"{self._reachable(scratch)}/{secrets.token_hex(8)}"

    def _start(self, user: int | None, descriptors: list[int]) -> None:
        worker = _Worker(user=user, lock=None if user is None else descriptors.pop(0))
        if self._own_scratch is None and self._setup.scratch is not None:
            worker.folder = self._new_name(self._setup.scratch)
        process = os.fork()
        if not process:
            try:
                self._become_worker(worker, *descriptors)
            finally:
                os._exit(70)
        for descriptor in descriptors:
            os.close(descriptor)
        self._workers[process] = worker
        handle = os.pidfd_open(process)
        socket.send_fds(self._control, [msgspec.msgpack.encode(process)], [handle])
        os.close(handle)

    def _start_on_branch(self, module: str, user: int | None, descriptors: list[int]) -> None:
        if module not in self._branches:
            self._branches[module] = self._new_branch(module, descriptors)
        branch = self._branches[module]
        if branch is not None:
            try:
                name, handle = branch.start(user, descriptors)
            except OSError:
                self._drop(branch)
            else:
                lock = None if user is None else descriptors.pop(0)
                for descriptor in descriptors:
                    os.close(descriptor)
                self._workers[msgspec.msgpack.decode(name, type=int)] = _Worker("", user, lock, branch)
                socket.send_fds(self._control, [name], [handle])
                os.close(handle)
                return
        self._start(user, descriptors)

    def _new_branch(self, module: str, not_its_own: list[int]) -> _Branch | None:
        """Fork a branch that has imported ``module``; None if that cannot be imported."""
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
        self._drop_inherited()
        self._control, self._workers, self._branches, self._sweepers = control, {}, {}, set()
        import_long(module)
        gc.collect()
        gc.freeze()
        self.serve()

    def _drop(self, branch: _Branch) -> None:
        """Drop a branch that is lost, and its workers with it; the next one takes its place."""
        if branch in self._branches.values():
            branch.close()
            self._branches = {
                module: other for module, other in self._branches.items() if other is not branch
            }

    def _drop_inherited(self) -> None:
        """Make a newly forked process unable to give or take our orders, and release our locks in it."""
        self._control.close()
        for branch in self._branches.values():
            if branch is not None:
                branch.control.close()
        for worker in self._workers.values():
            if worker.lock is not None:
                os.close(worker.lock)

    def _become_worker(self, worker: _Worker, frames: int, printed: int, data: int | None = None) -> None:
        os.setsid()
        self._drop_inherited()
        if worker.lock is not None:
            os.close(worker.lock)
        folder = self._own_scratch
        if folder is not None:
            confining.mount_scratch(folder, worker.user)
        counted_alone = confining.be_nobody_else(worker.user)
        # A process that changes its user id has to repeat this.
        confining.die_with_parent()
        if worker.folder:
            folder = worker.folder
            os.mkdir(folder, 0o700)  # noqa: PTH102
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
        worker = self._workers.pop(process)
        try:
            if worker.branch is None:
                return self._reap_ours(process, worker)
            return self._reap_on_branch(process, worker, worker.branch)
        finally:
            if worker.lock is not None:
                os.close(worker.lock)

    def _reap_on_branch(self, process: int, worker: _Worker, branch: _Branch) -> int:
        try:
            return branch.reap(process)
        except (OSError, ValueError):
            # Its workers are our children now.
            self._drop(branch)
            return self._reap_ours(process, worker)

    def _reap_ours(self, process: int, worker: _Worker) -> int:
        _, status = os.waitpid(process, 0)
        self._end_orphans(worker)
        self._sweepers = {sweeper for sweeper in self._sweepers if not os.waitpid(sweeper, os.WNOHANG)[0]}
        if worker.folder:
            self._clear(worker)
        return os.waitstatus_to_exitcode(status)

    def _clear(self, worker: _Worker) -> None:
        """Remove its folder: at once if it is empty, otherwise in a process that takes its time."""
        with contextlib.suppress(OSError):
            os.rmdir(worker.folder)  # noqa: PTH106
            return
        self._sweepers.add(self._forked_as(worker, lambda: clear_slowly(worker.folder)))

    def _forked_as(self, worker: _Worker, action: Callable[[], object]) -> int:
        """Do ``action`` in a new process with the rights of ``worker``, which holds its id; return its number."""
        process = os.fork()
        if not process:
            try:
                self._drop_inherited()
                confining.be_nobody_else(worker.user)
                action()
            finally:
                os._exit(0)
        return process

    def _end_orphans(self, worker: _Worker) -> None:
        """End what a worker has left behind, if it could start processes: they are our children now."""
        with contextlib.suppress(OSError):
            # There is no /proc to look at, but behind full walls nothing is left in the first place.
            while left := self._orphans(worker.user):
                if worker.user is not None:
                    # All at once, because they may start others faster than they are ended one by one. They can also
                    # stop this process, so it is repeated.
                    killer = self._forked_as(worker, lambda: os.kill(-1, signal.SIGKILL))
                    os.waitpid(killer, os.WUNTRACED)
                    left.add(killer)
                for process in left:
                    with contextlib.suppress(ProcessLookupError, ChildProcessError):
                        os.kill(process, signal.SIGKILL)
                        os.waitpid(process, 0)

    def _orphans(self, user: int | None) -> set[int]:
        """Our children that we have not started; with ``user``, only those of this user."""
        branches = {branch.process for branch in self._branches.values() if branch is not None}
        orphans = self._children() - self._workers.keys() - branches - self._sweepers
        return {process for process in orphans if user is None or user == os.stat(f"/proc/{process}").st_uid}  # noqa: PTH116

    def _children(self) -> set[int]:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:  # noqa: PTH123
            return set(map(int, file.read().split()))


def main(control: int) -> None:
    """Serve on the file descriptor ``control``."""
    zygote = Zygote(socket.socket(fileno=control))
    zygote.prepare()
    zygote.serve()
