"""The rubrics that are shipped, one for each edition."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grading import SUITE

_CHECKS = SUITE / "checks"
USUAL = "cs231n"


def path_of(edition: str) -> Path:
    """The rubric of an edition."""
    return _CHECKS / "rubric.toml" if edition == USUAL else _CHECKS / "editions" / f"{edition}.toml"


def shipped() -> tuple[str, ...]:
    """The names of all editions, the usual one first."""
    return (USUAL, *sorted(path.stem for path in (_CHECKS / "editions").glob("*.toml")))


def completed(content: Mapping[str, Any], edition: str) -> dict[str, Any]:
    """The content of a rubric with what it leaves out from that of its edition, and this from the usual one's."""
    import tomllib

    bases = [path_of(USUAL)] if edition == USUAL else [path_of(USUAL), path_of(edition)]
    result: dict[str, Any] = {}
    for base in bases:
        result |= tomllib.loads(base.read_text(encoding="utf-8"))
    return {**result, **content, "edition": edition}
