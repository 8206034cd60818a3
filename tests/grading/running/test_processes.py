"""The grader's own processes, with work that is no grading."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from grading.intake.submission import Handin
from grading.running.processes import share_out

NAMES = ("ada", "mary", "zoe")


class Noting:
    """Leaves a file with the name of each hand-in that it has begun with."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, handin: Handin) -> Any:
        (self._folder / handin.name).touch()
        return handin.name

    def close(self) -> None:
        """There is nothing to end."""


def wait_for(path: Path) -> None:
    end = time.monotonic() + 30.0
    while not path.exists():
        assert time.monotonic() < end, f"{path.name} is not begun with"
        time.sleep(0.01)


def shared_out(folder: Path, jobs: int) -> Any:
    handins = [Handin(name, folder / f"{name}.ipynb") for name in NAMES]
    give_up: Callable[[Handin, str], Any] = lambda handin, reason: f"{handin.name}: {reason}"  # noqa: E731
    return closing(share_out(handins, jobs, lambda: Noting(folder), give_up))


def test_a_process_begins_with_the_next_hand_in_while_reports_of_the_last_are_written(tmp_path: Path) -> None:
    with shared_out(tmp_path, 1) as grades:
        assert next(grades) == "ada"
        # We are still at the reports of ada: nothing more is asked for.
        wait_for(tmp_path / "mary")
        assert not (tmp_path / "zoe").exists()
        assert list(grades) == ["mary", "zoe"]


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_every_hand_in_is_given_once(tmp_path: Path, jobs: int) -> None:
    with shared_out(tmp_path, jobs) as grades:
        assert sorted(grades) == sorted(NAMES)
