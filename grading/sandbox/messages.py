"""The steps that the grader sends to a worker, and the outcomes that it makes of the answers.

Steps are sent, outcomes come back, in order. No outcome is trusted: it is what the student's process claims, decoded by
a strict reader, with text cleaned of control characters and cut. ``stdout`` is not part of an outcome; it is collected
outside.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from grading.protocol.packing import repeated
from grading.protocol.wire import Assign, Call, Create, Invoke, PluggedCalls, PlugLoss, Raised, Read, Seed

__all__ = [
    "NOTHING",
    "OPAQUE",
    "Array",
    "Loaded",
    "LossError",
    "Lost",
    "Outcome",
    "Received",
    "Repeated",
    "Returned",
    "Step",
]
__all__ += ["Assign", "Call", "Create", "Invoke", "PlugLoss", "PluggedCalls", "Raised", "Read", "Seed"]

Array: TypeAlias = NDArray[np.generic]


class Repeated(msgspec.Struct, frozen=True, eq=False):
    """An argument of a call: an array that `packing.repeated` fills on the other side.

    Attributes:
        entries: (K,) what it is filled with.
        shape: its shape.
    """

    entries: Array
    shape: tuple[int, ...]

    @property
    def array(self) -> Array:
        """The array."""
        return repeated(self.entries, self.shape)

    @property
    def size(self) -> int:
        """How many numbers the array has."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """The size of the array in bytes."""
        return self.size * self.entries.itemsize


Step: TypeAlias = (
    Call[object]
    | Create
    | Assign[object]
    | Read
    | Invoke[object]
    | PlugLoss[NDArray[np.float64]]
    | PluggedCalls
    | Seed
)


class Received(msgspec.Struct, frozen=True):
    """A value from the student's process.

    Attributes:
        type_name: the claimed type, "numpy.ndarray", "float", "numpy.matrix", "tuple", "torch.Tensor"...
        value: None, bool, int, float, complex, str, an ndarray (dtype in the protocol's list; a subclass
            arrives as its base array), a tuple of `Received` for tuples and lists; `OPAQUE` for all else.
    """

    type_name: str
    value: object


class _Opaque:
    def __repr__(self) -> str:
        return "<a value that cannot be sent>"


OPAQUE = _Opaque()


class Returned(msgspec.Struct, frozen=True):
    """The step ended normally. ``inputs`` and ``bytecodes`` are only set if requested."""

    result: Received
    inputs: tuple[Array, ...] = ()
    bytecodes: int | None = None


#: The outcome of a step that only prepares others.
NOTHING = Returned(Received("NoneType", None))


class Lost(msgspec.Struct, frozen=True):
    """No answer: ``reason`` is "timeout", "spent", "died" or "protocol"; ``detail`` one sentence for the student.

    The process is gone. Its next steps are "skipped" if they need objects of that process or call the same function
    again; other calls continue in a new process.
    """

    reason: str
    detail: str


class LossError(Exception):
    """The process is gone; ``lost`` says why."""

    def __init__(self, lost: Lost) -> None:
        super().__init__(lost.detail)
        self.lost = lost


Outcome: TypeAlias = Returned | Raised | Lost


class Loaded(msgspec.Struct, frozen=True):
    """What happened while the student's files were loaded.

    Attributes:
        remarks: sentences: stand-ins for missing modules, statements that failed and were skipped.
        failures: requested name -> sentence, for names that could not be provided (its definition raised, the file did
            not parse, loading hung or died).
    """

    remarks: tuple[str, ...] = ()
    failures: Mapping[str, str] = {}
