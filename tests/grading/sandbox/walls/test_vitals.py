from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from grading.sandbox.walls.vitals import Vitals

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets us look")
BUSY = [sys.executable, "-c", "while True: pass"]
IDLE = [sys.executable, "-c", "import time; time.sleep(60)"]


def seconds_used(vitals: Vitals) -> float:
    before = vitals.processor_seconds()
    time.sleep(0.3)
    after = vitals.processor_seconds()
    assert before is not None
    assert after is not None
    return after - before


@linux
def test_processor_time_is_seen_from_outside() -> None:
    with subprocess.Popen(BUSY) as busy, subprocess.Popen(IDLE) as idle:
        time.sleep(0.2)
        used = seconds_used(Vitals(busy.pid)), seconds_used(Vitals(idle.pid))
        for process in (busy, idle):
            process.kill()
    assert used[0] > 10 * used[1]


@linux
def test_waiting_for_a_processor_is_seen_from_outside() -> None:
    processor = min(os.sched_getaffinity(0))
    with subprocess.Popen(BUSY) as one, subprocess.Popen(BUSY) as other, subprocess.Popen(IDLE) as idle:
        for process in (one, other, idle):
            os.sched_setaffinity(process.pid, {processor})
        time.sleep(0.5)
        waited = [Vitals(process.pid).waiting_seconds() for process in (one, other, idle)]
        for process in (one, other, idle):
            process.kill()
    assert min(waited[:2]) > 0.05
    assert waited[2] < min(waited[:2])


@linux
def test_a_handle_says_whose_it_is_and_nothing_once_that_has_ended() -> None:
    with subprocess.Popen(IDLE) as idle:
        handle = os.pidfd_open(idle.pid)
        assert Vitals.of_handle(handle) == Vitals(idle.pid)
        idle.kill()
        idle.wait()
        assert Vitals.of_handle(handle) is None
        assert Vitals(idle.pid).processor_seconds() is None
        assert Vitals(idle.pid).waiting_seconds() == 0.0
        os.close(handle)
