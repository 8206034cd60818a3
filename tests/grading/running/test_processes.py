"""The grader's own processes, with work that is no grading."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from grading.intake.submission import Handin
from grading.running.processes import share_out

needs_sigkill = pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
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


class Together(Noting):
    """Is done with a hand-in when the next has been begun with, too; mary takes the process down."""

    def __init__(self, folder: Path, *, deadly: bool) -> None:
        super().__init__(folder)
        self._deadly = deadly

    def __call__(self, handin: Handin) -> Any:
        noted = self._folder / f"tries of {handin.name}"
        again = noted.exists()
        with noted.open("a") as tries:
            tries.write(f"{os.getpid()}\n")
        super().__call__(handin)
        if handin.name == "ada":
            wait_for(self._folder / "mary")
            if self._deadly and not again:
                time.sleep(30.0)  # together with mary it never comes to an end
        if handin.name == "mary" and self._deadly:
            wait_for(self._folder / "ada")
            os.kill(os.getpid(), signal.SIGKILL)
        return handin.name


def wait_for(path: Path) -> None:
    end = time.monotonic() + 30.0
    while not path.exists():
        assert time.monotonic() < end, f"{path.name} is not begun with"
        time.sleep(0.01)


def shared_out(folder: Path, jobs: int, work: Noting | None = None, at_once: int = 1) -> Any:
    handins = [Handin(name, folder / f"{name}.ipynb") for name in NAMES]
    give_up: Callable[[Handin, str], Any] = lambda handin, reason: f"{handin.name}: {reason}"  # noqa: E731
    return closing(share_out(handins, jobs, lambda: work or Noting(folder), give_up, at_once=at_once))


def test_a_process_begins_with_the_next_hand_in_while_reports_of_the_last_are_written(tmp_path: Path) -> None:
    with shared_out(tmp_path, 1) as grades:
        assert next(grades) == "ada"
        # We are still at the reports of ada: nothing more is asked for.
        wait_for(tmp_path / "mary")
        assert not (tmp_path / "zoe").exists()
        assert list(grades) == ["mary", "zoe"]


@pytest.mark.parametrize("at_once", [1, 2])
@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_every_hand_in_is_given_once(tmp_path: Path, jobs: int, at_once: int) -> None:
    with shared_out(tmp_path, jobs, at_once=at_once) as grades:
        assert sorted(grades) == sorted(NAMES)


def test_a_process_may_have_two_hand_ins_at_once(tmp_path: Path) -> None:
    with shared_out(tmp_path, 1, Together(tmp_path, deadly=False), at_once=2) as grades:
        assert sorted(grades) == sorted(NAMES)


def test_every_process_gets_a_hand_in_before_any_gets_two(tmp_path: Path) -> None:
    with shared_out(tmp_path, 3, Together(tmp_path, deadly=False), at_once=2) as grades:
        assert sorted(grades) == sorted(NAMES)
    assert len({(tmp_path / f"tries of {name}").read_text() for name in NAMES}) == 3


@needs_sigkill
def test_a_hand_in_that_was_with_a_deadly_one_is_tried_alone_and_not_blamed(tmp_path: Path) -> None:
    with shared_out(tmp_path, 1, Together(tmp_path, deadly=True), at_once=2) as grades:
        found = sorted(grades)
    assert found == ["ada", "mary: the process that graded it was ended by SIGKILL, twice", "zoe"]
    tries = {name: (tmp_path / f"tries of {name}").read_text().split() for name in NAMES}
    first, second = tries["mary"]
    assert tries["ada"] == [first, second]
    assert tries["zoe"] not in ([first], [second])
