"""What the grader asks of a worker, and what it makes of the answers.

Steps go out, outcomes come back, in order. Nothing that an outcome says is believed: it is what the student's
process claims, decoded by a strict reader. ``stdout`` is not part of an outcome; it is collected outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from grading.sandbox.shared import SharedArray

Array: TypeAlias = NDArray[np.generic]
Argument: TypeAlias = "bool | int | float | str | Array | SharedArray | None"


class Call(msgspec.Struct, frozen=True):
    """Call ``function`` (an asked-for name) with positional and keyword arguments, on fresh writable arrays.

    ``return_inputs`` asks for the array arguments as they are after the call; ``count_bytecodes`` for the
    number of bytecodes executed in student code during it. Both depend on the worker's word alone. ``layout`` says
    how the arrays lie in memory, as `inside.layouts` knows it.
    """

    function: str
    args: tuple[Argument, ...]
    kwargs: Mapping[str, Argument] = {}
    return_inputs: bool = False
    count_bytecodes: bool = False
    layout: str = ""


class Create(msgspec.Struct, frozen=True):
    """Make an object of the class ``name`` without arguments and keep it as ``handle``."""

    name: str
    handle: str


class Assign(msgspec.Struct, frozen=True):
    """Set an attribute of the object ``handle``."""

    handle: str
    attribute: str
    value: Argument


class Read(msgspec.Struct, frozen=True):
    """Return an attribute of the object ``handle``."""

    handle: str
    attribute: str


class Invoke(msgspec.Struct, frozen=True):
    """Call a method of the object ``handle``, as `Call` does a function."""

    handle: str
    method: str
    args: tuple[Argument, ...] = ()
    kwargs: Mapping[str, Argument] = {}
    return_inputs: bool = False


class PlugLoss(msgspec.Struct, frozen=True):
    """Replace the method ``loss`` of the object ``handle`` by a stand-in with prepared answers that keeps its inputs.

    Call k (from 0) returns ``(losses[k % K], gradients[k % K])``. What it was called with is read with
    `PluggedCalls`, which is the worker's word; with ``tells_batches``, what W becomes tells it, too.

    Attributes:
        losses: (K,) float64.
        gradients: (K, D, C) float64.
        tells_batches: whether to each gradient the samples of the batch are added, each in the column of its label.
        weights: the attribute that holds W.
        loss: what the method is called.
    """

    handle: str
    losses: NDArray[np.float64]
    gradients: NDArray[np.float64]
    tells_batches: bool = False
    weights: str = "W"
    loss: str = "loss"


class PluggedCalls(msgspec.Struct, frozen=True):
    """Return the stand-in's calls so far as a list of (W, X_batch, y_batch, reg), with W as it was then.

    If each of the first three is a plain array of one type and shape in all calls, and each reg a float: as a tuple of
    four arrays, in which the calls are the first axis.
    """

    handle: str


class Seed(msgspec.Struct, frozen=True):
    """Seed ``numpy.random``, ``random`` and every generator made without a seed from here on."""

    seed: int


Step: TypeAlias = Call | Create | Assign | Read | Invoke | PlugLoss | PluggedCalls | Seed


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
    """The step ended normally. ``inputs`` and ``bytecodes`` only where they were asked for."""

    result: Received
    inputs: tuple[Array, ...] = ()
    bytecodes: int | None = None


#: The outcome of a step that only prepares others.
NOTHING = Returned(Received("NoneType", None))


class Raised(msgspec.Struct, frozen=True):
    """Student code raised. Text is cleaned of control characters and cut; ``where`` is "svm.py, line 12"."""

    type_name: str
    message: str
    where: str | None = None


class Lost(msgspec.Struct, frozen=True):
    """No answer: ``reason`` is "timeout", "spent", "died" or "protocol"; ``detail`` one sentence for the student.

    The process is gone. What it would have done next is "skipped" if it needs objects of that process or
    calls the same function again; other calls go on in a new process.
    """

    reason: str
    detail: str


Outcome: TypeAlias = Returned | Raised | Lost


class Loaded(msgspec.Struct, frozen=True):
    """What happened while the student's files were loaded.

    Attributes:
        remarks: sentences: stand-ins for missing modules, statements that failed and were skipped.
        failures: asked name -> sentence, for names that could not be provided (its definition raised, the
            file did not parse, loading hung or died).
    """

    remarks: tuple[str, ...] = ()
    failures: Mapping[str, str] = {}
