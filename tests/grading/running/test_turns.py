from __future__ import annotations

import threading

from grading.running.turns import Turns

SECONDS = 5.0


def test_many_are_at_work_together_until_one_wants_to_be_alone() -> None:
    turns = Turns()
    met, seen, order = threading.Barrier(3), threading.Event(), []

    def among_others(name: str) -> None:
        with turns.among_others():
            met.wait(SECONDS)
            seen.wait(SECONDS)
            order.append(name)

    def alone() -> None:
        met.wait(SECONDS)
        with turns.alone():
            order.append("alone")

    threads = [threading.Thread(target=among_others, args=(name,)) for name in "ab"]
    threads.append(threading.Thread(target=alone))
    for thread in threads:
        thread.start()
    seen.set()
    for thread in threads:
        thread.join(SECONDS)
    assert order[-1] == "alone"
    assert sorted(order) == ["a", "alone", "b"]


def test_who_comes_while_one_is_alone_waits() -> None:
    turns = Turns()
    order: list[str] = []

    def late() -> None:
        with turns.among_others():
            order.append("late")

    with turns.alone():
        thread = threading.Thread(target=late)
        thread.start()
        thread.join(0.05)
        order.append("alone")
    thread.join(SECONDS)
    assert order == ["alone", "late"]
