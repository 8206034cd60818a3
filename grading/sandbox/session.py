"""One process that has loaded one submission's files, from its start to its end."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from grading.intake.submission import Submission
from grading.protocol import wire
from grading.protocol.frames import ProtocolError
from grading.sandbox import requests
from grading.sandbox.budget import Budget
from grading.sandbox.channel import Channel, ClosedError, DeadlineExceededError, Output
from grading.sandbox.limits import Limits
from grading.sandbox.messages import NOTHING, Call, Loaded, LossError, Lost, Outcome, Step
from grading.sandbox.pairs import Pairs
from grading.sandbox.requests import (
    ANSWER_BYTES,
    array_bytes,
    called_by,
    first_function_of,
    function_of,
    loaded_from,
    long_import,
    most_bytes,
    outcome_of,
)
from grading.sandbox.retention import Retention
from grading.sandbox.shared_array import SharedArray
from grading.sandbox.walls.launch import End, Launcher, Process
from grading.sandbox.walls.levels import DisturbedError
from grading.words import say

# How long many calls together may show no progress before they are repeated one by one.
_STALL_SECONDS = 1.0
# Answers that take longer are charged exactly.
_QUICK = 0.05
# A process that could run may be kept waiting for a processor for this share of its time.
_STARVED = 0.25
# How many statements may hang or kill the process while files are loaded, each at the cost of a new process.
_LOAD_ATTEMPTS = 4


class Session:
    """The process of one submission, started when it is needed.

    Attributes:
        loaded: what happened when the files were last loaded.
        output: everything printed, in all processes so far.
        called: the functions and methods that the current process has been told to call.
        overhead: seconds spent on starting and ending processes, which are not the student's.
    """

    def __init__(
        self,
        launcher: Launcher,
        limits: Limits,
        submission: Submission,
        shared: SharedArray | None,
        budget: Budget,
        *,
        is_asked_again: bool = False,
    ) -> None:
        self._is_asked_again = is_asked_again
        self._launcher, self._limits, self._submission = launcher, limits, submission
        self._shared = shared
        self._imported = long_import(submission)
        self._channel: Channel | None = None
        self._process: Process | None = None
        # Statements that hung or killed the process, which loading now skips.
        self._skip: list[wire.WirePlace] = []
        self._loads = 0
        self._keeping = Retention()
        self._budget = budget
        # Of the current process, as last seen.
        self._waited = self._computed = 0.0
        # The function that answered last, to which thread, and that thread's processor time at that moment.
        self._judged = "", 0, 0.0
        self.output = Output(limits.output_bytes)
        self.loaded = Loaded()
        self.called: set[str] = set()
        self.overhead = 0.0

    def refund(self) -> Callable[[], None]:
        """As that of the hand-in's `Budget`."""
        return self._budget.refund()

    @property
    def running(self) -> bool:
        """Whether there is a process, as far as we know."""
        return self._channel is not None

    @property
    def processor_seconds(self) -> float | None:
        """Processor time of the process so far, measured from outside; None if it cannot be measured."""
        vitals = self._process.vitals if self._process is not None else None
        return None if vitals is None else vitals.processor_seconds()

    def drain(self) -> None:
        """Collect the output printed so far."""
        if self._channel is not None:
            self._channel.drain()

    def start(self) -> None:
        """Start a process and load the files into it, without the statements that did not end before.

        Raises:
            LossError: no process got that far.
            LaunchError: no process could be started at all.
        """
        began = time.monotonic()
        try:
            for attempt in range(_LOAD_ATTEMPTS):
                known = len(self._skip)
                try:
                    self.loaded = self._load()
                except LossError as loss:
                    # It did not reach any of the student's statements: somebody else ended it. Try once more.
                    hopeless = len(self._skip) == known and (attempt or loss.lost.reason != "died")
                    if hopeless or attempt == _LOAD_ATTEMPTS - 1:
                        raise
                else:
                    return
        finally:
            self.overhead += time.monotonic() - began

    def exchange(self, steps: Sequence[Step], seconds: float | None, end: float) -> Iterator[Outcome]:
        """Send ``steps`` as one batch, and yield their outcomes as they arrive.

        Args:
            steps: what to run.
            seconds: deadline for each step after the previous reply; None for outcomes that arrive many at a time.
            end: deadline for all of them, on the clock of `time.monotonic`.

        Raises:
            LossError: the process is gone; the first step without an outcome was running. Without ``seconds``, any of
                them may have been running, or nothing arrived for a while.
            TypeError: an argument cannot be sent; nothing was sent.
        """
        together = seconds is None
        seconds = _STALL_SECONDS if seconds is None else seconds
        nonce = secrets.token_bytes(16)
        data = requests.batch_frame(nonce, steps, self._shared, together=together)
        channel = self._connected()
        channel.send(data)
        nothing = 0
        for index, step in enumerate(steps):
            if called := called_by(step):
                self.called.add(called)
            asked = array_bytes(step)
            if nothing:
                nothing -= 1
                yield self._keeping.kept(NOTHING, 0, 0, asked)
                continue
            cap = most_bytes(step, asked)
            try:
                found = channel.at_hand(cap)
                if found is None:
                    # A reply may answer several steps, and is charged to the first that runs the student's code.
                    charged = first_function_of(steps, index) if together else function_of(step)
                    # Trainings have deadlines of their own, and there are few of them.
                    charged = "" if seconds > self._limits.call_seconds else charged
                    found = self._receive(channel, charged, min(time.monotonic() + seconds, end), cap)
                header, payload = found
                body = requests.decode_reply(header, nonce, index).body
                if together and isinstance(body, wire.WireNothing):
                    nothing = requests.nothing(body, payload, len(steps) - index) - 1
                    outcome: Outcome = NOTHING
                else:
                    outcome = outcome_of(step, body, payload)
            except (ClosedError, DeadlineExceededError, ProtocolError) as error:
                raise self._loss(error, seconds) from None
            yield self._keeping.kept(outcome, len(header), len(payload), asked)
        if channel.unasked:
            self.stop()

    def exchange_pairs(self, function: str, pairs: Pairs, end: float) -> None:
        """Call ``function`` on all calls in ``pairs``, and store the answers as they arrive, many at a time.

        Args:
            function: a requested name.
            pairs: the calls, none of them answered yet.
            end: deadline for all of them, on the clock of `time.monotonic`.

        Raises:
            LossError: the process is gone, or nothing arrived for a while; ``pairs`` has what arrived before. Any of
                the later calls may have been running.
        """
        nonce = secrets.token_bytes(16)
        channel = self._connected()
        calls = pairs.calls
        channel.send(requests.pairs_frame(nonce, function, calls.headers, calls.payloads))
        self.called.add(function)
        while not pairs.complete:
            try:
                deadline = min(time.monotonic() + _STALL_SECONDS, end)
                cap = ANSWER_BYTES + pairs.reply_bytes
                header, payload = channel.at_hand(cap) or self._receive(channel, function, deadline, cap)
                body = requests.decode_reply(header, nonce, pairs.answered).body
                if isinstance(body, wire.WirePairs):
                    pairs.take(body, payload)
                else:
                    outcome = outcome_of(Call(function, ()), body, payload)
                    asked = array_bytes(Call(function, calls.arguments[pairs.answered]))
                    pairs.add(self._keeping.kept(outcome, len(header), len(payload), asked))
            except (ClosedError, DeadlineExceededError, ProtocolError) as error:
                raise self._loss(error, _STALL_SECONDS) from None
        if channel.unasked:
            self.stop()

    def _connected(self) -> Channel:
        if self._channel is None:
            raise LossError(Lost("died", say("The process is gone.")))
        return self._channel

    def _receive(self, channel: Channel, function: str, deadline: float, cap: int) -> tuple[bytes, bytearray]:
        """Return the next reply, whose time is charged to ``function``; to none if that is "".

        Raises:
            LossError: no time is left for that function.
        """
        if function and self._budget.is_spent(function):
            raise self._spent()
        self._charge_judging(function)
        began = time.monotonic()
        try:
            return channel.receive(deadline, cap)
        finally:
            if function:
                self._budget.charge(function, self._needed(time.monotonic() - began))

    def _spent(self) -> LossError:
        """End the process, since there is no time left for its function."""
        self.stop()
        said = say(
            "The {seconds:g} seconds that one hand-in may take for all its calls are used up.",
            seconds=self._budget.seconds,
        )
        return LossError(Lost("spent", said))

    def _charge_judging(self, function: str) -> None:
        """Charge the time spent on judging the last answer to the function that gave it; the next is ``function``'s."""
        thread, used = threading.get_ident(), time.thread_time()
        judged, judging, since = self._judged
        if judged and judging == thread:
            self._budget.charge(judged, used - since)
        self._judged = function, thread, used

    def _needed(self, seconds: float) -> float:
        """The time that the process needed for an answer, without waiting for a processor, on all of its threads."""
        vitals = self._process.vitals if self._process is not None and seconds > _QUICK else None
        if vitals is not None:
            waited, computed = vitals.waiting_seconds(), vitals.processor_seconds() or self._computed
            seconds = max(seconds - (waited - self._waited), computed - self._computed)
            self._waited, self._computed = waited, computed
        return seconds

    def stop(self, wait: bool = False) -> End:
        """End the process and everything that it started; return how it had ended."""
        began, end = time.monotonic(), End()
        if self._process is not None:
            end = self._process.kill(wait)
            self._process = None
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        self.overhead += time.monotonic() - began
        return end

    def _load(self) -> Loaded:
        channel = self._channel = self._open()
        self._waited = self._computed = 0.0
        self.called = set()
        # Whatever the files print, they print again in a new process; once is enough.
        self.output.muted = self._loads > 0
        self._loads += 1
        nonce = secrets.token_bytes(16)
        channel.send(requests.load_frame(nonce, self._submission, self._skip))
        if self._budget.loading_is_spent:
            raise self._spent()
        began = time.monotonic()
        deadline = began + self._limits.load_seconds
        reached: wire.WirePlace | None = None
        while True:
            try:
                header, _ = channel.receive(deadline, 0)
                body = requests.decode_reply(header, nonce, 0).body
                if isinstance(body, wire.Finished):
                    self._budget.charge_loading(self._needed(time.monotonic() - began))
                    channel.drain()
                    self.output.muted = False
                    return loaded_from(body, self._submission)
                if not isinstance(body, wire.Reached):
                    raise ProtocolError("an answer to another kind of request")
                reached = body.place
            except (ClosedError, DeadlineExceededError, ProtocolError) as error:
                if reached is not None:
                    self._skip.append(reached)
                self._budget.charge_loading(self._needed(time.monotonic() - began))
                raise self._loss(error, self._limits.load_seconds) from None

    def _open(self) -> Channel:
        (ours, theirs), (printed, printing) = socket.socketpair(), socket.socketpair()
        with theirs, printing:
            data = None if self._shared is None else self._shared.descriptor
            self._process = self._launcher.start(theirs, printing, data, self._imported)
        return Channel(ours, printed, self.output)

    def _loss(self, error: Exception, seconds: float) -> LossError:
        """End the process, and return why it was lost.

        Raises:
            DisturbedError: what ran in it is not to blame, and will be run again.
        """
        starved = self._is_starved(seconds) if isinstance(error, DeadlineExceededError) else False
        end = self.stop(wait=isinstance(error, ClosedError))
        if self._is_asked_again and (end.by_others or starved):
            raise DisturbedError
        if isinstance(error, DeadlineExceededError):
            return LossError(Lost("timeout", say("No answer within {seconds:g} seconds.", seconds=seconds)))
        if isinstance(error, ProtocolError):
            return LossError(Lost("protocol", say("What came back was not an answer: {error}.", error=error)))
        how = end.how or say("closed its connection")
        return LossError(Lost("died", say("The process {ended}.", ended=how)))

    def _is_starved(self, seconds: float) -> bool:
        """Whether others kept the process from running for much of ``seconds``, the deadline that it has exceeded."""
        # After a mere stall, it is run again anyway.
        vitals = self._process.vitals if self._process is not None and seconds > _STALL_SECONDS else None
        return vitals is not None and vitals.waiting_seconds() > _STARVED * seconds
