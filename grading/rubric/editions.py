"""Finds the rubrics that are shipped, one for each edition."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grading import SUITE

_CHECKS = SUITE / "checks"
USUAL = "cs231n"


def path_of(edition: str) -> Path:
    """Return the path of an edition's rubric."""
    return _CHECKS / "rubric.toml" if edition == USUAL else _CHECKS / "editions" / f"{edition}.toml"


def shipped() -> tuple[str, ...]:
    """Return the names of all editions, the usual one first."""
    return (USUAL, *sorted(path.stem for path in (_CHECKS / "editions").glob("*.toml")))


def completed(content: Mapping[str, Any], edition: str) -> dict[str, Any]:
    """Fill in what a rubric leaves out from its edition's rubric, and what that leaves out from the usual one."""
    import tomllib

    bases = [path_of(USUAL)] if edition == USUAL else [path_of(USUAL), path_of(edition)]
    result: dict[str, Any] = {}
    for base in bases:
        result |= tomllib.loads(base.read_text(encoding="utf-8"))
    return {**result, **content, "edition": edition}
