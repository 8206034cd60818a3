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
from typing import Any, Protocol

import msgspec

from grading.sandbox.levels import IsolationError
from grading.sandbox.view import PROJECT, view
from grading.sandbox.wire import Setup
from grading.words import say

#: All that a worker's environment holds.
ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    # One thread: the processors belong to the submissions, and sums come out the same everywhere.
    **{f"{library}_THREADS": "1" for library in ("OPENBLAS_NUM", "OMP_NUM", "MKL_NUM", "VECLIB_MAXIMUM")},
}

# No user site, no site packages but those named, no current folder on the path, no .pyc files. Not -I: it
# would ignore PYTHONHASHSEED.
_PYTHON_OPTIONS = ("-s", "-S", "-P", "-B")
_LAST_MOMENT = 0.25
_ZYGOTE_SECONDS = 30.0


class LaunchError(IsolationError):
    """A process could not be started; the message says what it said."""


class Process(Protocol):
    """A worker's process."""

    def kill(self, wait: bool) -> str:
        """End it and whatever it started, at once.

        Args:
            wait: it has closed its connection and is about to end; give it a moment, to see how.

        Returns:
            How it ended, or "" if it did not by itself.
        """
        ...


class Launcher(Protocol):
    """A way of starting workers."""

    def start(
        self,
        frames: socket.socket,
        printed: socket.socket,
        data: int | None = None,
        imported: str | None = None,
    ) -> Process:
        """A new worker that speaks on ``frames``, prints to ``printed`` and maps the file ``data``.

        It need not import the module ``imported`` itself, if this way of starting has an advantage of it.

        Raises:
            LaunchError: it could not be started.
        """
        ...

    def close(self) -> None:
        """Let go of everything that is shared by workers."""
        ...


def how_it_ended(returncode: int) -> str:
    """An exit status as part of a sentence: "was ended by SIGSEGV"."""
    if returncode >= 0:
        return say("ended itself with exit code {code}", code=returncode)
    with contextlib.suppress(ValueError):
        return say("was ended by {signal}", signal=signal.Signals(-returncode).name)
    return say("was ended by signal {number}", number=-returncode)


def python(module: str, call: str) -> list[str]:
    """The command line of a Python that knows the standard library, the worker's side and its packages.

    Args:
        module: a module of ours.
        call: a call of something in it, as Python.
    """
    path = [str(PROJECT), *map(str, view().package_folders)]
    load = f"from {module} import main; sys.path.remove({path[0]!r})"
    program = f"import sys; sys.path[:0] = {path!r}; {load}; {call}"
    return [str(view().executable), *_PYTHON_OPTIONS, "-c", program]


class _PlainProcess:
    def __init__(self, process: subprocess.Popen[bytes], folder: str) -> None:
        self._process, self._folder = process, folder

    def kill(self, wait: bool) -> str:
        ended = ""
        with contextlib.suppress(subprocess.TimeoutExpired):
            ended = how_it_ended(self._process.wait(_LAST_MOMENT)) if wait else ""
        if sys.platform == "win32":
            self._process.kill()
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        # Nested beyond what Python can follow, it stays; at this level more than that can be left behind.
        with contextlib.suppress(RecursionError):
            shutil.rmtree(self._folder, ignore_errors=True)
        return ended


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
        """A new worker that speaks on ``frames``, prints to ``printed`` and maps the file ``data``."""
        folder = scratch_folder(self._setup.user)
        setup = msgspec.msgpack.encode(msgspec.structs.replace(self._setup, scratch=folder))
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
            raise LaunchError(str(error)) from error
        return _PlainProcess(process, folder)

    def close(self) -> None:
        """Nothing is shared."""


def _popen(call: str, **options: Any) -> subprocess.Popen[bytes]:
    quiet: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    command = python("grading.sandbox.inside.alone", call)
    return subprocess.Popen(command, **(quiet | options))


def scratch_folder(user: int | None) -> str:
    """A new folder that belongs to ``user``, or to whoever we are."""
    folder = tempfile.mkdtemp(prefix="subgrader-")
    if user is not None:
        os.chown(folder, user, user)
    return folder


