"""Stops candidates that would never terminate: loop iterations are counted, and each call has a fixed budget.

Counts are the same on every machine, so a search has the same result everywhere. A candidate stopped in this way is
not run again. One-line loops and comprehensions are not counted: they, and code that gets around the counting, are
subject to the time limits, like all code.
"""

from __future__ import annotations

import re

COUNTED = "counted_candidate__"
"""The name, in the hand-in's namespace, of the function that wraps a candidate."""

_TURN = "turn_of_candidate__"

# A naive loss takes some 2,000 for 500 samples and 3 classes; written number by number, 66,000 for 105 samples, 105
# features and 6 classes, the most that real use asks of a naive function at once.
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

# The first line of a loop, and everything between it and the first statement.
_LOOP = re.compile(
    r"^([ \t]*(?:async )?(?:for|while)\b.*:[ \t]*(?:#.*)?\n(?:[ \t]*(?:#.*)?\n)*)([ \t]+)", re.MULTILINE
)


def counting_turns(text: str) -> str:
    """Add a line to each loop in the text of functions that counts its iterations."""
    return _LOOP.sub(rf"\1\2{_TURN}()\n\2", text)
