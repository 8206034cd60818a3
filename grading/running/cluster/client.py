"""The grader's side of a cluster: hand-ins go out as bytes, grades come back as they are made.

At any time only a few hand-ins per thread of the cluster are under way, so neither memory nor the scheduler's list of
tasks grows with the class. If a worker is lost, Dask tries its task elsewhere; a hand-in that has lost too many workers
is tried once more while nothing else runs, and then reported.
"""

from __future__ import annotations

import contextlib
import itertools
import uuid
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from grading import UserError
from grading.grades.grade import Grade, IsolationFacts
from grading.intake.reader import Reader, ReadingError
from grading.intake.submission import Handin, IntakeError
from grading.running.cluster.messages import Reply, decode_reply, task, versions
from grading.running.grade_assembly import not_graded
from grading.running.run import Outcome
from grading.running.setup import RunSetup

if TYPE_CHECKING:
    from distributed import Client

# A worker is called by the name that our code has there, which in a checkout is not the name of an installed subgrader;
# a function that is sent would have to have the same name on both sides.
_ANSWER = """(lambda module, spec: module.import_module(
    ("subgrader." if getattr(spec.find_spec("subgrader"), "origin", None) else "") + "grading.running.cluster.worker"
))(__import__("importlib"), __import__("importlib.util").util).answer(data)"""
_SECONDS_TO_CONNECT = 10
_SECONDS_FOR_WORKERS = 60
_TASKS_FOR_EACH_THREAD = 2
_LARGE = 64 << 20


class ClusterError(UserError):
    """The cluster cannot be used."""


def grade_on_cluster(
    handins: Sequence[Handin],
    setup: RunSetup,
    address: str,
    known: Callable[[Handin, IsolationFacts], Grade | None],
    reader: Reader,
) -> Generator[Outcome, None, None]:
    """Like `grading.running.run.grade_all`, on the workers of the scheduler at ``address``.

    Raises:
        ClusterError: there is no scheduler, no worker, or a worker whose versions differ from ours.
    """
    with _connected(address) as client:
        levels = _levels(client, task(setup, versions(setup)))
        waiting: deque[Handin] = deque()
        for handin in handins:
            grades = (known(handin, level) for level in levels)
            grade = next((grade for grade in grades if grade is not None), None)
            if grade is None:
                waiting.append(handin)
            else:
                yield Outcome(grade, unchanged=True)
        threads = sum(client.nthreads().values())  # type: ignore[no-untyped-call]
        run = _Run(client, setup, address, reader)
        yield from run.grades(waiting, max(2, _TASKS_FOR_EACH_THREAD * threads))
        # Those that lost workers may only have run beside the one that caused it: each is now tried alone.
        alone, run.suspects = deque(run.suspects or ()), None
        yield from run.grades(alone, 1)


