"""Tests what a level promises: a program of ours, run like a student's, attempts what must not work."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grading.intake.submission import Block, Definition, Kind, Source, Submission
from grading.sandbox.budget import Budget
from grading.sandbox.limits import Limits
from grading.sandbox.messages import Call, Returned, Seed
from grading.sandbox.session import Session
from grading.sandbox.walls.launch import Launcher
from grading.sandbox.walls.levels import Level
from grading.sandbox.worker import Worker

_ATTEMPTS = """
import os, socket
def read(path):
    return open(path).read()
def exists(path):
    return os.path.exists(path)
def write(path):
    open(path, "w").write("written")
    return True
def connect(port):
    socket.create_connection(("127.0.0.1", port), 1).close()
    return True
def fork():
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    return True
def run():
    return os.spawnv(os.P_WAIT, "/bin/true", ["true"]) == 0
def signal(process):
    os.kill(process, 0)
    return True
def compute():
    # Compiled code that nothing has loaded yet, and a package that is there to be read: to import it takes 10 ms.
    import numpy.fft, random
    from importlib.util import find_spec
    open(find_spec("scipy").origin).close()
    with open("note", "w") as file:
        file.write("mine")
    return float(numpy.linalg.solve(numpy.eye(3), numpy.full(3, 3.0)).sum()), open("note").read()
"""
_NAMES = ("read", "exists", "write", "connect", "fork", "run", "signal", "compute")


class SelfTestError(Exception):
    """Something forbidden worked, or something required did not; the message says what."""


def check(level: Level, launcher: Launcher, limits: Limits) -> None:
    """Try everything that ``level`` forbids, and everything that it must leave possible.

    Raises:
        SelfTestError: at the first thing that is not as it should be.
    """
    program = Source("selftest.py", "selftest", (Block(_ATTEMPTS),))
    last = _ATTEMPTS.count("\n")
    definitions = {name: Definition(name, program.name, None, (1, last)) for name in _NAMES}
    submission = Submission("selftest", "", "", Kind.FILES, (program,), definitions)
    with Worker(
        Session(launcher, limits, submission, None, Budget(limits.handin_seconds)), limits, submission
    ) as worker:
        if worker.loaded.failures:
            raise SelfTestError(f"nothing runs: {next(iter(worker.loaded.failures.values()))}")
        [computed] = worker.run([Call("compute", ())])
        if not isinstance(computed, Returned):
            raise SelfTestError(f"computing does not work: {computed}")
        if level is not Level.LIMITS_ONLY:
            _attempt_what_is_forbidden(level, worker)


def _attempt_what_is_forbidden(level: Level, worker: Worker) -> None:
    with _planted() as (folder, listener):
        port = listener.getsockname()[1]
        attempts = {
            "read a file": Call("read", (str(folder / "secret"),)),
            "read this program": Call("read", (__file__,)),
            "write a file": Call("write", (str(folder / "written"),)),
            "connect to a socket": Call("connect", (port,)),
            "start a process": Call("fork", ()),
            "run a program": Call("run", ()),
            "signal another process": Call("signal", (os.getpid(),)),
        }
        if level is Level.FULL:
            attempts["see a file"] = Call("exists", (str(folder / "secret"),))
        for what, outcome in zip(attempts, worker.run([Seed(0), *attempts.values()])[1:], strict=True):
            if isinstance(outcome, Returned) and outcome.result.value not in (False, None):
                raise SelfTestError(f"student code could {what}")
        # Checked from outside, whatever was said inside.
        if (folder / "written").exists():
            raise SelfTestError("student code could write a file")
        try:
            listener.accept()
        except BlockingIOError:
            return
        raise SelfTestError("student code could connect to a socket")


@contextmanager
def _planted() -> Iterator[tuple[Path, socket.socket]]:
    """A folder in which anyone may read and write, with a file, and a socket that anyone may connect to."""
    with tempfile.TemporaryDirectory(prefix="subgrader-") as name, socket.socket() as listener:
        folder = Path(name)
        folder.chmod(0o777)
        (folder / "secret").write_text("secret")
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        listener.setblocking(False)
        yield folder, listener
