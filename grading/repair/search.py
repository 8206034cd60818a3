"""The search for an edit, or two, that make a wrong function right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from grading.grade import Part
from grading.judging.engine import hold
from grading.judging.failures import Failure
from grading.judging.loss_function import LossFunction
from grading.judging.promise import promise_of
from grading.repair.bench import Bench, Candidate, Right, Screen
from grading.repair.function import Edit, Function
from grading.repair.menu import edits_of

_FIRST_BATCH, _LARGEST_BATCH = 32, 256
_MOST_LOST = 3  # processes that candidates may cost, together
_MOST_FOUND = 3
_STONES = 8
# Up to which rank single edits are tried, and second edits of what single ones have made better, in turn.
_STAGES = ((1, 2), (2, 1), (1, 3), (2, 2), (1, 4), (2, 3))
_HALVES: dict[Part, tuple[str, ...]] = {"loss": ("value",), "dW": ("gradient", "kinks")}


@dataclass(frozen=True)
class Change:
    """An edit, and the function that it is made in."""

    function: Function
    edit: Edit


@dataclass(frozen=True)
class Found:
    """A repair.

    Attributes:
        changes: the edits, in the order in which they are made.
        rank: how unlikely they are.
        cases: how many inputs the repaired function was judged on.
        checks: what it has passed.
        part: what is right then.
    """

    changes: tuple[Change, ...]
    rank: int
    cases: int
    checks: Sequence[str]
    part: Part


class _Stone:
    """A function whose edits are tried; not right, but righter than the original, or that one itself."""

    def __init__(
        self, function: Function, changes: tuple[Change, ...], right: Right, rank: int, loss: str
    ) -> None:
        self.function, self.changes, self.right, self.rank = function, changes, right, rank
        self._loss = loss
        self._taken = 0

    @cached_property
    def _ranked(self) -> list[tuple[int, Edit]]:
        return edits_of(self.function, self._loss)

    def next(self, highest: int, count: int) -> list[tuple[int, Edit]]:
        """The next edits, ``count`` at most, up to rank ``highest``."""
        batch = [pair for pair in self._ranked[self._taken : self._taken + count] if pair[0] <= highest]
        self._taken += len(batch)
        return batch


class Search:
    """One search.

    Args:
        original: the wrong function, as the checks see it.
        function: the same as text.
        bench: where candidates are asked.
        first, second: a few telling problems, and some more.
        fresh: problems that nobody has seen before.
        checks: what a repaired function must pass.
        budget: how many candidates are tried at most.

    Attributes:
        tried: how many were.
    """

    def __init__(
        self,
        original: LossFunction,
        function: Function,
        bench: Bench,
        first: Screen,
        second: Screen,
        fresh: Screen,
        checks: Sequence[str],
        budget: int,
    ) -> None:
        self.original, self.function, self.bench = original, function, bench
        self.first, self.second, self.fresh = first, second, fresh
        self.checks, self.budget = checks, budget
        self.tried = 0
        self._stones: dict[bytes, _Stone] = {}

    def run(self) -> list[Found]:
        """The repairs found, by as few edits as possible, the likeliest first."""
        right = self.first.right(self.original.ask(list(self.first.problems)))
        start = _Stone(self.function, (), right, 0, self.original.reference)
        for edits, highest in _STAGES:
            stones = [start] if edits == 1 else sorted(self._stones.values(), key=_promise)[:_STONES]
            for stone in stones:
                found = self._from(stone, highest)
                if found:
                    return found
        return next((found for part in _HALVES if (found := self._half(start, part))), [])

    def _half(self, start: _Stone, part: Part) -> list[Found]:
        """The likeliest edit that makes a part right which was wrong, where nothing makes all right."""
        if self.first.is_passed(start.right, part):
            return []
        for stone in sorted(self._stones.values(), key=lambda stone: stone.rank):
            if self.first.is_passed(stone.right, part):
                for _, candidate in self.bench.loaded([stone.function]):
                    checks = [check for check in self.checks if check in _HALVES[part]]
                    cases = self._cases(candidate, checks, part)
                    if cases:
                        return [Found(stone.changes, stone.rank, cases, checks, part)]
        return []

    def _from(self, start: _Stone, highest: int) -> list[Found]:
        size = _FIRST_BATCH
        while self.bench.lost < _MOST_LOST:
            batch = start.next(highest, min(size, self.budget - self.tried))
            if not batch:
                break
            found = sorted(self._tried(start, batch), key=lambda f: f.rank)
            if found:
                return found
            size = min(2 * size, _LARGEST_BATCH)
        return []

    def _tried(self, start: _Stone, batch: Sequence[tuple[int, Edit]]) -> Iterator[Found]:
        functions = [start.function.edited(edit) for _, edit in batch]
        found: list[int] = []
        for k, candidate in self.bench.loaded(functions):
            rank, edit = batch[k]
            if self.bench.lost >= _MOST_LOST or len(found) == _MOST_FOUND or (found and rank > found[0]):
                return
            self.tried += 1
            right = self.first.right(candidate.answers(self.first))
            changes = (*start.changes, Change(start.function, edit))
            if self.first.is_passed(right):
                cases = self._cases(candidate, self.checks)
                if cases:
                    found.append(rank)
                    yield Found(changes, start.rank + rank, cases, self.checks, "all")
            elif right > start.right and not start.changes:
                stone = _Stone(functions[k], changes, right, rank, self.original.reference)
                self._stones.setdefault(functions[k].text, stone)

    def _cases(self, candidate: Candidate, checks: Sequence[str], part: Part = "all") -> int:
        """On how many inputs a candidate was right, 0 if it was wrong on one."""
        for screen in (self.second, self.fresh):
            if not screen.is_passed(screen.right(candidate.answers(screen)), part):
                return 0
        judged = candidate.judged_like(self.original)
        try:
            for check in checks:
                hold(promise_of(check), judged, small=False)
        except Failure:
            return 0
        return judged.cases + len(self.fresh.problems)


def _promise(stone: _Stone) -> tuple[int, int]:
    return -len(stone.right), stone.rank
