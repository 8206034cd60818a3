"""Lists of arguments as a rubric writes them: "W", "0.0", "lr=learning_rate".

Imports nothing of ours, so that the worker can use it where nothing else can be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


def split(argument: str) -> tuple[str, str]:
    """Split off the keyword ("" for a positional argument) from what is passed: a quantity or a constant."""
    keyword, equals, what = argument.partition("=")
    return (keyword.strip(), what.strip()) if equals else ("", argument.strip())


def resolved(
    arguments: Sequence[str], quantities: Mapping[str, T], constant: Callable[[str], T]
) -> tuple[list[T], dict[str, T]]:
    """Return the positional and the keyword arguments.

    Args:
        arguments: as written in a rubric.
        quantities: the known values, by name.
        constant: makes a value of anything that is not a quantity.
    """
    positional: list[T] = []
    named: dict[str, T] = {}
    for argument in arguments:
        keyword, what = split(argument)
        value = quantities[what] if what in quantities else constant(what)
        if keyword:
            named[keyword] = value
        else:
            positional.append(value)
    return positional, named
