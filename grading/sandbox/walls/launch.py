"""Starts and ends the processes that student code runs in."""

from __future__ import annotations

import contextlib
import functools
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec

from grading.protocol.confinement import Setup, Start
from grading.sandbox.inside.clearing import clear
from grading.sandbox.walls.levels import LaunchError
from grading.sandbox.walls.users import PrivateUser
from grading.sandbox.walls.vitals import Vitals
from grading.sandbox.walls.zygote import ENVIRONMENT, Zygote, python
from grading.words import say

_LAST_MOMENT = 0.25


class End(msgspec.Struct, frozen=True):
    """How a process ended.

    Attributes:
        how: how it ended, as part of a sentence; "" if it did not end by itself.
        by_others: whether it was ended from outside, but not by us: no function that ran in it is to blame.
    """

    how: str = ""
    by_others: bool = False


def ended(returncode: int) -> End:
    """Describe an exit status: "was ended by SIGSEGV"."""
    if returncode >= 0:
        return End(say("ended itself with exit code {code}", code=returncode))
    # Behind walls, no process can send this to itself, and limits send another signal first.
    by_others = sys.platform != "win32" and -returncode == signal.SIGKILL
    with contextlib.suppress(ValueError):
        return End(say("was ended by {signal}", signal=signal.Signals(-returncode).name), by_others)
    return End(say("was ended by signal {number}", number=-returncode))


class _PlainProcess:
    """A worker's process that was started on its own."""

    def __init__(self, process: subprocess.Popen[bytes], folder: str, user: PrivateUser | None) -> None:
        self._process, self._folder, self._user = process, folder, user

    @property
    def vitals(self) -> Vitals | None:
        """Its usage, as long as it exists; None if that cannot be measured."""
        return Vitals(self._process.pid)

    def kill(self, wait: bool) -> End:
        """End it and everything it started, at once.

        Args:
            wait: whether it has closed its connection and is about to end; it then gets a moment, to see how.
        """
        end = End()
        with contextlib.suppress(subprocess.TimeoutExpired):
            end = ended(self._process.wait(_LAST_MOMENT)) if wait else end
        if sys.platform == "win32":
            self._process.kill()
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        remove_scratch(self._folder)
        if self._user is not None:
            self._user.close()
        return end


class PlainLauncher:
    """Starts a new process for each worker, confined as ``setup`` says."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    def start(
        self,
        frames: socket.socket,
        printed: socket.socket,
        data: int | None = None,
        imported: str | None = None,
    ) -> Process:
        """Start a worker that talks on ``frames``, prints to ``printed`` and maps the file ``data``.

        It imports the module ``imported`` itself, if needed.

        Raises:
            LaunchError: the worker could not be started.
        """
        user = None if self._setup.user is None else PrivateUser()
        number = None if user is None else user.number
        folder = scratch_folder(number)
        setup = msgspec.msgpack.encode(msgspec.structs.replace(self._setup, scratch=folder, user=number))
        try:
            if sys.platform == "win32":
                process = _popen(f"main({setup!r})", stdin=subprocess.PIPE, env=os.environ | ENVIRONMENT)
                shared = [frames.share(process.pid), printed.share(process.pid)]
                with process.stdin as stdin:
                    stdin.write(msgspec.msgpack.encode(shared))
            else:
                numbers = frames.fileno(), printed.fileno(), *(() if data is None else (data,))
                call = f"main{(setup, *numbers)}"
                process = _popen(call, pass_fds=numbers, env=ENVIRONMENT, start_new_session=True)
        except OSError as error:
            remove_scratch(folder)
            if user is not None:
                user.close()
            raise LaunchError(str(error)) from error
        return _PlainProcess(process, folder, user)

    def close(self) -> None:
        """Do nothing, because nothing is shared."""


def _popen(call: str, **options: Any) -> subprocess.Popen[bytes]:
    quiet: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    command = python("inside.standalone", call)
    return subprocess.Popen(command, **(quiet | options))


def remove_scratch(folder: str) -> None:
    """Remove ``folder`` as far as possible, however deep a student has nested its contents."""
    if sys.platform == "win32":
        shutil.rmtree(folder, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            clear(folder)


def scratch_folder(user: int | None, *, shared: bool = False) -> str:
    """Create a folder that belongs to ``user``, or to the current user.

    With ``shared``, and if there can be other users, those in its group create folders of their own in it, and cannot
    see anybody else's.

    Raises:
        LaunchError: ownership cannot be transferred.
    """
    folder = tempfile.mkdtemp(prefix="subgrader-")
    if user is not None:
        try:
            os.chown(folder, user, user)
        except OSError as error:
            os.rmdir(folder)  # noqa: PTH106
            raise LaunchError(str(error)) from error
        if shared:
            os.chmod(folder, 0o1730)  # noqa: PTH101
    return folder


class _ForkedProcess:
    """A worker's process that was forked from the zygote."""

    def __init__(self, launcher: ZygoteLauncher, name: bytes, handle: int, generation: int) -> None:
        self._launcher, self._name, self._handle = launcher, name, handle
        self._generation = generation

    @functools.cached_property
    def vitals(self) -> Vitals | None:
        """As for a process that was started on its own."""
        return Vitals.of_handle(self._handle)

    def kill(self, wait: bool) -> End:
        """As for a process that was started on its own."""
        gone = select.poll()
        gone.register(self._handle, select.POLLIN)
        by_itself = bool(wait and gone.poll(_LAST_MOMENT * 1000))
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        gone.poll()
        os.close(self._handle)
        returncode = self._launcher.reap(self._name, self._generation)
        if not by_itself:
            return End()
        # If the process that all workers come from is gone, so are its workers.
        return End(by_others=True) if returncode is None else ended(returncode)


