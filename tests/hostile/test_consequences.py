"""What hostile programs could do to others over time, and the one thing that they can win."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from grading.sandbox.client import Sandbox
from grading.sandbox.messages import Call, Lost, Outcome, Raised, Returned, Step
from grading.sandbox.pairs import PackedCalls
from grading.sandbox.walls.levels import Level
from tests.grading.sandbox.building import one_file
from tests.hostile import forging
from tests.hostile.arena import HONEST, Program


def program(name: str) -> Program:
    return next(found for found in forging.ATTACKS.programs if found.name == name)


def run(sandbox: Sandbox, code: str, *calls: Step) -> list[Outcome]:
    with sandbox.start(one_file(code)) as worker:
        return worker.run(calls, seconds=1)


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


@pytest.mark.parametrize("name", ["sends a header without end", "sends frames without end"])
def test_the_graders_memory_stays_as_it_is_whatever_is_sent(sandbox: Sandbox, name: str) -> None:
    attack = Call("attack", (np.ones(2), "", 0, 0, "", ""))
    run(sandbox, program(name).code, attack)
    before = resident_bytes()
    for _ in range(3):
        run(sandbox, program(name).code, attack)
    assert resident_bytes() - before < 64 << 20


def test_a_flood_of_text_costs_the_grader_no_memory(sandbox: Sandbox) -> None:
    code = "import os\ndef flood():\n    for _ in range(100): os.write(1, b'x' * 1_000_000)"
    run(sandbox, code, Call("flood", ()))
    before = resident_bytes()
    for _ in range(5):
        run(sandbox, code, Call("flood", ()))
    assert resident_bytes() - before < 16 << 20


def test_a_neighbour_at_the_same_time_keeps_its_process_and_its_files(arena: Sandbox) -> None:
    if arena.isolation.level is Level.LIMITS_ONLY:
        pytest.skip("limits alone do not keep neighbours apart: docs/security.md")
    neighbour = """
        count = 0
        open("mine", "w").write("kept")
        def counted():
            global count
            count += 1
            return count, open("mine").read()
    """
    hostile = """
        import os, glob
        def attack():
            done = []
            for k in range(1, 300):
                try: os.kill(k, 9); done.append(k)
                except OSError: pass
            for pattern in ("/scratch/*/*", "../*/*", "/tmp/*/*"):
                for path in glob.glob(pattern):
                    try: open(path).read(); done.append(path)
                    except OSError: pass
            return done
    """
    with arena.start(one_file(neighbour)) as honest:
        honest.run([Call("counted", ())])
        [outcome] = run(arena, hostile, Call("attack", ()))
        assert isinstance(outcome, Returned)
        assert outcome.result.value == ()
        [counted] = honest.run([Call("counted", ())])
        assert isinstance(counted, Returned)
        assert isinstance(counted.result.value, tuple)
        assert [item.value for item in counted.result.value] == [2, "kept"]


def test_hostile_text_is_harmless_when_it_arrives(sandbox: Sandbox) -> None:
    code = """
        def attack():
            print("\\x1b[2J\\x1b]0;owned\\x07plain\\u202e")
            raise type("Bad\\x1b[31m\\nName", (Exception,), {})("\\x1b[2J\\x1b]8;;http://x\\x07click\\ud800\\x00")
    """
    with sandbox.start(one_file(code)) as worker:
        [outcome] = worker.run([Call("attack", ())])
        assert isinstance(outcome, Raised)
        assert worker.stdout == "plain\n"
    for text in (outcome.type_name, outcome.message):
        assert all(c.isprintable() for c in text)
    assert outcome.message.startswith("click")


TAMPERING = """
    import sys
    def switch_off():
        sys.settrace(None)
        for tool in range(6 if hasattr(sys, "monitoring") else 0):
            if sys.monitoring.get_tool(tool): sys.monitoring.set_events(tool, 0)
    def loop(X):
        total = 0.0
        for x in X: total += x.sum()
        return total
    def hidden(X):
        switch_off()
        return loop(X)
