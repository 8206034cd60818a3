"""Reads what train returned: weights and a loss history, or a sentence saying what came instead."""

from __future__ import annotations

import itertools

import msgspec
import numpy as np
from numpy.typing import NDArray

from grading.judging.answers import describe
from grading.judging.failures import WrongReturn
from grading.sandbox.messages import Received
from grading.words import say, together

Array = NDArray[np.float64]


class PluggedCall(msgspec.Struct, frozen=True, eq=False):
    """One call of the stand-in loss.

    Attributes:
        W: the weights at that time, (D, C); empty if not an array.
        X_batch, y_batch: what train passed; empty if not arrays.
        reg: what train passed; NaN if not a number.
        batch: X_batch and y_batch as received; None if that is what they are.
    """

    W: NDArray[np.generic]
    X_batch: NDArray[np.generic]
    y_batch: NDArray[np.generic]
    reg: float
    batch: tuple[Received, Received] | None = None

    @property
    def words(self) -> tuple[str, str]:
        """Describe X_batch and y_batch: "an array of shape (4, 3)...", "None"."""
        X, y = self.batch or (_as_sent(self.X_batch), _as_sent(self.y_batch))
        return describe(X), describe(y)


class Trained(msgspec.Struct, frozen=True, eq=False):
    """The result of one call of train.

    Attributes:
        history: what it returned.
        W: the classifier's weights afterwards.
        X, y: its arguments afterwards.
        calls: the calls of the stand-in loss during it, where one was plugged in.
    """

    history: Received
    W: Received
    X: NDArray[np.generic]
    y: NDArray[np.generic]
    calls: tuple[PluggedCall, ...] = ()


def calls_of(received: Received) -> tuple[PluggedCall, ...]:
    """Read the stand-in's record as the worker sent it: a tuple of four arrays, or a list of calls.

    An unreadable call counts as an empty one, and four things that do not belong together count as no calls.
    """
    if received.type_name == "tuple":
        return _side_by_side([part.value for part in _parts(received)])
    return tuple(_call(call) for call in _parts(received))


def _side_by_side(columns: list[object]) -> tuple[PluggedCall, ...]:
    """The calls in four arrays; none if it is not that."""
    arrays = [column for column in columns if isinstance(column, np.ndarray)]
    if len(columns) != 4 or len(arrays) != 4 or arrays[3].dtype != np.float64 or arrays[3].ndim != 1:
        return ()
    if any(array.ndim < 2 or len(array) != len(arrays[3]) for array in arrays[:3]):
        return ()
    calls = zip(*arrays[:3], arrays[3].tolist(), strict=True)
    if all(array.dtype.kind in "fiu" for array in arrays[:3]):
        return tuple(itertools.starmap(PluggedCall, calls))
    return tuple(
        PluggedCall(_array(W), _array(X), _array(y), reg, (_as_sent(X), _as_sent(y)))
        for W, X, y, reg in calls
    )


def _as_sent(array: NDArray[np.generic]) -> Received:
    return Received("numpy.ndarray", array)


def _call(received: Received) -> PluggedCall:
    parts = _parts(received)
    if len(parts) != 4:
        parts = (Received("NoneType", None),) * 4
    reg = parts[3].value
    number = float(reg) if isinstance(reg, int | float) and not isinstance(reg, bool) else float("nan")
    W, X_batch, y_batch = (part.value for part in parts[:3])
    return PluggedCall(_array(W), _array(X_batch), _array(y_batch), number, (parts[1], parts[2]))


def _array(value: object) -> NDArray[np.generic]:
    return value if isinstance(value, np.ndarray) and value.dtype.kind in "fiu" else np.zeros(0)


def _parts(received: Received) -> tuple[Received, ...]:
    return received.value if isinstance(received.value, tuple) else ()


def weights_of(name: str, received: Received, shape: tuple[int, int]) -> Array:
    """The weights after the train called ``name``, (D, C).

    Raises:
        WrongReturn: they are not a real finite array of that shape.
    """
    value = received.value
    if isinstance(value, np.ndarray) and value.shape == shape and value.dtype.kind in "fiu":
        W = value.astype(np.float64)
        if np.isfinite(W).all():
            return W
        raise WrongReturn(
            say("After {name}, self.W holds entries that are infinite or NaN.", name=name),
            expected=say("finite numbers"),
            got=say(
                "{count} of {total} entries are not finite", count=int((~np.isfinite(W)).sum()), total=W.size
            ),
        )
    raise WrongReturn(
        say(
            "After {name}, self.W must be an array of shape {shape}: features by classes.",
            name=name,
            shape=shape,
        ),
        expected=say("an array of shape {shape}", shape=shape),
        got=describe(received),
    )


def history_of(name: str, received: Received, length: int) -> Array:
    """The loss history that the train called ``name`` returned, (length,); possibly with entries that are not finite.

    Raises:
        WrongReturn: it is not a list or array of that many real numbers.
    """
    value = received.value
    message = ""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiu" and value.ndim > 0:
        if value.size == length:
            return value.astype(np.float64).reshape(length)
        message = together(_wanted(name, length), say("It holds {count}.", count=value.size))
    elif isinstance(value, tuple):
        numbers = _numbers(value)
        if numbers is not None and len(numbers) == length:
            return np.array(numbers, dtype=np.float64)
        if numbers is not None:
            message = together(_wanted(name, length), say("It holds {count}.", count=len(numbers)))
        elif any(_numbers(_parts(part)) is not None and len(_parts(part)) == length for part in value):
            message = say(
                "{name} must return the loss history only; it returns {count} things, one of which is a list of "
                "{length} numbers.",
                name=name,
                count=len(value),
                length=length,
            )
    elif value is None:
        message = say(
            "{name} returns nothing. It must return the loss of every step: a list of num_iters numbers.",
            name=name,
        )
    raise WrongReturn(
        message or _wanted(name, length),
        expected=say("a list of {length} numbers", length=length),
        got=describe(received),
    )


def _wanted(name: str, length: int) -> str:
    return say(
        "{name} must return the loss of every step: a list of num_iters = {length} numbers.",
        name=name,
        length=length,
    )


def _numbers(parts: tuple[Received, ...]) -> list[float] | None:
    numbers = []
    for part in parts:
        number = _number(part)
        if number is None:
            return None
        numbers.append(number)
    return numbers


def _number(received: Received) -> float | None:
    value = received.value
    if type(value) is float:
        return value
    if isinstance(value, np.ndarray) and value.size == 1 and value.dtype.kind in "fiu":
        return float(value.reshape(())[()])
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
