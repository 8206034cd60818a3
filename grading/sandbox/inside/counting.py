"""How many bytecodes a call executes: the measure of whether a function loops in Python."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")

_NUMPY = str(np.__file__).removesuffix("__init__.py")


class Counter:
    """Counts bytecodes in student code and in NumPy's own Python code.

    NumPy counts because ``np.vectorize`` and ``np.apply_along_axis`` are loops too; its code for printing
    arrays does not, since printing is not computing. The standard library does not.
    """

    def __init__(self, filenames: set[str]) -> None:
        self._filenames = filenames
        self._counted: dict[types.CodeType, bool] = {}

    def counts(self, code: types.CodeType) -> bool:
        """Whether bytecodes of ``code`` are counted."""
        known = self._counted.get(code)
        if known is None:
            filename = code.co_filename
            known = filename in self._filenames or (
                filename.startswith(_NUMPY) and not filename.endswith("arrayprint.py")
            )
            self._counted[code] = known
        return known

    def measure(
        self, function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[T, int]:
        """Result of ``function(*args, **kwargs)`` and the number of bytecodes that it took."""
        if sys.version_info >= (3, 12):
            return _measure_by_monitoring(self, function, args, kwargs)
        return _measure_by_tracing(self, function, args, kwargs)


def _measure_by_tracing(
    counter: Counter, function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[T, int]:
    count = 0

    def opcode(frame: types.FrameType, event: str, arg: object) -> Any:
        nonlocal count
        if event == "opcode":
            count += 1
        return opcode

    def call(frame: types.FrameType, event: str, arg: object) -> Any:
        if not counter.counts(frame.f_code):
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        return opcode

    sys.settrace(call)
    try:
        result = function(*args, **kwargs)
    finally:
        sys.settrace(None)
    return result, count


if sys.version_info >= (3, 12):

    def _measure_by_monitoring(
        counter: Counter, function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[T, int]:
        count = 0
        monitoring = sys.monitoring
        tool, event = monitoring.PROFILER_ID, monitoring.events.INSTRUCTION

        def instruction(code: types.CodeType, offset: int) -> Any:
            nonlocal count
            if counter.counts(code):
                count += 1
                return None
            return monitoring.DISABLE

        monitoring.use_tool_id(tool, "bytecodes")
        monitoring.register_callback(tool, event, instruction)
        monitoring.set_events(tool, event)
        try:
            result = function(*args, **kwargs)
        finally:
            monitoring.set_events(tool, 0)
            monitoring.register_callback(tool, event, None)
            monitoring.free_tool_id(tool)
        return result, count
