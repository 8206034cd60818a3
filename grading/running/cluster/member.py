"""A process that grades on a worker's machine: it reads tasks from standard input, and writes replies to its output.

It is a process of its own, so that a hand-in that crashes it leaves the worker alive to report that.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import IO

import msgspec

from grading import Closing, UserError
from grading.grades.grade import Grade
from grading.intake.packed_handin import unpack
from grading.intake.reader import Reader
from grading.intake.safe_names import clean
from grading.running.cluster.messages import Reply, Task, difference, encode, versions
from grading.running.setup import RunSetup
from grading.running.work import Work
from reference.split import DatasetError

LENGTH_BYTES = 8


def write(stream: IO[bytes], data: bytes) -> None:
    """Write one message.

    Raises:
        OSError: nobody reads it.
    """
    stream.write(len(data).to_bytes(LENGTH_BYTES, "big"))
    stream.write(data)
    stream.flush()


def read(stream: IO[bytes]) -> bytes | None:
    """Read the next message; None if there is none, or only part of one."""
    length = stream.read(LENGTH_BYTES)
    if len(length) < LENGTH_BYTES:
        return None
    size = int.from_bytes(length, "big")
    data = stream.read(size)
    return data if len(data) == size else None


class Member(Closing):
    """What the process does from start to end."""

    def __init__(self) -> None:
        self._reader = Reader()
        self._work: Work | None = None

    def answer(self, task: Task) -> Reply:
        """Do one task; nothing that a hand-in does raises an exception here."""
        try:
            differs = difference(task.versions, versions(task.setup))
            if differs is not None:
                return Reply(refused=f"it has {differs}")
            work = self._prepared(task.setup)
            isolation = work.isolation
        except (UserError, DatasetError) as error:
            return Reply(refused=str(error))
        if task.handin is None:
            return Reply(isolation=isolation)
        with tempfile.TemporaryDirectory(prefix="subgrader-") as folder:
            handin, path = unpack(task.handin, Path(folder))
            grade = work(handin)
        return Reply(grade=_with_path(path, grade), isolation=isolation)

    def close(self) -> None:
        """Close the sandbox and the reader."""
        self._reader.close()
        if self._work is not None:
            self._work.close()

    def _prepared(self, setup: RunSetup) -> Work:
        if self._work is None or setup != self._work.setup:
            if self._work is not None:
                self._work.close()
            self._work = Work(setup, self._reader)
            self._work.begin()
            self._work.prepare()
        return self._work


def _with_path(path: str, grade: Grade) -> Grade:
    """Return the grade with the path that the hand-in has where it came from."""
    original = clean(path) if grade.state == "graded" else path
    return msgspec.structs.replace(grade, submission=msgspec.structs.replace(grade.submission, path=original))


def main() -> None:
    """Answer tasks until there are no more."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # anything printed here must not look like a reply
    with Member() as member:
        while (data := read(sys.stdin.buffer)) is not None:
            write(replies, encode(member.answer(msgspec.msgpack.decode(data, type=Task))))


if __name__ == "__main__":
    main()
