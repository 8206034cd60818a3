"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-snapshots", action="store_true", help="keep what students read now; look at the difference"
    )


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One sandbox for all tests; the code that they run in it is our own, so any level will do."""
    with Sandbox.open(Limits(call_seconds=5.0), allow_unsafe=True) as opened:
        yield opened
