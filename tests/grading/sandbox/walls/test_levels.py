from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from grading.protocol.confinement import Setup
from grading.sandbox import level_search, selftest
from grading.sandbox.budget import Budget
from grading.sandbox.client import Sandbox
from grading.sandbox.inside import confining
from grading.sandbox.level_search import LevelSearch
from grading.sandbox.limits import Limits
from grading.sandbox.messages import Call, Loaded, Returned
from grading.sandbox.session import Session
from grading.sandbox.walls import bubblewrap, launch, syscalls, view
from grading.sandbox.walls.levels import IsolationError, LaunchError, Level
from grading.sandbox.walls.view import View
from grading.sandbox.walls.zygote import Zygote, begin
from grading.sandbox.worker import Worker
from tests.grading.sandbox.building import one_file, value

LIMITS = Limits(call_seconds=5, load_seconds=10)
BEST = LevelSearch(LIMITS).finish()
BEST.launcher.close()


def runs(sandbox: Sandbox) -> bool:
    with sandbox.start(one_file("def f(): return 1")) as worker:
        [outcome] = worker.run([Call("f", ())])
    return isinstance(outcome, Returned) and outcome.result.value == 1


def test_the_best_level_is_taken_and_says_what_it_is_made_of() -> None:
    with Sandbox.open(LIMITS, allow_unsafe=True) as sandbox:
        assert sandbox.isolation == BEST.isolation
        assert "resource limits" in sandbox.isolation.detail
        assert runs(sandbox)


@pytest.mark.parametrize("level", [level for level in Level if level >= BEST.isolation.level])
def test_a_level_that_is_asked_for_is_given(level: Level) -> None:
    if list(Level).index(level) < list(Level).index(BEST.isolation.level):
        pytest.skip(f"this machine does not offer {level}")
    with Sandbox.open(LIMITS, level=level, allow_unsafe=True) as sandbox:
        assert sandbox.isolation.level is level
        assert runs(sandbox)


@pytest.mark.parametrize("level", list(Level))
def test_what_scipy_imports_if_it_is_there_is_not_there_where_it_cannot_be_read(level: Level) -> None:
    if list(Level).index(level) < list(Level).index(BEST.isolation.level):
        pytest.skip(f"this machine does not offer {level}")
    code = """
    from scipy.special import logsumexp
    from scipy import optimize, stats
    import numpy as np, numpy.ma as ma
    from numpy.testing import assert_allclose
    def f():
        assert_allclose(ma.masked_less([1.0, 2.0], 1.5).sum(), 2.0)
        return float(logsumexp([0.0])) + optimize.linprog([1.0]).fun + stats.norm.cdf(0.0)
    def g(): return np.ma.sum([1.0]) + (np.testing.assert_equal(1, 1) is None) + len(np.f2py.__name__)
    """
    with Sandbox.open(LIMITS, level=level, allow_unsafe=True) as sandbox:
        with sandbox.start(one_file(code)) as worker:
            outcomes = worker.run([Call("f", ()), Call("g", ())])
        assert worker.loaded == Loaded()
        assert list(map(value, outcomes)) == [0.5, 12.0]


def test_a_module_that_cannot_be_read_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert confining._ReadableFinder.find_spec("json") is not None
    assert confining._ReadableFinder.find_spec("no_such_module") is None

    def refused(*_: object) -> int:
        raise PermissionError

    monkeypatch.setattr("os.open", refused)
    assert confining._ReadableFinder.find_spec("json") is None


def test_resource_limits_alone_are_refused_unless_they_are_allowed() -> None:
    with pytest.raises(IsolationError, match="--allow-unsafe"):
        Sandbox.open(LIMITS, level=Level.LIMITS_ONLY)


@pytest.fixture
def no_bubblewrap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "binaries", lambda: iter(()))


@pytest.mark.usefixtures("no_bubblewrap")
def test_without_bubblewrap_the_next_level_is_taken_and_the_reason_kept() -> None:
    chosen = LevelSearch(LIMITS).finish()
    chosen.launcher.close()
    assert chosen.isolation.level is not Level.FULL
    assert any("there is no bubblewrap" in problem for problem in chosen.problems)


@pytest.mark.usefixtures("no_bubblewrap")
def test_a_level_that_does_not_work_is_refused_with_its_reason() -> None:
    with pytest.raises(IsolationError, match="no bubblewrap"):
        Sandbox.open(LIMITS, level=Level.FULL)


def test_without_landlock_and_namespaces_only_limits_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "binaries", lambda: iter(()))
    monkeypatch.setattr(level_search, "landlock_version", lambda: 0)
    chosen = LevelSearch(LIMITS).finish()
    chosen.launcher.close()
    assert chosen.isolation.level is Level.LIMITS_ONLY
    assert "NOT isolated" in chosen.isolation.detail


