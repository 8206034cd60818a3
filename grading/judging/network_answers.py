"""Reads what a network's loss and predict returned: numbers, or a sentence saying what came instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grading.judging.answers import describe, not_returned
from grading.judging.failures import Failure, WrongReturn
from grading.sandbox.messages import Outcome, Received, Returned
from grading.words import say
from reference.problem import NetworkProblem

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NetworkAnswer:
    """A loss, and the gradients by name."""

    loss: float
    gradients: dict[str, Array]


def answer(name: str, problem: NetworkProblem, outcome: Outcome) -> NetworkAnswer | Failure:
    """The loss and the gradients, in a dict or in order."""
    if not isinstance(outcome, Returned):
        return not_returned(name, outcome)
    parts, known = outcome.result.value, [*problem.parameters]
    if not isinstance(parts, tuple) or len(parts) not in (2, 3):
        return _wrong_form(name, known, outcome.result)
    loss, gradients = _number(parts[0]), parts[-1].value
    if len(known) == 1 and len(parts) == 2 and isinstance(gradients, np.ndarray):
        gradients = (parts[-1],)
    if loss is None or not isinstance(gradients, tuple):
        return _wrong_form(name, known, outcome.result)
    names = known
    if len(parts) == 3:
        # Some courses write "dw" for the gradient by w.
        names = [_parameter(str(part.value), known) for part in parts[1].value]
        missing = [parameter for parameter in known if parameter not in names]
        unknown = [found for found in names if found not in known]
        if missing or unknown:
            return _wrong_names(name, known, missing, unknown)
    elif len(gradients) != len(known):
        return _wrong_form(name, known, outcome.result)
    return _gradients(name, problem, loss, dict(zip(names, gradients, strict=True)))


def _parameter(found: str, known: Sequence[str]) -> str:
    return found[1:] if found not in known and found[:1] == "d" and found[1:] in known else found


def _number(received: Received) -> float | None:
    value = received.value
    if isinstance(value, np.ndarray) and value.size == 1 and value.dtype.kind in "fiu":
        return float(value.reshape(())[()])
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _gradients(
    name: str, problem: NetworkProblem, loss: float, received: dict[str, Received]
) -> NetworkAnswer | Failure:
    gradients = {}
    for parameter, array in problem.parameters.items():
        value = received[parameter].value
        if not isinstance(value, np.ndarray) or value.shape != array.shape or value.dtype.kind not in "fiu":
            return WrongReturn(
                say(
                    "The gradient by {parameter} that {name} returns must be a real array of its shape, {shape}; "
                    "it is {returned}.",
                    name=name,
                    parameter=parameter,
                    shape=array.shape,
                    returned=describe(received[parameter]),
                )
            )
        gradients[parameter] = value.astype(np.float64)
    return NetworkAnswer(loss, gradients)


def _wrong_form(name: str, known: Sequence[str], returned: Received) -> Failure:
    return WrongReturn(
        say(
            "{name} must return two things, the loss and the gradients by {parameters}, in a dict or in this order. It "
            "returned {returned}.",
            name=name,
            parameters=", ".join(known),
            returned=describe(returned),
        )
    )


def _wrong_names(name: str, known: Sequence[str], missing: Sequence[str], unknown: Sequence[str]) -> Failure:
    return WrongReturn(
        say(
            "The gradients that {name} returns must be called {parameters}; missing: {missing}; unknown: {unknown}.",
            name=name,
            parameters=", ".join(known),
            missing=", ".join(missing) or "-",
            unknown=", ".join(unknown) or "-",
        )
    )


def scores(name: str, shape: tuple[int, int], outcome: Outcome) -> Array | Failure:
    """The scores that a network's loss returns without labels, (N, C)."""
    if not isinstance(outcome, Returned):
        return not_returned(name, outcome)
    value = outcome.result.value
    if isinstance(value, np.ndarray) and value.shape == shape and value.dtype.kind in "fiu":
        return value.astype(np.float64)
    return WrongReturn(
        say(
            "Without labels {name} must return the scores, an array of shape {shape}; it returned {returned}.",
            name=name,
            shape=shape,
            returned=describe(outcome.result),
        )
    )


def labels(name: str, outcome: Outcome) -> Received | Failure:
    """Whatever the predict called ``name`` returned; its check judges whether these are labels."""
    return outcome.result if isinstance(outcome, Returned) else not_returned(name, outcome)
