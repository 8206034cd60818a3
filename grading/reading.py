"""Reading what students wrote, apart from what grades it.

Nothing of a student's runs there, but whatever reads what a stranger wrote can be made to take for ever, to fill the
memory, or to crash. So hand-ins are read by processes of their own, one hand-in at a time: such a process can write no
file, start no program and reach no other process, gives back bytes, which are read strictly, and is ended by the kernel
when a hand-in takes too much of it. That hand-in is tried in a new process, forked from one that has read nothing; if
it ends that, too, it cannot be read. Where processes cannot be forked (not on Linux), hand-ins are read in this one.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn, TypeVar

import msgspec

from grading.intake.files import gather
from grading.intake.limits import DEFAULT
from grading.intake.naming import shown
from grading.intake.read import digest, read
from grading.sandbox.closing import Closing
from grading.sandbox.inside import walls
from grading.sandbox.syscalls import SeccompUnavailableError, compiled_filter
from grading.submission import Handin, IntakeError, Submission
from grading.words import Language, say, speak, spoken

T = TypeVar("T")

CPU_SECONDS = 10
_SECONDS = 120  # of wall time, which a machine with much to do may need for that
_COLLECTED_AFTER = 20_000
_MEMORY = 1536 << 20
_MOST_KEPT = 256 << 20  # of memory, from one hand-in to the next
_LARGEST = 320 << 20
# Large, and few hand-ins need them.
_LOADED_IF_NEEDED = ("IPython.core.inputtransformer2", "nbformat", "numpy")
_LENGTH = struct.Struct("!Q")


class ReadingError(Exception):
    """A defect of the grader met while a hand-in was read: what, and where in which file of ours."""


class _Read(msgspec.Struct, tag=True):
    """To read a hand-in, with the names that are asked for."""

    asked: tuple[str, ...]


class _Digest(msgspec.Struct, tag=True):
    """To say by what a hand-in is known."""


class _Files(msgspec.Struct, tag=True):
    """To bring some files of a hand-in, if it is still what has this hash."""

    names: tuple[str, ...]
    sha256: str


class _Request(msgspec.Struct):
    name: str
    path: bytes
    parts: tuple[tuple[bytes, bytes], ...]
    language: Language
    what: _Read | _Digest | _Files


class _Done(msgspec.Struct, tag=True):
    answer: msgspec.Raw


class _Refused(msgspec.Struct, tag=True):
    reason: str


class _Broke(msgspec.Struct, tag=True):
    error: str


class Reader(Closing):
    """Reads hand-ins, for many threads at once if need be, and for processes that are forked from this one.

    Made where no other thread runs and little is loaded, it costs little.
    """

    def __init__(self, *, apart: bool = sys.platform == "linux") -> None:
        """``apart``: by other processes, not in this one."""
        self._control: socket.socket | None = None
        self._idle: list[tuple[int, socket.socket]] = []
        if apart:
            self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            parent = os.getpid()
            self.process = os.fork()
            if self.process == 0:
                _serve(theirs, parent)
            theirs.close()

    def read(self, handin: Handin, asked: Sequence[str]) -> Submission:
        """As `grading.intake.read`.

        Raises:
            IntakeError: nothing in it can be graded, or it takes more to read it than may be had.
            ReadingError: it met a defect of the grader.
        """
        return self._ask(handin, _Read(tuple(asked)), Submission)

    def digest(self, handin: Handin) -> str:
        """The `Submission.sha256` that the hand-in has as it is now.

        Raises:
            IntakeError, ReadingError: as `read`.
        """
        return self._ask(handin, _Digest(), str)

    def files(self, handin: Handin, names: Iterable[str], sha256: str) -> dict[str, bytes]:
        """Those files of a hand-in that have one of these names; none if it is no longer what was graded.

        Raises:
            IntakeError, ReadingError: as `read`.
        """
        return self._ask(handin, _Files(tuple(names), sha256), dict[str, bytes])

    def close(self) -> None:
        """End all reading. Processes that were forked from this one must not read any more."""
        if self._control is not None:
            self._control.close()
            self._control = None
            while self._idle:
                self._idle.pop()[1].close()
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)

    def _ask(self, handin: Handin, what: _Read | _Digest | _Files, kind: type[T]) -> T:
        request = msgspec.msgpack.encode(_packed(handin, what))
        answer = _answer(request) if self._control is None else self._sent(self._control, request)
        reply = None if answer is None else msgspec.msgpack.decode(answer, type=_Done | _Refused | _Broke)
        if isinstance(reply, _Done):
            return msgspec.msgpack.decode(reply.answer, type=kind)
        if isinstance(reply, _Broke):
            raise ReadingError(reply.error)
        raise IntakeError(_too_much(handin) if reply is None else reply.reason)

    def _sent(self, control: socket.socket, request: bytes) -> bytes | None:
        """The answer; None if a process that has read nothing before has ended over it."""
        while True:
            line, is_new = self._line(control)
            # It may be gone before it has read all.
            with contextlib.suppress(OSError):
                line.sendall(_LENGTH.pack(len(request)) + request)
                answer = _received(line)
                if answer is not None:
                    self._idle.append((os.getpid(), line))
                    return answer
            line.close()
            if is_new:
                return None

    def _line(self, control: socket.socket) -> tuple[socket.socket, bool]:
        """To a process that nobody else talks to now, and whether it is a new one."""
        while self._idle:
            owner, line = self._idle.pop()
            if owner == os.getpid():
                return line, False
            line.close()  # of the process that this one was forked from
        line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(_SECONDS + 5)
        with theirs:
            socket.send_fds(control, [b"?"], [theirs.fileno()])
        return line, True


def _too_much(handin: Handin) -> str:
    return say(
        "{where} cannot be read within {seconds} s of processor time and {memory} MiB of memory: "
        "hand in nothing but the work itself",
        where=shown(handin.path.name),
        seconds=CPU_SECONDS,
        memory=_MEMORY >> 20,
    )


def _packed(handin: Handin, what: _Read | _Digest | _Files) -> _Request:
    return _Request(
        handin.name,
        os.fsencode(handin.path),
        tuple((os.fsencode(name), os.fsencode(known)) for name, known in handin.parts),
        spoken(),
        what,
    )


def _received(line: socket.socket) -> bytes | None:
    """A message, or None if it is too long or ends too early."""
    try:
        head = line.recv(_LENGTH.size, socket.MSG_WAITALL)
        size = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else _LARGEST + 1
        if size > _LARGEST:
            return None
        pieces, left = [], size
        while left and (piece := line.recv(min(left, 1 << 20))):
            pieces.append(piece)
            left -= len(piece)
    except OSError:
        return None
    return None if left else b"".join(pieces)


def _answer(data: bytes) -> bytes:
    """Do what is asked for; whatever goes wrong, there is an answer."""
    request = msgspec.msgpack.decode(data, type=_Request)
    speak(request.language)
    parts = tuple((os.fsdecode(name), os.fsdecode(known)) for name, known in request.parts)
    handin = Handin(request.name, Path(os.fsdecode(request.path)), parts)
    reply: _Done | _Refused | _Broke
    try:
        done = msgspec.msgpack.encode(_do(request.what, handin))
        reply = _Done(msgspec.Raw(done))
    except IntakeError as error:
        reply = _Refused(str(error))
    except (RecursionError, MemoryError):
        reply = _Refused(_too_much(handin))
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        reply = _Broke(
            f"{type(error).__name__}: {shown(str(error))} ({Path(place.filename).name}, line {place.lineno})"
        )
    return msgspec.msgpack.encode(reply)


def _do(what: _Read | _Digest | _Files, handin: Handin) -> Submission | str | dict[str, bytes]:
    if isinstance(what, _Read):
        return read(handin, what.asked)
    gathered = gather(handin.path, DEFAULT, handin.parts)
    sha256 = digest(gathered)
    if isinstance(what, _Digest):
        return sha256
    found = gathered.files if sha256 == what.sha256 else []
    return {file.name: file.data for file in found if file.name in what.names}


def _serve(control: socket.socket, parent: int) -> NoReturn:
    """The life of the process that those which read are forked from."""
    try:
        walls.follow_parent(parent)
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        kept, nothing = control.fileno(), os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        # What was open in the process that this was forked from would stay open as long as we are here.
        os.closerange(3, kept)
        os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))
        _Forks(control).go_on()
    finally:
        os._exit(0)


class _Forks:
    """Forks a process for each request, and loads for all to come what one had to load for itself."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._pid = os.getpid()
        self._wishes, self._wish = os.pipe2(os.O_NONBLOCK)
        self._wanting = set(_LOADED_IF_NEEDED)
        self._system_calls: bytes | None = None
        with contextlib.suppress(SeccompUnavailableError):
            self._system_calls = compiled_filter()
        with contextlib.suppress(ImportError, OSError):
            walls.close_files_to_writers()
        # Syntax trees come in thousands; a collection for each 700 finds nothing.
        gc.set_threshold(_COLLECTED_AFTER)
        gc.collect()
        gc.freeze()

    def go_on(self) -> None:
        """Until whoever asks is gone."""
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
        """The life of a process that reads."""
        try:
            walls.follow_parent(self._pid)
            self._confine()
            before = _address_space()
            while _address_space() - before < _MOST_KEPT and (request := _received(line)) is not None:
                # Nobody handles these signals: the kernel ends this process, whatever it is at.
                signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
                signal.setitimer(signal.ITIMER_REAL, _SECONDS)
                answer = _answer(request)
                line.sendall(_LENGTH.pack(len(answer)) + answer)
                signal.setitimer(signal.ITIMER_PROF, 0)
                signal.setitimer(signal.ITIMER_REAL, 0)
                for name in self._wanting & sys.modules.keys():
                    os.write(self._wish, bytes([_LOADED_IF_NEEDED.index(name)]))
                    self._wanting.discard(name)
        finally:
            os._exit(0)

    def _confine(self) -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_address_space() + _MEMORY,) * 2)
        for limit in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
            resource.setrlimit(limit, (0, 0))
        for number in (signal.SIGPROF, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        if self._system_calls is not None:
            walls.close_system_calls(self._system_calls)


def _address_space() -> int:
    """How many bytes of it this process has."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
