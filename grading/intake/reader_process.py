"""The processes that read hand-ins, with their requests and answers (`grading.intake.reader`)."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import msgspec

from grading.intake.files import gather
from grading.intake.find import Reading, look_below
from grading.intake.ipynb import DamagedNotebookError
from grading.intake.limits import DEFAULT
from grading.intake.packed_handin import pack
from grading.intake.read import digest, read
from grading.intake.safe_names import shown
from grading.intake.submission import Handin, IntakeError, Platform, Submission
from grading.sandbox.inside import confining
from grading.sandbox.inside.libraries import landlock_version
from grading.sandbox.walls.syscalls import SeccompUnavailableError, compiled_filter
from grading.words import Language, speak

if TYPE_CHECKING:
    from grading.intake.rendered_cells import RenderedAnswer

CPU_SECONDS = 10
SURVEY_CPU_SECONDS = 60  # for a class of ten thousand
SECONDS = 120  # of wall time, which a busy machine may need for that
MEMORY = 1536 << 20
LENGTH = struct.Struct("!Q")
_MOST_KEPT = 256 << 20  # bytes of memory, from one hand-in to the next
_LARGEST = 320 << 20
# Large, and needed by few hand-ins.
_LOADED_IF_NEEDED = ("IPython.core.inputtransformer2", "nbformat", "numpy", "nbconvert")


class Read(msgspec.Struct, tag=True):
    """Request to read a hand-in, with the required names."""

    asked: tuple[str, ...]


class Digest(msgspec.Struct, tag=True):
    """Request for the hash of a hand-in."""


class Files(msgspec.Struct, tag=True):
    """Request for some files of a hand-in, or all, if it still has this hash."""

    names: tuple[str, ...] | None
    sha256: str


class Pack(msgspec.Struct, tag=True):
    """Request to pack a hand-in as bytes, to be unpacked elsewhere."""


class Survey(msgspec.Struct, tag=True):
    """Request to find the hand-ins at a path."""

    reading: Reading | None
    alone: bool


class Render(msgspec.Struct, tag=True):
    """Request to render a notebook's cells as harmless HTML."""

    notebook: bytes


class Answers(msgspec.Struct, tag=True):
    """Request to render some questions and answers of a hand-in as harmless HTML, with pictures if it has this hash."""

    sha256: str
    asked: tuple[tuple[str, str | None], ...]
    shown: tuple[int, ...]


What = Read | Digest | Files | Pack | Survey | Render | Answers


class SentHandin(msgspec.Struct, array_like=True):
    """A `Handin`; names on disk need not be text."""

    name: bytes
    path: bytes
    parts: tuple[tuple[bytes, bytes], ...]
    submitted: datetime | None
    lms_id: bytes
    lms: Platform

    @classmethod
    def of(cls, handin: Handin) -> SentHandin:
        """Convert a hand-in to be sent."""
        name, path, lms_id = (os.fsencode(one) for one in (handin.name, handin.path, handin.lms_id))
        parts = tuple((os.fsencode(inside), os.fsencode(known)) for inside, known in handin.parts)
        return cls(name, path, parts, handin.submitted, lms_id, handin.lms)

    def received(self) -> Handin:
        """Convert it back to the hand-in that was sent."""
        name, path, lms_id = (os.fsdecode(one) for one in (self.name, self.path, self.lms_id))
        parts = tuple((os.fsdecode(inside), os.fsdecode(known)) for inside, known in self.parts)
        return Handin(name, Path(path), parts, self.submitted, lms_id, self.lms)


class Request(msgspec.Struct):
    """A request: the task, the hand-in or path, and the language of sentences."""

    handin: SentHandin
    language: Language
    what: What


class Done(msgspec.Struct, tag=True):
    """The answer."""

    answer: msgspec.Raw


class Refused(msgspec.Struct, tag=True):
    """The reason why nothing in it can be graded."""

    reason: str


class TooMuch(msgspec.Struct, tag=True):
    """It is nested too deeply, or too large, to be read."""


class Broke(msgspec.Struct, tag=True):
    """It met a defect of ours."""

    error: str


_REQUESTS = msgspec.msgpack.Decoder(Request)  # made once for all processes: it takes a millisecond


def received(line: socket.socket) -> bytes | None:
    """Receive a message; None if it is too long or ends too early."""
    try:
        head = line.recv(LENGTH.size, socket.MSG_WAITALL)
        size = LENGTH.unpack(head)[0] if len(head) == LENGTH.size else _LARGEST + 1
        if size > _LARGEST:
            return None
        pieces, left = [], size
        while left and (piece := line.recv(min(left, 1 << 20))):
            pieces.append(piece)
            left -= len(piece)
    except OSError:
        return None
    return None if left else b"".join(pieces)


