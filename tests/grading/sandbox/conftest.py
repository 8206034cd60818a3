from __future__ import annotations

from collections.abc import Iterator

import pytest

from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    limits = Limits(call_seconds=2, load_seconds=3)
    with Sandbox.open(limits, allow_unsafe=True) as opened:
        yield opened
