"""A process that grades on a worker's machine: tasks in at standard input, replies out at standard output.

It is a process of its own, so that a hand-in which brings it down leaves the worker alive to say so.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import IO

import msgspec

from grading.cluster.messages import Reply, Task, difference, encode, versions
from grading.intake.safe_names import clean
from grading.reading.packed_handin import unpack
from grading.reading.reader import Reader
from grading.records.grade import Grade, IsolationFacts
from grading.running.run import Work, opened
from grading.running.setup import RunSetup
from grading.sandbox.client import Sandbox
from grading.sandbox.walls.levels import IsolationError
from reference.split import DatasetError

LENGTH_BYTES = 8


def write(stream: IO[bytes], data: bytes) -> None:
    """Write one message.

    Raises:
        OSError: nobody reads.
    """
    stream.write(len(data).to_bytes(LENGTH_BYTES, "big"))
    stream.write(data)
    stream.flush()


def read(stream: IO[bytes]) -> bytes | None:
    """The next message, or None when there is none, or only a part of one."""
    length = stream.read(LENGTH_BYTES)
    if len(length) < LENGTH_BYTES:
        return None
    size = int.from_bytes(length, "big")
    data = stream.read(size)
    return data if len(data) == size else None


class Member:
    """What the process does all its life."""

    def __init__(self) -> None:
        self._made_for: bytes | None = None
        self._setup: RunSetup | None = None
        self._sandbox: Sandbox | None = None
        self._reader: Reader | None = None

    def answer(self, task: Task) -> Reply:
        """Do one task; nothing that a hand-in does raises."""
        try:
            differs = difference(task.versions, versions(task.setup))
            if differs is not None:
                return Reply(refused=f"it has {differs}")
            setup, sandbox = self._prepared(task)
        except (IsolationError, DatasetError) as error:
            return Reply(refused=str(error))
        level = IsolationFacts(level=sandbox.isolation.level.value, detail=sandbox.isolation.detail)
        if task.handin is None:
            return Reply(isolation=level)
        with tempfile.TemporaryDirectory(prefix="subgrader-") as folder:
            handin, path = unpack(task.handin, Path(folder))
            grade = Work(setup, sandbox.isolation, sandbox, reader=self._reader)(handin)
        return Reply(grade=_from(path, grade), isolation=level)

    def close(self) -> None:
        """End what runs in the sandbox, and what reads."""
        if self._reader is not None:
            self._reader.close()
        if self._sandbox is not None:
            self._sandbox.close()

    def _prepared(self, task: Task) -> tuple[RunSetup, Sandbox]:
        wanted = encode((task.rubric, task.allow_unsafe, task.notebook_data))
        self._reader = self._reader or Reader()
        if self._setup is None or self._sandbox is None or wanted != self._made_for:
            if self._sandbox is not None:
                self._sandbox.close()
            self._setup = task.setup
            self._sandbox = opened(self._setup)
            self._made_for = wanted
        return self._setup, self._sandbox


def _from(path: str, grade: Grade) -> Grade:
    """The grade, with the place that the hand-in has where it came from."""
    original = clean(path) if grade.state == "graded" else path
    return msgspec.structs.replace(grade, submission=msgspec.structs.replace(grade.submission, path=original))


def main() -> None:
    """Answer until there are no more tasks."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anything here might print is no reply
    member = Member()
    try:
        while (data := read(sys.stdin.buffer)) is not None:
            write(replies, encode(member.answer(msgspec.msgpack.decode(data, type=Task))))
    finally:
        member.close()


if __name__ == "__main__":
    main()
