"""Encodes student values for sending."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import numpy as np

from grading.protocol import packing, wire
from grading.sandbox.inside.absent_modules import Standin
from grading.sandbox.inside.library import where

_OPAQUE = wire.WireOpaque()
_INT64 = range(-(1 << 63), 1 << 63)
_type_names: dict[type, str] = {}


def type_name(kind: type) -> str:
    """The full name of a type: "float", "numpy.ndarray", "svm.LinearSVM"."""
    known = _type_names.get(kind)
    if known is None:
        module, name = kind.__module__, kind.__qualname__
        known = name if module == "builtins" else f"{module}.{name}"
        known = _type_names[kind] = plain(known, wire.MAX_TYPE_NAME)
    return known


def plain(text: str, limit: int) -> str:
    """Return ``text`` cut, and without anything that UTF-8 cannot represent."""
    return str(text)[:limit].encode("utf-8", "replace").decode("utf-8")


class Packer:
    """Encodes values for sending, collecting the bytes of arrays one after another."""

    def __init__(self) -> None:
        self.arrays: list[bytes] = []
        self._items = 0

    def value(self, value: Any, depth: int = 0) -> wire.WireValue:
        """Encode one value; tuples and lists down to a fixed depth and number of items."""
        kind = type(value)
        # By exact type first: nearly every value is one of these, and none of them can run student code.
        if kind is np.ndarray:
            return wire.WireValue("numpy.ndarray", packing.packed(value, self.arrays) or _OPAQUE)
        if kind is float or kind is bool or value is None:
            return wire.WireValue(type_name(kind), value)
        return wire.WireValue(
            "stand-in for " + plain(value._standin_for, 60) if kind is Standin else type_name(kind),
            self._other(value, depth),
        )

    def _other(self, value: Any, depth: int) -> Any:
        if isinstance(value, np.ndarray):
            return packing.packed(np.array(value, subok=False), self.arrays) or _OPAQUE
        if isinstance(value, (bool, np.bool_)):
            return bool(value)
        if isinstance(value, (int, np.integer)):
            number = int(value)
            return number if number in _INT64 else _OPAQUE
        if isinstance(value, (float, np.floating)):
            return float(value)
        if isinstance(value, (complex, np.complexfloating)):
            return wire.WireComplex(float(value.real), float(value.imag))
        if isinstance(value, str):
            return plain(value, wire.MAX_TEXT)
        if isinstance(value, (tuple, list)) and depth < wire.MAX_DEPTH:
            self._items += len(value)
            if self._items <= wire.MAX_ITEMS:
                return wire.WireItems([self.value(item, depth + 1) for item in value])
        return _OPAQUE

    def inputs(self, arguments: tuple[Any, ...]) -> list[wire.WireArray]:
        """Encode the arrays among ``arguments`` as they are now."""
        packed = [packing.packed(a, self.arrays) for a in arguments if isinstance(a, np.ndarray)]
        return [array for array in packed if array is not None]


def raised(error: BaseException, filenames: Container[str]) -> wire.Raised:
    """Encode an error, whatever its type and text do."""
    try:
        message = plain(str(error), wire.MAX_MESSAGE)
    except BaseException:
        message = "(its text cannot be shown)"
    place = where(error, filenames)
    return wire.Raised(
        type_name(type(error)), message, None if place is None else plain(place, wire.MAX_WHERE)
    )
