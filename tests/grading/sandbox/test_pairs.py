from __future__ import annotations

import time

import msgspec
import numpy as np
import pytest

from grading.protocol import wire
from grading.protocol.frames import ProtocolError
from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from grading.sandbox.messages import Call, Lost, Outcome, Raised, Received, Repeated, Returned
from grading.sandbox.pairs import PackedCalls, Pairs
from tests.grading.sandbox.building import one_file

CALLS = [(np.full((2, 1 + k % 3), float(k)), k) for k in range(300)]
PACKED = PackedCalls.of(CALLS)

# What it returns depends on the number of the call, which is also in the array.
ANSWERS = """
    import numpy as np
    def f(W, k):
        if k % 50 == 7: raise ValueError(f"no {k}")
        if k % 50 == 8: return 3, W
        if k % 50 == 9: return 0.5, W[:1]
        if k % 50 == 10: return [0.5, W]
        if k % 50 == 11: return 0.5, W.astype(np.float32)
        if k % 50 == 12: return 0.5, np.asfortranarray(W).view(np.matrix)
        if k % 50 == 13: return None
        if k % 50 == 14: return float("nan"), W * np.inf
        if k % 50 == 15: W[0] = -1.0; W.shape = (W.size,); return 0.5, W
        if k % 50 == 16: return np.float64(k), np.asfortranarray(W)
        if k % 50 == 17: return np.array(0.5 * k), W
        if k % 50 == 18: return [np.array([[0.5 * k]]), W]
        if k % 50 == 19: return np.array([0.5 * k]), W
        if k % 50 == 20: return np.full((1, 1, 1), 0.5), W
        if k % 50 == 21: return np.array([0.5, 0.5]), W
        if k % 50 == 22: return np.array([0.5], np.float32), W
        return float(k), 2.0 * W
    def g(W, k):
        return 1.0, W
"""

WRITING = """\
import ctypes, os, time
def write_everywhere():
    for descriptor in range(3, 60):
        try: os.write(descriptor, b"x" * 99)
        except OSError: pass
"""


def one_by_one(sandbox: Sandbox, code: str) -> list[Outcome]:
    with sandbox.start(one_file(code)) as worker:
        return worker.run([Call("f", call) for call in CALLS])


def together(sandbox: Sandbox, code: str) -> Pairs:
    with sandbox.start(one_file(code)) as worker:
        return worker.call_all("f", PACKED)


def as_outcome(pairs: Pairs, k: int) -> tuple[object, ...]:
    other = pairs.outcome(k)
    return ("tuple", pairs.losses[k], pairs.gradient(k)) if other is None else parts(other)


def parts(outcome: Outcome) -> tuple[object, ...]:
    """What matters of an outcome, in a form that can be compared."""
    if not isinstance(outcome, Returned):
        return type(outcome).__name__, outcome
    value = outcome.result.value
    if isinstance(value, tuple):
        first, second = value
        assert isinstance(first, Received)
        assert isinstance(second, Received)
        return outcome.result.type_name, first.value, second.value
    return outcome.result.type_name, value


def test_calls_together_come_to_the_same_as_one_by_one(sandbox: Sandbox) -> None:
    pairs, outcomes = together(sandbox, ANSWERS), one_by_one(sandbox, ANSWERS)
    assert pairs.complete
    for k, outcome in enumerate(outcomes):
        np.testing.assert_equal(as_outcome(pairs, k), parts(outcome))
        assert getattr(as_outcome(pairs, k)[1], "shape", ()) == getattr(parts(outcome)[1], "shape", ())
    # All but the pairs of a float and an array are read as ever.
    assert sorted({k % 50 for k in pairs.others}) == [7, 8, 9, 11, 12, 13, 15, 20, 21, 22]
    assert sorted({k % 50 for k in pairs.forms}) == [10, 17, 18, 19]
    # Of each form, the first is enough to say what is unusual about it.
    assert [k for k in pairs.unusual if k not in pairs.others] == [10, 17, 18, 19]


def test_usual_answers_are_put_side_by_side_as_well_where_they_come_one_by_one(sandbox: Sandbox) -> None:
    outcomes = one_by_one(sandbox, ANSWERS)
    pairs = Pairs(PACKED)
    for outcome in outcomes:
        pairs.add(outcome)
    for k, outcome in enumerate(outcomes):
        np.testing.assert_equal(as_outcome(pairs, k), parts(outcome))
    usual = set(range(50)) - {7, 8, 9, 10, 11, 12, 13, 15, 17, 18, 19, 20, 21, 22}
    assert {k % 50 for k in range(len(outcomes)) if k not in pairs.others} == usual


