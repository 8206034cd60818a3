"""Passes pytest the hooks for the checks, which are in `grading/entrances/pytest_checks.py`."""

from __future__ import annotations

from grading.entrances.pytest_checks import (
    candidate,
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_generate_tests,
    pytest_pyfunc_call,
    pytest_runtest_makereport,
    pytest_sessionstart,
    pytest_terminal_summary,
    runner,
)

__all__ = [
    "candidate",
    "pytest_addoption",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_generate_tests",
    "pytest_pyfunc_call",
    "pytest_runtest_makereport",
    "pytest_sessionstart",
    "pytest_terminal_summary",
    "runner",
]
