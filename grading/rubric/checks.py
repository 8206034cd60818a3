"""Lists the checks: the files ``checks/test_<id>.py``, each with the kind of function that it tests."""

from __future__ import annotations

import re
from functools import cache

from grading import SUITE

_FOLDER = SUITE / "checks"
# Not imported: the checks that a rubric may name must be known before anything else.
_PROMISE = re.compile(r'^@promise\(\s*kind="(\w+)"', re.MULTILINE)
# Causes before their consequences. All other checks come after these.
_FIRST = (
    *("interface", "value", "gradient", "kinks", "stability", "symmetry", "agreement", "vectorized"),
    *("training", "sampling", "accuracy", "prediction"),
    *("network_loss", "network_gradient", "network_training", "network_sampling", "network_prediction"),
)


@cache
def checks_of(kind: str) -> tuple[str, ...]:
    """The checks that apply to a kind of function, in the order in which they are run and reported."""
    return tuple(check for check in all_checks() if _kinds()[check] == kind)


@cache
def all_checks() -> tuple[str, ...]:
    """All checks, in that order."""
    return tuple(
        sorted(_kinds(), key=lambda check: (_FIRST.index(check) if check in _FIRST else len(_FIRST), check))
    )


@cache
def _kinds() -> dict[str, str]:
    declared = (
        (file.stem.removeprefix("test_"), _PROMISE.search(file.read_text(encoding="utf-8")))
        for file in _FOLDER.glob("test_*.py")
    )
    return {check: found[1] for check, found in declared if found is not None}