def test_without_a_filter_of_system_calls_only_limits_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> bytes:
        raise syscalls.SeccompUnavailableError("libseccomp cannot be used: not found")

    monkeypatch.setattr(level_search, "compiled_filter", missing)
    chosen = LevelSearch(LIMITS).finish()
    chosen.launcher.close()
    assert chosen.isolation.level is Level.LIMITS_ONLY
    assert any("libseccomp" in problem for problem in chosen.problems)


@pytest.fixture
def walls_with_a_hole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Landlock that lets everything be read."""
    original = level_search._ways

    def holed(level: Level, limits: Limits, seen: View, problems: list[str]) -> Iterator[level_search._Way]:
        if level is Level.NO_NAMESPACES:
            setup = Setup(limits.address_space_bytes, limits.cpu_seconds)
            setup.system_calls = syscalls.compiled_filter()
            setup.readable, setup.roots = ["/"], ["/"]
            setup.devices = ["/dev/null"]
            yield level_search._Way(level, "a wall with a hole", lambda _: level_search._Scratched(setup))
        else:
            yield from original(level, limits, seen, problems)

    monkeypatch.setattr(level_search, "_ways", holed)


@pytest.mark.usefixtures("walls_with_a_hole")
@pytest.mark.skipif(
    BEST.isolation.level is Level.LIMITS_ONLY, reason="this machine has no walls to make holes in"
)
def test_the_self_test_finds_a_hole() -> None:
    with pytest.raises(IsolationError, match="student code could read"):
        LevelSearch(LIMITS, Level.NO_NAMESPACES).finish()


def test_the_self_test_finds_that_limits_alone_are_no_walls() -> None:
    launcher = LevelSearch(LIMITS, Level.LIMITS_ONLY).finish().launcher
    try:
        with pytest.raises(selftest.SelfTestError):
            selftest.check(Level.NO_NAMESPACES, launcher, LIMITS)
    finally:
        launcher.close()


@pytest.mark.skipif(
    BEST.isolation.level is not Level.FULL, reason="this machine does not offer the full level"
)
@pytest.mark.parametrize("binary", list(bubblewrap.binaries()), ids=str)
def test_every_bubblewrap_there_is_will_do(monkeypatch: pytest.MonkeyPatch, binary: Path) -> None:
    monkeypatch.setattr(bubblewrap, "binaries", lambda: iter((binary,)))
    with Sandbox.open(LIMITS, level=Level.FULL) as sandbox:
        assert sandbox.isolation.detail.startswith("bubblewrap, ")
        assert str(binary) not in sandbox.isolation.detail, "reports tell it"
        assert runs(sandbox)


@pytest.mark.parametrize("level", list(Level))
def test_a_zygote_that_is_lost_is_replaced(level: Level) -> None:
    import os
    import signal

    if list(Level).index(level) < list(Level).index(BEST.isolation.level):
        pytest.skip(f"this machine does not offer {level}")
    with Sandbox.open(LIMITS, level=level, allow_unsafe=True) as sandbox:
        launcher = sandbox._launcher
        if not isinstance(launcher, launch.ZygoteLauncher):
            pytest.skip(f"there is no zygote at {level}")
        os.kill(launcher.zygote.process.pid, signal.SIGKILL)
        # Until it is gone it may still fork a worker, which would then go with it.
        launcher.zygote.process.wait()
        assert runs(sandbox)


@pytest.mark.skipif(
    BEST.isolation.level is not Level.FULL, reason="this machine does not offer the full level"
)
def test_a_zygote_that_was_begun_early_is_the_one_that_workers_come_from() -> None:
    begun = begin()
    assert begun is not None
    with Sandbox.open(LIMITS, search=LevelSearch(LIMITS, begun=begun)) as sandbox:
        assert isinstance(sandbox._launcher, launch.ZygoteLauncher)
        assert sandbox._launcher.zygote is begun
        assert runs(sandbox)
    assert begun.closed


@pytest.mark.skipif(BEST.isolation.level is Level.LIMITS_ONLY, reason="there is no zygote at this level")
def test_a_zygote_that_was_begun_early_behind_other_walls_is_not_used() -> None:
    begun = Zygote(())
    with Sandbox.open(LIMITS, search=LevelSearch(LIMITS, begun=begun)) as sandbox:
        assert sandbox.isolation == BEST.isolation
        assert begun.closed
        assert runs(sandbox)


def test_a_zygote_that_was_begun_early_and_is_not_needed_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(level_search, "_ways", lambda *_: iter(()))
    begun = Zygote(())
    with LevelSearch(LIMITS, begun=begun) as choosing, pytest.raises(IsolationError):
        choosing.finish()
    assert begun.closed


def test_a_zygote_that_does_not_come_up_says_why() -> None:
    setup = Setup(1 << 30, 10, user=None, readable=["/no/such/path"], roots=[])
    launcher = launch.ZygoteLauncher((), setup)
    with pytest.raises(LaunchError, match="no/such/path"):
        launcher.zygote.ready()
    launcher.close()


def test_a_zygote_that_did_not_come_up_once_costs_no_later_worker() -> None:
    import socket

    launcher = launch.ZygoteLauncher((), Setup(1 << 30, 10, readable=["/no/such/path"], roots=[]))
    pairs = [socket.socketpair() for _ in range(2)]
    (_, frames), (_, printed) = pairs
    for _ in range(2):
        with pytest.raises(LaunchError, match="no/such/path"):
            launcher.start(frames, printed)
    launcher._setup = Setup(1 << 30, 60)
    launcher.start(frames, printed).kill(wait=False)
    launcher.close()
    for pair in pairs:
        for end in pair:
            end.close()


def test_a_program_that_cannot_be_started_is_said(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="no-such-program"):
        launch.ZygoteLauncher([str(tmp_path / "no-such-program")], Setup(1 << 30, 10))


def test_nothing_is_left_of_a_sandbox_that_was_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for level in Level:
        if list(Level).index(level) >= list(Level).index(BEST.isolation.level):
            with Sandbox.open(LIMITS, level=level, allow_unsafe=True) as sandbox:
                runs(sandbox)
    assert list(tmp_path.iterdir()) == []


WITHOUT_NAMESPACES = """
import errno, sys
import pyseccomp
from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from grading.sandbox.messages import Call
from tests.grading.sandbox.building import one_file, value
rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
for name in ("unshare", "setns", "mount", "pivot_root"):
    rules.add_rule(pyseccomp.ERRNO(errno.EPERM), name)