def answer_to(request: Request) -> bytes:
    """Carry out a request; whatever goes wrong, there is an answer."""
    speak(request.language)
    reply: Done | Refused | TooMuch | Broke
    try:
        done = msgspec.msgpack.encode(_do(request.what, request.handin.received()))
        reply = Done(msgspec.Raw(done))
    except IntakeError as error:
        reply = Refused(str(error))
    except (RecursionError, MemoryError):
        reply = TooMuch()
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        reply = Broke(
            f"{type(error).__name__}: {shown(str(error))} ({Path(place.filename).name}, line {place.lineno})"
        )
    return msgspec.msgpack.encode(reply)


def _do(
    what: What, handin: Handin
) -> (
    Submission
    | str
    | bytes
    | dict[str, bytes]
    | tuple[list[SentHandin], Sequence[str]]
    | list[tuple[str, str]]
    | list[RenderedAnswer]
):
    if isinstance(what, Read):
        return read(handin, what.asked)
    if isinstance(what, Survey):
        entries, said = look_below(handin.path, what.reading, alone=what.alone)
        return [SentHandin.of(entry) for entry in entries], said
    if isinstance(what, Pack):
        return pack(handin)
    if isinstance(what, Render):
        from grading.intake.rendered_cells import rendered_cells

        try:
            return rendered_cells(what.notebook)
        except DamagedNotebookError as error:
            raise IntakeError(str(error)) from error
    if isinstance(what, Answers):
        from grading.intake.rendered_cells import rendered_answers

        return rendered_answers(_files(handin, what.sha256), what.asked, what.shown)
    gathered = gather(handin.path, DEFAULT, handin.parts)
    sha256 = digest(gathered)
    if isinstance(what, Digest):
        return sha256
    found = gathered.files if sha256 == what.sha256 else []
    return {file.name: file.data for file in found if what.names is None or file.name in what.names}


def _files(handin: Handin, sha256: str) -> list[tuple[str, bytes]]:
    """The files of a hand-in, with their names; none if it has changed."""
    try:
        gathered = gather(handin.path, DEFAULT, handin.parts)
    except IntakeError:
        return []
    files = gathered.files if digest(gathered) == sha256 else []
    return [(file.name, file.data) for file in files]


def load() -> None:
    """Load what the reading processes and the process that forks them both need."""
    with contextlib.suppress(SeccompUnavailableError):
        compiled_filter()
    landlock_version()


def serve(control: socket.socket, parent: int) -> NoReturn:
    """Run the process that the reading processes are forked from."""
    try:
        confining.follow_parent(parent)
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        kept, nothing = control.fileno(), os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        # Whatever the parent process had open would stay open as long as this one lives.
        os.closerange(3, kept)
        os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))
        _Forks(control).go_on()
    finally:
        os._exit(0)


class _Forks:
    """Forks a process for each request, and loads what one had to load itself for all that follow."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._pid = os.getpid()
        self._wishes, self._wish = os.pipe2(os.O_NONBLOCK)
        self._wanting = set(_LOADED_IF_NEEDED)
        self._system_calls: bytes | None = None
        with contextlib.suppress(SeccompUnavailableError):
            self._system_calls = compiled_filter()
        with contextlib.suppress(ImportError, OSError):
            confining.close_files_to_writers()

    def go_on(self) -> None:
        """Serve until the requesting process is gone."""
        while True:
            message, lines, _, _ = socket.recv_fds(self._control, 1, 1)
            if not message:
                return
            with contextlib.suppress(BlockingIOError):
                for number in os.read(self._wishes, 64):
                    importlib.import_module(_LOADED_IF_NEEDED[number])
                    self._wanting.discard(_LOADED_IF_NEEDED[number])
            if os.fork() == 0:
                self._control.close()
                self._answer(socket.socket(fileno=lines[0]))
            os.close(lines[0])

    def _answer(self, line: socket.socket) -> NoReturn:
        """Run a reading process."""
        try:
            confining.follow_parent(self._pid)
            self._confine()
            before = _address_space()
            while _address_space() - before < _MOST_KEPT and (request := received(line)) is not None:
                # Nobody handles these signals: the kernel ends this process, whatever it is doing.
                asked = _REQUESTS.decode(request)
                is_survey = isinstance(asked.what, Survey)
                signal.setitimer(signal.ITIMER_PROF, SURVEY_CPU_SECONDS if is_survey else CPU_SECONDS)
                signal.setitimer(signal.ITIMER_REAL, SECONDS)
                answer = answer_to(asked)
                line.sendall(LENGTH.pack(len(answer)) + answer)
                signal.setitimer(signal.ITIMER_PROF, 0)
                signal.setitimer(signal.ITIMER_REAL, 0)
                for name in self._wanting & sys.modules.keys():
                    os.write(self._wish, bytes([_LOADED_IF_NEEDED.index(name)]))
                    self._wanting.discard(name)
        finally:
            os._exit(0)

    def _confine(self) -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_address_space() + MEMORY,) * 2)
        for limit in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
            resource.setrlimit(limit, (0, 0))
        for number in (signal.SIGPROF, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        if self._system_calls is not None:
            confining.close_system_calls(self._system_calls)


def _address_space() -> int:
    """The size of this process's address space, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