class ZygoteLauncher:
    """Forks workers, within milliseconds, from one process that is behind the walls with NumPy loaded.

    That process is awaited only when the first worker is started.

    Args:
        walls: a command line that puts the command after it behind walls, or nothing.
        setup: how the process and its workers then confine themselves.
        user: the user to start as, None for the current one.
        begun: such a process, if one has already been started.

    Attributes:
        zygote: the process that workers are now forked from.

    Raises:
        LaunchError: the command line's program does not exist.
    """

    def __init__(
        self, walls: Sequence[str], setup: Setup, user: int | None = None, begun: Zygote | None = None
    ) -> None:
        self._walls, self._setup, self._user = list(walls), setup, user
        # An order and its answer belong together, whichever thread gives it.
        self._turn = threading.RLock()
        self._generation = 0
        self.zygote = self._told(begun or Zygote(self._walls, user))

    def start(
        self,
        frames: socket.socket,
        printed: socket.socket,
        data: int | None = None,
        imported: str | None = None,
    ) -> Process:
        """As `PlainLauncher.start`; if the zygote was lost, or failed to start last time, from a new one.

        A worker that needs the module ``imported`` is forked from a process that has imported it.
        """
        descriptors = [frames.fileno(), printed.fileno(), *([] if data is None else [data])]
        with self._turn:
            if self.zygote.closed:
                self._replace()
            try:
                return self._fork(imported, descriptors)
            except OSError:
                self.zygote.close()
                self._replace()
            try:
                return self._fork(imported, descriptors)
            except OSError as error:
                raise LaunchError(f"the process that workers come from is gone: {error}") from error

    def reap(self, name: bytes, generation: int) -> int | None:
        """Return the exit status of a worker that has ended; None if unknown, as when its zygote was lost."""
        with self._turn:
            if generation != self._generation:
                return None
            try:
                self.zygote.control.send(name)
                return int(self.zygote.control.recv(64))
            except (OSError, ValueError):
                # A late answer would be taken for the answer to the next order.
                self.zygote.close()
                return None

    def close(self) -> None:
        """End the zygote and all its workers."""
        self.zygote.close()

    def _replace(self) -> None:
        self._generation += 1
        self.zygote = self._told(Zygote(self._walls, self._user))

    def _told(self, zygote: Zygote) -> Zygote:
        zygote.tell(msgspec.msgpack.encode(self._setup))
        return zygote

    def _fork(self, imported: str | None, descriptors: list[int]) -> Process:
        self.zygote.ready()
        with contextlib.ExitStack() as held:
            order, lock = Start(imported=imported), []
            if self._setup.user is not None:
                user = held.enter_context(PrivateUser())
                order.user, lock = user.number, [user.lock.fileno()]
            socket.send_fds(self.zygote.control, [msgspec.msgpack.encode(order)], lock + descriptors)
        name, handles, _, _ = socket.recv_fds(self.zygote.control, 64, 1)
        if not handles:
            raise ConnectionError("no answer")
        return _ForkedProcess(self, name, handles[0], self._generation)


Process: TypeAlias = _PlainProcess | _ForkedProcess
Launcher: TypeAlias = PlainLauncher | ZygoteLauncher
