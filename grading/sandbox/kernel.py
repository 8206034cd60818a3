"""A student's own kernel instead of a worker's process: the functions are already there, and there are no walls.

Steps and answers are encoded as for a worker, so the functions get new arrays, the same strict reader decodes their
answers, and the grader reaches the same verdicts. What disappears when a worker's process ends is restored here by
hand: warnings, random numbers, printed output.
"""

from __future__ import annotations

import contextlib
import io
import signal
import sysconfig
import threading
import time
import types
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from grading import ROOMS, SUITE
from grading.intake.submission import Submission
from grading.protocol import packing
from grading.protocol.wire import WireCalling
from grading.sandbox import requests
from grading.sandbox.channel import Output
from grading.sandbox.inside import seeding
from grading.sandbox.inside.adapting import adapted, prepare
from grading.sandbox.inside.answering import Answerer
from grading.sandbox.inside.answers import Packer, raised
from grading.sandbox.inside.importing import Importing
from grading.sandbox.inside.library import Library, lines_of
from grading.sandbox.limits import Limits
from grading.sandbox.messages import Loaded, LossError, Lost, Outcome, Step
from grading.sandbox.pairs import Pairs
from grading.sandbox.walls.launch import End
from grading.words import say

# If student code catches a deadline, it is raised again after this many seconds.
_REPEAT_SECONDS = 0.5


class _TimeUp(BaseException):
    """The deadline of a step has passed."""


class StudentFiles:
    """The files whose code is the student's: all except Python's, installed packages and this suite."""

    def __init__(self) -> None:
        paths = sysconfig.get_paths()
        libraries = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
        self._others = (*libraries, *(str(SUITE / room) for room in ROOMS), "<frozen ")

    def __contains__(self, filename: object) -> bool:
        """Whether code in this file is counted and named as the student's."""
        name = str(filename)
        return not (name.startswith(self._others) or "site-packages" in name or "dist-packages" in name)


class KernelSession:
    """The counterpart of `Session` in this process.

    Args:
        provided: the student's functions and classes by their requested names.
        limits: only printed output is capped by these; steps have deadlines of their own.
        names: how files are named in error messages.
        callings: how functions and classes are called, if not as in the course.
    """

    def __init__(
        self,
        provided: Mapping[str, Any],
        limits: Limits,
        names: Mapping[str, str],
        callings: Sequence[WireCalling] = (),
    ) -> None:
        self._provided, self._names = adapted(provided, callings), names
        self._files = StudentFiles()
        self.loaded = Loaded()
        self.output = Output(limits.output_bytes)
        self.called: set[str] = set()
        self.overhead = 0.0
        self._answerer: Answerer | None = None

    def refund(self) -> Callable[[], None]:
        """As a session's; there is no budget here."""
        return lambda: None

    @property
    def running(self) -> bool:
        """Whether the objects that steps have made still exist."""
        return self._answerer is not None

    @property
    def processor_seconds(self) -> None:
        """Not available: the student's share of this process's time cannot be told apart."""

    def drain(self) -> None:
        """Printed output is not kept."""

    def start(self) -> None:
        """Begin without any objects."""
        self._answerer = Answerer(self._provided)
        self.called = set()

    def stop(self, wait: bool = False) -> End:
        """Forget all objects."""
        self._answerer = None
        return End()

    def exchange(self, steps: Sequence[Step], seconds: float | None, end: float) -> Iterator[Outcome]:
        """Run ``steps`` and yield their outcomes as they arrive; without ``seconds`` for each step, yield none.

        Raises:
            LossError: a step took longer than it may.
            KeyboardInterrupt: the student interrupted it.
        """
        if seconds is None:
            return
        for step in steps:
            if called := requests.called_by(step):
                self.called.add(called)
            try:
                yield self._taken(step, min(seconds, end - time.monotonic()))
            except _TimeUp:
                self.stop()
                raise LossError(
                    Lost("timeout", say("No answer within {seconds:g} seconds.", seconds=seconds))
                ) from None

    def exchange_pairs(self, function: str, pairs: Pairs, end: float) -> None:
        """Do nothing: here, one call at a time is fast enough, and each has its own deadline."""

    def _taken(self, step: Step, seconds: float) -> Outcome:
        assert self._answerer is not None
        wire_step, payload = requests.packed_step(step)
        packer = Packer()
        body: Any
        try:
            with _deadline(seconds), _quiet():
                body = self._answerer.taken(wire_step, packing.Unpacker(payload), packer)
        except (_TimeUp, KeyboardInterrupt):
            raise
        except BaseException as error:
            packer = Packer()
            body = raised(error, self._files)
            body = msgspec.structs.replace(body, where=self._where(error))
        return requests.outcome_of(step, body, bytearray(b"".join(packer.arrays)))

    def _where(self, error: BaseException) -> str | None:
        """The last line of student code that ``error`` passed through, with the file's name as the student knows it."""
        place = None
        for filename, line in lines_of(error):
            if filename in self._files:
                place = f"{self._names.get(filename, Path(filename).name)}, line {line}"
        return place


@contextlib.contextmanager
def untouched(callings: Sequence[WireCalling]) -> Iterator[None]:
    """Make random numbers repeatable, and restore them afterwards, around all calls of a kernel's functions.

    So are the settings of the array library, if ``callings`` name one.
    """
    with seeding.repeatable(), contextlib.ExitStack() as stack:
        seeding.seed_everything(0)
        stack.callback(prepare(callings))
        yield


def loaded_here(submission: Submission) -> dict[str, Any]:
    """Load a hand-in's functions and classes in this process as a worker does, by their requested names."""
    message = requests.load(b"", submission, [])
    library = Library(message.sources, message.definitions, [], lambda place: None)
    Importing(library)
    library.provide_all()
    return library.provided


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """As in a worker: no output, no warnings, and NumPy's own defaults, whatever the notebook has set."""
    nowhere = _Nowhere()
    with (
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
        warnings.catch_warnings(),
        np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"),
    ):
        warnings.simplefilter("ignore")
        yield


class _Nowhere(io.TextIOBase):
    """Discards printed output."""

    def write(self, text: str) -> int:
        """Discard it."""
        return len(text)


@contextlib.contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    """Raise `_TimeUp` in code that runs longer; where there are no such signals, only the student can interrupt it."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(number: int, frame: types.FrameType | None) -> None:
        raise _TimeUp

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-3), _REPEAT_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
