"""Encodes examples as bytes and decodes them: plain values, arrays, problems and registered data classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from reference.problem import Problem

T = TypeVar("T")

_types: dict[str, type] = {}


class EncodingError(Exception):
    """Bytes that are not encoded examples."""


def example_type(cls: type[T]) -> type[T]:
    """Register a data class, so that its objects can be encoded."""
    _types[cls.__name__] = cls
    return cls


class _Problems(msgspec.Struct, array_like=True):
    """K problems side by side, as bytes: their sizes (K, 3), all W, all X, all y, the type of y, and reg (K,)."""

    sizes: bytes
    W: bytes
    X: bytes
    y: bytes
    label_types: list[str]
    reg: bytes


def encode(examples: Sequence[object]) -> bytes:
    """Encode examples as bytes.

    Raises:
        TypeError: an example is of a kind that cannot be encoded.
    """
    if examples and all(isinstance(example, Problem) for example in examples):
        return msgspec.msgpack.encode(_side_by_side([e for e in examples if isinstance(e, Problem)]))
    return msgspec.msgpack.encode([_plain(example) for example in examples])


def decode(data: bytes | msgspec.Raw) -> tuple[Any, ...]:
    """Decode examples from bytes that `encode` made.

    Raises:
        EncodingError: it did not make these.
    """
    try:
        try:
            packed = msgspec.msgpack.decode(data, type=_Problems)
        except msgspec.ValidationError:
            return tuple(_value(each) for each in msgspec.msgpack.decode(data, type=list[Any]))
        return tuple(_one_by_one(packed))
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, IndexError) as error:
        raise EncodingError(str(error)) from None


def _side_by_side(problems: Sequence[Problem]) -> _Problems:
    def together(arrays: Sequence[NDArray[Any]], kind: str) -> bytes:
        return np.concatenate([array.ravel() for array in arrays]).astype(kind).tobytes()

    return _Problems(
        np.array([problem.sizes for problem in problems], dtype="<i4").tobytes(),
        together([problem.W for problem in problems], "<f8"),
        together([problem.X for problem in problems], "<f8"),
        together([problem.y for problem in problems], "<i4"),
        [problem.y.dtype.str for problem in problems],
        np.array([problem.reg for problem in problems], dtype="<f8").tobytes(),
    )


def _one_by_one(packed: _Problems) -> list[Problem]:
    sizes = np.frombuffer(packed.sizes, "<i4").reshape(-1, 3).tolist()
    Ws, Xs = (np.frombuffer(data, "<f8").astype(np.float64) for data in (packed.W, packed.X))
    ys, regs = np.frombuffer(packed.y, "<i4"), np.frombuffer(packed.reg, "<f8").tolist()
    of_type = {name: ys.astype(name) for name in set(packed.label_types)}
    problems, w, x, i = [], 0, 0, 0
    for (n, d, c), label_type, reg in zip(sizes, packed.label_types, regs, strict=True):
        W, X = Ws[w : w + d * c].reshape(d, c), Xs[x : x + n * d].reshape(n, d)
        problems.append(Problem(W, X, of_type[label_type][i : i + n], reg))
        w, x, i = w + d * c, x + n * d, i + n
    return problems


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray):
        return {"array": [value.dtype.str, list(value.shape), np.ascontiguousarray(value).tobytes()]}
    if isinstance(value, tuple | list):
        return {type(value).__name__: [_plain(each) for each in value]}
    if isinstance(value, dict):
        return {"dict": [_plain([*value]), _plain([*value.values()])]}
    if isinstance(value, Problem):
        return {"problem": encode([value])}
    if is_dataclass(value) and _types.get(type(value).__name__) is type(value):
        return {type(value).__name__: [_plain(getattr(value, each.name)) for each in fields(value)]}
    raise TypeError(
        f"an example of {type(value).__name__} cannot be kept; declare the data class an @example_type"
    )


def _value(kept: Any) -> Any:
    if not isinstance(kept, dict):
        return kept
    ((name, content),) = kept.items()
    if name == "array":
        kind, shape, numbers = content
        return np.frombuffer(numbers, kind).reshape(shape).copy()
    if name == "problem":
        return decode(content)[0]
    values = [_value(each) for each in content]
    if name == "dict":
        return dict(zip(*values, strict=True))
    if name in ("tuple", "list"):
        return tuple(values) if name == "tuple" else values
    return _types[name](*values)
