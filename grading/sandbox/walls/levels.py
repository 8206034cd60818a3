"""The levels of isolation for student code, and the errors raised if it cannot be isolated."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from grading import UserError


class Level(StrEnum):
    """The three levels, best first; ``docs/security.md`` says what each of them promises."""

    FULL = "full"
    NO_NAMESPACES = "no-namespaces"
    LIMITS_ONLY = "limits-only"


class Isolation(msgspec.Struct, frozen=True):
    """The level at which student code runs; ``detail`` says how it is achieved or why it is not better."""

    level: Level
    detail: str


class IsolationError(UserError):
    """Student code cannot be run as safely as requested; the message says why and what to do."""


class LaunchError(IsolationError):
    """A process could not be started; the message includes what it printed."""


class DisturbedError(Exception):
    """A process was lost, or starved, through no fault of the function running in it: grade the whole hand-in again."""
