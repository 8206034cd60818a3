"""Asks a function in one round trip what all its checks will ask: each costs some 0.2 ms of processor time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from grading.judging.candidate import Candidate
from grading.judging.engine import asked_for
from grading.judging.promise import Promise, promise_of
from grading.judging.real_use import JUDGES, plain_uses
from grading.judging.screening import Asking
from grading.rubric.checks import checks_of
from grading.rubric.settings import Function
from grading.running.candidates import Candidates


class AskingAhead:
    """Asks what the open checks of a loss function will ask, before the first of them; of other functions, nothing.

    Verdicts stay what they are: a check that comes after one in which the process was lost asks for itself. Hidden
    checks ask for themselves, too, so that nothing of theirs can be seen in the open ones.

    Args:
        candidates: those of a hand-in.
        functions: all that are judged: one of them may have to agree with the one that is asked.
    """

    def __init__(self, candidates: Candidates, functions: Mapping[str, Function]) -> None:
        self._candidates, self._functions = candidates, functions
        self._asked: set[Candidate] = set()

    def __call__(self, name: str, check: str) -> None:
        """Ask what the checks of a function will ask, unless it has been asked or the check is a hidden one."""
        function, candidate = self._functions[name], self._candidates[name]
        if function.kind == "loss" and check not in function.hidden and candidate not in self._asked:
            self._asked.add(candidate)
            self._ask(name)

    def _ask(self, name: str) -> None:
        candidate = self._candidates.loss(name)
        turns: list[list[Asking]] = []
        for promise in _open_promises(self._functions[name]):
            turns.append([*asked_for(promise, candidate)[0]])
            if promise.id in JUDGES:
                turns.append([*plain_uses(candidate)])
        for other in self._functions.values():
            if other.naive == name:
                turns += ([*asked_for(promise, candidate)[1]] for promise in _open_promises(other))
        candidate.foresee(turns)


def _open_promises(function: Function) -> Iterator[Promise]:
    """Those that are made for drawn examples and checked in the open."""
    for check in checks_of(function.kind):
        if check in function.points and check not in function.hidden and promise_of(check).strategies:
            yield promise_of(check)
