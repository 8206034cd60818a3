"""What a hostile program meets: bait to take, neighbours to harm, and somebody who looks afterwards."""

from __future__ import annotations

import ctypes
import inspect
import os
import secrets
import socket
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType
from typing import TypeVar

import numpy as np
import pytest

from grading.sandbox.client import Sandbox
from grading.sandbox.messages import Call, Lost, Outcome, Returned
from grading.sandbox.walls.levels import Level
from tests.grading.sandbox.building import one_file

T = TypeVar("T", bound=FunctionType)

SECONDS = 0.5
# Starting processes, telling that one is dead, starting another: all but the attack itself.
_SLACK = 6.0
_PR_SET_CHILD_SUBREAPER = 36

HONEST = """
def honest(x):
    return x + 1
"""


@dataclass(frozen=True)
class Program:
    """A hostile submission: it defines ``attack(X, path, port, pid, name, outside)``.

    Attributes:
        name: what it tries.
        code: Python; ``honest`` is there too.
        ends: how its call may end, by kind or reason of loss; () for in any way but with the right answer.
        escapes: levels at which ``docs/security.md`` says that this is not contained.
        spoils_itself: it harms other functions of its own submission, which is its own affair.
        ends_loading: the attack is made while the file is loaded, and leaves a remark.
        harms_its_user: with limits alone it would harm whoever runs the tests, unless that is root.
        meets_walls: what holds it depends on the level; what is the same at all of them is tried at one.
    """

    name: str
    code: str
    ends: tuple[str, ...] = ()
    escapes: frozenset[Level] = frozenset()
    spoils_itself: bool = False
    ends_loading: bool = False
    harms_its_user: bool = False
    meets_walls: bool = True


#: Processes that live as long as the sandbox: the one that workers are forked from, and bubblewrap's two.
SHARED = {Level.FULL: 3, Level.NO_NAMESPACES: 1, Level.LIMITS_ONLY: 1}
UNSAFE = frozenset({Level.LIMITS_ONLY})


class Attacks:
    """Collects the functions of a module as the texts of hostile programs.

    Args:
        imports: what every text begins with.
        helpers: functions and classes that every text holds.
        escapes, meets_walls: where not said otherwise, `Program.escapes` and `Program.meets_walls`.
    """

    def __init__(
        self,
        imports: str,
        *helpers: object,
        escapes: frozenset[Level] = frozenset(),
        meets_walls: bool = True,
    ) -> None:
        self.programs: list[Program] = []
        self._start = "\n\n".join([imports, *map(inspect.getsource, helpers)])  # type: ignore[arg-type]
        self._escapes, self._meets_walls = escapes, meets_walls

    def add(
        self,
        *ends: str,
        escapes: frozenset[Level] | None = None,
        spoils_itself: bool = False,
        harms_its_user: bool = False,
        while_loading: bool = False,
        meets_walls: bool | None = None,
    ) -> Callable[[T], T]:
        """A decorator: the text of the function is a program's ``attack``, or its body what the file does."""

        def added(function: T) -> T:
            name = function.__name__
            signature, body = inspect.getsource(function).split(f"def {name}", 1)[1].split(":\n", 1)
            if while_loading:
                text = f"{textwrap.dedent(body)}\ndef attack{signature}: return 0.5\n"
            else:
                text = f"def attack{signature}:\n{body}"
            program = Program(
                name.replace("_", " "),
                f"{self._start}\n\n{text}",
                ("Returned",) if while_loading else ends,
                self._escapes if escapes is None else escapes,
                spoils_itself,
                while_loading,
                harms_its_user,
                self._meets_walls if meets_walls is None else meets_walls,
            )
            self.programs.append(program)
            return function

        return added


def kind(outcome: Outcome) -> str:
    """ "Returned", "Raised", or why it was lost."""
    return outcome.reason if isinstance(outcome, Lost) else type(outcome).__name__


@dataclass
class Bait:
    """Things that a hostile program would like to have.

    Attributes:
        secret: a text that is nowhere but in a file, a socket's greeting, and our environment and memory.
        folder: holds the file, and a socket; anyone may read and write in it.
        port: of a server that says the secret, on this machine.
        name: of the same server among abstract sockets.
        visits: who came to the servers.
        weights: what the right answer to ``attack`` depends on.
    """

    secret: str
    folder: Path
    port: int
    name: str
    visits: list[str] = field(default_factory=list)
    weights: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = field(
        default_factory=lambda: np.random.default_rng().normal(size=(4, 4))
    )

    @property
    def file(self) -> Path:
        """A file with the secret in it, that anyone may read."""
        return self.folder / "secret.txt"

    @property
    def outside(self) -> Path:
        """A folder that anyone may write in."""
        return self.folder / "outside"


@contextmanager
def bait(folder: Path) -> Iterator[Bait]:
    """Lay it out, with servers that note who comes."""
    secret = secrets.token_hex(16)
    tcp, abstract, path = socket.socket(), socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    tcp.bind(("127.0.0.1", 0))
    abstract.bind("\0" + f"subgrader-{secret[:8]}")
    path.bind(str(folder / "socket"))
    laid = Bait(secret, folder, tcp.getsockname()[1], f"subgrader-{secret[:8]}")
    laid.file.write_text(secret)
    laid.outside.mkdir()
    for target, mode in (
        (folder, 0o777),
        (laid.outside, 0o777),
        (laid.file, 0o666),
        (folder / "socket", 0o777),
    ):
        target.chmod(mode)
    os.environ["SUBGRADER_BAIT"] = secret
    for server in (tcp, abstract, path):
        server.listen(5)
        threading.Thread(target=_greet, args=(server, laid), daemon=True).start()
    try:
        yield laid
    finally:
        del os.environ["SUBGRADER_BAIT"]
        for server in (tcp, abstract, path):
            server.close()


