from __future__ import annotations

import threading

import pytest

from grading.running.background import BackgroundWork


def test_it_is_done_once_in_a_thread_of_its_own() -> None:
    threads: list[threading.Thread] = []
    background = BackgroundWork(lambda: threads.append(threading.current_thread()))
    for _ in range(2):
        background.begin()
        background.finish()
    assert len(threads) == 1
    assert threads[0] is not threading.current_thread()


def test_whoever_waits_is_told_what_went_wrong() -> None:
    def fail() -> None:
        raise KeyError("gone")

    background = BackgroundWork(fail)
    background.begin()
    for _ in range(2):
        with pytest.raises(KeyError):
            background.finish()


def test_what_nobody_has_begun_is_done_when_it_is_needed() -> None:
    done: list[int] = []
    BackgroundWork(lambda: done.append(1)).finish()
    assert done == [1]
