"""The grader's end of one submission's process: send it steps, get outcomes, whatever it does."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

import numpy as np

from grading.sandbox import requests, wire
from grading.sandbox.channel import Channel, ClosedError, DeadlineExceededError, Output
from grading.sandbox.frames import ProtocolError
from grading.sandbox.launch import Launcher, Process
from grading.sandbox.limits import Limits
from grading.sandbox.messages import (
    Assign,
    Call,
    Invoke,
    Loaded,
    Lost,
    Outcome,
    PlugLoss,
    Raised,
    Received,
    Returned,
    Seed,
    Step,
)
from grading.sandbox.text import clean
from grading.submission import Submission

# A batch goes out in frames of at most so much, so that neither side holds much more than one.
_FRAME_STEPS = 2000
_FRAME_BYTES = 16 << 20
# What a reply may carry unless said otherwise: inputs back, a gradient, a history, with room to spare.
_REPLY_BYTES = 16 << 20
# Statements that may hang or kill while files are loaded, each at the cost of a new process.
_LOAD_ATTEMPTS = 4
# However many steps, a batch takes at most so many times one step's deadline.
_BATCH_DEADLINES = 10
_MAX_SENTENCES = 50
_MAX_SENTENCE = 500


class _LossError(Exception):
    """The process is gone."""

    def __init__(self, lost: Lost) -> None:
        super().__init__(lost.detail)
        self.lost = lost


class Worker:
    """The process of one submission. When it is lost, the next call gets a new one.

    Attributes:
        loaded: what happened while the student's files were loaded.
    """

    def __init__(self, launcher: Launcher, limits: Limits, submission: Submission) -> None:
        self._launcher, self._limits, self._submission = launcher, limits, submission
        self._output = Output(limits.output_bytes)
        self._channel: Channel | None = None
        self._process: Process | None = None
        self._skip: list[wire.WirePlace] = []
        self._seed: Seed | None = None
        self._brought_up = False
        self.loaded = Loaded()
        try:
            self._start()
        except _LossError as loss:
            self.loaded = Loaded(failures=dict.fromkeys(submission.definitions, loss.lost.detail))

    @property
    def stdout(self) -> str:
        """What student code has printed so far: capped, cleaned."""
        if self._channel is not None:
            self._channel.drain()
        return clean(self._output.text, self._limits.output_bytes + 100)

    def run(
        self, steps: Sequence[Step], seconds: float | None = None, reply_bytes: int | None = None
    ) -> list[Outcome]:
        """Take ``steps`` in order, in one round trip if nothing goes wrong.

        A step during which the process is lost is `Lost`. A new process then takes the calls behind it, but
        for those of the same function and all steps that need an object of the old process: they are `Lost`
        with the reason "skipped". All steps together get at most ten times ``seconds``.

        Args:
            steps: what to do.
            seconds: deadline for each step, None for ``Limits.call_seconds``.
            reply_bytes: cap on the arrays in one reply, None for 16 MiB and twice the step's own arrays.

        Returns:
            One outcome for each step.

        Raises:
            TypeError: an argument that cannot be sent.
        """
        seconds = self._limits.call_seconds if seconds is None else seconds
        end = time.monotonic() + seconds * min(len(steps), _BATCH_DEADLINES)
        outcomes = self._hopeless(steps)
        remaining = [k for k in range(len(steps)) if k not in outcomes]
        gone: set[str] = set()
        while remaining:
            try:
                for chunk in _chunks(steps, remaining):
                    self._exchange(steps, chunk, seconds, end, reply_bytes, outcomes)
            except _LossError as loss:
                position = next(p for p, k in enumerate(remaining) if k not in outcomes)
                outcomes[remaining[position]] = loss.lost
                lost_step = steps[remaining[position]]
                gone |= {lost_step.function} if isinstance(lost_step, Call) else set()
                remaining = self._after_loss(steps, remaining[position + 1 :], gone, end, outcomes)
            else:
                break
        return [outcomes[k] for k in range(len(steps))]

    def close(self) -> None:
        """End the process and everything that it started."""
        self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _hopeless(self, steps: Sequence[Step]) -> dict[int, Outcome]:
        """Outcomes of the steps that need a name which could not be provided."""
        outcomes: dict[int, Outcome] = {}
        failures = self.loaded.failures
        for k, step in enumerate(steps) if failures else ():
            name = str(getattr(step, "function", "") or getattr(step, "name", ""))
            if name in failures:
                outcomes[k] = Raised("NameError", failures[name])
        return outcomes

    def _after_loss(
        self,
        steps: Sequence[Step],
        rest: list[int],
        gone: set[str],
        end: float,
        outcomes: dict[int, Outcome],
    ) -> list[int]:
        """Which of the steps ``rest`` a new process takes; the others get their outcome here."""
        late = time.monotonic() >= end
        kept = []
        for k in rest:
            step = steps[k]
            if isinstance(step, Seed):
                self._seed = step
                kept.append(k)
            elif not isinstance(step, Call):
                outcomes[k] = Lost("skipped", "The object that this needs was lost with its process.")
            elif step.function in gone:
                outcomes[k] = Lost(
                    "skipped", f"{step.function} was not called again after its process was lost."
                )
            elif late:
                outcomes[k] = Lost("timeout", "The time for all calls together was used up.")
            else:
                kept.append(k)
        if any(isinstance(steps[k], Call) for k in kept):
            return kept
        outcomes.update(dict.fromkeys(kept, Returned(Received("NoneType", None))))
        return []

    def _exchange(
        self,
        steps: Sequence[Step],
        chunk: list[int],
        seconds: float,
        end: float,
        reply_bytes: int | None,
        outcomes: dict[int, Outcome],
    ) -> None:
        """Send the steps of ``chunk`` as one batch, and put their outcomes into ``outcomes`` as they come.

        Raises:
            _LossError: the process is gone; the first step without an outcome was running.
        """
        nonce = secrets.token_bytes(16)
        data = requests.batch_frame(nonce, [steps[k] for k in chunk])
        channel = self._started()
        channel.send(data)
        for index, k in enumerate(chunk):
            step = steps[k]
            deadline = min(time.monotonic() + seconds, end)
            cap = _REPLY_BYTES + 2 * _array_bytes(step) if reply_bytes is None else reply_bytes
            try:
                header, payload = channel.receive(deadline, cap)
                body = requests.decode_reply(header, nonce, index).body
                outcomes[k] = self._outcome(step, body, payload)
            except (ClosedError, DeadlineExceededError, ProtocolError) as error:
                raise self._loss(error, seconds) from None
            if isinstance(step, Seed):
                self._seed = step
        if channel.unasked:
            self._stop()

    def _outcome(self, step: Step, body: object, payload: bytearray) -> Outcome:
        if isinstance(body, (wire.WireReturned, wire.WireRaised)):
            return requests.outcome(body, payload)
        if not isinstance(body, wire.WireUnknown):
            raise ProtocolError("an answer to another kind of request")
        if isinstance(step, Call):
            return Raised("NameError", f"{step.function} is not there.")
        return Lost("skipped", "The object that this needs is not there.")

    def _loss(self, error: Exception, seconds: float) -> _LossError:
        """End the process, and say why."""
        ended = self._stop(wait=isinstance(error, ClosedError))
        if isinstance(error, DeadlineExceededError):
            return _LossError(Lost("timeout", f"No answer within {seconds:g} seconds."))
        if isinstance(error, ProtocolError):
            return _LossError(Lost("protocol", f"What came back was not an answer: {error}."))
        return _LossError(Lost("died", f"The process {ended or 'closed its connection'}."))

    def _started(self) -> Channel:
        """The channel to a process that has loaded the files, a new one if need be."""
        if self._channel is None:
            seed = self._seed
            self._start()
            if seed is not None:
                limit = self._limits.load_seconds
                self._exchange([seed], [0], limit, time.monotonic() + limit, None, {})
        if self._channel is None:
            raise _LossError(Lost("protocol", "The process sent more than it was asked for."))
        return self._channel

    def _start(self) -> None:
        """Start a process and have it load the files, without the statements that never ended before.

        Raises:
            _LossError: no process could be brought that far.
        """
        for attempt in range(_LOAD_ATTEMPTS):
            known = len(self._skip)
            try:
                self.loaded = self._load()
            except _LossError as loss:
                # Without having got to any statement of the student's: somebody else ended it, so once more.
                hopeless = len(self._skip) == known and (attempt or loss.lost.reason != "died")
                if hopeless or attempt == _LOAD_ATTEMPTS - 1:
                    raise
            else:
                return

    def _load(self) -> Loaded:
        channel = self._channel = self._open()
        # What the files print, they print again in a new process; once is enough.
        self._output.muted = self._brought_up
        self._brought_up = True
        nonce = secrets.token_bytes(16)
        channel.send(requests.load_frame(nonce, self._submission, self._skip))
        deadline = time.monotonic() + self._limits.load_seconds
        reached: wire.WirePlace | None = None
        while True:
            try:
                header, _ = channel.receive(deadline, 0)
                body = requests.decode_reply(header, nonce, 0).body
                if isinstance(body, wire.Finished):
                    channel.drain()
                    self._output.muted = False
                    return _loaded(body, self._submission)
                if not isinstance(body, wire.Reached):
                    raise ProtocolError("an answer to another kind of request")
                reached = body.place
            except (ClosedError, DeadlineExceededError, ProtocolError) as error:
                if reached is not None:
                    self._skip.append(reached)
                raise self._loss(error, self._limits.load_seconds) from None

    def _open(self) -> Channel:
        (ours, theirs), (printed, printing) = socket.socketpair(), socket.socketpair()
        with theirs, printing:
            self._process = self._launcher.start(theirs, printing)
        return Channel(ours, printed, self._output)

    def _stop(self, wait: bool = False) -> str:
        ended = ""
        if self._process is not None:
            ended = self._process.kill(wait)
            self._process = None
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        return ended


def _loaded(body: wire.Finished, submission: Submission) -> Loaded:
    remarks = tuple(clean(remark, _MAX_SENTENCE) for remark in body.remarks[:_MAX_SENTENCES])
    failures = {
        name: clean(body.failures[name], _MAX_SENTENCE)
        for name in submission.definitions
        if name in body.failures
    }
    return Loaded(remarks, failures)


def _array_bytes(step: Step) -> int:
    if isinstance(step, (Call, Invoke)):
        values = (*step.args, *step.kwargs.values())
    elif isinstance(step, PlugLoss):
        values = (step.losses, step.gradients)
    elif isinstance(step, Assign):
        values = (step.value,)
    else:
        return 0
    return sum([value.nbytes for value in values if isinstance(value, np.ndarray)])


def _chunks(steps: Sequence[Step], indices: list[int]) -> Iterator[list[int]]:
    """``indices`` in portions that fit a frame."""
    chunk: list[int] = []
    size = 0
    for k in indices:
        chunk.append(k)
        size += _array_bytes(steps[k])
        if len(chunk) == _FRAME_STEPS or size > _FRAME_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
