"""Packs arrays for sending: a description in the header, their bytes after it.

Of our modules it imports only `frames` and `wire`, so that the worker can use it where nothing else can be seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from grading.protocol.frames import ProtocolError
from grading.protocol.wire import Shape, WireArray

Array: TypeAlias = NDArray[np.generic]
T = TypeVar("T", bound=np.generic)

#: The dtypes that can be sent: little endian, no objects, no strings, no structures, no extended precision.
DTYPES = {
    name: np.dtype(name)
    for name in (
        *("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8"),
        *("<f2", "<f4", "<f8", "<c8", "<c16"),
    )
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
BOOL = DTYPES["|b1"]


def packed(array: Array, arrays: list[bytes]) -> WireArray | None:
    """Describe ``array`` and append its bytes to ``arrays``; None if its dtype cannot be sent."""
    name = NAMES.get(array.dtype)
    if name is None:
        array = array.astype(array.dtype.newbyteorder("<"))
        name = NAMES.get(array.dtype)
        if name is None:
            return None
    arrays.append(array.tobytes())
    return WireArray(name, array.shape)


def repeated(entries: NDArray[T], shape: Shape) -> NDArray[T]:
    """Return a new array filled with ``entries`` (K,) again and again, as `np.resize` does, ten times as fast."""
    filled = np.empty(shape, entries.dtype)
    numbers = filled.reshape(-1)
    whole = numbers.size // len(entries)
    rest = whole * len(entries)
    numbers[:rest].reshape(whole, len(entries))[:] = entries
    numbers[rest:] = entries[: numbers.size - rest]
    return filled


class Consecutive:
    """Arrays, one after the other, whose types and shapes are known before they arrive; none of them boolean.

    Raises:
        ProtocolError: a dtype that cannot be sent.
    """

    def __init__(self, arrays: Sequence[WireArray]) -> None:
        self.parts: list[tuple[Shape, np.dtype[np.generic], int]] = []
        for array in arrays:
            dtype = DTYPES.get(array.dtype)
            if dtype is None or dtype is BOOL:
                raise ProtocolError("an array of a type that does not travel")
            self.parts.append((array.shape, dtype, math.prod(array.shape) * dtype.itemsize))


class Unpacker:
    """Takes arrays from a payload, in order, each as a new writable array in C order.

    Args:
        payload: the bytes of all arrays.
    """

    def __init__(self, payload: bytes | bytearray | memoryview) -> None:
        self.payload = payload
        self._offset = 0

    def take(self, wire: WireArray) -> Array:
        """Take the next array.

        Raises:
            ProtocolError: a dtype that cannot be sent, or an array that is larger than what is left.
        """
        dtype = DTYPES.get(wire.dtype)
        if dtype is None:
            raise ProtocolError("an array of a type that does not travel")
        count = math.prod(wire.shape)
        size = count * dtype.itemsize
        if size > len(self.payload) - self._offset:
            raise ProtocolError(f"an array of {size} bytes with {len(self.payload) - self._offset} left")
        if not count:
            try:
                return np.empty(wire.shape, dtype)
            except ValueError:  # a dimension of 0 beside others beyond what NumPy can index
                raise ProtocolError("an array of impossible shape") from None
        array: Array = np.ndarray(wire.shape, dtype, self.payload, self._offset)
        self._offset += size
        # A byte that is neither 0 nor 1 would make a boolean that is neither true nor false.
        return array.view(np.uint8) != 0 if dtype is BOOL else array.copy()

    def take_all(self, arrays: Consecutive) -> list[Array]:
        """Take the next arrays, as described.

        Raises:
            TypeError: they need more bytes than there are.
        """
        taken: list[Array] = []
        for shape, dtype, size in arrays.parts:
            array = np.ndarray(shape, dtype, self.payload, self._offset) if size else np.empty(shape, dtype)
            taken.append(array.copy())
            self._offset += size
        return taken

    def finish(self) -> None:
        """Raise `ProtocolError` unless every byte of the payload has been used."""
        if self._offset != len(self.payload):
            raise ProtocolError(f"{len(self.payload) - self._offset} bytes belong to no array")
