"""The grader's end of one submission: send it steps and get outcomes, whatever it does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from grading import Closing
from grading.intake.submission import Submission
from grading.sandbox.limits import Limits
from grading.sandbox.messages import (
    NOTHING,
    Call,
    Create,
    Loaded,
    LossError,
    Lost,
    Outcome,
    Raised,
    Seed,
    Step,
)
from grading.sandbox.pairs import PackedCalls, Pairs
from grading.sandbox.requests import array_bytes, called_by
from grading.sandbox.text import clean
from grading.words import say

if TYPE_CHECKING:
    from grading.sandbox.kernel import KernelSession
    from grading.sandbox.session import Session

    AnySession: TypeAlias = Session | KernelSession

# A batch is sent in frames of at most this many steps, so that neither side holds much more than one.
_FRAME_STEPS = 2000
_FRAME_BYTES = 16 << 20
# However many steps it has, a batch takes at most this many times one step's deadline.
_BATCH_DEADLINES = 10
# Reasons for a loss that are not the fault of what the process was doing.
_REASONS_OF_TIME = ("timeout", "spent")
# Above the cap on printed output there is room for a line that says how much more there was.
_LAST_LINE = 100


class Worker(Closing):
    """A loaded submission that answers steps. When its process is lost, the next call gets a new one.

    Args:
        session: its process.
        limits: caps on each step.
        submission: the files loaded into it.

    Attributes:
        loaded: what happened while the student's files were loaded.
    """

    def __init__(self, session: AnySession, limits: Limits, submission: Submission) -> None:
        self._limits = limits
        self._session = session
        self._seed: Seed | None = None
        self._restarts = 0
        try:
            self._session.start()
        except LossError as loss:
            failures = dict.fromkeys(submission.definitions, loss.lost.detail)
            self.loaded = Loaded(failures=failures)
        else:
            self.loaded = self._session.loaded

    @property
    def stdout(self) -> str:
        """The output that student code has printed so far: capped, cleaned."""
        self._session.drain()
        return clean(self._session.output.text, self._limits.output_bytes + _LAST_LINE)

    @property
    def processor_seconds(self) -> float | None:
        """Processor time of its process so far, measured from outside; None if it cannot be measured."""
        return self._session.processor_seconds

    @property
    def is_intact(self) -> bool:
        """Whether its first process still answers."""
        return self._session.running and not self._restarts

    def refund(self) -> Callable[[], None]:
        """Return what takes back all the time that is charged to the hand-in from now on."""
        return self._session.refund()

    def run(self, steps: Sequence[Step], seconds: float | None = None) -> list[Outcome]:
        """Run ``steps`` in order, in one round trip if nothing goes wrong.

        Small steps that do not depend on earlier ones are answered many at a time. If something goes wrong on the way,
        all of them are run once more, in a new process and one at a time, so that the step to blame is `Lost`.

        A step during which the process is lost is `Lost`, unless it is a call that succeeds in a new process: then a
        function called earlier had spoiled the old one. The new process runs the calls after it, except those of the
        same function and all steps that need an object of the old process: these are `Lost` with the reason "skipped".
        All steps together get at most ten times ``seconds``.

        Args:
            steps: what to do.
            seconds: deadline for each step, None for ``Limits.call_seconds`` and for steps that normally finish much
                sooner.

        Returns:
            One outcome for each step.

        Raises:
            TypeError: an argument cannot be sent.
            LaunchError: the sandbox itself has broken down.
        """
        if seconds is not None:
            return _Batch(self, steps, seconds).run()
        began = time.monotonic() - self._session.overhead
        outcomes: list[Outcome] = []
        lost = self._take_together(steps, began, outcomes) if self._are_alone(steps) else None
        if len(outcomes) == len(steps):
            return outcomes
        first = len(outcomes)
        outcomes = _Batch(self, steps, self._limits.call_seconds, began).run()
        if lost is not None and not any(isinstance(outcome, Lost) for outcome in outcomes):
            # One of them did it and does not do it again, which does not make it right.
            outcomes[next((k for k in range(first, len(steps)) if called_by(steps[k])), first)] = lost
        return outcomes

    def _are_alone(self, steps: Sequence[Step]) -> bool:
        """Whether ``steps`` are several, but not too many, can all be run, and need no earlier object."""
        made: set[str] = set()
        for step in steps:
            if isinstance(step, Create):
                made.add(step.handle)
            elif not isinstance(step, (Call, Seed)) and step.handle not in made:
                return False
        few = 1 < len(steps) <= _FRAME_STEPS and sum(map(array_bytes, steps)) <= _FRAME_BYTES
        return few and not self.loaded.failures

    def _take_together(self, steps: Sequence[Step], began: float, outcomes: list[Outcome]) -> Lost | None:
        """Fill ``outcomes`` as far as possible; return how the process ended, if one of ``steps`` must be the cause."""
        budget = self._limits.call_seconds * min(len(steps), _BATCH_DEADLINES)
        try:
            session = self._ready()
            end = began + session.overhead + budget
            for step, outcome in zip(steps, session.exchange(steps, None, end), strict=False):
                outcomes.append(outcome)
                if isinstance(step, Seed):
                    self._seed = step
        except LossError as loss:
            alone = self._session.called <= {name for step in steps if (name := called_by(step))}
            return loss.lost if alone and loss.lost.reason not in _REASONS_OF_TIME else None
        return None

    def call_all(self, function: str, calls: PackedCalls) -> Pairs:
        """Call ``function`` on all ``calls``: gives the same outcomes as `run`, several times faster.

        All calls are sent, and most answers come back, in one piece. If something goes wrong on the way, unanswered
        calls are repeated one by one in a new process, so that the one to blame is `Lost`.

        Raises:
            LaunchError: the sandbox itself has broken down.
        """
        began = time.monotonic() - self._session.overhead
        pairs = Pairs(calls)
        lost: Lost | None = None
        if function not in self.loaded.failures:
            try:
                session = self._ready()
                budget = self._limits.call_seconds * _deadlines(calls)
                session.exchange_pairs(function, pairs, began + session.overhead + budget)
            except LossError as loss:
                alone = self._session.called <= {function}
                lost = loss.lost if alone and loss.lost.reason not in _REASONS_OF_TIME else None
        if not pairs.complete:
            self._ask_one_by_one(function, pairs, began, lost)
        return pairs

    def _ask_one_by_one(self, function: str, pairs: Pairs, began: float, lost: Lost | None) -> None:
        """Repeat what has no answer yet; ``lost`` is how the process ended, if only this function can be the cause."""
        first = pairs.answered
        calls = zip(pairs.calls.arguments[first:], pairs.calls.layouts[first:], strict=True)
        steps = [Call(function, given, return_inputs=True, layout=layout) for given, layout in calls]
        batch = _Batch(self, steps, self._limits.call_seconds, began, _deadlines(pairs.calls))
        for outcome in batch.run():
            pairs.add(outcome)
        if lost is not None and not any(isinstance(other, Lost) for other in pairs.others.values()):
            # The function did it and does not do it again, which does not make it right.
            pairs.lose(first, lost)

    def close(self) -> None:
        """End the process and everything that it started."""
        self._session.stop()

    def _ready(self) -> AnySession:
        """Return the session with its files loaded and its random state restored.

        Raises:
            LossError: no process got that far.
        """
        session = self._session
        if not session.running:
            self._restarts += 1
            session.start()
            if self._seed is not None:
                limit = self._limits.load_seconds
                list(session.exchange([self._seed], limit, time.monotonic() + limit))
        return session


def _deadlines(calls: PackedCalls) -> int:
    """How many times one call's deadline all of them may take: those that are joined as long as one after the other."""
    return min(len(calls), _BATCH_DEADLINES * len(calls.headers))


