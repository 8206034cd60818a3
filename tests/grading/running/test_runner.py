"""Both losses side by side: what ends the one does not end the process of the other under it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from grading.rubric.reading import load_rubric
from grading.running.runner import Runner
from grading.sandbox.client import Worker
from grading.sandbox.walls.levels import DisturbedError
from tests.checks.handins import submission_of


def no_worker(loss: str) -> Worker:
    raise AssertionError(loss)


def test_a_loss_that_is_disturbed_ends_the_hand_in_only_when_the_other_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    disturbed, ended = threading.Event(), []

    def run(_: Runner, planned: Sequence[tuple[str, str]]) -> None:
        if planned[0][0].startswith("svm"):
            disturbed.set()
            raise DisturbedError
        assert disturbed.wait(10)
        # By now the other could have come out; it waits all the same.
        threading.Event().wait(0.05)
        ended.append(planned)

    monkeypatch.setattr(Runner, "_run_in_order", run)
    runner = Runner(submission_of({}), no_worker, load_rubric())
    with ThreadPoolExecutor(2) as lanes:
        with pytest.raises(DisturbedError):
            runner.results(lanes)
        assert len(ended) == 1
