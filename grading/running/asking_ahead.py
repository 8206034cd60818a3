"""Asks a function in one round trip what all its checks will ask: each costs some 0.2 ms of processor time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from grading.judging.candidate import Candidate
from grading.judging.classifier import Classifier
from grading.judging.each_example import examples_of
from grading.judging.engine import asked_for
from grading.judging.loss_function import LossFunction
from grading.judging.promise import Promise, promise_of
from grading.judging.real_use import JUDGES, asked_uses
from grading.judging.samplings import Sampling
from grading.judging.screening import Asking
from grading.rubric.checks import checks_of
from grading.rubric.settings import Function
from grading.running.candidates import Candidates


class AskingAhead:
    """Asks what the open checks of a function will ask, before the first of them; of predict and networks, nothing.

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
        if check in function.hidden or candidate in self._asked:
            return
        self._asked.add(candidate)
        if isinstance(candidate, LossFunction):
            self._ask_loss(name, candidate)
        elif function.kind == "train" and isinstance(candidate, Classifier):
            self._ask_train(name, candidate)

    def _ask_loss(self, name: str, candidate: LossFunction) -> None:
        turns: list[list[Asking]] = []
        for promise in _open_promises(self._functions[name]):
            turns.append([*asked_for(promise, candidate)[0]])
            if promise.id in JUDGES:
                turns.append([*asked_uses(candidate)])
        for other in self._functions.values():
            if other.naive == name:
                turns += ([*asked_for(promise, candidate)[1]] for promise in _open_promises(other))
        candidate.foresee(turns)

    def _ask_train(self, name: str, candidate: Classifier) -> None:
        turns: list[Sequence[object]] = []
        for promise in _open_promises(self._functions[name]):
            examples = examples_of(promise, candidate)
            turns.append([each.brief.watched if isinstance(each, Sampling) else each for each in examples])
            if promise.beside is not None:
                turns.append(promise.beside(candidate))
        candidate.foresee(*turns)


def _open_promises(function: Function) -> Iterator[Promise]:
    """Those that are made for drawn examples and checked in the open."""
    for check in checks_of(function.kind):
        if check in function.points and check not in function.hidden and promise_of(check).strategies:
            yield promise_of(check)
