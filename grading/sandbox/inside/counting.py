"""How many bytecodes a call executes: the measure of whether a function loops in Python."""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Container
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")

_LOOPS_OF_NUMPY = {
    function.__code__.co_filename
    for function in (inspect.unwrap(np.apply_along_axis), inspect.unwrap(np.vectorize.__call__))
}


class Counter:
    """Counts bytecodes in student code and in those files of NumPy that loop in Python on its behalf.

    ``np.apply_along_axis`` is a loop even over a function that is not the student's. Other Python code of
    NumPy is left out: printing an array loops over its elements, but printing is not computing.
    """

    def __init__(self, filenames: Container[str]) -> None:
        self._filenames = filenames
        self._counted: dict[types.CodeType, bool] = {}

    def counts(self, code: types.CodeType) -> bool:
        """Whether bytecodes of ``code`` are counted."""
        known = self._counted.get(code)
        if known is None:
            known = code.co_filename in self._filenames or code.co_filename in _LOOPS_OF_NUMPY
            self._counted[code] = known
        return known

    def measure(
        self, function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[T, int | None]:
        """Result of ``function(*args, **kwargs)`` and the number of bytecodes that it took.

        None if the counting was switched off on the way: nothing that only computes does that.
        """
        if sys.version_info >= (3, 12):
            return _measure_by_monitoring(self, function, args, kwargs)
        return _measure_by_tracing(self, function, args, kwargs)


def _measure_by_tracing(
    counter: Counter, function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[T, int | None]:
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

    before = sys.gettrace()
    sys.settrace(call)
    try:
        result = function(*args, **kwargs)
        counted = sys.gettrace() is call
    finally:
        sys.settrace(before)
    return result, count if counted else None


if sys.version_info >= (3, 12):
    _TOOLS = 6  # that Python has room for

    def _measure_by_monitoring(
        counter: Counter, function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[T, int | None]:
        count = 0
        monitoring = sys.monitoring
        event = monitoring.events.INSTRUCTION
        # In a student's own kernel, a debugger or profiler may be at work.
        tool = next(number for number in range(_TOOLS) if monitoring.get_tool(number) is None)

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
            counted = monitoring.get_events(tool) == event
        finally:
            monitoring.set_events(tool, 0)
            monitoring.register_callback(tool, event, None)
            monitoring.free_tool_id(tool)
        return result, count if counted else None
