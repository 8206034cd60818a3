"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

# Before NumPy is loaded, as in grader.py: small products are slower on many threads.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One sandbox for all tests; the code that they run in it is our own, so any level will do."""
    with Sandbox.open(Limits(call_seconds=5.0), allow_unsafe=True) as opened:
        yield opened
