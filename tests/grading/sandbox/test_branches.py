"""Workers that need not import SciPy themselves, since they were forked from a process that has."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grading.sandbox import requests, selftest
from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from grading.sandbox.messages import Call, Lost
from grading.sandbox.walls.launch import ZygoteLauncher
from grading.sandbox.walls.levels import Level
from tests.grading.sandbox.building import one_file, reasons, value
from tests.hostile.arena import descendants

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")

PLAIN = """
    import os, sys
    from time import sleep
    there = "scip" "y.specia" "l" in sys.modules
    def loaded(): return there
    def leave(): os._exit(3)
    def open_files():
        found = 0
        for number in range(200):
            try: os.fstat(number)
            except OSError: continue
            found += 1
        return found
"""
SCIENTIFIC = (
    PLAIN
    + """
    from scipy.special import logsumexp
    def f(): return float(logsumexp([0.0]))
"""
)
LIMITS = Limits(call_seconds=5, load_seconds=10)


@pytest.fixture
def fresh() -> Iterator[Sandbox]:
    """A sandbox without any branch yet."""
    with Sandbox.open(LIMITS, allow_unsafe=True) as opened:
        if not isinstance(opened._launcher, ZygoteLauncher):
            pytest.skip("this level has no zygote")
        yield opened


def called(sandbox: Sandbox, code: str, name: str) -> object:
    with sandbox.start(one_file(code)) as worker:
        return value(worker.run([Call(name, ())])[0])


def test_only_who_mentions_it_finds_it_imported_whoever_came_before(fresh: Sandbox) -> None:
    assert [called(fresh, code, "loaded") for code in (PLAIN, SCIENTIFIC, PLAIN, SCIENTIFIC)] == [
        False,
        True,
        False,
        True,
    ]
    assert called(fresh, SCIENTIFIC, "f") == 0.0


def test_a_worker_from_a_branch_says_how_it_ended_and_is_replaced(fresh: Sandbox) -> None:
    with fresh.start(one_file(SCIENTIFIC)) as worker:
        [lost] = worker.run([Call("leave", ())])
        assert isinstance(lost, Lost)
        assert "exit code 3" in lost.detail
        assert value(worker.run([Call("f", ())])[0]) == 0.0


def test_no_worker_holds_the_line_on_which_a_branch_takes_orders(fresh: Sandbox) -> None:
    before = called(fresh, PLAIN, "open_files")
    assert called(fresh, SCIENTIFIC, "open_files") == before
    assert called(fresh, PLAIN, "open_files") == before


def test_a_module_that_cannot_be_imported_beforehand_is_the_workers_own_business(
    fresh: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "_LONG_IMPORT", "time.sleep")
    for _ in range(2):
        assert called(fresh, PLAIN, "loaded") is False


def test_a_branch_that_is_lost_costs_its_workers_alone_and_is_replaced(fresh: Sandbox) -> None:
    assert isinstance(fresh._launcher, ZygoteLauncher)
    with (
        fresh.start(one_file(PLAIN)) as bystander,
        fresh.start(one_file(SCIENTIFIC)) as one,
        fresh.start(one_file(SCIENTIFIC)) as other,
    ):
        os.kill(branch_of(fresh._launcher.zygote.process.pid), signal.SIGKILL)
        zygote = fresh._launcher._generation
        for worker in (one, other):
            while reasons(worker.run([Call("loaded", ())])) != ["died"]:
                time.sleep(0.01)
            assert value(worker.run([Call("f", ())])[0]) == 0.0
        assert value(bystander.run([Call("loaded", ())])[0]) is False
        assert fresh._launcher._generation == zygote, "the first of them was lost as well"
    assert called(fresh, SCIENTIFIC, "loaded") is True


def test_a_closed_sandbox_leaves_no_branch_behind(fresh: Sandbox) -> None:
    assert isinstance(fresh._launcher, ZygoteLauncher)
    with fresh.start(one_file(SCIENTIFIC)):
        branch = branch_of(fresh._launcher.zygote.process.pid)
    fresh.close()
    end = time.monotonic() + 10.0
    while Path(f"/proc/{branch}").exists():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("level", list(Level))
def test_a_branch_is_behind_the_same_walls(level: Level, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = Limits(call_seconds=5, load_seconds=10)
    monkeypatch.setattr(selftest, "_ATTEMPTS", selftest._ATTEMPTS + "import scipy.special\n")
    with Sandbox.open(limits, level=level, allow_unsafe=True) as sandbox:
        selftest.check(level, sandbox._launcher, limits)
        if isinstance(sandbox._launcher, ZygoteLauncher):
            assert parent(sandbox, SCIENTIFIC) != parent(sandbox, PLAIN)


def parent(sandbox: Sandbox, code: str) -> str:
    """The process that a worker for ``code`` is forked from; nothing else is started for it."""
    before = descendants(os.getpid())
    with sandbox.start(one_file(code)):
        [process] = descendants(os.getpid()) - before
        return Path(f"/proc/{process}/status").read_text().partition("PPid:")[2].split()[0]


def branch_of(process: int) -> int:
    """The process that the worker of a scientific hand-in, which is there, was forked from."""
    return chain(process)[-2]


def chain(process: int) -> list[int]:
    """The longest way down from ``process``."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [process, *max((chain(int(child)) for child in children), key=len, default=[])]
