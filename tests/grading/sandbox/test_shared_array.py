"""The training data lie in memory that workers map: not sent, not to be changed, and no way from one to another."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator

import numpy as np
import pytest

from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from grading.sandbox.messages import Call, Outcome, Returned
from grading.sandbox.shared_array import SharedArray
from grading.sandbox.walls.levels import Level
from tests.grading.sandbox.building import one_file
from tests.grading.sandbox.walls.test_levels import BEST

LEVELS = [level for level in Level if list(Level).index(level) >= list(Level).index(BEST.isolation.level)]

STUDENT = """
    import os
    import numpy as np

    def total(X):
        return float(X.sum())

    def spoil(X):
        X[:] = -1.0
        return float(X.sum())

    def die(X):
        os.abort()

    def files(X):
        found = []
        for number in range(3, 64):
            try:
                found.append(os.fstat(number).st_size)
            except OSError:
                pass
        return max(found)

    def room(X, count):
        kept = [np.empty_like(X) for _ in range(count)]  # not written to, so they cost nothing but addresses
        return len(kept)
"""


def shared_array(rows: int = 1000) -> SharedArray:
    shared = SharedArray.create()
    if shared is None:
        pytest.skip("this system has no files that can be sealed")
    array = shared.allocate((rows, 64))
    if rows <= 1000:
        array[:] = np.arange(64)
    del array
    shared.seal()
    return shared


@pytest.fixture(scope="module", params=LEVELS, ids=str)
def at_each_level(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    limits = Limits(call_seconds=5, load_seconds=10, address_space_bytes=600 << 20)
    with Sandbox.open(limits, level=request.param, allow_unsafe=True) as opened:
        yield opened


def value(outcome: Outcome) -> object:
    assert isinstance(outcome, Returned), outcome
    return outcome.result.value


def test_a_worker_gets_the_array_as_it_is_whatever_was_written_to_it_before(at_each_level: Sandbox) -> None:
    shared = shared_array()
    with at_each_level.start(one_file(STUDENT), shared) as worker:
        calls = [Call(name, (shared,)) for name in ("total", "spoil", "total")]
        assert [value(outcome) for outcome in worker.run(calls)] == [2016000.0, -64000.0, 2016000.0]
    assert shared.array.sum() == 2016000.0


def test_what_one_worker_writes_no_other_sees(at_each_level: Sandbox) -> None:
    shared = shared_array()
    with (
        at_each_level.start(one_file(STUDENT), shared) as one,
        at_each_level.start(one_file(STUDENT), shared) as other,
    ):
        one.run([Call("spoil", (shared,))])
        [outcome] = other.run([Call("total", (shared,))])
        assert value(outcome) == 2016000.0


def test_student_code_holds_no_descriptor_of_the_file(at_each_level: Sandbox) -> None:
    shared = shared_array()
    with at_each_level.start(one_file(STUDENT), shared) as worker:
        [outcome] = worker.run([Call("files", (shared,))])
        largest = value(outcome)
    assert isinstance(largest, int)
    assert largest < shared.array.nbytes


def test_a_new_process_has_the_array_again(at_each_level: Sandbox) -> None:
    shared = shared_array()
    with at_each_level.start(one_file(STUDENT), shared) as worker:
        *_, outcome = worker.run([Call("die", (shared,)), Call("total", (shared,))])
        assert value(outcome) == 2016000.0


def test_there_is_room_for_two_copies_however_large_the_array(at_each_level: Sandbox) -> None:
    shared = shared_array(rows=500 * 2048)  # 500 MB of an address space of 600
    with at_each_level.start(one_file(STUDENT), shared) as worker:
        two, many = worker.run([Call("room", (shared, 2)), Call("room", (shared, 4))])
    assert value(two) == 2
    assert not isinstance(many, Returned)


def test_a_worker_that_has_not_mapped_it_is_sent_it(at_each_level: Sandbox) -> None:
    shared = shared_array()
    with at_each_level.start(one_file(STUDENT)) as worker:
        [outcome] = worker.run([Call("total", (shared,))])
        assert value(outcome) == 2016000.0


def test_nobody_can_change_a_sealed_array() -> None:
    shared = shared_array()
    with pytest.raises(PermissionError):
        os.pwrite(shared.descriptor, b"x", 0)
    with pytest.raises(PermissionError):
        os.ftruncate(shared.descriptor, 0)
    with pytest.raises(PermissionError):
        mmap.mmap(shared.descriptor, 0)
    with pytest.raises(ValueError, match="read-only"):
        shared.array[0, 0] = 1.0


def test_an_array_that_is_still_being_filled_cannot_be_sealed() -> None:
    shared = SharedArray.create()
    if shared is None:
        pytest.skip("this system has no files that can be sealed")
    filled = shared.allocate((2, 2))
    with pytest.raises(OSError, match="busy"):
        shared.seal()
    filled[:] = 1.0
    del filled
    assert shared.seal().sum() == 4.0
