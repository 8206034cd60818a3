from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from tests.reference.cifar10_layout import write


@pytest.fixture(scope="session")
def data() -> Iterator[Path]:
    """1,000 training and 200 test pictures of noise, in the layout of CIFAR-10."""
    # Not below pytest's own folder: only its owner may go there, and notebooks run as somebody else.
    with tempfile.TemporaryDirectory(prefix="pictures-") as name:
        Path(name).chmod(0o755)
        yield write(Path(name), count=200)


@pytest.fixture(scope="session")
def notebooks(data: Path) -> Iterator[Sandbox]:
    limits = Limits(address_space_bytes=2 << 30, cell_seconds=60, notebook_seconds=120)
    with Sandbox.open(limits, allow_unsafe=True, data=data) as opened:
        yield opened
