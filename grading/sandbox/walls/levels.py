"""How well student code is isolated, and what is said when it cannot be."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from grading import UserError


class Level(StrEnum):
    """The three levels, best first; ``docs/security.md`` says what each promises."""

    FULL = "full"
    NO_NAMESPACES = "no-namespaces"
    LIMITS_ONLY = "limits-only"


class Isolation(msgspec.Struct, frozen=True):
    """The level that student code runs at, and in ``detail`` what it is made of or why it is not better."""

    level: Level
    detail: str


class IsolationError(UserError):
    """Student code cannot be run as safely as was asked; the message says why and what to do."""


class LaunchError(IsolationError):
    """A process could not be started; the message says what it said."""


class DisturbedError(Exception):
    """A process was lost, or starved, through no fault of the function that ran in it: ask the whole hand-in again."""
