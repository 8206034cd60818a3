"""Counts the bytecodes and lines that a call executes, to tell whether a function loops in Python."""

from __future__ import annotations

import sys
import threading
import types
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")


def measure(
    function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[T, int | None]:
    """Return the result of ``function(*args, **kwargs)`` and the number of bytecodes and lines that it took.

    They are counted in all code that it executes, in its thread and in those that it starts. It does not matter whose
    code it is: a loop in `np.apply_along_axis` is a loop, and so is one in text passed to ``exec`` under the name of
    one of NumPy's files. Only printing arrays is left out, because it is not computing; it is recognized by its code,
    not by its name.

    The number is None if counting was switched off along the way: nothing that only computes does that.
    """
    count = 0

    def opcode(frame: types.FrameType, event: str, arg: object) -> Any:
        nonlocal count
        if event in ("opcode", "line"):
            count += 1
        return opcode

    def call(frame: types.FrameType, event: str, arg: object) -> Any:
        if frame.f_code in _PRINTING:
            return None
        # Lines as well: in code that runs for the first time, Python 3.13 does not report the bytecodes.
        frame.f_trace_opcodes = True
        return opcode

    before, before_in_threads = sys.gettrace(), threading.gettrace()
    threading.settrace(call)
    sys.settrace(call)
    try:
        result = function(*args, **kwargs)
        counted = sys.gettrace() is call and threading.gettrace() is call
    finally:
        sys.settrace(before)
        threading.settrace(before_in_threads)
    return result, count if counted else None


def _code_of(module: types.ModuleType) -> Iterator[types.CodeType]:
    """Yield all code written in a module: that of its functions, nested ones included, and of its classes' methods."""
    pending: list[Any] = []
    for value in vars(module).values():
        pending += vars(value).values() if isinstance(value, type) else [value]
    while pending:
        value = pending.pop()
        if isinstance(value, types.CodeType):
            if value.co_filename == module.__file__:
                yield value
            pending += value.co_consts
        elif isinstance(value, types.FunctionType):
            pending += [value.__code__, getattr(value, "__wrapped__", None)]


# Found before any worker is forked: it takes as long as 30 calls of a loss.
_PRINTING = frozenset(_code_of(sys.modules["numpy._core.arrayprint"]))
