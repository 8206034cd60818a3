"""Reads what a loss function returned: a loss and a gradient, or a sentence saying what came instead."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from grading.judging.failures import (
    Crashed,
    Failure,
    NotCalledAgain,
    NotProvided,
    OutOfTime,
    Raises,
    TimedOut,
    WrongReturn,
)
from grading.sandbox.messages import OPAQUE, Lost, Outcome, Raised, Received, Returned
from grading.words import said_place, say
from reference.problem import Problem


class Answered(msgspec.Struct, frozen=True, eq=False):
    """A well-formed answer of a loss function.

    Attributes:
        loss: a real number, possibly not finite.
        dW: (D, C), real; possibly with entries that are not finite.
        remarks: what is unusual but accepted.
    """

    loss: float
    dW: NDArray[np.float64]
    remarks: tuple[str, ...] = ()


def read_answer(name: str, problem: Problem, outcome: Outcome) -> Answered | Failure:
    """Read the outcome of ``name(W, X, y, reg)``, or say what is wrong with it."""
    if not isinstance(outcome, Returned):
        return not_returned(name, outcome, problem)
    parts = outcome.result.value
    if not isinstance(parts, tuple) or len(parts) != 2:
        return WrongReturn(
            say(
                "{name} must return two things, the loss and dW. Called with {sizes} it returned {returned}.",
                name=name,
                sizes=_sizes(problem),
                returned=describe(outcome.result),
            ),
            problem,
            expected="(loss, dW)",
            got=describe(outcome.result),
        )
    remarks = []
    if outcome.result.type_name != "tuple":
        remarks.append(
            say(
                "{name} returns a {type_name} instead of a tuple; accepted.",
                name=name,
                type_name=outcome.result.type_name,
            )
        )
    loss = _read_loss(name, parts[0], remarks)
    if loss is None:
        return WrongReturn(
            say(
                "The loss that {name} returns must be one real number. Called with {sizes} it is {returned}.",
                name=name,
                sizes=_sizes(problem),
                returned=describe(parts[0]),
            ),
            problem,
            expected=say("a float"),
            got=describe(parts[0]),
        )
    dW = _read_gradient(name, parts[1], problem.W.shape, remarks)
    if dW is None:
        return WrongReturn(
            say(
                "The gradient that {name} returns must be a real array of W's shape. Called with {sizes} it is "
                "{returned}.",
                name=name,
                sizes=_sizes(problem),
                returned=describe(parts[1]),
            ),
            problem,
            expected=say("an array of shape {shape}", shape=problem.W.shape),
            got=describe(parts[1]),
        )
    return Answered(loss, dW, tuple(remarks))


def _sizes(problem: Problem) -> str:
    n, d, c = problem.sizes
    return f"W {(d, c)}, X {(n, d)}, y {(n,)}, reg = {problem.reg:g}"


def not_returned(name: str, outcome: Raised | Lost, problem: Problem | None = None) -> Failure:
    """The failure of a call that ended in an exception, a time-out or a dead process."""
    if isinstance(outcome, Raised):
        text = f"{outcome.type_name}: {outcome.message}" if outcome.message else outcome.type_name
        if not outcome.where:
            return Raises(say("{name} raised {error}.", name=name, error=text), problem, got=text)
        message = say(
            "{name} raised {error} ({where}).", name=name, error=text, where=said_place(outcome.where)
        )
        return Raises(message, problem, got=text, where=outcome.where)
    if outcome.reason == "timeout":
        return TimedOut(say("{name} did not return: {detail}", name=name, detail=outcome.detail), problem)
    if outcome.reason == "spent":
        return OutOfTime(
            say("{name} was not called any more: {detail}", name=name, detail=outcome.detail), problem
        )
    if outcome.reason == "missing":
        return NotProvided(outcome.detail)
    kind = NotCalledAgain if outcome.reason == "skipped" else Crashed
    return kind(say("{name} took the process down: {detail}", name=name, detail=outcome.detail), problem)


def describe(received: Received) -> str:
    """A value from the student's process in a few words: "None", "a tuple of 3", "an array of shape (4,)"."""
    value = received.value
    if value is None:
        return "None"
    if isinstance(value, tuple):
        parts = ", ".join(describe(part) for part in value[:4])
        return say(
            "a {type_name} of {count}: {parts}", type_name=received.type_name, count=len(value), parts=parts
        )
    if isinstance(value, np.ndarray):
        return say("an array of shape {shape} and type {dtype}", shape=value.shape, dtype=value.dtype)
    if value is OPAQUE:
        return say("a {type_name}", type_name=received.type_name)
    return say("the {type_name} {value!r}", type_name=received.type_name, value=value)[:120]


def _read_loss(name: str, received: Received, remarks: list[str]) -> float | None:
    value = received.value
    if isinstance(value, np.ndarray):
        if value.size != 1 or value.dtype.kind not in "fiu":
            return None
        form = say("a 0-d array") if value.ndim == 0 else say("an array of shape {shape}", shape=value.shape)
        remarks.append(
            say("The loss of {name} is {form} instead of a plain number; accepted.", name=name, form=form)
        )
        return float(value.reshape(())[()])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _read_gradient(
    name: str, received: Received, shape: tuple[int, ...], remarks: list[str]
) -> NDArray[np.float64] | None:
    value = received.value
    if not isinstance(value, np.ndarray) or value.shape != shape or value.dtype.kind not in "fiu":
        return None
    if received.type_name != "numpy.ndarray":
        remarks.append(
            say(
                "The dW of {name} is a {type_name} instead of a plain array; accepted.",
                name=name,
                type_name=received.type_name,
            )
        )
    return value.astype(np.float64, copy=False)
