"""The grader's end of the zygote, the process that workers are forked from; `inside.zygote` is the other end.

It takes a third of a second to start, so `begin` starts it before anything else, when little has been imported: keep
this module's own imports few.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import cache_from_source

from grading import PREFIX, Closing
from grading.sandbox.walls import bubblewrap, users
from grading.sandbox.walls.levels import LaunchError
from grading.sandbox.walls.view import PROJECT, view, worker_side

#: The whole environment of a worker.
ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    # One thread: the processors are for the submissions, and sums come out the same everywhere.
    **{f"{library}_THREADS": "1" for library in ("OPENBLAS_NUM", "OMP_NUM", "MKL_NUM", "VECLIB_MAXIMUM")},
}

# No user site, no site packages except those named, no current folder on the path, no .pyc files. Not -I, which would
# ignore PYTHONHASHSEED.
_PYTHON_OPTIONS = ("-s", "-S", "-P", "-B")
_SECONDS_TO_COME_UP = 30.0
_LAST_MOMENT = 0.25


def python(module: str, call: str) -> list[str]:
    """Return the command line of a Python that knows the standard library, the worker's side and its packages.

    Args:
        module: a module of `grading.sandbox`.
        call: a call of something in it, as Python code.
    """
    path = [str(PROJECT), *map(str, view().package_folders)]
    # msgspec takes from `typing_extensions` what `typing` has, too, and only single files are visible without their
    # compiled code: it would be compiled each time.
    load = "sys.modules['typing_extensions'] = None; import msgspec; del sys.modules['typing_extensions']; "
    load += f"from {PREFIX}grading.sandbox.{module} import main; sys.path.remove({path[0]!r})"
    # What is imported holds hardly a cycle. Whoever calls student code enables the collector again.
    program = f"import gc, sys; gc.disable(); sys.path[:0] = {path!r}; {load}; {call}"
    return [str(view().executable), *_PYTHON_OPTIONS, "-c", program]


def keep_compiled() -> None:
    """Compile the worker's side where Python looks for it, as it does itself outside: inside nothing can be written.

    Without this, a checkout would be compiled anew at each start.
    """
    for folder in map(str, worker_side()):
        for name in os.listdir(folder) if os.path.isdir(folder) else ():  # noqa: PTH112, PTH208
            source = f"{folder}/{name}"
            if not sys.dont_write_bytecode and name.endswith(".py") and _is_newer(source):
                import py_compile

                with contextlib.suppress(OSError, py_compile.PyCompileError):
                    py_compile.compile(source, doraise=True)


def _is_newer(source: str) -> bool:
    """Whether a source has not been compiled since it was written."""
    try:
        return os.stat(cache_from_source(source)).st_mtime < os.stat(source).st_mtime  # noqa: PTH116
    except OSError:
        return True


class Zygote(Closing):
    """A zygote, from its start to its end. It waits to be told how to confine itself, and then takes orders.

    Args:
        walls: a command line that puts the command after it behind walls, or nothing.
        user: the user to start as, None for the current one.

    Attributes:
        walls: the same.
        control: the socket on which it takes orders.
        process: the outermost process; the zygote is this one or below it.
        closed: whether it has been ended, or did not start.

    Raises:
        LaunchError: the command line's program does not exist.
    """

    def __init__(self, walls: Sequence[str], user: int | None = None) -> None:
        self.walls = tuple(walls)
        self._ready = self.closed = False
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - kept open while the process runs
        self.control.settimeout(_SECONDS_TO_COME_UP)
        program = python("inside.zygote", f"main({theirs.fileno()})")
        with theirs:
            try:
                self.process = subprocess.Popen(
                    [*self.walls, *program],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=self._errors,
                    pass_fds=[theirs.fileno()],
                    env=ENVIRONMENT,
                    cwd="/",
                    start_new_session=True,
                    user=user,
                    group=user,
                    extra_groups=None if user is None else [],
                )
            except OSError as error:
                self.control.close()
                self._errors.close()
                raise LaunchError(str(error)) from error
        keep_compiled()

    def tell(self, setup: bytes) -> None:
        """Tell it how to confine itself: a `Setup`, as msgpack."""
        # If it is already gone, `ready` will notice.
        with contextlib.suppress(OSError):
            self.control.send(setup)

    def ready(self) -> None:
        """Wait until workers can be started.

        Raises:
            LaunchError: it did not start; the message is what it printed.
        """
        if self._ready:
            return
        try:
            self._ready, said = bool(self.control.recv(64)), "it ended without a word"
        except OSError as error:
            said = str(error)
        if not self._ready:
            self._errors.seek(0)
            lines = self._errors.read(10_000).decode("utf-8", "replace").split("\n")
            self.close()
            raise LaunchError(next((line for line in reversed(lines) if line.strip()), said))

    def close(self) -> None:
        """End it and all its workers."""
        if self.closed:
            return
        self.closed = True
        self.control.close()
        if self._ready:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_LAST_MOMENT)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._errors.close()


def begin() -> Zygote | None:
    """Start a zygote for the way that is tried first, if there is one, before it is known what it is for."""
    binary = next(bubblewrap.binaries(), None) if sys.platform == "linux" else None
    if binary is None:
        return None
    with contextlib.suppress(LaunchError):
        return Zygote(bubblewrap.command(binary, view(), user_namespace=not users.can_be_given()))
    return None
