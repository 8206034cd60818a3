"""Code that stands before candidates and ends a call that never would, after a number of lines.

What it counts is the same on every machine, so a search has the same result everywhere. A candidate that was
ended in this way is not run again. Code that switches the counting off has the limits in time, as all code has.
"""

from __future__ import annotations

COUNTED = "counted_candidate__"
"""What a candidate is wrapped in, in the names of the hand-in."""

# A naive loss of 50 samples, 10 classes and 20 features, one by one, has some 40,000.
MOST_LINES = 200_000

PRELUDE = f"""
def {COUNTED}(function):
    import functools
    import sys
    left = {MOST_LINES}

    def line(frame, event, argument):
        nonlocal left
        left -= event == "line"
        if left < 0:
            raise RecursionError("a candidate that does not end")
        return line

    def call(frame, event, argument):
        return None if str(frame.f_globals.get("__name__")).partition(".")[0] in ("numpy", "scipy") else line

    @functools.wraps(function)
    def counted(*args, **kwargs):
        nonlocal left
        if left < 0:
            raise RecursionError("a candidate that does not end")
        left = {MOST_LINES}
        before = sys.gettrace()
        sys.settrace(call)
        try:
            return function(*args, **kwargs)
        finally:
            sys.settrace(before)

    return counted
"""
