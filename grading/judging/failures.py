"""The ways to break a promise, one class each.

The class is the identity of a defect: while a counterexample is shrunk, only failures of the same class count, so that
one bug is never swapped for another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from grading.grades.grade import CheckResult
from grading.words import later
from reference.accepted import AcceptedGradients
from reference.problem import Problem

KEEPS_SOMETHING = later(
    "Does it keep something between calls, in a global variable or a default argument, or use an array of np.empty "
    "before all of it is filled?"
)


@dataclass(eq=False)
class Failure(Exception):
    """A broken promise.

    Attributes:
        message: for the student: what is wrong, in full sentences.
        problem: the input that shows it, if it is an input of a loss function.
        before: the inputs of earlier calls, if ``problem`` shows it only after them.
        code: Python to paste that shows it, where ``problem`` is None; or a function that writes it on demand.
        expected, got: what should have come back, and what did.
        judged: the accepted gradients and the returned one, (D, C), where the gradient is at fault.
        example: the example on which the check failed.
        where: the student's line that raised: "svm.py, line 12".
        costly: whether trying it again costs a deadline or a process; such inputs are not shrunk.
    """

    costly: ClassVar[bool] = False

    message: str
    problem: Problem | None = None
    code: str | Callable[[], str] | None = None
    expected: str | None = None
    got: str | None = None
    judged: tuple[AcceptedGradients, NDArray[np.float64]] | None = None
    example: Mapping[str, Any] | None = None
    where: str | None = None
    before: Problem | None = None

    def is_like(self, other: object) -> bool:
        """Whether ``other`` is the same defect, shown by another input."""
        return type(self) is type(other)

    def __str__(self) -> str:
        parts = [self.message]
        if self.expected is not None:
            parts.append(f"expected: {self.expected}")
        if self.got is not None:
            parts.append(f"got:      {self.got}")
        return "\n".join(parts)


class NotProvided(Failure):
    """The function is missing, unfinished, or could not be loaded."""

    costly = True


class Raises(Failure):
    """The function raised an exception."""

    def is_like(self, other: object) -> bool:
        """An exception of the same type."""
        return isinstance(other, Raises) and _exception(self) == _exception(other)


class Crashed(Failure):
    """The function took its process down."""

    costly = True


class NotCalledAgain(Crashed):
    """The function had taken its process down with an earlier input, and was not tried with this one."""


class TimedOut(Failure):
    """The function did not return in time."""

    costly = True


class OutOfTime(Failure):
    """The hand-in had used up its time before the function was called with this input."""

    costly = True


class WrongReturn(Failure):
    """What came back is not a well-formed loss and gradient."""


class ChangedInputs(Failure):
    """An argument was changed in place."""

    def is_like(self, other: object) -> bool:
        """The same argument."""
        return isinstance(other, ChangedInputs) and self.argument == other.argument

    @property
    def argument(self) -> str:
        """The argument's name: its new value is reported as ``name = value``."""
        return (self.got or "").partition(" = ")[0]


class NotRepeatable(Failure):
    """The same call gave a different answer."""


class LabelTypeMatters(Failure):
    """The answer depends on the integer type of the labels."""


class WrongScores(Failure):
    """A network's scores are not those that its parameters give for the samples."""


class WrongNetworkGradient(Failure):
    """The gradient by one of a network's parameters is not that of the loss."""


class WrongLoss(Failure):
    """The loss lies outside the bound around the true one."""


class WrongGradient(Failure):
    """The gradient lies outside the accepted set."""


class WrongSubgradient(Failure):
    """At an exact tie, the gradient is not a subgradient."""


class Unstable(Failure):
    """Overflow or underflow where the mathematics has none."""


class Disagreement(Failure):
    """The naive and the vectorized function differ."""


class LoopsInPython(Failure):
    """The vectorized function does an amount of work in Python that grows with the data."""


class WrongWhenCounted(Failure):
    """The function is wrong, or cannot be counted, while its bytecodes are counted."""


class NotSymmetric(Failure):
    """The answer depends on an order or on names that should not matter."""


class WrongUpdate(Failure):
    """A step of train is not a step of stochastic gradient descent."""


class WrongHistory(Failure):
    """The histories that a network's train returns are not what happened."""


class WrongSampling(Failure):
    """The batches are not random samples of the data."""


class WrongPrediction(Failure):
    """A predicted label does not have the highest score."""


class Inaccurate(Failure):
    """Too few pictures are classified correctly, beyond bad luck."""


def _exception(failure: Raises) -> str:
    return (failure.got or "").partition(":")[0]


class NotPassed(Exception):
    """A check was not passed."""

    def __init__(self, result: CheckResult) -> None:
        super().__init__(result.message)
        self.result = result
