"""What keeps workers apart where root starts them: a user id for each, that nobody else has."""

from __future__ import annotations

import ctypes
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from grading.sandbox.messages import Call, Raised, Returned
from grading.sandbox.walls import users
from grading.sandbox.walls.launch import ZygoteLauncher
from grading.sandbox.walls.levels import Level
from grading.sandbox.worker import Worker
from tests.grading.sandbox.building import one_file, value
from tests.hostile.arena import descendants

pytestmark = pytest.mark.skipif(not users.can_be_given(), reason="only root can give user ids")

NEIGHBOUR = """
import os
secret = bytearray(b"known to me")
with open("mine", "w") as file: file.write("kept")
def kept():
    r, w = os.pipe()
    os.set_blocking(w, False)
    room = os.write(w, bytes(1 << 17))
    os.close(r), os.close(w)
    return f"{open('mine').read()} {secret.decode()} {os.listdir()} {room}"
def place():
    return os.getcwd(), id(secret)
"""

# Each is given the number of a neighbour's process, its user id, its folder, and an address in its memory.
REACHING = """
import contextlib, ctypes, fcntl, os, resource, signal, socket, struct, subprocess, time
libc = ctypes.CDLL(None, use_errno=True)
def call(*arguments):
    if os.uname().machine != "x86_64": raise OSError("other numbers")
    result = libc.syscall(*(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments))
    if result < 0: raise OSError(ctypes.get_errno(), "refused")
    return result
def signals_it(pid, user, folder, address):
    os.kill(pid, signal.SIGKILL)
def stops_one_of_its_threads(pid, user, folder, address):
    call(234, pid, pid, signal.SIGSTOP)
def signals_all_that_it_may(pid, user, folder, address):
    os.kill(-1, signal.SIGSTOP)
    raise OSError("no error is told")
def signals_what_it_comes_from(pid, user, folder, address):
    os.kill(os.getppid(), signal.SIGKILL)
def has_the_kernel_signal_it(pid, user, folder, address):
    r, w = os.pipe()
    fcntl.fcntl(r, fcntl.F_SETOWN, pid)
    fcntl.fcntl(r, 10, signal.SIGKILL)
    fcntl.fcntl(r, fcntl.F_SETFL, os.O_ASYNC)
    os.write(w, b"x")
    time.sleep(0.05)
    raise OSError("no error is told")
def reads_its_environment(pid, user, folder, address):
    return open(f"/proc/{pid}/environ").read()
def reads_its_memory(pid, user, folder, address):
    with open(f"/proc/{pid}/mem", "rb") as file:
        file.seek(address)
        return file.read(16)
def reads_what_is_where_in_its_memory(pid, user, folder, address):
    return open(f"/proc/{pid}/maps").read()
def reads_its_memory_by_a_system_call(pid, user, folder, address):
    here = (ctypes.c_char * 16)()
    here, there = (ctypes.c_void_p * 2)(ctypes.addressof(here), 16), (ctypes.c_void_p * 2)(address, 16)
    return call(310, pid, here, 1, there, 1, 0)
def debugs_it(pid, user, folder, address):
    return call(101, 0x4206, pid, 0, 0)
def takes_one_of_its_descriptors(pid, user, folder, address):
    return call(438, call(434, pid, 0), 3, 0)
def lists_its_descriptors(pid, user, folder, address):
    return os.listdir(f"/proc/{pid}/fd")
def reads_its_files_by_way_of_its_process(pid, user, folder, address):
    return open(f"/proc/{pid}/cwd/mine").read()
def reads_its_files_from_its_root(pid, user, folder, address):
    return open(f"/proc/{pid}/root/{folder}/mine").read()
def reads_its_files_by_name(pid, user, folder, address):
    return open(f"{folder}/mine").read()
def writes_among_its_files(pid, user, folder, address):
    if os.path.samefile(folder, "."): raise OSError("it is one's own")
    return open(f"{folder}/yours", "w").write("x")
def moves_its_folder(pid, user, folder, address):
    if os.path.samefile(folder, "."): raise OSError("it is one's own")
    os.rename(folder, folder + "moved")
def sets_its_limits(pid, user, folder, address):
    resource.prlimit(pid, resource.RLIMIT_CPU, (1, 1))
def reads_its_limits(pid, user, folder, address):
    return resource.prlimit(pid, resource.RLIMIT_CPU)
def makes_it_wait(pid, user, folder, address):
    os.setpriority(os.PRIO_PROCESS, pid, 19)
def makes_all_of_its_user_wait(pid, user, folder, address):
    os.setpriority(os.PRIO_USER, user, 19)
def ties_it_to_one_processor(pid, user, folder, address):
    os.sched_setaffinity(pid, {0})
def lets_it_run_when_nobody_else_does(pid, user, folder, address):
    os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
def makes_its_disk_wait(pid, user, folder, address):
    return call(251, 1, pid, 3 << 13)
def moves_its_memory(pid, user, folder, address):
    return call(256, pid, 64, (ctypes.c_ulong * 1)(1), (ctypes.c_ulong * 1)(1))
def takes_its_memory_from_it(pid, user, folder, address):
    return call(440, call(434, pid, 0), (ctypes.c_void_p * 2)(address & ~4095, 4096), 1, 21, 0)
def counts_what_it_does(pid, user, folder, address):
    attributes = (ctypes.c_char * 128)(); struct.pack_into("IIQ", attributes, 0, 1, 128, 1)
    return call(298, attributes, pid, -1, -1, 0)
def compares_itself_with_it(pid, user, folder, address):
    return call(312, os.getpid(), pid, 1, 0, 0)
def has_it_ended_first_when_memory_is_short(pid, user, folder, address):
    open(f"/proc/{pid}/oom_score_adj", "w").write("1000")
def writes_into_its_process(pid, user, folder, address):
    return open(f"/proc/{pid}/coredump_filter", "w").write("0")
def becomes_its_user(pid, user, folder, address):
    os.setresuid(user, user, user)
def reads_a_file_of_its_user(pid, user, folder, address):
    return open(f"{OF_USERS}/{user}").read()
def removes_a_file_of_its_user(pid, user, folder, address):
    os.unlink(f"{OF_USERS}/{user}")
def changes_the_rights_of_a_file_of_its_user(pid, user, folder, address):
    os.chmod(f"{OF_USERS}/{user}", 0o777)
def uses_up_what_pipes_of_its_user_may_hold(pid, user, folder, address):
    said, say = os.pipe()
    for _ in range(3):
        held = []
        if not os.fork():
            try:
                while True:
                    held += os.pipe()
                    with contextlib.suppress(PermissionError): fcntl.fcntl(held[-1], 1031, 1 << 20)
            except OSError: os.write(say, b"x")
            time.sleep(5)
    for _ in range(3): os.read(said, 1)
    raise OSError("no error is told")
def joins_a_group(pid, user, folder, address):
    os.setgroups([0])
def takes_rights_back(pid, user, folder, address):
    header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(*[1 << 7] * 3)
    if libc.capset(header, sets): raise OSError("refused")
def makes_a_namespace_in_which_everything_is_allowed(pid, user, folder, address):
    return call(272, 0x10000000)
def enters_its_namespaces(pid, user, folder, address):
    return call(308, call(434, pid, 0), 0x20000)
"""
NAMES = [line[4:].partition("(")[0] for line in REACHING.splitlines() if line.startswith("def ")][1:]