"""


def test_switching_the_count_of_bytecodes_off_leaves_no_count(sandbox: Sandbox) -> None:
    names = "loop", "loop", "hidden", "loop"  # in the first call, NumPy may import something
    calls = [Call(name, (np.ones((50, 2)),), count_bytecodes=True) for name in names]
    _, before, hidden, after = run(sandbox, TAMPERING, *calls)
    assert isinstance(before, Returned)
    assert isinstance(hidden, Returned)
    assert isinstance(after, Returned)
    assert before.bytecodes == after.bytecodes
    assert (before.bytecodes or 0) > 300
    assert hidden.bytecodes is None


def test_a_count_of_bytecodes_can_be_forged_and_is_no_more_than_a_claim(sandbox: Sandbox) -> None:
    # The one measurement that only the worker can make. Its points are named in docs/security.md.
    attack = program("forges a reply and leaves").code + HONEST
    arguments = np.ones(2), "", 0, 0, "", ""
    [outcome] = run(
        sandbox, attack.replace("reply(1,", "reply(0,"), Call("attack", arguments, count_bytecodes=True)
    )
    assert isinstance(outcome, Returned)
    assert outcome.bytecodes == 1


def test_a_function_that_spoils_its_process_costs_the_next_one_nothing(sandbox: Sandbox) -> None:
    code = (
        HONEST
        + """
import os, threading, time
def spoiler():
    threading.Thread(target=lambda: (time.sleep(0.05), os._exit(0))).start()
def slow(x):
    time.sleep(0.2)
    return x
"""
    )
    outcomes = run(sandbox, code, Call("spoiler", ()), Call("slow", (1,)), Call("slow", (2,)))
    assert [outcome.result.value for outcome in outcomes if isinstance(outcome, Returned)] == [None, 1, 2]


def test_a_function_that_is_lost_by_itself_stays_lost(sandbox: Sandbox) -> None:
    code = HONEST + "import os\ndef leaver(): os._exit(0)"
    outcomes = run(
        sandbox, code, Call("honest", (1,)), Call("leaver", ()), Call("leaver", ()), Call("honest", (2,))
    )
    assert isinstance(outcomes[1], Lost)
    assert isinstance(outcomes[2], Lost)
    assert (outcomes[1].reason, outcomes[2].reason) == ("died", "skipped")
    assert isinstance(outcomes[3], Returned)


@pytest.mark.parametrize(
    "answer",
    [
        "np.zeros(2_000_000), W",
        "np.zeros((1_000, 2_000)), W",
        "tuple([0.0] * 19_000)",
        "tuple(['x' * 900] * 1_000)",
        "[np.zeros(100_000) for _ in range(19)]",
        "0.0, np.zeros((2, 900_000))",
    ],
)
def test_large_answers_to_many_calls_are_not_kept(sandbox: Sandbox, answer: str) -> None:
    W = np.ones((2, 2))
    code = f"import numpy as np\ndef floods(W): return {answer}"
    before = resident_bytes()
    with sandbox.start(one_file(code)) as worker:
        pairs = worker.call_all("floods", PackedCalls.of([(W,)] * 30))
        outcomes = worker.run([Call("floods", (W,))] * 10)
        assert resident_bytes() - before < 160 << 20
    assert pairs.complete
    assert len(outcomes) == 10


def test_what_is_asked_for_comes_back_however_much_that_is(sandbox: Sandbox) -> None:
    X = np.ones((1 << 20, 1))
    code = "def same(X): return X"
    with sandbox.start(one_file(code)) as worker:
        outcomes = worker.run([Call("same", (X,), return_inputs=True)] * 6)
    for outcome in outcomes:
        assert isinstance(outcome, Returned)
        assert np.array_equal(np.asarray(outcome.result.value), X)
        assert len(outcome.inputs) == 1
