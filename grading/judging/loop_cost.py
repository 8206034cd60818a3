"""Measures whether a function's processor time grows with the samples as that of a Python loop does.

The clock is that of the function's process, read from outside, and it counts all of its threads: nothing that the
process says of itself matters, and neither do other programs. Disturbances (caches shared with others, a slower clock)
make calls dearer, never cheaper; so the cheapest of several calls counts, each with different numbers.

At these sizes, a sample costs vectorized code at most 60 iterations of an empty Python loop on the same machine, and a
loop over the samples 500 and more; the threshold lies between. Most vectorized functions are below it with everything
that a call costs, and are called once. Others are called again while they look like a loop: up to 30 times in a row,
and, since a disturbance may last several calls, twice more after a pause. For a right function to look like a loop to
the end, each of its 91 larger calls must be slowed down by a fifth of a millisecond or more, in three separate series
(`python -m benchmarks.witness` counts that).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache

from grading.judging.answers import Answered, read_answer
from grading.judging.failures import Failure
from grading.sandbox.client import Worker
from grading.sandbox.messages import Call
from reference.problem import Problem

_FEATURES, _CLASSES = 8, 6
# Small enough that arrays of N * D * C numbers are not returned to the system each time.
_FEW, _MANY = 16, 96
_TIMES = 30
_TIMES_AT_FIRST = 5
_ROWS, _SECONDS_BETWEEN = 3, 0.3
_TURNS_OF_A_LOOP = 240.0
_TURNS, _TRIES = 2000, 5


class LoopCost:
    """Calls of one function, and what they cost."""

    large = _MANY, _FEATURES, _CLASSES
    """N samples, D features and C classes of the larger problems."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._seconds: dict[int, list[float]] = {_FEW: [], _MANY: []}

    def sizes(self) -> Iterator[tuple[int, int, int]]:
        """Yield the sizes N, D and C to call it with, as few as it takes to see that it is cheap."""
        few = _FEW, _FEATURES, _CLASSES
        yield self.large
        if not self.is_a_loops:
            return
        # What disturbs all of these would make a loop look cheap.
        for _ in range(_TIMES_AT_FIRST):
            yield few
        for row in range(_ROWS):
            time.sleep(_SECONDS_BETWEEN if row else 0.0)
            for _ in range(_TIMES):
                if not self.is_a_loops:
                    return
                yield self.large
                yield few

    def call(self, name: str, problem: Problem) -> Answered | Failure:
        """Call the function ``name``, and record the time that it takes."""
        before = self._worker.processor_seconds
        [outcome] = self._worker.run([Call(name, (problem.W, problem.X, problem.y, problem.reg))])
        after = self._worker.processor_seconds
        if before is not None and after is not None:
            self._seconds[problem.sizes[0]].append(after - before)
        return read_answer(name, problem, outcome)

    @property
    def turns(self) -> float | None:
        """The most that a sample costs, in iterations of an empty loop; None if it cannot be measured."""
        few, many = self._seconds[_FEW], self._seconds[_MANY]
        if not many:
            return None
        return (min(many) - min(few, default=0.0)) / (_MANY - _FEW) / seconds_of_a_turn()

    @property
    def is_a_loops(self) -> bool:
        """Whether the cost is that of a loop."""
        return self.turns is not None and self.turns > _TURNS_OF_A_LOOP


@cache
def seconds_of_a_turn() -> float:
    """Processor time of one iteration of an empty loop."""
    best = float("inf")
    for _ in range(_TRIES):
        began = time.thread_time()
        for _ in range(_TURNS):
            pass
        best = min(best, time.thread_time() - began)
    return best / _TURNS
