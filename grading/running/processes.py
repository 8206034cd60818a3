"""The grader's own processes: one that dies costs at most the hand-in that crashed it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import traceback
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkContext, SpawnContext
from multiprocessing.process import BaseProcess
from typing import Protocol

import msgspec

from grading.grades.grade import Grade
from grading.intake.submission import Handin
from grading.sandbox.inside import confining

_MOST_TRIES = 2
_SECONDS_TO_END = 2.0


def cores() -> int:
    """The number of processors that this process may use; in a container, fewer than the machine has."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Work(Protocol):
    """What a process does from start to end."""

    def __call__(self, handin: Handin) -> Grade:
        """Grade one hand-in, whatever it contains."""
        ...

    def close(self) -> None:
        """End everything that was started for it."""
        ...


class _Member(msgspec.Struct):
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
        new_work: makes the work of the next process; called in this process, just before that one is started.
        give_up: makes the grade of a hand-in that took two processes down, given the reason.
        meanwhile: called once, while the first hand-ins are being graded.
    """
    pool = _Pool(deque(handins), jobs, new_work)
    try:
        pool.give_out()
        meanwhile()
        while pool.give_out():
            for member in pool.wait_for_news():
                try:
                    grade = member.line.recv()
                except (EOFError, OSError):
                    lost = pool.remove(member)
                    if lost is not None:
                        yield give_up(lost[0], f"the process that graded it {lost[1]}, twice")
                else:
                    # First, because whoever receives the grade writes its reports, and the process would wait for that.
                    pool.give(member)
                    yield grade
    finally:
        pool.end_all()


class _Pool:
    """The processes, and the hand-ins that wait for them."""

    def __init__(self, waiting: deque[Handin], jobs: int, new_work: Callable[[], Work]) -> None:
        self._waiting, self._jobs, self._new_work = waiting, jobs, new_work
        self._tries: dict[Handin, int] = {}
        self._members: list[_Member] = []

    def give_out(self) -> bool:
        """Give every idle process a hand-in while there are any; return whether any process is at work."""
        for member in self._members:
            if member.task is None:
                self.give(member)
        while self._waiting and len(self._members) < self._jobs:
            self.give(self._new_member())
        return any(member.task is not None for member in self._members)

    def give(self, member: _Member) -> None:
        """Give a process the next hand-in, if there is one."""
        member.task = self._waiting.popleft() if self._waiting else None
        if member.task is not None:
            # If it has died, that is noticed, and counted, when its answer is read.
            with contextlib.suppress(OSError):
                member.line.send(member.task)

    def wait_for_news(self) -> list[_Member]:
        """Wait for the processes at work; return those that have sent something or died."""
        lines = wait([member.line for member in self._members if member.task is not None])
        return [member for member in self._members if member.line in lines]

    def remove(self, member: _Member) -> tuple[Handin, str] | None:
        """Remove a dead process; return its hand-in and how it ended, or None if the hand-in will be tried again."""
        self._members.remove(member)
        how, handin = _ended(member), member.task
        assert handin is not None
        self._tries[handin] = self._tries.get(handin, 0) + 1
        if self._tries[handin] < _MOST_TRIES:
            self._waiting.appendleft(handin)
            return None
        return handin, how

    def end_all(self) -> None:
        """End all processes."""
        for member in self._members:
            # Idle processes notice that the connection is closed; those at work are terminated.
            member.line.close()
            if member.task is not None:
                member.process.terminate()
        for member in self._members:
            member.process.join(_SECONDS_TO_END)
            member.process.kill()
            member.process.join()
            member.process.close()

    def _new_member(self) -> _Member:
        # With fork, the drawn cases and their true answers are shared; elsewhere each process draws its own.
        forks = sys.platform == "linux"
        context: ForkContext | SpawnContext
        context = multiprocessing.get_context("fork") if forks else multiprocessing.get_context("spawn")
        if not forks:
            # A new Python would look for its first modules in the current folder, which may hold hand-ins.
            os.environ["PYTHONSAFEPATH"] = "1"
        line, theirs = context.Pipe()
        # A forked process has copies of these, and while anyone holds a copy the connection does not close.
        inherited = [line, *(member.line for member in self._members)] if forks else []
        arguments = theirs, inherited, self._new_work()
        process = context.Process(target=_serve, args=arguments, daemon=True)
        with _interrupts_held():
            process.start()
        theirs.close()
        self._members.append(_Member(process, line))
        return self._members[-1]


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Delay Ctrl-C until after this block: a new process must not receive it before it has started to ignore it."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ended(member: _Member) -> str:
    """Clean up after a dead process and say how it ended."""
    member.line.close()
    member.process.join(_SECONDS_TO_END)
    member.process.kill()
    member.process.join()
    return how_ended(member.process.exitcode or 0)


def how_ended(code: int) -> str:
    """Describe a process's exit code, as part of a sentence."""
    if code >= 0:
        return f"ended with exit code {code}"
    with contextlib.suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"


def _serve(line: Connection, inherited: list[Connection], work: Work) -> None:
    """Run one process from start to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for other in inherited:
        other.close()
    if sys.platform == "linux":
        # Whatever this process is doing then, the kernel ends it.
        confining.follow_parent(os.getppid())
    else:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    # Threads that each turn warnings off for a while would turn them on again for each other.
    warnings.simplefilter("ignore")
    try:
        while True:
            try:
                handin = line.recv()
            except (EOFError, OSError):
                return
            line.send(work(handin))
    except Exception:
        # A process in which this can happen is no longer reliable.
        traceback.print_exc()
        os._exit(1)
    finally:
        work.close()
        # Without waiting for threads whose answers nobody wants any more.
        os._exit(0)


def _end_with_parent() -> None:
    """Wait for the parent to die, however it does, and exit too; whatever we have started then ends with us."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
