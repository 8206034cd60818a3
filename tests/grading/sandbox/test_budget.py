from __future__ import annotations

import time

import numpy as np
import pytest

from grading.sandbox.budget import Budget
from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from grading.sandbox.messages import Call, Create, Invoke, Lost, Outcome, Returned, Seed, Step
from tests.grading.sandbox.building import one_file, reasons

CODE = """
import threading, time
def spins(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
def sleeps(seconds): time.sleep(seconds)
def spins_in_threads(seconds):
    threads = [threading.Thread(target=spins, args=(seconds,)) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
def quick(x): return x + 1
class Slow:
    def __init__(self): time.sleep(0.3)
    def train(self): return 0
"""
LIMITS = Limits(call_seconds=30, handin_seconds=0.5)


@pytest.mark.parametrize("slow", ["spins", "sleeps", "spins_in_threads"])
def test_a_function_that_uses_all_the_time_up_is_called_no_more_and_others_are(slow: str) -> None:
    with Sandbox.open(LIMITS, allow_unsafe=True) as sandbox, sandbox.workers(one_file(CODE)) as workers:
        outcomes = workers("svm").run([Call(slow, (0.3,))] * 6, seconds=29)
        more = workers("softmax").run([Call(slow, (0.1,)), Call("quick", (1,))], seconds=29)
    assert reasons(outcomes)[0] == "Returned"
    answered = reasons(outcomes).index("spent")
    assert answered > 0
    assert reasons(outcomes) == ["Returned"] * answered + ["spent"] + ["skipped"] * (5 - answered)
    assert reasons(more) == ["spent", "Returned"]
    assert isinstance(more[0], Lost)
    assert "0.5 seconds that one hand-in may take" in more[0].detail


def test_a_constructor_is_charged_though_nothing_is_said_of_it() -> None:
    steps: list[Step] = []
    for k in range(4):
        steps += [Seed(k), Create("Slow", str(k)), Invoke(str(k), "train")]
    with Sandbox.open(LIMITS, allow_unsafe=True) as sandbox, sandbox.start(one_file(CODE)) as worker:
        found = reasons(worker.run(steps))
    assert found[:2] == ["Returned", "spent"]


def test_a_training_is_not_charged() -> None:
    with Sandbox.open(LIMITS, allow_unsafe=True) as sandbox, sandbox.start(one_file(CODE)) as worker:
        trained: list[Outcome] = worker.run([Call("spins", (0.6,))], seconds=40)
        assert isinstance(trained[0], Returned)
        assert reasons(worker.run([Call("spins", (0.01,))])) == ["Returned"]


def test_the_time_that_is_left_is_that_of_the_hand_in_and_not_of_the_next() -> None:
    with Sandbox.open(LIMITS, allow_unsafe=True) as sandbox:
        for _ in range(2):
            with sandbox.start(one_file(CODE)) as worker:
                assert reasons(worker.run([Call("spins", (0.3,))])) == ["Returned"]


def test_a_function_pays_for_what_it_has_used_itself() -> None:
    budget = Budget(100.0)
    budget.charge("hangs", 99.0)
    budget.charge("quick", 1.5)
    assert budget.is_spent("hangs")
    assert not budget.is_spent("quick")
    budget.charge("quick", 5.0)
    assert budget.is_spent("quick")


LOADS_SLOWLY = """
import os, time
def leaves(now=time.sleep(0.2)): os._exit(1)
def leaves_too(): os._exit(1)
def quick(x): return x + 1
"""


def test_loading_again_and_again_comes_to_an_end() -> None:
    with (
        Sandbox.open(LIMITS, allow_unsafe=True) as sandbox,
        sandbox.workers(one_file(LOADS_SLOWLY)) as workers,
    ):
        found = [reasons(workers("svm").run([Call("leaves", ()), Call("leaves_too", ())])) for _ in range(4)]
        assert reasons(workers("svm").run([Call("quick", (1,))])) == ["spent"]
    assert found[0][0] == "died"
    assert "spent" in found[-1]


def test_what_it_takes_to_judge_an_answer_is_charged_to_who_gave_it() -> None:
    with Sandbox.open(LIMITS, allow_unsafe=True) as sandbox, sandbox.start(one_file(CODE)) as worker:
        for _ in range(4):
            assert reasons(worker.run([Call("quick", (1,))])) == ["Returned"]
            end = time.thread_time() + 0.2
            while time.thread_time() < end:
                pass
        assert reasons(worker.run([Call("quick", (1,))])) == ["spent"]


def test_an_answer_much_larger_than_the_question_is_refused_before_it_is_kept() -> None:
    code = (
        "import numpy as np\ndef large(x): return np.zeros(200_000)\ndef wrong(x): return np.zeros(100_000)"
    )
    with Sandbox.open(Limits(), allow_unsafe=True) as sandbox, sandbox.start(one_file(code)) as worker:
        assert reasons(worker.run([Call("large", (np.ones(3),)), Call("wrong", (np.ones(3),))])) == [
            "protocol",
            "Returned",
        ]


def test_what_is_taken_back_is_not_charged() -> None:
    budget = Budget(1.0)
    budget.charge("f", 0.4)
    take_back = budget.refund()
    budget.charge("f", 0.3)
    budget.charge("g", 0.9)
    assert budget.is_spent("f")
    take_back()
    assert not budget.is_spent("f")
    budget.charge("f", 0.7)
    assert budget.is_spent("f")