def test_a_function_gets_arrays_of_its_own_in_each_call(sandbox: Sandbox) -> None:
    code = "def f(W, k):\n    W += 1.0\n    return float(W.flags.owndata and W.flags.writeable), W"
    with sandbox.start(one_file(code)) as worker:
        for _ in range(2):
            pairs = worker.call_all("f", PackedCalls.of([(CALLS[5][0], 5)] * 3))
            assert pairs.losses.tolist() == [1.0] * 3
            assert pairs.gradients.tolist() == [6.0] * 18


CHANGING = """
def f(W, k):
    dW = 2.0 * W
    if k % 50 == 1: W[-1] += 1.0
    if k % 50 == 2: W.shape = (W.size,)
    if k % 50 == 3: W.dtype = "i8"
    if k % 50 == 4: W -= 0.0
    if k % 50 == 5: W.sort(); W *= 1.0
    if k % 50 == 6: W[:] = W.copy()
    if k == 130: RAISE
    return float(k), dW
"""


@pytest.mark.parametrize("last", ["pass", "import os; os._exit(1)"], ids=["together", "one by one"])
def test_arguments_that_a_call_changes_come_back_and_its_answer_is_what_it_was(
    sandbox: Sandbox, last: str
) -> None:
    with sandbox.start(one_file(CHANGING.replace("RAISE", last))) as worker:
        pairs = worker.call_all("f", PACKED)
    count = 130 if "exit" in last else 300
    assert sorted(pairs.changed) == [k for k in range(count) if k % 50 in (1, 2, 3)]
    for k in range(count):
        assert pairs.outcome(k) is None
        assert pairs.losses[k] == k
        assert np.array_equal(pairs.gradient(k), 2.0 * CALLS[k][0])
    (W,) = pairs.changed[51]
    assert np.array_equal(W, CALLS[51][0] + [[0.0], [1.0]])
    assert [pairs.changed[k][0].shape for k in (52, 53)] == [(4,), (2, 3)]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("os._exit(7)", "died"),
        ("ctypes.string_at(0)", "died"),
        ("time.sleep(60)", "timeout"),
        ("write_everywhere()", "protocol"),
    ],
)
def test_the_call_that_loses_the_process_is_found(sandbox: Sandbox, statement: str, reason: str) -> None:
    code = WRITING + f"def f(W, k):\n    if k == 123:\n        {statement}\n    return float(k), W\n"
    with sandbox.start(one_file(code + "def g(W, k):\n    return 1.0, W\n")) as worker:
        began = time.monotonic()
        pairs = worker.call_all("f", PACKED)
        assert time.monotonic() - began < 8
        assert pairs.complete
        lost = {k: other for k, other in pairs.others.items() if isinstance(other, Lost)}
        first = lost.pop(123)
        assert first.reason == reason
        assert {other.reason for other in lost.values()} == {"skipped"}
        assert sorted(lost) == list(range(124, 300))
        assert [as_outcome(pairs, k)[1] for k in range(123)] == list(range(123))
        assert not worker.call_all("g", PACKED).others


def test_a_function_that_ends_its_process_only_once_is_lost_all_the_same(sandbox: Sandbox) -> None:
    code = """
    import os, time
    calls = 0
    def f(W, k):
        global calls
        calls += 1
        if calls == 250: os._exit(3)
        # By then all is sent that has been answered; the next process will not get to call 250.
        if k == 240: time.sleep(0.3)
        return float(k), W
    """
    pairs = together(sandbox, code)
    lost = {k: other for k, other in pairs.others.items() if isinstance(other, Lost)}
    assert [(k, other.reason) for k, other in lost.items()] == [(241, "died")]
    assert "exit code 3" in next(iter(lost.values())).detail
    # It answered when it was asked again; that is no answer, side by side neither.
    assert np.isnan(pairs.losses[241])


def test_a_function_that_another_has_ruined_is_asked_again(sandbox: Sandbox) -> None:
    code = """
    import os
    ruined = False
    def g(W, k):
        global ruined
        ruined = True
        return 1.0, W
    def f(W, k):
        if ruined: os._exit(1)
        return float(k), W
    """
    with sandbox.start(one_file(code)) as worker:
        assert not worker.call_all("g", PACKED).others
        pairs = worker.call_all("f", PACKED)
        assert [as_outcome(pairs, k)[1] for k in range(300)] == list(range(300))


