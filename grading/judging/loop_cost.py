"""Whether a function's processor time grows with the samples as a loop's in Python does.

The clock is that of the function's process, read from outside, and it counts all of its threads: what the process says
of itself does not come into it, and other programs do not run on it. What disturbs it (caches shared with others, a
slower clock) makes calls dearer, never cheaper; so the cheapest of several calls counts, each with numbers of its own.

At these sizes a sample costs vectorized code at most 60 times as much as one turn of the emptiest loop in Python does
here, and a loop over the samples 500 times as much and more; the threshold lies between. A function is called again
only as long as it looks like a loop: up to 30 times in a row, and, since what disturbs one call may disturb the next
ones, too, twice more after a pause. For a right one to look like a loop to the end, each of its 90 larger calls must be
slowed down by a fifth of a millisecond and more, in three rows apart (`python -m benchmarks.witness` counts that).
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
# Few enough that arrays of N * D * C numbers are not given back to the system each time.
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
        """What to call it with, N, D and C: as few calls as it takes to see that it is cheap."""
        few = _FEW, _FEATURES, _CLASSES
        # What disturbs all of these would make a loop look cheap.
        for _ in range(_TIMES_AT_FIRST):
            yield few
        for row in range(_ROWS):
            time.sleep(_SECONDS_BETWEEN if row else 0.0)
            for _ in range(_TIMES):
                yield self.large
                yield few
                if not self.is_a_loops:
                    return

    def call(self, name: str, problem: Problem) -> Answered | Failure:
        """What the function ``name`` answers; the time that it takes is kept."""
        before = self._worker.processor_seconds
        [outcome] = self._worker.run([Call(name, (problem.W, problem.X, problem.y, problem.reg))])
        after = self._worker.processor_seconds
        if before is not None and after is not None:
            self._seconds[problem.sizes[0]].append(after - before)
        return read_answer(name, problem, outcome)

    @property
    def turns(self) -> float | None:
        """What a sample costs, in turns of an empty loop; None where it cannot be measured."""
        few, many = self._seconds[_FEW], self._seconds[_MANY]
        if not (few and many):
            return None
        return (min(many) - min(few)) / (_MANY - _FEW) / seconds_of_a_turn()

    @property
    def is_a_loops(self) -> bool:
        """Whether that is what a loop costs."""
        return self.turns is not None and self.turns > _TURNS_OF_A_LOOP


@cache
def seconds_of_a_turn() -> float:
    """Processor time of one turn of the emptiest loop."""
    best = float("inf")
    for _ in range(_TRIES):
        began = time.thread_time()
        for _ in range(_TURNS):
            pass
        best = min(best, time.thread_time() - began)
    return best / _TURNS
