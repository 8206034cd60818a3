"""Many calls of one function, packed once for all hand-ins, and the pairs of loss and gradient that come back.

Most loss functions answer with a float, or an array of one number, and a float64 array in W's shape. Such answers are
stored side by side, so that a thousand of them can be judged by a few array operations.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from grading.protocol import wire
from grading.protocol.frames import ProtocolError
from grading.sandbox import requests
from grading.sandbox.messages import Lost, Outcome, Received, Repeated, Returned

T = TypeVar("T")

_FLOAT_BYTES = 8
_USUAL = (False, None)


class PackedCalls(msgspec.Struct, frozen=True, eq=False):
    """The arguments of calls, encoded for sending.

    Attributes:
        arguments: those of each call; the first is an array, or `Repeated`.
        layouts: the memory layout of each call's arrays, as in `Call`.
        headers: `wire.WireCalls`, as msgpack, of one part of the calls after the other.
        payloads: the bytes of all arrays of each part.
        starts: (K + 1,) where the answer to each call begins in the concatenated numbers of all returned arrays.
    """

    arguments: Sequence[tuple[object, ...]]
    layouts: Sequence[str]
    headers: Sequence[msgspec.Raw]
    payloads: Sequence[bytes]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, arguments: Sequence[tuple[object, ...]], layouts: Sequence[str] = ()) -> PackedCalls:
        """Pack the arguments of calls; without ``layouts``, all arrays are in C order.

        Raises:
            TypeError: an argument cannot be sent, the first is not an array, or an array comes after something else.
        """
        layouts = layouts or ("",) * len(arguments)
        header, payload = requests.packed_calls(arguments, layouts)
        sizes = []
        for call in arguments:
            if not isinstance(call[0], np.ndarray | Repeated):
                raise TypeError("the first argument must be an array: what comes back has its shape")
            sizes.append(call[0].size)
        starts = np.array([0, *itertools.accumulate(sizes)], dtype=np.int64)
        return cls(arguments, layouts, [msgspec.Raw(header)], [payload], starts)

    @classmethod
    def joined(cls, parts: Sequence[PackedCalls]) -> PackedCalls:
        """All calls of ``parts``, to be made in one round trip."""
        if len(parts) == 1:
            return parts[0]
        sizes = [np.diff(part.starts) for part in parts]
        return cls(
            [arguments for part in parts for arguments in part.arguments],
            [layout for part in parts for layout in part.layouts],
            [header for part in parts for header in part.headers],
            [payload for part in parts for payload in part.payloads],
            np.concatenate([[0], *sizes]).cumsum(),
        )

    def __len__(self) -> int:
        return len(self.arguments)


@dataclass(eq=False)
class Pairs:
    """The outcomes of calls, as far as they have been answered.

    Attributes:
        calls: the calls.
        losses: (K,) the first of each pair; NaN if the answer is not such a pair.
        gradients: the second of each pair, its numbers in C order, starting at ``calls.starts``.
        forms: for pairs that are not tuples, or have an array of one number instead of the float, by number: whether it
            was a list, and the shape of that array.
        others: the outcomes of calls whose answer is not such a pair, by number.
        changed: the array arguments after the call, if it changed any of them, by number; only for calls whose
            arrays are sent as they are, neither `Repeated` nor laid out.
        answered: how many calls, counted from the first, are answered.
    """

    calls: PackedCalls
    losses: NDArray[np.float64] = field(init=False)
    gradients: NDArray[np.float64] = field(init=False)
    forms: dict[int, tuple[bool, wire.Shape | None]] = field(default_factory=dict)
    others: dict[int, Outcome] = field(default_factory=dict)
    changed: dict[int, tuple[NDArray[np.generic], ...]] = field(default_factory=dict)
    answered: int = 0

    def __post_init__(self) -> None:
        self.losses = np.full(len(self.calls), np.nan)
        self.gradients = np.full(int(self.calls.starts[-1]), np.nan)

    @property
    def complete(self) -> bool:
        """Whether every call is answered."""
        return self.answered == len(self.calls)

    @property
    def reply_bytes(self) -> int:
        """The maximum size of pairs for everything that is unanswered."""
        starts = self.calls.starts
        return _FLOAT_BYTES * int(len(self.calls) - self.answered + starts[-1] - starts[self.answered])

    def part(self, calls: PackedCalls, first: int) -> Pairs:
        """The outcomes of ``calls``, which are those of these calls that begin with number ``first``."""
        part, last = Pairs(calls), first + len(calls)
        part.losses = self.losses[first:last]
        part.gradients = self.gradients[self.calls.starts[first] : self.calls.starts[last]]
        part.forms = _between(first, last, self.forms)
        part.others = _between(first, last, self.others)
        part.changed = _between(first, last, self.changed)
        part.answered = len(calls)
        return part

    def add(self, outcome: Outcome) -> None:
        """Store the next answer, of any kind."""
        k = self.answered
        pair = _usual(outcome, self._shape(k))
        if pair is None:
            self.others[k] = outcome
        else:
            self.losses[k] = pair[0]
            self.gradients[self.calls.starts[k] : self.calls.starts[k + 1]] = pair[1].ravel()
        if isinstance(outcome, Returned) and outcome.inputs and not self._are_given(k, outcome.inputs):
            self.changed[k] = outcome.inputs
        self.answered += 1

    def lose(self, k: int, lost: Lost) -> None:
        """Mark call ``k`` as lost, whatever its outcome was when it was repeated."""
        self.others[k] = lost
        self.forms.pop(k, None)
        self.losses[k] = np.nan

    def take(self, body: wire.WirePairs, payload: bytearray) -> None:
        """Store the next ``body.count`` answers.

        Raises:
            ProtocolError: more than expected, a wrong number of bytes, or arrays of more than one number instead of
                floats.
        """
        form = body.listed, body.shape
        if body.shape is not None and math.prod(body.shape) != 1:
            raise ProtocolError(f"one number in the shape {body.shape}")
        first, after = self.answered, self.answered + body.count
        if after > len(self.calls):
            raise ProtocolError(f"answers up to {after} of {len(self.calls)}")
        begin, end = self.calls.starts[first], self.calls.starts[after]
        if len(payload) != _FLOAT_BYTES * (body.count + end - begin):
            raise ProtocolError(f"{body.count} answers in {len(payload)} bytes")
        numbers: NDArray[np.float64] = np.frombuffer(payload, "<f8")
        self.losses[first:after] = numbers[: body.count]
        self.gradients[begin:end] = numbers[body.count :]
        if form != _USUAL:
            self.forms |= dict.fromkeys(range(first, after), form)
        self.answered = after

    def outcome(self, k: int) -> Outcome | None:
        """The outcome of call ``k``, as for a step; None for the usual pair."""
        if k not in self.forms:
            return self.others.get(k)
        listed, shape = self.forms[k]
        loss = Received("float", float(self.losses[k]))
        if shape is not None:
            loss = Received("numpy.ndarray", np.full(shape, self.losses[k]))
        pair = loss, Received("numpy.ndarray", self.gradient(k))
        return Returned(Received("list" if listed else "tuple", pair))

    @property
    def unusual(self) -> list[int]:
        """The calls with an outcome other than the usual pair; of those with the same form, only the first."""
        first_of_form = {form: k for k, form in reversed(self.forms.items())}
        return sorted({*self.others, *first_of_form.values()})

    def gradient(self, k: int) -> NDArray[np.float64]:
        """The second of pair ``k``, in the shape of that call's first argument, as a new array."""
        begin, end = self.calls.starts[k], self.calls.starts[k + 1]
        return self.gradients[begin:end].reshape(self._shape(k)).copy()

    def given(self, k: int) -> tuple[NDArray[Any], ...]:
        """The array arguments of call ``k``."""
        arguments = (a.array if isinstance(a, Repeated) else a for a in self.calls.arguments[k])
        return tuple(a for a in arguments if isinstance(a, np.ndarray))

    def _are_given(self, k: int, inputs: tuple[NDArray[np.generic], ...]) -> bool:
        given = self.given(k)
        return len(given) == len(inputs) and all(map(np.array_equal, given, inputs))

    def _shape(self, k: int) -> tuple[int, ...]:
        like = self.calls.arguments[k][0]
        assert isinstance(like, np.ndarray | Repeated)
        return tuple(like.shape)


def _between(first: int, last: int, of_calls: dict[int, T]) -> dict[int, T]:
    return {k - first: what for k, what in of_calls.items() if first <= k < last}


def _usual(outcome: Outcome, shape: tuple[int, ...]) -> tuple[float, NDArray[np.float64]] | None:
    """Return the answer to a call, if that is a tuple of a float and a float64 array of this shape."""
    if not isinstance(outcome, Returned) or outcome.result.type_name != "tuple":
        return None
    match outcome.result.value:
        case (
            Received("float" | "numpy.float64", float(loss)),
            Received("numpy.ndarray", np.ndarray() as dW),
        ):
            if dW.dtype == np.float64 and dW.shape == shape:
                return loss, dW
    return None
