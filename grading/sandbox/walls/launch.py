"""Starting and ending the processes that student code runs in."""

from __future__ import annotations

import contextlib
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
        how: as part of a sentence; "" if it did not end by itself.
        by_others: it was ended from outside, and not by us: no function that ran in it is to blame.
    """

    how: str = ""
    by_others: bool = False


def ended(returncode: int) -> End:
    """What an exit status means: "was ended by SIGSEGV"."""
    if returncode >= 0:
        return End(say("ended itself with exit code {code}", code=returncode))
    # No process can send this to itself behind walls, and limits send another one first.
    by_others = sys.platform != "win32" and -returncode == signal.SIGKILL
    with contextlib.suppress(ValueError):
        return End(say("was ended by {signal}", signal=signal.Signals(-returncode).name), by_others)
    return End(say("was ended by signal {number}", number=-returncode))


class _PlainProcess:
    """A worker's process that was started for itself."""

    def __init__(self, process: subprocess.Popen[bytes], folder: str, user: PrivateUser | None) -> None:
        self._process, self._folder, self._user = process, folder, user

    @property
    def vitals(self) -> Vitals | None:
        """What it uses, as long as it is there; None where that cannot be seen."""
        return Vitals(self._process.pid)

    def kill(self, wait: bool) -> End:
        """End it and whatever it started, at once.

        Args:
            wait: it has closed its connection and is about to end; give it a moment, to see how.
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
    """A fresh process for each worker, with what ``setup`` says around it."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    def start(
        self,
        frames: socket.socket,
        printed: socket.socket,
        data: int | None = None,
        imported: str | None = None,
    ) -> Process:
        """A new worker that speaks on ``frames``, prints to ``printed`` and maps the file ``data``.

        It imports the module ``imported`` itself, if it needs that.

        Raises:
            LaunchError: it could not be started.
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
        """Nothing is shared."""


def _popen(call: str, **options: Any) -> subprocess.Popen[bytes]:
    quiet: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    command = python("inside.standalone", call)
    return subprocess.Popen(command, **(quiet | options))


def remove_scratch(folder: str) -> None:
    """Remove ``folder``, as far as that is possible, however deep a student has nested what is in it."""
    if sys.platform == "win32":
        shutil.rmtree(folder, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            clear(folder)


def scratch_folder(user: int | None, *, shared: bool = False) -> str:
    """A new folder that belongs to ``user``, or to the current user.

    With ``shared``, and where there can be any, other users of its group make folders of their own in it and see nobody
    else's.

    Raises:
        LaunchError: it cannot be given away.
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

    @property
    def vitals(self) -> Vitals | None:
        """As of one that was started for itself."""
        return Vitals.of_handle(self._handle)

    def kill(self, wait: bool) -> End:
        """As one that was started for itself."""
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
        # With the process that all come from, its workers go.
        return End(by_others=True) if returncode is None else ended(returncode)


class ZygoteLauncher:
    """Workers are forked, within milliseconds, from one process that sits behind the walls with NumPy loaded.

    That process is only waited for when the first worker is started.

    Args:
        walls: a command line that puts what follows it behind walls, or nothing.
        setup: what the process and its workers then do themselves.
        user: start as this user, None to stay.
        begun: such a process, if it has been begun.

    Attributes:
        zygote: the process that workers come from now.

    Raises:
        LaunchError: there is no such command line.
    """

    def __init__(
        self, walls: Sequence[str], setup: Setup, user: int | None = None, begun: Zygote | None = None
    ) -> None:
        self._walls, self._setup, self._user = list(walls), setup, user
        # Orders and their answers belong together, whichever thread gives them.
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
        """As `PlainLauncher.start`; if the zygote has been lost, or did not come up the last time, from a new one.

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
        """The exit status of a worker that has ended, None if it cannot be known: its zygote may have been lost."""
        with self._turn:
            if generation != self._generation:
                return None
            try:
                self.zygote.control.send(name)
                return int(self.zygote.control.recv(64))
            except (OSError, ValueError):
                # A late answer would be taken for that to the next order.
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
