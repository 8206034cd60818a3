"""The rubric: what is asked, what it is worth, and with which settings.

The types are in `grading.rubric.settings`: a new setting is a field there, with a line in ``checks/rubric.toml``.
"""

from __future__ import annotations

from grading.rubric.reading import RubricError, default_rubric_path, load_rubric, require_packages
from grading.rubric.settings import (
    SEARCH_CHECKS,
    Accuracy,
    Function,
    LatePolicy,
    LateStep,
    LimitSettings,
    Manual,
    Names,
    PartialCredit,
    RepairSettings,
    Rubric,
    Search,
    Settings,
)

__all__ = [
    "SEARCH_CHECKS",
    "Accuracy",
    "Function",
    "LatePolicy",
    "LateStep",
    "LimitSettings",
    "Manual",
    "Names",
    "PartialCredit",
    "RepairSettings",
    "Rubric",
    "RubricError",
    "Search",
    "Settings",
    "default_rubric_path",
    "load_rubric",
    "require_packages",
]
