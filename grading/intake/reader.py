"""Reads hand-ins in processes separate from the grader.

No student code runs there, but any code that reads untrusted files can be made to take forever, to fill the memory, or
to crash. So hand-ins are read by separate processes (`grading/intake/reader_process.py`), one hand-in at a time. Such a
process cannot write files, start programs or reach other processes; it returns bytes, which are read strictly, and the
kernel ends it if a hand-in takes too much. That hand-in is then tried in a new process, forked from one that has read
nothing; if it ends that, too, it cannot be read. If processes cannot be forked (not on Linux), hand-ins are read in
this one.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from grading import Closing
from grading.intake.find import Found, Reading, by_name, is_looked_through, look_below, survey
from grading.intake.reader_process import (
    CPU_SECONDS,
    LENGTH,
    MEMORY,
    SECONDS,
    SURVEY_CPU_SECONDS,
    Answers,
    Broke,
    Digest,
    Done,
    Files,
    Pack,
    Read,
    Refused,
    Render,
    Request,
    SentHandin,
    Survey,
    TooMuch,
    What,
    answer_to,
    load,
    received,
    serve,
)
from grading.intake.safe_names import shown
from grading.intake.submission import Handin, IntakeError, Submission
from grading.words import say, spoken

if TYPE_CHECKING:
    from grading.intake.rendered_cells import RenderedAnswer

T = TypeVar("T")

_REPLIES = msgspec.msgpack.Decoder(Done | Refused | TooMuch | Broke)


class TooMuchError(IntakeError):
    """Reading a hand-in takes more time or memory than allowed."""


class ReadingError(Exception):
    """A defect of the grader, met while reading a hand-in: what, and where in which of our files."""


class Reader(Closing):
    """Reads hand-ins, for many threads at once if necessary, and for processes forked from this one.

    It costs little if it is made while no other thread runs and little is loaded.
    """

    def __init__(self, *, apart: bool = sys.platform == "linux") -> None:
        """``apart``: whether to read in other processes, not in this one."""
        self._control: socket.socket | None = None
        self._idle: list[tuple[int, socket.socket]] = []
        if apart:
            self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            parent = os.getpid()
            load()
            self.process = os.fork()
            if self.process == 0:
                serve(theirs, parent)
            theirs.close()

    def read(self, handin: Handin, asked: Sequence[str]) -> Submission:
        """As `grading.intake.read.read`.

        Raises:
            IntakeError: nothing in it can be graded, or reading it takes more time or memory than allowed.
            ReadingError: it met a defect of the grader.
        """
        return self._ask(handin, Read(tuple(asked)), Submission)

    def digest(self, handin: Handin) -> str | None:
        """The hand-in's current `Submission.sha256`; None if it cannot be read any more."""
        try:
            return self._ask(handin, Digest(), str)
        except (IntakeError, ReadingError):
            return None

    def files(self, handin: Handin, names: Iterable[str] | None, sha256: str) -> dict[str, bytes]:
        """The files of a hand-in with these names, or all; none if it has changed since it was graded.

        Raises:
            IntakeError, ReadingError: as `read`.
        """
        return self._ask(handin, Files(None if names is None else tuple(names), sha256), dict[str, bytes])

    def packed(self, handin: Handin) -> bytes:
        """As `grading.intake.packed_handin.pack`.

        Raises:
            IntakeError, ReadingError: as `read`; also if one of its files cannot be read.
        """
        return self._ask(handin, Pack(), bytes)

    def rendered(self, handin: Handin, notebook: bytes) -> list[tuple[str, str]]:
        """As `grading.intake.rendered_cells.rendered_cells`, for a notebook in the hand-in.

        Raises:
            IntakeError, ReadingError: as `read`.
        """
        return self._ask(handin, Render(notebook), list[tuple[str, str]])

    def answers(
        self, handin: Handin, sha256: str, asked: Sequence[tuple[str, str | None]], shown: Sequence[int]
    ) -> list[RenderedAnswer]:
        """As `rendered_cells.rendered_answers`, without pictures if the hand-in does not have this hash.

        Raises:
            IntakeError, ReadingError: as `read`.
        """
        from grading.intake.rendered_cells import RenderedAnswer

        return self._ask(handin, Answers(sha256, tuple(asked), tuple(shown)), list[RenderedAnswer])

    def survey(
        self, paths: Sequence[Path], reading: Reading | None = None, *, ascii_names: bool = False
    ) -> Found:
        """As `grading.intake.find.survey`.

        If a hand-in makes that take too much, each file and folder at the path counts as a hand-in, which is
        reported: a class is graded whatever is in it.
        """
        return survey(paths, reading, ascii_names=ascii_names, below=self._below)

    def _below(
        self, path: Path, reading: Reading | None, *, alone: bool
    ) -> tuple[Sequence[Handin], Sequence[str]]:
        if is_looked_through(path):
            for way in (reading, "class") if path.is_dir() and reading != "one" else (reading,):
                try:
                    entries, said = self._ask(
                        Handin("", path), Survey(way, alone), tuple[list[SentHandin], list[str]]
                    )
                except (TooMuchError, ReadingError):
                    continue
                return [each.received() for each in entries], said if way == reading else [
                    _not_told(path),
                    *said,
                ]
            return by_name(path, reading), [_not_told(path)]
        return look_below(path, reading, alone=alone)

    def close(self) -> None:
        """End all reading. Processes forked from this one must not read any more."""
        if self._control is not None:
            self._control.close()
            self._control = None
            while self._idle:
                self._idle.pop()[1].close()
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)

    def _ask(self, handin: Handin, what: What, kind: type[T]) -> T:
        request = Request(SentHandin.of(handin), spoken(), what)
        if self._control is None:
            answer: bytes | None = answer_to(request)
        else:
            answer = self._sent(self._control, msgspec.msgpack.encode(request))
        reply = None if answer is None else _REPLIES.decode(answer)
        if isinstance(reply, Done):
            return msgspec.msgpack.decode(reply.answer, type=kind)
        if isinstance(reply, Broke):
            raise ReadingError(reply.error)
        if isinstance(reply, Refused):
            raise IntakeError(reply.reason)
        raise TooMuchError(_too_much(handin))

    def _sent(self, control: socket.socket, request: bytes) -> bytes | None:
        """Send a request and return the answer; None if it ended even a process that had read nothing before."""
        while True:
            line, is_new = self._line(control)
            # It may be gone before it has read everything.
            with contextlib.suppress(OSError):
                line.sendall(LENGTH.pack(len(request)) + request)
                answer = received(line)
                if answer is not None:
                    self._idle.append((os.getpid(), line))
                    return answer
            line.close()
            if is_new:
                return None

    def _line(self, control: socket.socket) -> tuple[socket.socket, bool]:
        """Return a connection to a process that nobody else is using, and whether that process is new."""
        while self._idle:
            owner, line = self._idle.pop()
            if owner == os.getpid():
                return line, False
            line.close()  # belongs to the process that this one was forked from
        line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(SECONDS + 5)
        with theirs:
            socket.send_fds(control, [b"?"], [theirs.fileno()])
        return line, True


def _too_much(handin: Handin) -> str:
    return say(
        "{where} cannot be read within {seconds} s of processor time and {memory} MiB of memory: "
        "hand in nothing but the work itself",
        where=shown(handin.path.name),
        seconds=CPU_SECONDS,
        memory=MEMORY >> 20,
    )


def _not_told(path: Path) -> str:
    return say(
        "{where} could not be looked through within {seconds} s of processor time and {memory} MiB of memory, so each "
        "file and folder in it was taken for one hand-in; name those of one student with --one.",
        where=shown(str(path)),
        seconds=SURVEY_CPU_SECONDS,
        memory=MEMORY >> 20,
    )
