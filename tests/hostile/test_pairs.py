"""Hostile programs against the way in which many calls are answered together."""

from __future__ import annotations

import inspect
import textwrap
import time

import numpy as np
import pytest

from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from grading.sandbox.messages import Outcome, Received, Returned
from grading.sandbox.pairs import PackedCalls, Pairs
from tests.grading.sandbox.building import one_file
from tests.hostile import forging

# The right answer is the sum, and two times the array; none of these programs works it out.
CALLS = PackedCalls.of([(np.full((1, 2), float(k)), k) for k in range(400)])
HONEST = "\ndef honest(X, k): return float(X.sum()), 2.0 * X\n"

PROGRAMS = {
    "answers all that is still to come": """
        if k == 100: wire().pairs(0, 400)
        return 0.5, X
    """,
    "answers more than was asked": """
        if k == 100: wire().pairs(0, 100_000)
        return 0.5, X
    """,
    "answers with other numbers of bytes": """
        if k == 100: wire().pairs(0, 50, extra=b"x" * 4)
        return 0.5, X
    """,
    "answers without end": """
        w = wire()
        while True: w.pairs(0, 400)
    """,
    "sends bytes without end": """
        w = wire()
        while True: w.channel.sendall(b"x" * 65536)
    """,
    "claims a payload of 4 GiB": """
        w = wire()
        w.channel.sendall(w.framed(b"", lengths=(10, 2**32)))
        return 0.5, X
    """,
    "answers one call after the other, slowly": """
        w = wire()
        for n in range(400):
            w.pairs(n, 1)
            time.sleep(0.12)
    """,
    "has the worker forget its answers": """
        sys.modules["grading.sandbox.inside.pairing"].Pairing.add = lambda *a: None
        return 0.5, X
    """,
    "has the worker keep its answers": """
        sys.modules["grading.sandbox.inside.outbox"]._clock = lambda: 0.0
        if k == 399: time.sleep(60)
        return 0.5, X
    """,
    "has the worker answer in the wrong order": """
        pairing = next(o for o in gc.get_objects() if type(o).__name__ == "Pairing")
        pairing._first = 200
        return 0.5, X
    """,
    "says that its losses are arrays of none": """
        if k == 100: wire().pairs(0, 300, form=[False, [0]])
        return 0.5, X
    """,
    "says that its losses are arrays of many": """
        if k == 100: wire().pairs(0, 300, form=[True, [2, 2**30]])
        return 0.5, X
    """,
    "leaves when half is answered": """
        if k == 200: os._exit(0)
        return 0.5, X
    """,
}
WIRE = """
import gc, os, socket, struct, sys, time

WIRE
    def pairs(self, index, count, extra=b"", form=()):
        header = self.encode([self.nonce, index, ["paired", count, *form]])
        self.channel.sendall(self.framed(header, struct.pack("<d", 0.5) * 3 * count + extra))

def wire(): return Wire()

def attack(X, k):
""".replace("WIRE", inspect.getsource(forging.Wire))


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_program_answers_correctly_what_it_does_not_compute(sandbox: Sandbox, name: str) -> None:
    code = WIRE + textwrap.indent(textwrap.dedent(PROGRAMS[name]), "    ") + HONEST
    with sandbox.start(one_file(code, "attack", "honest")) as worker:
        # All calls together get some times as long as one.
        worker._limits = Limits(call_seconds=0.2 if "slowly" in name else 0.5)
        began = time.monotonic()
        pairs = worker.call_all("attack", CALLS)
        assert time.monotonic() - began < 12
        assert pairs.complete
        for k in range(1, 400):
            assert not is_right(pairs, k), k
        worker._limits = Limits(call_seconds=5.0)
        honest = worker.call_all("honest", CALLS)
        assert all(is_right(honest, k) for k in range(400))


def is_right(pairs: Pairs, k: int) -> bool:
    other: Outcome | None = pairs.outcome(k)
    if other is None:
        return bool(pairs.losses[k] == 2.0 * k and (pairs.gradient(k) == 2.0 * k).all())
    value = other.result.value if isinstance(other, Returned) else None
    return isinstance(value, tuple) and value[0] == Received("float", 2.0 * k)
