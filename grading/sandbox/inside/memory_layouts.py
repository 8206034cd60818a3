"""Rearranges arrays: the same numbers in another memory layout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

_Array: TypeAlias = NDArray[Any]


def _strided(array: _Array) -> _Array:
    """Return a view of every second entry of a larger array."""
    larger = np.zeros([2 * size for size in array.shape], array.dtype)
    view = larger[(slice(None, None, 2),) * array.ndim]
    view[...] = array
    return view


def _reversed(array: _Array) -> _Array:
    """Return an array that is read backwards, with negative strides."""
    return array[(slice(None, None, -1),) * array.ndim].copy()[(slice(None, None, -1),) * array.ndim]


def _read_only(array: _Array) -> _Array:
    array.flags.writeable = False
    return array


_LAYOUTS: dict[str, Callable[[_Array], _Array]] = {
    "fortran": np.asfortranarray,
    "strided": _strided,
    "reversed": _reversed,
    "read-only": _read_only,
}


def laid_out(values: tuple[Any, ...], layout: str) -> tuple[Any, ...]:
    """Return ``values`` with their arrays in ``layout``; "" leaves them as they arrive: in C order, writable."""
    if not layout:
        return values
    lay = _LAYOUTS[layout]
    return tuple([lay(value) if isinstance(value, np.ndarray) else value for value in values])
