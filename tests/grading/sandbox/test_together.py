"""Steps that are answered many at a time come to the same as one at a time, whatever happens on the way."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence

import pytest

from grading.sandbox.client import Sandbox
from grading.sandbox.inside import outbox
from grading.sandbox.inside.outbox import Outbox
from grading.sandbox.limits import Limits
from grading.sandbox.messages import Call, Create, Invoke, Lost, Outcome, Read, Returned, Seed, Step
from tests.grading.sandbox.building import one_file, value

SECONDS = 1.5
PRELUDE = """
import os, time
import numpy as np
count = 0
class Model:
    def __init__(self): self.W = 0
    def grow(self, by):
        self.W += by
        return self.W
def f(k):
    global count
    count += 1
"""
CALLS: tuple[Step, ...] = (Seed(3), *(Call("f", (k,)) for k in range(6)))
OBJECTS: tuple[Step, ...] = (
    Create("Model", "m"),
    *(Invoke("m", "grow", (k,)) for k in range(4)),
    Read("m", "W"),
    Call("f", (3,)),
    Read("m", "W"),
    Read("m", "gone"),
)
BODIES = {
    "answers": "return count, np.random.rand()",
    "raises": "if k == 3: raise ValueError(count)",
    "is slow": "if k == 3: time.sleep(1.2)\n    return k",
    "hangs": "while k == 3: time.sleep(1)\n    return k",
    "leaves": "if k == 3: os._exit(3)\n    return k",
    "returns nothing": "return None",
    "returns nothing now and then": "if k == 3: os._exit(3)\n    return [None, 1][k % 3 == 1]",
    "returns too much": "return np.ones(3_000_000 if k == 3 else 1)",
}


@pytest.mark.parametrize("steps", [CALLS, OBJECTS], ids=["calls", "objects"])
@pytest.mark.parametrize("what", BODIES)
def test_steps_come_to_the_same_together_and_one_by_one(
    sandbox: Sandbox, what: str, steps: Sequence[Step]
) -> None:
    code = PRELUDE + "    " + BODIES[what]
    after = Call("f", (0,))  # whatever became of the process, it goes on, and with the seed that it was given
    with sandbox.start(one_file(code)) as worker:
        one_by_one = [*worker.run(steps, seconds=SECONDS), *worker.run([after])]
    with sandbox.start(one_file(code)) as worker:
        worker._limits = Limits(call_seconds=SECONDS)
        together = [*worker.run(steps), *worker.run([after])]
    assert said(together) == said(one_by_one)


def said(outcomes: Sequence[Outcome]) -> list[str]:
    return [repr(outcome) for outcome in outcomes]


def test_steps_that_need_an_object_from_before_find_it(sandbox: Sandbox) -> None:
    with sandbox.start(one_file(PRELUDE)) as worker:
        worker.run([Create("Model", "m"), Invoke("m", "grow", (2,))])
        assert [value(o) for o in worker.run([Invoke("m", "grow", (k,)) for k in (3, 4)])] == [5, 9]


def test_a_process_that_ends_only_once_is_blamed_on_who_was_running(sandbox: Sandbox) -> None:
    body = "if count == 8: os._exit(3)\n    return k"
    with sandbox.start(one_file(PRELUDE + "    " + body)) as worker:
        assert all(isinstance(outcome, Returned) for outcome in worker.run(CALLS))
        # The next process gets as far as 6, so that all would be well.
        outcomes = worker.run(CALLS)
    lost = [outcome for outcome in outcomes if isinstance(outcome, Lost)]
    assert len(lost) == 1
    assert "exit code 3" in lost[0].detail
    assert isinstance(outcomes[0], Returned), "a seed ends no process"


def test_a_function_that_another_one_ruined_before_is_not_blamed(sandbox: Sandbox) -> None:
    code = (
        PRELUDE
        + """
    return k
def g():
    import threading
    threading.Thread(target=lambda: (time.sleep(0.3), os._exit(3)), daemon=True).start()
def h(k):
    time.sleep(0.2)
    return k
"""
    )
    with sandbox.start(one_file(code)) as worker:
        worker.run([Call("g", ())])
        assert [value(o) for o in worker.run([Call("h", (k,)) for k in range(3)])] == [0, 1, 2]


def test_an_outbox_sends_when_it_is_told_to_or_when_it_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(outbox, "_clock", lambda: now[0])
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setblocking(False)
        box = Outbox(ours)
        box.hold(b"one ")
        now[0] = 0.09
        box.hold(b"two ")
        with pytest.raises(BlockingIOError):
            theirs.recv(100)
        box.push()
        assert theirs.recv(100) == b"one two "
        now[0] = 1.0
        box.begin()
        box.hold(b"three ")
        now[0] = 1.2
        box.hold(b"four ")
        assert theirs.recv(100) == b"three four "
        theirs.setblocking(True)
        ours.setblocking(False)
        box.hold(bytes(1 << 19))
        assert not box.due()
        assert box.due(1 << 20)


@pytest.mark.parametrize("returned", ["k", "None"])
def test_replies_that_wait_for_each_other_do_not_wait_for_a_slow_one(returned: str, sandbox: Sandbox) -> None:
    code = PRELUDE + f"    if k == 5: time.sleep(0.6)\n    time.sleep(0.06)\n    return {returned}"
    with sandbox.start(one_file(code)) as worker:
        began = time.monotonic()
        outcomes = worker._session.exchange(CALLS, None, began + 10.0)
        came = [time.monotonic() - began for _ in outcomes]
    assert came[1] < came[-1] - 0.5
