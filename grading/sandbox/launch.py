"""Starting and ending the processes that student code runs in."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Protocol

from grading.sandbox.limits import Limits

_PROJECT = Path(__file__).resolve().parents[2]

#: All that a worker's environment holds.
ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    # One thread: the processors belong to the submissions, and sums come out the same everywhere.
    **{f"{library}_THREADS": "1" for library in ("OPENBLAS_NUM", "OMP_NUM", "MKL_NUM", "VECLIB_MAXIMUM")},
}

#: No user site, no current folder on the path, no .pyc files. Not -I: it would ignore PYTHONHASHSEED.
PYTHON_OPTIONS = ("-s", "-P", "-B")
_LAST_MOMENT = 0.25


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

    def start(self, frames: socket.socket, printed: socket.socket) -> Process:
        """A new worker that speaks on ``frames`` and prints to ``printed``."""
        ...

    def close(self) -> None:
        """Let go of everything that is shared by workers."""
        ...


def how_it_ended(returncode: int) -> str:
    """An exit status as part of a sentence: "was killed by SIGSEGV"."""
    if returncode >= 0:
        return f"ended itself with exit code {returncode}"
    with contextlib.suppress(ValueError):
        return f"was ended by {signal.Signals(-returncode).name}"
    return f"was ended by signal {-returncode}"


class _PlainProcess:
    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def kill(self, wait: bool) -> str:
        ended = ""
        with contextlib.suppress(subprocess.TimeoutExpired):
            ended = how_it_ended(self._process.wait(_LAST_MOMENT)) if wait else ""
        if sys.platform == "win32":
            self._process.kill()
        else:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        return ended


class PlainLauncher:
    """A fresh process for each worker, with resource limits and nothing else around it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def start(self, frames: socket.socket, printed: socket.socket) -> Process:
        """A new worker that speaks on ``frames`` and prints to ``printed``."""
        numbers = (frames.fileno(), printed.fileno())
        limits = (self._limits.address_space_bytes, self._limits.cpu_seconds)
        program = (
            f"import sys; sys.path.insert(0, {str(_PROJECT)!r}); "
            "from grading.sandbox.inside.alone import main; sys.path.pop(0); "
            f"main{(*numbers, *limits)}"
        )
        process = subprocess.Popen(
            [sys.executable, *PYTHON_OPTIONS, "-c", program],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=numbers,
            env=ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
        return _PlainProcess(process)

    def close(self) -> None:
        """Nothing is shared."""