@dataclass(frozen=True)
class Neighbour:
    """An honest worker that waits, and where it is as others see it.

    Attributes:
        worker: it.
        process: its number here.
        number: its number as other workers know it.
        user: its user id.
        folder, address: of its files, and of something in its memory.
    """

    worker: Worker
    process: int
    number: int
    user: int
    folder: str
    address: int


def field(process: int, name: str) -> list[str]:
    """What the kernel says of a process."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(line for line in lines if line.startswith(f"{name}:")).split()[1:]


def with_its_process(sandbox: Sandbox, code: str) -> tuple[Worker, int]:
    before = descendants(os.getpid())
    worker = sandbox.start(one_file(code))
    # Of a new branch and its first worker, the second.
    return worker, max(descendants(os.getpid()) - before)


@pytest.fixture(scope="module")
def neighbour(arena: Sandbox) -> Iterator[Neighbour]:
    worker, process = with_its_process(arena, NEIGHBOUR)
    with worker:
        [outcome] = worker.run([Call("place", ())])
        assert isinstance(outcome, Returned)
        assert isinstance(outcome.result.value, tuple)
        folder, address = (item.value for item in outcome.result.value)
        yield Neighbour(
            worker, process, int(field(process, "NSpid")[-1]), int(field(process, "Uid")[0]), folder, address
        )


@pytest.fixture(scope="module")
def file_of_user(neighbour: Neighbour) -> Iterator[Path]:
    """A file that the neighbour has left where anybody may."""
    with tempfile.TemporaryDirectory(prefix="users-") as folder:
        Path(folder).chmod(0o1777)
        file = Path(folder) / str(neighbour.user)
        file.write_text("its user's")
        file.chmod(0o600)
        os.chown(file, neighbour.user, neighbour.user)
        yield file


@pytest.fixture(scope="module")
def hostile(arena: Sandbox, file_of_user: Path) -> Iterator[Worker]:
    with arena.start(one_file(f"OF_USERS = {str(file_of_user.parent)!r}\n{REACHING}")) as worker:
        yield worker


def settings(process: int) -> tuple[object, ...]:
    """What others could have set for a process."""
    return (
        Path(f"/proc/{process}/limits").read_text(),
        os.sched_getaffinity(process),
        os.sched_getscheduler(process),
        os.getpriority(os.PRIO_PROCESS, process),
        Path(f"/proc/{process}/oom_score_adj").read_text(),
    )


@pytest.mark.parametrize("name", NAMES)
def test_no_worker_reaches_into_a_neighbour(
    hostile: Worker, neighbour: Neighbour, file_of_user: Path, name: str
) -> None:
    before = settings(neighbour.process)
    arguments = neighbour.number, neighbour.user, neighbour.folder, neighbour.address
    [outcome] = hostile.run([Call(name, arguments)], seconds=2)
    [kept] = neighbour.worker.run([Call("kept", ())], seconds=2)
    assert value(kept) == "kept known to me ['mine'] 65536"
    assert settings(neighbour.process) == before
    assert isinstance(outcome, Raised), outcome
    assert (file_of_user.read_text(), file_of_user.stat().st_mode & 0o777) == ("its user's", 0o600)


SCIENTIFIC = "from scipy.special import logsumexp\ndef f(): return 1"


def test_all_that_run_at_a_time_have_ids_of_their_own_and_no_rights(arena: Sandbox) -> None:
    codes = (NEIGHBOUR, NEIGHBOUR, SCIENTIFIC, SCIENTIFIC)
    started = [with_its_process(arena, code) for code in codes]
    try:
        ids = [set(field(process, "Uid")) for _, process in started]
        assert all(len(of_one) == 1 for of_one in ids)
        assert not {"0"} & {number for _, process in started for number in field(process, "Gid")}
        zygotes = {field(int(field(process, "PPid")[0]), "Uid")[0] for _, process in started}
        assert len(zygotes) == 1
        assert len(set.union(*ids) - {"0"} - zygotes) == len(codes)
        for _, process in started:
            assert field(process, "Groups") == []
            assert Path(f"/proc/{process}/environ").stat().st_uid == 0, "it can be debugged"
            assert field(process, "NoNewPrivs") == ["1"]
            assert {*field(process, "CapPrm"), *field(process, "CapInh"), *field(process, "CapAmb")} == {
                "0" * 16
            }
    finally:
        for worker, _ in started:
            worker.close()


def test_they_end_with_what_they_come_from_whoever_that_is() -> None:
    # The kernel has it sent by what ends, which must be allowed to send it.
    with Sandbox.open(Limits(), level=Level.LIMITS_ONLY, allow_unsafe=True) as sandbox:
        assert isinstance(sandbox._launcher, ZygoteLauncher)
        before = descendants(os.getpid())
        with sandbox.start(one_file(NEIGHBOUR)), sandbox.start(one_file(SCIENTIFIC)):
            started = descendants(os.getpid()) - before
            os.kill(sandbox._launcher.zygote.process.pid, 9)
            end = time.monotonic() + 10.0
            while started & descendants(os.getpid()):
                assert time.monotonic() < end
                time.sleep(0.01)


KEYS = """
import ctypes
libc = ctypes.CDLL(None)
def finds(): return libc.syscall(250, 10, -3, b"user", b"ours", 0)
"""


def test_no_worker_has_the_keys_of_who_started_the_grader() -> None:
    libc = ctypes.CDLL(None)
    if os.uname().machine != "x86_64" or libc.syscall(250, 1, None) < 0:
        pytest.skip("there are no keys here, or their system calls have other numbers")
    assert libc.syscall(248, b"user", b"ours", b"secret", 6, -3) > 0
    # Read by whoever has inherited the keyring, whatever its user.
    with (
        Sandbox.open(Limits(), level=Level.LIMITS_ONLY, allow_unsafe=True) as sandbox,
        sandbox.start(one_file(KEYS)) as worker,
    ):
        assert value(worker.run([Call("finds", ())])[0]) == -1
