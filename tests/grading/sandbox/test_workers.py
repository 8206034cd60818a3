from __future__ import annotations

import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from grading.sandbox.client import Sandbox, Worker
from grading.sandbox.messages import Call, Lost, Outcome, Returned
from grading.sandbox.walls.launch import ZygoteLauncher
from tests.grading.sandbox.building import one_file

COUNTING = """
import numpy.random_that_is_not_there
count = 0
def f():
    global count
    count += 1
    return count
"""


def value(outcome: Outcome) -> object:
    assert isinstance(outcome, Returned), outcome
    return outcome.result.value


def counted(worker: Worker) -> object:
    return value(worker.run([Call("f", ())])[0])


def test_each_name_has_a_process_of_its_own_that_is_kept(sandbox: Sandbox) -> None:
    with sandbox.workers(one_file(COUNTING)) as workers:
        assert [counted(workers(name)) for name in ("svm", "svm", "softmax", "svm", "softmax")] == [
            1,
            2,
            1,
            3,
            2,
        ]


def test_what_loading_said_is_said_once_however_many_have_loaded(sandbox: Sandbox) -> None:
    with sandbox.workers(one_file(COUNTING)) as workers:
        assert workers.remarks == []
        workers("svm")
        once = workers.remarks
        workers("softmax")
        assert once == workers.remarks
        assert len(once) == 1


def test_workers_can_be_used_from_several_threads(sandbox: Sandbox) -> None:
    def life(number: int) -> list[object]:
        with sandbox.workers(one_file(COUNTING)) as workers:
            return [counted(workers("svm")), counted(workers("softmax")), counted(workers("svm"))]

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(life, range(12))) == [[1, 1, 2]] * 12


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")
def test_workers_outlive_the_process_that_they_were_forked_from(sandbox: Sandbox) -> None:
    launcher = sandbox._launcher
    if not isinstance(launcher, ZygoteLauncher):
        pytest.skip("this level has none")
    with sandbox.workers(one_file(COUNTING)) as workers:
        assert [counted(workers("svm")), counted(workers("softmax"))] == [1, 1]
        os.killpg(launcher.zygote.process.pid, signal.SIGKILL)
        # Both go with it, soon. The first brings a new one up; clearing the other away must not harm that.
        until_lost(workers("svm"))
        assert counted(workers("svm")) == 1
        began = time.monotonic()
        until_lost(workers("softmax"))
        # The new one might wait for a process that it does not have.
        assert time.monotonic() - began < 10
        assert [counted(workers("svm")), counted(workers("softmax"))] == [2, 1]


def until_lost(worker: Worker) -> None:
    while not isinstance(worker.run([Call("f", ())])[0], Lost):
        time.sleep(0.01)