class _ForkedProcess:
    def __init__(self, zygote: ZygoteLauncher, name: bytes, handle: int, generation: int) -> None:
        self._zygote, self._name, self._handle = zygote, name, handle
        self._generation = generation

    def kill(self, wait: bool) -> str:
        gone = select.poll()
        gone.register(self._handle, select.POLLIN)
        by_itself = bool(wait and gone.poll(_LAST_MOMENT * 1000))
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        gone.poll()
        os.close(self._handle)
        returncode = self._zygote.reap(self._name, self._generation)
        return how_it_ended(returncode) if by_itself and returncode is not None else ""


class ZygoteLauncher:
    """Workers are forked, within milliseconds, from one process that sits behind the walls with NumPy loaded.

    That process takes a quarter of a second to come up, and is only waited for when the first worker is started.

    Args:
        walls: a command line that puts what follows it behind walls, or nothing.
        setup: what the process and its workers then do themselves.
        user: start as this user, None to stay.

    Raises:
        LaunchError: there is no such command line.
    """

    def __init__(self, walls: Sequence[str], setup: Setup, user: int | None = None) -> None:
        self._walls, self._setup, self._user = list(walls), setup, user
        # Orders and their answers belong together, whichever thread gives them.
        self._turn = threading.RLock()
        self._generation = 0
        self._ready = self._ended = False
        self._open()

    def ready(self) -> None:
        """Wait until workers can be started.

        Raises:
            LaunchError: it did not come up; the message is what it had to say.
        """
        if self._ready:
            return
        try:
            self._ready, said = bool(self._control.recv(64)), "it ended without a word"
        except OSError as error:
            said = str(error)
        if not self._ready:
            self._errors.seek(0)
            lines = self._errors.read(10_000).decode("utf-8", "replace").split("\n")
            self._end()
            raise LaunchError(next((line for line in reversed(lines) if line.strip()), said))

    def start(
        self,
        frames: socket.socket,
        printed: socket.socket,
        data: int | None = None,
        imported: str | None = None,
    ) -> Process:
        """A new worker; if the zygote has been lost, or did not come up the last time, from a new one."""
        order = b"start" if imported is None else f"start {imported}".encode()
        descriptors = [frames.fileno(), printed.fileno(), *([] if data is None else [data])]
        with self._turn:
            if self._ended:
                self._open()
            try:
                return self._fork(order, descriptors)
            except OSError:
                self._end()
                self._open()
            try:
                return self._fork(order, descriptors)
            except OSError as error:
                raise LaunchError(f"the process that workers come from is gone: {error}") from error

    def reap(self, name: bytes, generation: int) -> int | None:
        """The exit status of a worker that has ended, None if it cannot be known: its zygote may have been lost."""
        with self._turn:
            if generation != self._generation:
                return None
            try:
                self._control.send(name)
                return int(self._control.recv(64))
            except (OSError, ValueError):
                return None

    def close(self) -> None:
        """End the zygote and all its workers."""
        self._end()

    def _end(self) -> None:
        self._ended = True
        self._control.close()
        if self._ready:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_LAST_MOMENT)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._errors.close()

    @property
    def pid(self) -> int:
        """Of the outermost process; the zygote is it or below it."""
        return self._process.pid

    def _open(self) -> None:
        self._generation += 1
        self._ready = self._ended = False
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - kept open while the process runs
        self._control.settimeout(_ZYGOTE_SECONDS)
        program = python("grading.sandbox.inside.zygote", f"main({theirs.fileno()})")
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [*self._walls, *program],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=self._errors,
                    pass_fds=[theirs.fileno()],
                    env=ENVIRONMENT,
                    cwd="/",
                    start_new_session=True,
                    user=self._user,
                    group=self._user,
                    extra_groups=None if self._user is None else [],
                )
            except OSError as error:
                self._control.close()
                self._errors.close()
                raise LaunchError(str(error)) from error
        # What it does not take because it is gone, `ready` will find out.
        with contextlib.suppress(OSError):
            self._control.send(msgspec.msgpack.encode(self._setup))

    def _fork(self, order: bytes, descriptors: list[int]) -> Process:
        self.ready()
        socket.send_fds(self._control, [order], descriptors)
        name, handles, _, _ = socket.recv_fds(self._control, 64, 1)
        if not handles:
            raise ConnectionError("no answer")
        return _ForkedProcess(self, name, handles[0], self._generation)