def test_calls_that_are_slow_but_come_to_an_end_are_waited_for(sandbox: Sandbox) -> None:
    code = "import time\ndef f(W, k):\n    time.sleep(1.3 if k == 2 else 0.0)\n    return float(k), W"
    pairs = together(sandbox, code)
    assert [as_outcome(pairs, k)[1] for k in range(300)] == list(range(300))


def test_a_function_that_is_not_there_raises_for_each_call(sandbox: Sandbox) -> None:
    with sandbox.start(one_file("def g(W, k): return 1.0, W")) as worker:
        pairs = worker.call_all("f", PACKED)
    assert all(
        isinstance(other, Raised) and other.type_name == "NameError" for other in pairs.others.values()
    )
    assert len(pairs.others) == 300


def test_parts_that_are_asked_in_one_round_trip_are_answered_as_on_their_own(sandbox: Sandbox) -> None:
    parts_of_calls = [PackedCalls.of(CALLS[:13]), PackedCalls.of(CALLS[5:40]), PackedCalls.of(CALLS[7:8])]
    whole = PackedCalls.joined(parts_of_calls)
    with sandbox.start(one_file(ANSWERS)) as worker:
        pairs, first = worker.call_all("f", whole), 0
        for calls in parts_of_calls:
            part, alone = pairs.part(calls, first), worker.call_all("f", calls)
            first += len(calls)
            assert part.complete
            for k in range(len(calls)):
                np.testing.assert_equal(as_outcome(part, k), as_outcome(alone, k))
            assert part.changed.keys() == alone.changed.keys()
            assert part.unusual == alone.unusual


def test_parts_may_take_as_long_together_as_one_after_the_other(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = PackedCalls.of(CALLS[:15])
    code = "import time\ndef f(W, k):\n    time.sleep(0.05)\n    return float(k), W"
    with sandbox.start(one_file(code)) as worker:
        # All calls of one part take at most ten times as long as one call may.
        monkeypatch.setattr(worker, "_limits", Limits(call_seconds=0.1))
        assert not worker.call_all("f", PackedCalls.joined([part, part])).others
        assert worker.call_all("f", PackedCalls.of(CALLS[:30])).others


FLAGS = """
import os
def f(W, k):
    flags = (W.flags.c_contiguous, W.flags.f_contiguous, W.flags.writeable, min(W.strides) < 0)
    if k == LAST: os._exit(1)
    return float(sum(2**bit for bit, flag in enumerate(flags) if flag)), W
"""


@pytest.mark.parametrize("last", [-1, 5], ids=["together", "one by one"])
def test_arrays_are_filled_and_laid_out_on_the_other_side(sandbox: Sandbox, last: int) -> None:
    layouts = ["", "fortran", "strided", "reversed", "read-only", ""]
    entries = np.arange(1.0, 6.0)
    calls = PackedCalls.of([(Repeated(entries, (3, 4)), k) for k in range(6)], layouts)
    with sandbox.start(one_file(FLAGS.replace("LAST", str(last)))) as worker:
        pairs = worker.call_all("f", calls)
    assert pairs.losses[:5].tolist() == [1 + 4, 2 + 4, 4, 4 + 8, 1]
    for k in range(5):
        assert np.array_equal(pairs.gradient(k), np.resize(entries, (3, 4)))
        assert [array.tolist() for array in pairs.given(k)] == [np.resize(entries, (3, 4)).tolist()]


def test_what_cannot_be_sent_is_refused_before_anything_is_asked() -> None:
    for arguments in [(np.array([None]),), (1.0,), (np.ones(2), 1.0, np.ones(2))]:
        with pytest.raises(TypeError):
            PackedCalls.of([arguments])


@pytest.mark.parametrize(
    ("count", "numbers"),
    [(3, 9), (1, 2), (1, 4), (2, 0), (1 << 20, 4)],
    ids=["more than asked", "too short", "too long", "empty", "a million"],
)
def test_pairs_that_do_not_add_up_are_refused(count: int, numbers: int) -> None:
    arguments: list[tuple[object, ...]] = [(np.zeros((1, 2)),), (np.zeros((1, 2)),)]
    pairs = Pairs(PackedCalls.of(arguments))
    with pytest.raises(ProtocolError):
        pairs.take(wire.WirePairs(count), bytearray(8 * numbers))
    assert pairs.answered == 0
    assert np.isnan(pairs.losses).all()


def test_a_reply_of_no_pairs_at_all_is_refused() -> None:
    # It would be progress that never ends.
    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(msgspec.msgpack.encode(["paired", 0]), type=wire.WirePairs)