def _greet(server: socket.socket, laid: Bait) -> None:
    while True:
        try:
            visitor, _ = server.accept()
        except OSError:
            return
        laid.visits.append("somebody connected")
        with visitor:
            visitor.sendall(laid.secret.encode())


_bystanders: set[int] = set()


def adopt_orphans() -> None:
    """Processes that lose their parent below us become our children, where `descendants` finds them.

    Those that are there already, such as the sandbox of other tests, are remembered: they are nobody's doing here.
    """
    _bystanders.clear()
    _bystanders.update(descendants(os.getpid()))
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def descendants(process: int) -> set[int]:
    """All processes below ``process`` that are alive."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                after_name = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if after_name[0] != "Z":
                children.setdefault(int(after_name[1]), []).append(int(folder.name))
    found: set[int] = set()
    pending = [process]
    while pending:
        below = children.get(pending.pop(), [])
        found.update(below)
        pending += below
    return found


def right_answer(X: np.ndarray[tuple[int, ...], np.dtype[np.float64]], laid: Bait) -> float:
    """What ``attack`` would have to return; it cannot be computed without what only we have."""
    return float((X * laid.weights).sum())


def perform(program: Program, sandbox: Sandbox, laid: Bait) -> list[Outcome]:
    """Run ``program`` between honest calls, and look at everything that it must not have harmed.

    Returns:
        The outcome of the attack and those of the honest calls around it.
    """
    level = sandbox.isolation.level
    contained = level not in program.escapes
    if program.harms_its_user and level is Level.LIMITS_ONLY and os.geteuid() != 0:
        pytest.skip("without walls this would harm the user who runs the tests")
    file_before = laid.file.stat()
    X = np.random.default_rng().normal(size=(4, 4))
    attack = Call("attack", (X, str(laid.file), laid.port, os.getpid(), laid.name, str(laid.outside)))
    began = time.monotonic()
    with sandbox.start(one_file(HONEST + program.code)) as worker:
        outcomes = worker.run([Call("honest", (1,)), attack, Call("honest", (2,))], seconds=SECONDS)
        # With all the time that a call has: nothing hostile is left, and a loaded machine is slow.
        outcomes += worker.run([Call("honest", (3,))])
        printed = worker.stdout
        remarks = worker.loaded.remarks
    took = time.monotonic() - began

    assert took < _SLACK + SECONDS + (sandbox.limits.load_seconds if program.ends_loading else 0)
    assert len(printed) <= sandbox.limits.output_bytes + 200
    first, attacked, second, third = outcomes
    assert not (_value(attacked) == np.asarray(right_answer(X, laid))).any()
    if program.ends and contained:
        assert kind(attacked) in program.ends, (attacked, printed)
    if program.ends_loading:
        assert remarks
    if not program.spoils_itself:
        assert [_value(first), _value(second), _value(third)] == [2, 3, 4], (outcomes, printed)
    assert _settled(SHARED[level]) <= SHARED[level]
    if contained:
        assert laid.secret not in _everything(outcomes, printed)
        assert laid.visits == []
        assert list(laid.outside.iterdir()) == []
        assert laid.file.read_text() == laid.secret
        after = laid.file.stat()
        assert (after.st_mode, after.st_mtime_ns) == (file_before.st_mode, file_before.st_mtime_ns)
        _graded_as_usual(sandbox)
    laid.visits.clear()
    return [attacked, first, second, third]


def _graded_as_usual(sandbox: Sandbox) -> None:
    """The next submission finds nothing, and works."""
    code = HONEST + "\nimport os\ndef look(folder): return os.listdir(folder)"
    with sandbox.start(one_file(code)) as worker:
        steps = [Call("honest", (10,)), Call("look", (".",)), Call("look", ("..",))]
        honest, own, others = worker.run(steps)
        assert (_value(honest), _value(own)) == (11, ())
        assert kind(others) == "Raised" or sandbox.isolation.level in UNSAFE
        assert worker.stdout == ""
        assert worker.loaded.remarks == ()


def _settled(shared: int) -> int:
    """How many processes there are below us; the kernel gets a moment to clear away what was killed."""
    for _ in range(40):
        count = len(descendants(os.getpid()) - _bystanders)
        if count <= shared:
            break
        time.sleep(0.05)
    return count


def _value(outcome: Outcome) -> object:
    return outcome.result.value if isinstance(outcome, Returned) else outcome


def _everything(outcomes: list[Outcome], printed: str) -> str:
    """All that came out, arrays as the text that may hide in them."""
    arrays = [
        str(outcome.result.value.tobytes())
        for outcome in outcomes
        if isinstance(outcome, Returned) and isinstance(outcome.result.value, np.ndarray)
    ]
    return "".join([repr(outcomes), printed, *arrays])
