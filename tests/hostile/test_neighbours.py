"""What one worker does to what others share with it: folders, threads, and the process that all come from."""

from __future__ import annotations

import contextlib
import os
import signal
import time

import pytest

from grading.sandbox.client import Sandbox
from grading.sandbox.messages import Call, Lost, Outcome, Returned
from grading.sandbox.walls.levels import DisturbedError, Level
from grading.sandbox.worker import Worker
from tests.grading.sandbox.building import one_file, reasons
from tests.hostile.arena import descendants

NEIGHBOUR = """
def writes(name):
    with open(name, "w") as file: file.write("x" * 1000)
    return open(name).read() == "x" * 1000
def threads(count):
    import threading
    threading.stack_size(1 << 16)
    stop = threading.Event()
    started = [threading.Thread(target=stop.wait) for _ in range(count)]
    try:
        for thread in started: thread.start()
    finally:
        stop.set()
    return count
"""
HOSTILE = """
import os, threading, time
def nests(seconds):
    depth, end = 0, time.time() + seconds
    while time.time() < end:
        try: os.mkdir("a"); os.chdir("a")
        except OSError: break
        depth += 1
    return depth
def litters(seconds):
    made, end = 0, time.time() + seconds
    while time.time() < end:
        try: open(f"{made}", "w").close()
        except OSError: break
        made += 1
    return made
def fills(seconds):
    written, end = 0, time.time() + seconds
    while time.time() < end:
        try:
            with open(f"{written}", "wb") as file: file.write(bytes(1 << 22))
        except OSError: break
        written += 1
    return written
def locks_up(seconds):
    for depth in range(1, 100):
        os.mkdir("a", 0o700); os.chdir("a"); open("x", "w").close(); os.mkdir("locked", 0)
    return depth
def spawns(seconds):
    threading.stack_size(1 << 16)
    stop = threading.Event()
    count = 0
    try:
        while count < 1000:
            threading.Thread(target=stop.wait, daemon=True).start()
            count += 1
    except RuntimeError:
        pass
    return count
"""
AT_ONCE = 2.0


def value(outcome: Outcome) -> object:
    assert isinstance(outcome, Returned), outcome
    return outcome.result.value


@pytest.mark.parametrize("attack", ["nests", "litters", "fills", "locks_up", "spawns"])
def test_what_one_piles_up_leaves_room_for_a_neighbour_and_for_the_next(arena: Sandbox, attack: str) -> None:
    if attack == "spawns" and arena.isolation.level is Level.LIMITS_ONLY and os.geteuid() != 0:
        pytest.skip("without walls this would harm the user who runs the tests")
    with arena.start(one_file(NEIGHBOUR)) as neighbour, arena.start(one_file(HOSTILE)) as hostile:
        [piled] = hostile.run([Call(attack, (0.3,))], seconds=3)
        assert value(piled)
        mine = neighbour.run([Call("writes", ("mine",)), Call("threads", (40,))])
        assert list(map(value, mine)) == [True, 40]
    began = time.monotonic()
    with arena.start(one_file(NEIGHBOUR)) as following:
        assert value(following.run([Call("writes", ("yours",))])[0]) is True
    assert time.monotonic() - began < AT_ONCE


def test_files_in_memory_are_limited_in_number_and_size(arena: Sandbox) -> None:
    if arena.isolation.level is not Level.FULL:
        pytest.skip("on disk there is no such limit: docs/security.md")
    with arena.start(one_file(HOSTILE)) as hostile:
        littered, filled = hostile.run([Call("litters", (3.0,)), Call("fills", (3.0,))], seconds=5)
    assert 1000 < value(littered) < 5000  # type: ignore[operator]
    assert value(filled) == 64 >> 2


def with_its_process(arena: Sandbox, code: str, *, is_asked_again: bool = True) -> tuple[Worker, int]:
    """A worker, and the number of its process."""
    before = descendants(os.getpid())
    worker = arena.start(one_file(code), is_asked_again=is_asked_again)
    [process] = descendants(os.getpid()) - before
    return worker, process


SLOW = "import time\ndef slow():\n    time.sleep(0.3)\n    return 1"


def test_a_worker_that_others_end_is_no_loss_of_its_function(arena: Sandbox) -> None:
    worker, process = with_its_process(arena, SLOW)
    with worker:
        os.kill(process, signal.SIGKILL)
        with pytest.raises(DisturbedError):
            worker.run([Call("slow", ())])


def test_whoever_cannot_ask_again_takes_it_for_a_loss(arena: Sandbox) -> None:
    worker, process = with_its_process(arena, SLOW, is_asked_again=False)
    with worker:
        os.kill(process, signal.SIGKILL)
        assert reasons(worker.run([Call("slow", ())])) == ["died"]


@pytest.mark.parametrize(
    "ending", ["os._exit(3)", "os.abort()", "__import__('ctypes').string_at(0)", "[0] * (1 << 40)"]
)
def test_who_ends_itself_is_not_asked_again(arena: Sandbox, ending: str) -> None:
    with arena.start(one_file(f"import os\ndef ends(): {ending}"), is_asked_again=True) as worker:
        [outcome] = worker.run([Call("ends", ())])
    assert not isinstance(outcome, Returned)


def test_who_uses_its_processor_time_up_is_not_asked_again() -> None:
    from grading.sandbox.limits import Limits

    code = "def spins():\n    while True: pass"
    with (
        Sandbox.open(Limits(cpu_seconds=1, call_seconds=20), allow_unsafe=True) as sandbox,
        sandbox.start(one_file(code), is_asked_again=True) as worker,
    ):
        [outcome] = worker.run([Call("spins", ())])
    assert isinstance(outcome, Lost)
    assert "SIGXCPU" in outcome.detail


def test_losing_the_process_that_all_come_from_is_nobodys_loss() -> None:
    from grading.sandbox.limits import Limits

    before = descendants(os.getpid())
    with Sandbox.open(Limits(), allow_unsafe=True) as sandbox:
        shared = descendants(os.getpid()) - before
        with sandbox.start(one_file(SLOW), is_asked_again=True) as worker:
            for process in shared:
                # Those below one that is killed end with it.
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            with pytest.raises(DisturbedError):
                worker.run([Call("slow", ())])
        with sandbox.start(one_file(SLOW)) as worker:
            assert value(worker.run([Call("slow", ())])[0]) == 1
