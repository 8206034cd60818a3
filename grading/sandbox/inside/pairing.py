"""Many calls of one function: most answers are put side by side, as encoding each takes longer than most calls."""

from __future__ import annotations

import struct
from collections.abc import Callable, Container, Iterator
from typing import Any

import msgspec
import numpy as np

from grading.sandbox import packing, wire
from grading.sandbox.inside.answers import Packer, raised
from grading.sandbox.inside.outbox import Outbox

_decode = msgspec.msgpack.Decoder(wire.WireCalls).decode
_FLOAT64 = np.dtype(np.float64)
_FLOATS = frozenset({float, np.float64})


class Pairing:
    """The answers that are in no reply yet.

    Args:
        hold: puts a reply, with its index, into ``outbox``.
        outbox: knows when it is time to send.
    """

    def __init__(self, hold: Callable[[int, Any, list[bytes]], None], outbox: Outbox) -> None:
        self._hold, self._outbox = hold, outbox
        self._first = 0
        self._form: tuple[bool, wire.Shape | None] = False, None
        self._losses: list[float] = []
        self._arrays: list[bytes] = []
        self._bytes = 0

    def add(self, loss: float, array: bytes, form: tuple[bool, wire.Shape | None]) -> None:
        """Keep an answer, of a form as `wire.WirePairs` has it; send all if it is time."""
        if form != self._form:
            self.finish()
            self._form = form
        self._losses.append(loss)
        self._arrays.append(array)
        self._bytes += len(array)
        if self._outbox.due(self._bytes):
            self.finish()
            self._outbox.push()

    def other(self, body: Any, arrays: list[bytes]) -> None:
        """Keep another kind of answer, behind those that are kept."""
        self.finish()
        self._hold(self._first, body, arrays)
        self._first += 1

    def finish(self) -> None:
        """Make a reply of what is kept."""
        count = len(self._losses)
        if count:
            losses = struct.pack(f"<{count}d", *self._losses)
            self._hold(self._first, wire.WirePairs(count, *self._form), [losses, *self._arrays])
            self._losses, self._arrays, self._bytes = [], [], 0
            self._first += count


def answer(
    function: Callable[..., Any] | None,
    asked: wire.Pairs,
    unpacker: packing.Unpacker,
    pairing: Pairing,
    filenames: Container[str],
) -> None:
    """Call ``function`` on all that is asked, and answer in order.

    Args:
        function: None if it is not there.
        asked: the calls; the first argument of each is an array.
        unpacker: holds the arrays.
        pairing: takes the answers.
        filenames: the student's, for saying where an error was raised.
    """
    for arguments, shape in _calls(asked.calls, unpacker):
        if function is None:
            pairing.other(wire.WireUnknown(), [])
            continue
        packer = Packer()
        body: Any
        try:
            result = function(*arguments)
            kind = type(result)
            if (kind is tuple or kind is list) and len(result) == 2:
                loss, dW = result
                if type(dW) is np.ndarray and dW.dtype is _FLOAT64 and dW.shape == shape:
                    if type(loss) in _FLOATS:
                        pairing.add(float(loss), dW.tobytes(), (kind is list, None))
                        continue
                    if _holds_one(loss):
                        pairing.add(float(loss.item()), dW.tobytes(), (kind is list, loss.shape))
                        continue
            body = wire.WireReturned(packer.value(result), [], None)
        except BaseException as error:
            packer = Packer()
            body = raised(error, filenames)
        pairing.other(body, packer.arrays)
    pairing.finish()


def _holds_one(loss: Any) -> bool:
    """Whether it is an array, of few dimensions, that holds one float."""
    return type(loss) is np.ndarray and loss.dtype is _FLOAT64 and loss.size == 1 and loss.ndim <= 2


def _calls(packed: msgspec.Raw, unpacker: packing.Unpacker) -> Iterator[tuple[list[Any], wire.Shape]]:
    """The arguments of each call, and the shape of the first."""
    calls = _decode(packed)
    layouts = [(packing.Layout(arrays), arrays[0].shape) for arrays in calls.layouts]
    for number, others in zip(calls.numbers, calls.others, strict=True):
        layout, shape = layouts[number]
        # All arrays are taken first: a call that fails must not leave its own to the next one.
        yield [*unpacker.take_all(layout), *others], shape
