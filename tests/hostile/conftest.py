from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from grading.sandbox.walls.levels import IsolationError, Level
from tests.hostile.arena import Bait, adopt_orphans, bait


@pytest.fixture(scope="session", params=list(Level), ids=str)
def arena(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    adopt_orphans()
    limits = Limits(call_seconds=5, load_seconds=1)
    try:
        sandbox = Sandbox.open(limits, level=request.param, allow_unsafe=True)
    except IsolationError as error:
        pytest.skip(str(error))
    with sandbox:
        yield sandbox


@pytest.fixture
def laid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bait]:
    # Not below pytest's own folder: only its owner may go there, and the bait is for everybody.
    import tempfile

    with tempfile.TemporaryDirectory(prefix="bait-") as name, bait(Path(name)) as everything:
        yield everything