class _Batch:
    """The steps of one `Worker.run`, and their outcomes so far."""

    def __init__(
        self,
        worker: Worker,
        steps: Sequence[Step],
        seconds: float,
        began: float | None = None,
        deadlines: int = _BATCH_DEADLINES,
    ) -> None:
        self._worker, self._session = worker, worker._session
        self._steps, self._seconds = steps, seconds
        self._deadlines = min(len(steps), deadlines)
        self._outcomes: dict[int, Outcome] = {}
        self._lost_functions: set[str] = set()
        # Excluding the time spent on starting and ending processes so far.
        self._began = time.monotonic() - self._session.overhead if began is None else began

    def run(self) -> list[Outcome]:
        self._answer_unavailable()
        remaining = [k for k in range(len(self._steps)) if k not in self._outcomes]
        while remaining:
            try:
                for chunk in self._chunks(remaining):
                    self._exchange(chunk)
            except LossError as loss:
                remaining = self._after(loss.lost, [k for k in remaining if k not in self._outcomes])
            else:
                break
        return [self._outcomes[k] for k in range(len(self._steps))]

    @property
    def _end(self) -> float:
        return self._began + self._session.overhead + self._seconds * self._deadlines

    def _exchange(self, chunk: list[int]) -> None:
        session = self._worker._ready()
        steps = [self._steps[k] for k in chunk]
        for k, outcome in zip(chunk, session.exchange(steps, self._seconds, self._end), strict=True):
            self._outcomes[k] = outcome
            step = self._steps[k]
            if isinstance(step, Seed):
                self._worker._seed = step

    def _answer_unavailable(self) -> None:
        """Answer the steps that need a name which could not be provided."""
        failures = self._worker.loaded.failures
        for k, step in enumerate(self._steps) if failures else ():
            name = str(getattr(step, "function", "") or getattr(step, "name", ""))
            if name in failures:
                self._outcomes[k] = Raised("NameError", failures[name])

    def _after(self, lost: Lost, remaining: list[int]) -> list[int]:
        """Return the steps without an outcome that a new process takes; the others get theirs here.

        The first of ``remaining`` was running when the process was lost.
        """
        running = self._steps[remaining[0]]
        if not self._may_be_anothers(lost, running):
            self._outcomes[remaining.pop(0)] = lost
            if isinstance(running, Call):
                self._lost_functions.add(running.function)
        kept = [k for k in remaining if not self._skipped(k)]
        if any(isinstance(self._steps[k], Call) for k in kept):
            return kept
        # Only seeds are left: the next process gets the last of them, whenever that is.
        self._outcomes.update(dict.fromkeys(kept, NOTHING))
        return []

    def _may_be_anothers(self, lost: Lost, running: Step) -> bool:
        """Whether a function called earlier in the same process may be to blame; a new process will tell."""
        suspects = self._session.called - {running.function} if isinstance(running, Call) else set()
        return lost.reason in ("died", "protocol") and bool(suspects)

    def _skipped(self, k: int) -> bool:
        step = self._steps[k]
        if isinstance(step, Seed):
            self._worker._seed = step
            return False
        if not isinstance(step, Call):
            detail = say("The object that this needs was lost with its process.")
            self._outcomes[k] = Lost("skipped", detail)
        elif step.function in self._lost_functions:
            detail = say("{name} was not called again after its process was lost.", name=step.function)
            self._outcomes[k] = Lost("skipped", detail)
        elif time.monotonic() >= self._end:
            self._outcomes[k] = Lost("timeout", say("The time for all calls together was used up."))
        return k in self._outcomes

    def _chunks(self, indices: list[int]) -> Iterator[list[int]]:
        """Split ``indices`` into portions that fit a frame."""
        chunk: list[int] = []
        size = 0
        for k in indices:
            chunk.append(k)
            size += array_bytes(self._steps[k])
            if len(chunk) == _FRAME_STEPS or size > _FRAME_BYTES:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk
