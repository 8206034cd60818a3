from __future__ import annotations

import os
from pathlib import Path

import pytest

from grading.protocol.confinement import Setup
from grading.sandbox.budget import Budget
from grading.sandbox.limits import Limits
from grading.sandbox.messages import Call
from grading.sandbox.session import Session
from grading.sandbox.walls import users
from grading.sandbox.walls.launch import PlainLauncher
from grading.sandbox.walls.levels import LaunchError
from grading.sandbox.walls.users import PrivateUser
from grading.sandbox.walls.view import view
from grading.sandbox.worker import Worker
from tests.grading.sandbox.building import one_file, value
from tests.hostile.arena import descendants

pytestmark = pytest.mark.skipif(not users.can_be_given(), reason="only root can give user ids")


def test_nobody_has_an_id_that_somebody_has() -> None:
    held = [PrivateUser() for _ in range(50)]
    assert len({user.number for user in held} | {users.of_this_run(), 0}) == 52
    for user in held:
        user.close()


def test_an_id_is_kept_until_the_last_who_holds_it_lets_go(monkeypatch: pytest.MonkeyPatch) -> None:
    with PrivateUser() as user:
        number, copy = user.number, os.dup(user.lock.fileno())
    monkeypatch.setattr(users, "_in_turn", lambda: iter([number, number + 1]))
    with PrivateUser() as other:
        assert other.number == number + 1
    os.close(copy)
    monkeypatch.setattr(users, "_in_turn", lambda: iter([number, number + 1]))
    with PrivateUser() as again:
        assert again.number == number


def test_the_id_of_a_service_is_left_to_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with PrivateUser() as user:
        number = user.number
    monkeypatch.setattr(users, "_OF_SERVICES", tmp_path)
    monkeypatch.setattr(users, "_in_turn", lambda: iter([number, number + 1]))
    (tmp_path / str(number)).touch()
    with PrivateUser() as other:
        assert other.number == number + 1


def test_who_takes_all_the_names_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    with PrivateUser() as user:
        monkeypatch.setattr(users, "_free", lambda: [user.number])
        monkeypatch.setattr(users, "_in_turn", lambda: iter([user.number]))
        with PrivateUser() as other:
            assert other.number == user.number


def test_a_worker_that_is_a_process_of_its_own_has_one_too() -> None:
    roots = [str(path) for path in view().roots]
    launcher = PlainLauncher(Setup(1 << 30, 60, user=users.of_this_run(), roots=roots))
    submission, limits = one_file("def f(): return 1"), Limits()
    before = descendants(os.getpid())
    with Worker(Session(launcher, limits, submission, None, Budget(60.0)), limits, submission) as worker:
        assert value(worker.run([Call("f", ())])[0]) == 1
        [process] = descendants(os.getpid()) - before
        said = Path(f"/proc/{process}/status").read_text()
        assert Path(f"/proc/{process}").stat().st_uid not in (0, users.of_this_run())
        assert "CapPrm:\t0000000000000000\n" in said
        assert "NoNewPrivs:\t1\n" in said


def test_root_without_its_rights_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_text", lambda _: "Name:\tx\nCapEff:\t0000000000000040\nCapBnd:\t0\n")
    with pytest.raises(LaunchError, match="root lacks CAP_KILL, CAP_SETUID here"):
        users.of_this_run.__wrapped__()