for flag in (0x10000000, 0x00020000, 0x20000000, 0x40000000):
    rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag))
rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
rules.load()
code = "{}\\ndef f():\\n    open('mine', 'w').write('x')\\n    return open('mine').read()"
with Sandbox.open(Limits()) as sandbox:
    print(sandbox.isolation.level)
    for first in ("", "from scipy.special import logsumexp"):
        with sandbox.start(one_file(code.format(first))) as worker:
            print(value(worker.run([Call("f", ())])[0]))
"""


@pytest.mark.skipif(BEST.isolation.level is Level.LIMITS_ONLY, reason="there is no level between the two")
def test_where_the_kernel_refuses_namespaces_the_next_level_is_taken() -> None:
    # As in a container: the refusal comes from a filter of system calls that cannot be taken off again.
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NAMESPACES],
        cwd=view.PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["no-namespaces", "x", "x"], done.stderr


def test_a_worker_that_is_a_process_of_its_own_does_what_a_forked_one_does() -> None:
    # How it is on systems that cannot fork a process with NumPy in it.
    launcher = launch.PlainLauncher(Setup(1 << 30, 60))
    submission = one_file("import os\ndef f(): return 1\ndef g(): os._exit(3)")
    with Worker(Session(launcher, LIMITS, submission, None, Budget(60.0)), LIMITS, submission) as worker:
        outcomes = worker.run([Call("f", ()), Call("g", ()), Call("f", ())])
    assert [type(outcome).__name__ for outcome in outcomes] == ["Returned", "Lost", "Returned"]
    assert "exit code 3" in str(outcomes[1])


def test_a_process_that_cannot_be_started_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(launch, "python", lambda *_: [str(tmp_path / "no such program")])
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(LaunchError, match="no such program"):
        launch.PlainLauncher(Setup(1 << 30, 60)).start(ours, theirs)
    assert not list(tmp_path.iterdir())


def test_limits_are_what_the_worker_has(sandbox: Sandbox) -> None:
    code = """
        from resource import *
        def f(): return [getrlimit(kind)[0] for kind in (RLIMIT_AS, RLIMIT_CPU, RLIMIT_CORE)]
    """
    limits = msgspec.structs.replace(LIMITS, address_space_bytes=1 << 29, cpu_seconds=17)
    with Sandbox.open(limits, allow_unsafe=True) as opened, opened.start(one_file(code)) as worker:
        [outcome] = worker.run([Call("f", ())])
    assert isinstance(outcome, Returned)
    assert isinstance(outcome.result.value, tuple)
    assert [item.value for item in outcome.result.value] == [1 << 29, 17, 0]
