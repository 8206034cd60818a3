"""What came back from a loss function: a loss and a gradient, or a sentence on what it was instead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from checks.failures import Crashed, Failure, NotProvided, Raises, TimedOut, WrongReturn
from grading.sandbox.messages import OPAQUE, Lost, Outcome, Raised, Received, Returned
from reference.problem import Problem


@dataclass(frozen=True, eq=False)
class Answered:
    """A loss function's answer, of the right form.

    Attributes:
        loss: a real number, possibly not finite.
        dW: (D, C), real; possibly with entries that are not finite.
        remarks: what is unusual about it but accepted.
    """

    loss: float
    dW: NDArray[np.float64]
    remarks: tuple[str, ...] = ()


def read_answer(name: str, problem: Problem, outcome: Outcome) -> Answered | Failure:
    """Read the outcome of ``name(W, X, y, reg)``, or say what is wrong with it."""
    if not isinstance(outcome, Returned):
        return not_returned(name, outcome, problem)
    n, d, c = problem.sizes
    sizes = f"W {(d, c)}, X {(n, d)}, y {(n,)}, reg = {problem.reg:g}"
    parts = outcome.result.value
    if not isinstance(parts, tuple) or len(parts) != 2:
        return WrongReturn(
            f"{name} must return two things, the loss and dW. Called with {sizes} it returned "
            f"{describe(outcome.result)}.",
            problem,
            expected="(loss, dW)",
            got=describe(outcome.result),
        )
    remarks = []
    if outcome.result.type_name != "tuple":
        remarks.append(f"{name} returns a {outcome.result.type_name} instead of a tuple; accepted.")
    loss = _read_loss(name, parts[0], remarks)
    if loss is None:
        return WrongReturn(
            f"The loss that {name} returns must be one real number. Called with {sizes} it is {describe(parts[0])}.",
            problem,
            expected="a float",
            got=describe(parts[0]),
        )
    dW = _read_gradient(name, parts[1], (d, c), remarks)
    if dW is None:
        return WrongReturn(
            f"The gradient that {name} returns must be a real array of W's shape. Called with {sizes} it is "
            f"{describe(parts[1])}.",
            problem,
            expected=f"an array of shape {(d, c)}",
            got=describe(parts[1]),
        )
    return Answered(loss, dW, tuple(remarks))


def not_returned(name: str, outcome: Raised | Lost, problem: Problem | None = None) -> Failure:
    """The failure of a call that ended in an exception, a time-out or a dead process."""
    if isinstance(outcome, Raised):
        where = f" ({outcome.where})" if outcome.where else ""
        text = f"{outcome.type_name}: {outcome.message}" if outcome.message else outcome.type_name
        return Raises(f"{name} raised {text}{where}.", problem, got=text)
    if outcome.reason == "timeout":
        return TimedOut(f"{name} did not return: {outcome.detail}", problem)
    if outcome.reason == "missing":
        return NotProvided(outcome.detail)
    return Crashed(f"{name} took the process down: {outcome.detail}", problem)


def describe(received: Received) -> str:
    """A value from the student's process in a few words: "None", "a tuple of 3", "an array of shape (4,)"."""
    value = received.value
    if value is None:
        return "None"
    if isinstance(value, tuple):
        return f"a {received.type_name} of {len(value)}: " + ", ".join(describe(part) for part in value[:4])
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and type {value.dtype}"
    if value is OPAQUE:
        return f"a {received.type_name}"
    return f"the {received.type_name} {value!r}"[:120]


def _read_loss(name: str, received: Received, remarks: list[str]) -> float | None:
    value = received.value
    if isinstance(value, np.ndarray):
        if value.size != 1 or value.dtype.kind not in "fiu":
            return None
        form = "a 0-d array" if value.ndim == 0 else f"an array of shape {value.shape}"
        remarks.append(f"The loss of {name} is {form} instead of a plain number; accepted.")
        return float(value.reshape(())[()])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _read_gradient(
    name: str, received: Received, shape: tuple[int, int], remarks: list[str]
) -> NDArray[np.float64] | None:
    value = received.value
    if not isinstance(value, np.ndarray) or value.shape != shape or value.dtype.kind not in "fiu":
        return None
    if received.type_name != "numpy.ndarray":
        remarks.append(f"The dW of {name} is a {received.type_name} instead of a plain array; accepted.")
    return value.astype(np.float64)
