"""The grader's own processes: each grades one hand-in at a time, and one that dies costs only that one."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkContext, SpawnContext
from multiprocessing.process import BaseProcess
from typing import Protocol

from grading.grade import Grade
from grading.submission import Handin

_MOST_TRIES = 2
_SECONDS_TO_END = 2.0


def cores() -> int:
    """The processors that this process may use, which in a container are fewer than the machine has."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Work(Protocol):
    """What a process does all its life."""

    def __call__(self, handin: Handin) -> Grade:
        """Grade one hand-in, whatever it holds."""
        ...

    def close(self) -> None:
        """End everything that was started for it."""
        ...


@dataclass
class _Member:
    process: BaseProcess
    line: Connection
    task: Handin | None = None


def share_out(
    handins: Iterable[Handin],
    jobs: int,
    new_work: Callable[[], Work],
    give_up: Callable[[Handin, str], Grade],
    meanwhile: Callable[[], None] = lambda: None,
) -> Generator[Grade, None, None]:
    """Grade hand-ins in ``jobs`` processes and yield each grade as it is made, in no fixed order.

    A hand-in whose process dies is tried once more in a new one. Closing the iterator ends all processes.

    Args:
        handins: what to grade.
        jobs: number of processes.
        new_work: what the next process does; called in this one, just before that one is started.
        give_up: the grade of a hand-in that took two processes down, and why.
        meanwhile: done once, while the first hand-ins are being graded.
    """
    waiting = deque(handins)
    aside = [meanwhile]
    tries: dict[Handin, int] = {}
    crew: list[_Member] = []
    try:
        while waiting or any(member.task for member in crew):
            while waiting and (member := _free(crew, jobs, new_work)):
                _give(member, waiting.popleft())
            while aside:
                aside.pop()()
            for line in wait([member.line for member in crew if member.task]):
                member = next(member for member in crew if member.line is line)
                handin = member.task
                assert handin is not None
                try:
                    grade = member.line.recv()
                except (EOFError, OSError):
                    crew.remove(member)
                    how = _bury(member)
                    tries[handin] = tries.get(handin, 0) + 1
                    if tries[handin] < _MOST_TRIES:
                        waiting.appendleft(handin)
                    else:
                        yield give_up(handin, f"the process that graded it {how}, twice")
                else:
                    member.task = None
                    # First: whoever takes the grade writes its reports, and the process would wait for that.
                    if waiting:
                        _give(member, waiting.popleft())
                    yield grade
    finally:
        _dismiss(crew)


def _free(crew: list[_Member], jobs: int, new_work: Callable[[], Work]) -> _Member | None:
    """A member without a task, a new one if there may be more, or None."""
    for member in crew:
        if member.task is None:
            return member
    if len(crew) >= jobs:
        return None
    # With fork the drawn cases and their true answers are shared; elsewhere each process draws its own.
    forks = sys.platform == "linux"
    context: ForkContext | SpawnContext
    context = multiprocessing.get_context("fork") if forks else multiprocessing.get_context("spawn")
    line, theirs = context.Pipe()
    # A forked process has copies of these, and while anybody has one the line does not break.
    inherited = [line, *(member.line for member in crew)] if forks else []
    process = context.Process(target=_serve, args=(theirs, inherited, new_work()), daemon=True)
    with _interrupts_held():
        process.start()
    theirs.close()
    crew.append(_Member(process, line))
    return crew[-1]


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C comes after this block: the new process must not see one before it ignores them."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _give(member: _Member, handin: Handin) -> None:
    member.task = handin
    # If it has died, that is found, and counted, when its answer is read.
    with contextlib.suppress(OSError):
        member.line.send(handin)


def _bury(member: _Member) -> str:
    """Clear a dead member away and say how it ended."""
    member.line.close()
    member.process.join(_SECONDS_TO_END)
    member.process.kill()
    member.process.join()
    code = member.process.exitcode or 0
    if code >= 0:
        return f"ended with exit code {code}"
    with contextlib.suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"


def _dismiss(crew: list[_Member]) -> None:
    for member in crew:
        # Idle ones see the end of the line; those at work are told.
        member.line.close()
        if member.task is not None:
            member.process.terminate()
    for member in crew:
        member.process.join(_SECONDS_TO_END)
        member.process.kill()
        member.process.join()
        member.process.close()


def _serve(line: Connection, inherited: list[Connection], work: Work) -> None:
    """The life of one process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for other in inherited:
        other.close()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        while True:
            try:
                handin = line.recv()
            except (EOFError, OSError):
                return
            line.send(work(handin))
    finally:
        work.close()


def _end_with_parent() -> None:
    """Wait for the parent to die, however it does, and follow it; what we have started then ends with us."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
