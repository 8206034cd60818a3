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

    One whose process dies is tried once more in a new one. Closing the iterator ends all processes.

    Args:
        handins: what to grade.
        jobs: number of processes.
        new_work: what the next process does; called in this one, just before that one is started.
        give_up: the grade of a hand-in that took two processes down, and why.
        meanwhile: done once, while the first hand-ins are being graded.
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
                    # First, because the receiver of the grade writes its reports, and the process would wait for that.
                    pool.give(member)
                    yield grade
    finally:
        pool.end_all()


class _Pool:
    """The processes, and what waits for them."""

    def __init__(self, waiting: deque[Handin], jobs: int, new_work: Callable[[], Work]) -> None:
        self._waiting, self._jobs, self._new_work = waiting, jobs, new_work
        self._tries: dict[Handin, int] = {}
        self._members: list[_Member] = []

    def give_out(self) -> bool:
        """Have everybody at work for whom there is something; whether anybody is."""
        for member in self._members:
            if member.task is None:
                self.give(member)
        while self._waiting and len(self._members) < self._jobs:
            self.give(self._new_member())
        return any(member.task is not None for member in self._members)

    def give(self, member: _Member) -> None:
        """Give a member the next hand-in, if there is one."""
        member.task = self._waiting.popleft() if self._waiting else None
        if member.task is not None:
            # If it has died, that is found, and counted, when its answer is read.
            with contextlib.suppress(OSError):
                member.line.send(member.task)

    def wait_for_news(self) -> list[_Member]:
        """Wait for those at work, and say who has something to say, or has died."""
        lines = wait([member.line for member in self._members if member.task is not None])
        return [member for member in self._members if member.line in lines]

    def remove(self, member: _Member) -> tuple[Handin, str] | None:
        """Clear a dead member away; its hand-in, if that is not tried again, and how it ended."""
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
            # Idle ones see the end of the line; those at work are told.
            member.line.close()
            if member.task is not None:
                member.process.terminate()
        for member in self._members:
            member.process.join(_SECONDS_TO_END)
            member.process.kill()
            member.process.join()
            member.process.close()

    def _new_member(self) -> _Member:
        # With fork the drawn cases and their true answers are shared; elsewhere each process draws its own.
        forks = sys.platform == "linux"
        context: ForkContext | SpawnContext
        context = multiprocessing.get_context("fork") if forks else multiprocessing.get_context("spawn")
        if not forks:
            # A new Python would look for its first modules in the current folder, where hand-ins may be.
            os.environ["PYTHONSAFEPATH"] = "1"
        line, theirs = context.Pipe()
        # A forked process has copies of these, and while anybody has one the line does not break.
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
    """Ctrl-C comes after this block: the new process must not see one before it ignores them."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ended(member: _Member) -> str:
    """Clear away what is left of a dead member, and say how it ended."""
    member.line.close()
    member.process.join(_SECONDS_TO_END)
    member.process.kill()
    member.process.join()
    return how_ended(member.process.exitcode or 0)


def how_ended(code: int) -> str:
    """What an exit code of a process says, as part of a sentence."""
    if code >= 0:
        return f"ended with exit code {code}"
    with contextlib.suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"


def _serve(line: Connection, inherited: list[Connection], work: Work) -> None:
    """The life of one process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for other in inherited:
        other.close()
    if sys.platform == "linux":
        # Whatever this process is at then, the kernel ends it.
        confining.follow_parent(os.getppid())
    else:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    # Threads that each turn warnings off for a while turn them on again for each other.
    warnings.simplefilter("ignore")
    try:
        while True:
            try:
                handin = line.recv()
            except (EOFError, OSError):
                return
            line.send(work(handin))
    except Exception:
        # What is left of a process where this can happen is not to be relied on.
        traceback.print_exc()
        os._exit(1)
    finally:
        work.close()
        # Without waiting for threads whose answers nobody wants any more.
        os._exit(0)


def _end_with_parent() -> None:
    """Wait for the parent to die, however it does, and follow it; what we have started then ends with us."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
