"""Searches for one or two edits that make a wrong function right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from grading.diagnosis.repair.all_edits import edits_of
from grading.diagnosis.repair.candidates import Bench, Right
from grading.diagnosis.repair.function import Edit, Function, Program
from grading.diagnosis.repair.judges import Judge
from grading.grades.grade import Part

_FIRST_BATCH, _LARGEST_BATCH = 32, 256
_MOST_LOST = 3  # processes that candidates may cost, together
_MOST_FOUND = 3
_MOST_JUDGED = 100  # candidates that are judged by all checks
_STONES = 8
# The highest rank of single edits, and of second edits to candidates that a single one improved, in turn.
_STAGES = ((1, 2), (2, 1), (1, 3), (2, 2), (1, 4), (2, 3))


@dataclass(frozen=True)
class Change:
    """An edit and the program that it is made in."""

    program: Program
    edit: Edit

    @property
    def function(self) -> Function:
        """The function that it is made in."""
        return self.program.functions[self.edit.number]


@dataclass(frozen=True)
class Found:
    """A repair.

    Attributes:
        changes: the edits, in order.
        rank: how unlikely they are.
        cases: the number of inputs that the repaired function was judged on.
        checks: the checks that it passed.
        part: the part that is then right.
    """

    changes: tuple[Change, ...]
    rank: int
    cases: int
    checks: Sequence[str]
    part: Part


class _Stone:
    """A program whose edits are tried: the original, or one that gets more right."""

    def __init__(
        self, program: Program, changes: tuple[Change, ...], right: Right, rank: int, kind: str
    ) -> None:
        self.program, self.changes, self.right, self.rank = program, changes, right, rank
        self._kind = kind
        self._taken = 0

    @cached_property
    def _ranked(self) -> list[tuple[int, Edit]]:
        return edits_of(self.program, self._kind)

    def next(self, highest: int, count: int) -> list[tuple[int, Edit]]:
        """The next edits, ``count`` at most, up to rank ``highest``."""
        batch = [pair for pair in self._ranked[self._taken : self._taken + count] if pair[0] <= highest]
        self._taken += len(batch)
        return batch


class Search:
    """One search.

    Args:
        judge: judges what a candidate gets right.
        program: the student's own text.
        bench: runs candidates.
        checks: the checks that a repaired function must pass.
        budget: the largest number of candidates to try.

    Attributes:
        tried: how many were tried.
    """

    def __init__(
        self, judge: Judge, program: Program, bench: Bench, checks: Sequence[str], budget: int
    ) -> None:
        self.judge, self.program, self.bench = judge, program, bench
        self.checks, self.budget = checks, budget
        self.tried = self._judged = 0
        self._stones: dict[bytes, _Stone] = {}

    def run(self) -> list[Found]:
        """The repairs found, by as few edits as possible, the likeliest first."""
        right = self._unchanged()
        if right is None:
            return []
        start = _Stone(self.program, (), right, 0, self.judge.kind)
        for edits, highest in _STAGES:
            stones = [start] if edits == 1 else sorted(self._stones.values(), key=_promise)[:_STONES]
            for stone in stones:
                found = self._from(stone, highest)
                if found:
                    return found
        return next((found for part in self.judge.halves if (found := self._half(start, part))), [])

    def _unchanged(self) -> Right | None:
        """What the student's own text gets right; None if it does not fail here, or cannot be loaded.

        Any change would seem to repair a function that fails by chance, or only after earlier calls.
        """
        for _, candidate in self.bench.loaded([self.program]):
            right = self.judge.right(candidate)
            passed = self.judge.is_passed(right) and self.judge.cases(candidate, self.checks)
            return None if passed else right
        return None

    def _alone(self, program: Program) -> int:
        """The number of inputs on which a program is right in its own process; 0 if it is wrong on one."""
        for _, candidate in self.bench.loaded([program]):
            if self.judge.is_passed(self.judge.right(candidate)):
                return self.judge.cases(candidate, self.checks)
        return 0

    def _half(self, start: _Stone, part: Part) -> list[Found]:
        """The likeliest edit that makes a wrong part right, if none makes everything right."""
        checks = [check for check in self.checks if check in self.judge.halves[part]]
        if self.judge.is_passed(start.right, part) or len(checks) == len(self.checks):
            return []
        for stone in sorted(self._stones.values(), key=lambda stone: stone.rank):
            if self.judge.is_passed(stone.right, part):
                for _, candidate in self.bench.loaded([stone.program]):
                    cases = self.judge.cases(candidate, checks, part)
                    if cases:
                        return [Found(stone.changes, stone.rank, cases, checks, part)]
        return []

    def _from(self, start: _Stone, highest: int) -> list[Found]:
        size = _FIRST_BATCH
        while not self._is_over:
            batch = start.next(highest, min(size, self.budget - self.tried))
            if not batch:
                break
            found = sorted(self._tried(start, batch), key=lambda f: f.rank)
            if found:
                return found
            size = min(2 * size, _LARGEST_BATCH)
        return []

    @property
    def _is_over(self) -> bool:
        """Whether the budget is spent. It is a count, not a time, so it is the same on every machine."""
        spent = self.tried >= self.budget or self._judged >= _MOST_JUDGED
        return spent or self.bench.lost >= _MOST_LOST

    def _tried(self, start: _Stone, batch: Sequence[tuple[int, Edit]]) -> Iterator[Found]:
        programs = [start.program.edited(edit) for _, edit in batch]
        found: list[int] = []
        for k, candidate in self.bench.loaded(programs):
            rank, edit = batch[k]
            if self._is_over or len(found) == _MOST_FOUND or (found and rank > found[0]):
                return
            self.tried += 1
            right = self.judge.right(candidate, start.right)
            changes = (*start.changes, Change(start.program, edit))
            if self.judge.is_passed(right):
                self._judged += 1
                # Once more in a process of its own, in which nothing has been called.
                cases = self.judge.cases(candidate, self.checks) and self._alone(programs[k])
                if cases:
                    found.append(rank)
                    yield Found(changes, start.rank + rank, cases, self.checks, "all")
                    continue
            if right > start.right and not start.changes:
                stone = _Stone(programs[k], changes, right, rank, self.judge.kind)
                self._stones.setdefault(programs[k].text, stone)


def _promise(stone: _Stone) -> tuple[int, int]:
    return -len(stone.right), stone.rank
