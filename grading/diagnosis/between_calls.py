"""Loss functions that keep state between calls: an input answered wrongly in a series may be answered correctly alone.

A failing call is repeated as the first call of a new process, and then after a call that differs in only one thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from grading.grades.grade import Diagnosis
from grading.judging.answers import Answered
from grading.judging.each_example import verdict
from grading.judging.failures import KEEPS_SOMETHING, Failure, NotRepeatable, Raises, WrongReturn
from grading.judging.loss_function import LossFunction
from grading.judging.promise import Promise
from grading.sandbox.client import Worker
from grading.words import say, together
from reference.problem import Problem


class Kept(msgspec.Struct, frozen=True):
    """Evidence that a function keeps state between calls.

    Attributes:
        sentence: the sentence for the student.
        before: a call after which the failing one is wrong, if one was found.
        diagnosis: the mistake, if it could be reproduced.
    """

    sentence: str
    before: Problem | None = None
    diagnosis: Diagnosis | None = None


def kept_between_calls(
    candidate: LossFunction, asked: Promise, failure: Failure, opening: Callable[[], Worker]
) -> Kept | None:
    """Evidence that a function keeps state: it passes alone what it failed after other calls. None if there is none.

    Args:
        candidate: the function.
        asked: the broken promise.
        failure: how it was broken.
        opening: opens a new process with the same function.
    """
    if failure.costly or failure.example is None or isinstance(failure, NotRepeatable):
        return None
    if _asked(candidate, asked, failure, opening).failure is not None:
        return None
    for calls in () if failure.problem is None else _calls_before(failure.problem):
        found = [(call, _asked(candidate, asked, failure, opening, after=call.problem)) for call in calls]
        wrong = [(call, its) for call, its in found if its.failure and failure.is_like(its.failure)]
        if wrong:
            first, again = wrong[0][0], [call.changed for call, its in wrong if its.is_again]
            # Uninitialized memory may hold anything, but neither an earlier answer nor a wrong shape.
            certain = again or isinstance(failure, Raises | WrongReturn)
            sentence = say(
                "{name} answers this input correctly on its own, but not after {call}.",
                name=candidate.name,
                call=first.what,
            )
            cause = say("It keeps something between calls.") if certain else say(KEEPS_SOMETHING)
            return Kept(together(sentence, cause), first.problem, _stale(again) if again else None)
    sentence = say(
        "{name} answers this input correctly on its own, but not after other calls.", name=candidate.name
    )
    return Kept(together(sentence, say(KEEPS_SOMETHING)))


def _stale(parts: list[str]) -> Diagnosis:
    return Diagnosis(
        id="stale-answer",
        title=say(
            "It gives the answer to an earlier call again, though {parts} changed.", parts=", ".join(parts)
        ),
        hint=say(
            "Compute everything anew in each call; keep nothing in global variables or default arguments."
        ),
    )


@dataclass(frozen=True)
class _Before:
    """An earlier call: its description, and which arguments are different."""

    problem: Problem
    what: str
    changed: str


def _calls_before(problem: Problem) -> Iterator[list[_Before]]:
    """Call with something different: one argument; if that has no effect, all numbers; or else the sizes."""
    n, d, c = problem.sizes
    W = problem.W + np.arange(1.0, 1.0 + d * c).reshape(d, c)
    X = problem.X + np.arange(1.0, 1.0 + n * d).reshape(n, d)
    y, reg = ((problem.y + 1) % c).astype(problem.y.dtype), problem.reg + 1.0
    one = {
        "W": replace(problem, W=W),
        "X": replace(problem, X=X),
        "y": replace(problem, y=y),
        "reg": replace(problem, reg=reg),
    }
    yield [
        _Before(other, say("a call in which only {part} is different", part=part), part)
        for part, other in one.items()
    ]
    everything = ", ".join(one)
    yield [
        _Before(
            Problem(W, X, y, reg), say("a call with other numbers in arrays of the same sizes"), everything
        )
    ]
    larger = Problem(np.ones((d + 1, c + 1)), np.ones((n + 1, d + 1)), np.append(y, y[:1]), reg)
    yield [_Before(larger, say("a call with arrays of other sizes"), everything)]


@dataclass(frozen=True)
class _Asked:
    """The function's failure in a new process, and whether it repeats its answer to the earlier call."""

    failure: Failure | None
    is_again: bool = False


def _asked(
    candidate: LossFunction,
    asked: Promise,
    failure: Failure,
    opening: Callable[[], Worker],
    after: Problem | None = None,
) -> _Asked:
    """Repeat the failing call in a new process, after another call if one is given."""
    assert failure.example is not None
    with opening() as worker:
        if candidate.name.partition(".")[0] in worker.loaded.failures:
            return _Asked(failure)
        anew = candidate.anew(worker)
        if after is None:
            return _Asked(verdict(asked, anew, failure.example))
        first = anew.attempt(after)
        found = verdict(asked, anew, failure.example)
        return _Asked(found, failure.problem is not None and _same(first, anew.attempt(failure.problem)))


def _same(one: Answered | Failure, other: Answered | Failure) -> bool:
    if isinstance(one, Failure) or isinstance(other, Failure):
        return False
    return one.loss == other.loss and np.array_equal(one.dW, other.dW)