class _Run:
    """The tasks of one run. ``suspects`` collects hand-ins that lost too many workers; None to give them up."""

    def __init__(self, client: Client, setup: RunSetup, address: str, reader: Reader) -> None:
        self._client, self._setup, self._address = client, setup, address
        self.suspects: list[Handin] | None = []
        self._versions = versions(setup)
        self._reader = reader
        self._running: dict[str, Handin] = {}
        self._key = f"subgrader-{uuid.uuid4().hex}"
        self._numbers = itertools.count()

    def grades(self, waiting: deque[Handin], most: int) -> Iterator[Outcome]:
        """Grade hand-ins, at most ``most`` at a time."""
        from distributed import as_completed

        under_way: Any = as_completed(loop=self._client.loop)  # type: ignore[no-untyped-call]
        while waiting or self._running:
            while waiting and len(self._running) < most:
                handin = waiting.popleft()
                try:
                    under_way.add(self._sent(handin))
                except (IntakeError, ReadingError) as error:
                    yield Outcome(self._unread(handin, error))
            if not self._running:
                continue
            future = next(under_way)
            handin = self._running.pop(future.key)
            grade = self._grade(handin, future)
            future.release()
            if grade is not None:
                yield Outcome(grade)

    def _sent(self, handin: Handin) -> Any:
        data = task(self._setup, self._versions, self._reader.packed(handin))
        key = f"{self._key}-{next(self._numbers)}"
        future: Any = self._client.submit(eval, _ANSWER, {"data": data}, key=key, pure=False)
        self._running[key] = handin
        return future

    def _grade(self, handin: Handin, future: Any) -> Grade | None:
        """Return the grade of a hand-in; None if it will be tried once more."""
        from concurrent.futures import CancelledError

        from distributed import KilledWorker

        try:
            reply = decode_reply(future.result())
        except KilledWorker:
            if self.suspects is not None:
                self.suspects.append(handin)
                return None
            return self._given_up(handin, "every worker of the cluster that tried it was lost")
        except CancelledError:
            raise ClusterError(
                f"the scheduler at {self._address} is gone; start it, and run the same command again to go on"
            ) from None
        except ValueError as error:
            return self._given_up(handin, f"a worker gave back what is no grade ({error})")
        if reply.refused is not None:
            raise ClusterError(_refusal("a worker that has joined since", reply))
        if reply.grade is None:
            return self._given_up(handin, f"the process that graded it {reply.died}")
        return reply.grade

    def _given_up(self, handin: Handin, reason: str) -> Grade:
        return not_graded(handin, self._setup, None, f"{reason}; please look at it and report this")

    def _unread(self, handin: Handin, error: IntakeError | ReadingError) -> Grade:
        """Return what the intake here says about a hand-in that cannot be sent."""
        reason = str(error)
        try:
            self._reader.read(handin, self._setup.rubric.asked_names)
        except (IntakeError, ReadingError) as intake:
            reason = str(intake)
        return not_graded(handin, self._setup, None, reason)


@contextlib.contextmanager
def _connected(address: str) -> Iterator[Client]:
    try:
        import dask
        from distributed import Client
    except ImportError:
        raise ClusterError(
            "--cluster needs dask.distributed: pip install 'subgrader[cluster]', on every machine of the cluster"
        ) from None
    # A hand-in is deliberately a large argument: it goes to one worker, once.
    dask.config.set({"distributed.admin.large-graph-warning-threshold": _LARGE})
    try:
        client: Any = Client(address, timeout=_SECONDS_TO_CONNECT, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError) as error:
        raise ClusterError(
            f"no scheduler answers at {address} ({_short(error)}); start one with `dask scheduler` "
            "and give the address that it prints"
        ) from None
    try:
        yield client
    finally:
        client.close(timeout=2)


def _levels(client: Client, question: bytes) -> list[IsolationFacts]:
    """How student code is isolated on the workers, each level once; every worker is asked.

    Raises:
        ClusterError: there is no worker, or one that cannot grade for us.
    """
    try:
        client.wait_for_workers(1, timeout=_SECONDS_FOR_WORKERS)
    except TimeoutError:
        raise ClusterError(
            f"no worker has joined the scheduler within {_SECONDS_FOR_WORKERS} s; "
            "start some with `dask worker ADDRESS --nthreads 1`"
        ) from None
    try:
        said: dict[str, Any] = client.run(eval, _ANSWER, {"data": question})
    except Exception as error:
        # Whatever went wrong over there arrives here as an exception of any type.
        raise ClusterError(
            f"the workers cannot grade ({_short(error)}); install the same subgrader on all of them"
        ) from None
    found: dict[tuple[str, str], IsolationFacts] = {}
    for where, data in sorted(said.items()):
        try:
            reply = decode_reply(data)
        except ValueError as error:
            raise ClusterError(
                f"the worker at {where} does not speak our language: {_short(error)}"
            ) from None
        if reply.isolation is None:
            raise ClusterError(_refusal(f"the worker at {where}", reply))
        found[reply.isolation.level, reply.isolation.detail] = reply.isolation
    return list(found.values())


def _refusal(where: str, reply: Reply) -> str:
    return f"{where} cannot be used: {reply.refused or reply.died}; install the same versions on all machines"


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
