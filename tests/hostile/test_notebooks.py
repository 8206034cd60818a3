"""Hostile notebooks at every level: they gain nothing, and cost nobody else anything."""

# ruff: noqa: E501 - a file reads better in one line

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from grading.intake.ipynb import read_cells
from grading.intake.limits import DEFAULT
from grading.intake.png import checked
from grading.notebook_execution import harvest
from grading.notebook_execution.claims import compare, saved_outputs
from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from grading.sandbox.notebook_worker import Cell, Notebook, NotebookOutcome
from grading.sandbox.walls import users
from grading.sandbox.walls.levels import IsolationError, Level
from tests.hostile.arena import SHARED, Bait, _settled, adopt_orphans, descendants
from tests.hostile.notebooks import CELLS, HostileCell
from tests.reference.cifar10_layout import write

LIMITS = Limits(
    address_space_bytes=2 << 30, call_seconds=5, load_seconds=5, cell_seconds=1.5, notebook_seconds=6
)
_SLACK = 8.0


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="pictures-") as name:
        Path(name).chmod(0o755)
        yield write(Path(name))


@pytest.fixture(scope="module", params=list(Level), ids=str)
def notebooks(request: pytest.FixtureRequest, data: Path) -> Iterator[Sandbox]:
    adopt_orphans()
    try:
        sandbox = Sandbox.open(LIMITS, level=request.param, allow_unsafe=True, data=data)
    except IsolationError as error:
        pytest.skip(str(error))
    with sandbox:
        yield sandbox


def run(sandbox: Sandbox, *code: str) -> NotebookOutcome:
    wanted = ("results", "best_val", "best_svm.W")
    cells = tuple(Cell(number, text, wanted) for number, text in enumerate(code, start=1))
    return sandbox.run(Notebook({"mine.py": b"x = 1\n"}, ".", cells))


def told(cell: HostileCell, laid: Bait) -> str:
    """The cell with what it may know of the bait."""
    known = {
        "PATH": str(laid.file),
        "PORT": laid.port,
        "PID": os.getpid(),
        "NAME": laid.name,
        "OUTSIDE": str(laid.outside),
    }
    return "\n".join([*(f"{name} = {value!r}" for name, value in known.items()), cell.code])


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_a_hostile_notebook_gains_nothing_and_costs_nobody_else(
    notebooks: Sandbox, laid: Bait, data: Path, cell: HostileCell
) -> None:
    level = notebooks.isolation.level
    contained = level not in cell.escapes
    if not contained and os.geteuid() != 0:
        pytest.skip("without walls this would harm the user who runs the tests")
    before = {path.name: path.read_bytes() for path in data.iterdir()}
    began = time.monotonic()
    outcome = run(notebooks, "print('first')", told(cell, laid), "print('last')")
    assert time.monotonic() - began < LIMITS.notebook_seconds + _SLACK

    assert outcome.cells[0].printed == "first\n"
    ended = "completed" if outcome.lost is None else outcome.lost.reason
    if cell.ends and contained:
        assert ended in cell.ends, outcome
    for one in outcome.cells:
        assert len(one.printed) <= 30_000
        for value in one.found.values():
            assert type(value.value).__module__ in ("builtins", "numpy", "grading.sandbox.messages")
    assert _settled(SHARED[level]) <= SHARED[level]
    if contained:
        assert laid.secret not in repr(outcome)
        assert laid.visits == []
        assert list(laid.outside.iterdir()) == []
        assert laid.file.read_text() == laid.secret
        assert before == {path.name: path.read_bytes() for path in data.iterdir()}
    after = run(notebooks, "import os, mine\nprint(sorted(os.listdir('.')), mine.x)")
    assert (
        after.cells[0].printed == "['.ipython', 'cs231n', 'mine.py'] 1\n"
        or "__pycache__" in after.cells[0].printed
    )
    laid.visits.clear()


def test_there_are_enough_of_them_and_no_two_are_called_the_same() -> None:
    assert len(CELLS) >= 12
    assert len({cell.name for cell in CELLS}) == len(CELLS)


@pytest.mark.skipif(not users.can_be_given(), reason="only root can give user ids")
def test_notebooks_that_run_at_a_time_have_ids_of_their_own(notebooks: Sandbox) -> None:
    shared = descendants(os.getpid())
    seen: set[int] = set()
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(run, notebooks, "import time; time.sleep(0.5)") for _ in range(2)]
        while not all(one.done() for one in running):
            for process in descendants(os.getpid()) - shared:
                with suppress(FileNotFoundError):
                    seen.add(Path(f"/proc/{process}").stat().st_uid)
            time.sleep(0.02)
    assert all(one.result().lost is None for one in running)
    assert len(seen - {Path(f"/proc/{process}").stat().st_uid for process in shared}) == len(running)


def test_pictures_that_arrive_are_pictures(notebooks: Sandbox) -> None:
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    outcome = run(notebooks, code)
    assert [checked(png).png[:4] for png in outcome.cells[0].pictures] == [b"\x89PNG"]


HOSTILE_FILES = {
    "metadata that asks for a program": {"metadata": {"kernelspec": {"argv": ["sh"], "language": "python", "name": "../../x"}}},
    "attachments and scripts in outputs": {
        "cells": [
            {"cell_type": "markdown", "source": "x", "attachments": {"../../a": {"text/html": "<script>"}}},
            {"cell_type": "code", "source": "1", "outputs": [{"output_type": "display_data", "data": {"text/html": "<script>", "text/plain": ["accuracy: ", "0.5", 7]}}]},
        ]
    },
    "outputs that are no outputs": {"cells": [{"cell_type": "code", "source": "1", "outputs": {"a": [1]}}, 7, None]},
    "accuracies without end": {
        "cells": [{"cell_type": "code", "source": "1", "outputs": [{"output_type": "stream", "text": "accuracy 0.5 " * 100_000}]}]
    },
}  # fmt: skip


@pytest.mark.parametrize("content", HOSTILE_FILES.values(), ids=HOSTILE_FILES.keys())
def test_a_hostile_file_is_read_as_text_and_no_more(content: dict[str, object]) -> None:
    data = json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [], **content}).encode()
    claims = compare(saved_outputs(data), {})
    assert all(len(claim.line) <= 200 and not claim.reproduced for claim in claims)
    assert all(cell.kind in ("code", "markdown", "raw") for cell in read_cells(data, DEFAULT))
    assert harvest.pictures_found((), ()) == ([], 0)
