"""The part that runs in a cluster's worker: it hands tasks to processes of its own and returns their answers."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys

from grading import HOME
from grading.running.cluster import member
from grading.running.cluster.messages import Reply, encode
from grading.running.processes import how_ended

_MOST_TRIES = 2


class Members:
    """The processes of one worker, each kept from one task to the next."""

    def __init__(self) -> None:
        self._idle: list[_Process] = []

    def answer(self, task: bytes) -> bytes:
        """Do a task in a process of its own, and once more in a new one if that dies; return the reply as bytes."""
        how = ""
        for _ in range(_MOST_TRIES):
            process = self._free()
            try:
                reply = process.ask(task)
            except BaseException:
                process.end()
                raise
            if reply is not None:
                self._idle.append(process)
                return reply
            how = process.end()
        return encode(Reply(died=f"{how}, twice"))

    def _free(self) -> _Process:
        # Threads share the list: one that is no longer there has been taken by another thread.
        with contextlib.suppress(IndexError):
            return self._idle.pop()
        return _Process()


class _Process:
    """A `member`, kept from one task to the next. It ends when this process does, as its input is then closed."""

    def __init__(self) -> None:
        threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        path = os.pathsep.join(filter(None, (str(HOME), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", member.__name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | threads | {"PYTHONPATH": path},
        )

    def ask(self, task: bytes) -> bytes | None:
        """Return its answer; None if it has died."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(OSError):
            member.write(self._process.stdin, task)
            return member.read(self._process.stdout)
        return None

    def end(self) -> str:
        """Clean up after it and say how it ended."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            code = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        return how_ended(code)


#: Looked up by name, by the client.
answer = Members().answer
