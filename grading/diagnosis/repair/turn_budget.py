"""Ending candidates that never would: each turn of their loops is counted, and a call may make so many.

What is counted is the same on every machine, so a search has the same result everywhere. A candidate that was
ended in this way is not run again. Loops on one line and comprehensions are not counted: they, and code that gets
around the counting, have the limits in time, as all code has.
"""

from __future__ import annotations

import re

COUNTED = "counted_candidate__"
"""What a candidate is wrapped in, in the names of the hand-in."""

_TURN = "turn_of_candidate__"

# A naive loss of 500 samples and 3 classes makes some 2,000, one of 130 samples, features and 8 classes number by
# number 135,000.
MOST_TURNS = 200_000

PRELUDE = f"""
def {COUNTED}(function):
    import functools
    import itertools
    names, spent = function.__globals__, False

    @functools.wraps(function)
    def counted(*args, **kwargs):
        nonlocal spent
        if spent:
            raise RecursionError("a candidate that does not end")
        turns = itertools.repeat(None, {MOST_TURNS})
        names[{_TURN!r}] = turns.__next__
        try:
            return function(*args, **kwargs)
        finally:
            spent = not turns.__length_hint__()

    return counted
"""

# The line that a loop begins with, and what stands between that and its first statement.
_LOOP = re.compile(
    r"^([ \t]*(?:async )?(?:for|while)\b.*:[ \t]*(?:#.*)?\n(?:[ \t]*(?:#.*)?\n)*)([ \t]+)", re.MULTILINE
)


def counting_turns(text: str) -> str:
    """The text of functions with a line at the beginning of each loop that counts its turns."""
    return _LOOP.sub(rf"\1\2{_TURN}()\n\2", text)
