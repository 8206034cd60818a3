"""A function is asked in one round trip what all its checks will ask, which changes no verdict."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from grading.grades.grade import CheckResult
from grading.running.asking_ahead import AskingAhead
from grading.running.runner import Runner
from grading.sandbox.client import Sandbox, Worker
from grading.sandbox.messages import Outcome, Step
from grading.sandbox.pairs import PackedCalls, Pairs
from tests.checks.classes import HandedClass, judge_classes
from tests.checks.handins import SOFTMAX, SVM, Handed, rubric_of, submission_of
from tests.checks.right_classes import RIGHT_TRAINS

AT_KINKS = "    k = s - s[np.arange(n), y][:, None] + 1\n    k[np.arange(n), y] = 9\n    if (k == 0).any(): "
FUNCTIONS = {
    "right": SVM,
    "wrong": SVM.replace("2 * reg * W", "reg * W"),
    "of the wrong form": SVM.replace("return m.sum()", "return [0], m.sum()"),
    "counts margins of 0": SVM.replace("(m > 0)", "(m >= 0)"),
    "raises at kinks": SVM.replace("    m = ", AT_KINKS + "raise ValueError\n    m = ", 1),
    "ends its process at kinks": SVM.replace("    m = ", AT_KINKS + "__import__('os')._exit(3)\n    m = ", 1),
    "ends its process with regularization": SVM.replace(
        "    n =", "    if reg: __import__('os')._exit(3)\n    n =", 1
    ),
    "ends its process with many classes": SVM.replace(
        "    n =", "    if W.shape[1] > 12: __import__('os')._exit(3)\n    n =", 1
    ),
    "counts its calls": SVM.replace(
        "    n =", "    right.k = getattr(right, 'k', 0) + 1\n    n =", 1
    ).replace("2 * reg * W", "(2 - (right.k > 40)) * reg * W"),
}


def results(
    sandbox: Sandbox, handed: dict[str, Handed], hidden: Sequence[str] = (), loss: str = "f"
) -> list[CheckResult]:
    submission = submission_of({name: (each.code, each.entry) for name, each in handed.items()})
    rubric = rubric_of(handed)
    functions = rubric.settings.functions
    functions = functions | {loss: replace(functions[loss], hidden=list(hidden))}
    rubric = replace(rubric, settings=replace(rubric.settings, functions=functions))
    with sandbox.workers(submission) as workers:
        return [replace(result, seconds=0.0) for result in Runner(submission, workers, rubric).results()]


@pytest.mark.parametrize("code", FUNCTIONS.values(), ids=FUNCTIONS)
def test_verdicts_are_those_of_checks_that_ask_for_themselves(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    handed = {
        "f": Handed("svm", code, "right"),
        "g": Handed("svm", SVM, "right", vectorized=True, naive="f"),
    }
    ahead = results(sandbox, handed)
    monkeypatch.setattr(AskingAhead, "__call__", lambda *_: None)
    assert ahead == results(sandbox, handed)


COURSE = RIGHT_TRAINS["course"]


def ending(when: str) -> str:
    return RIGHT_TRAINS["seeds_inside"].replace("np.random.seed(0)", f"if {when}: __import__('os')._exit(3)")


TRAINS = {
    "right": COURSE,
    "calls no plugged-in loss": RIGHT_TRAINS["calls_the_function_itself"],
    "takes no argument verbose": RIGHT_TRAINS["without_verbose"],
    "wrong update": COURSE.replace("-= learning_rate", "+= learning_rate"),
    "the same batches": COURSE.replace("np.random.choice(", "np.arange("),
    "ends its process in the first check": ending("num_iters > 1"),
    "ends its process in the remarks": ending("num_iters == 2 and learning_rate == 0"),
    "ends its process in the second check": ending("num_iters > 30"),
}


@pytest.mark.parametrize("methods", TRAINS.values(), ids=TRAINS)
def test_verdicts_on_a_train_are_those_of_checks_that_ask_for_themselves(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, methods: str
) -> None:
    handed = {"Model": HandedClass("softmax", methods)}
    ahead = judge_classes(sandbox, handed)["Model"]
    monkeypatch.setattr(AskingAhead, "__call__", lambda *_: None)
    alone = judge_classes(sandbox, handed)["Model"]
    assert {check: replace(result, seconds=0.0) for check, result in ahead.items()} == {
        check: replace(result, seconds=0.0) for check, result in alone.items()
    }


def recorded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, PackedCalls]]:
    """What is asked from now on: the function and the calls of each round trip."""
    trips: list[tuple[str, PackedCalls]] = []
    original = Worker.call_all

    def call_all(worker: Worker, function: str, calls: PackedCalls) -> Pairs:
        trips.append((function, calls))
        return original(worker, function, calls)

    monkeypatch.setattr(Worker, "call_all", call_all)
    return trips


def test_each_loss_function_is_asked_in_one_round_trip(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    trips = recorded(monkeypatch)
    handed = {
        "f": Handed("softmax", SOFTMAX, "right"),
        "g": Handed("softmax", SOFTMAX, "right", vectorized=True, naive="f"),
    }
    assert {result.status for result in results(sandbox, handed)} == {"passed"}
    assert [function for function, _ in trips] == ["f", "g"]


def test_a_train_is_asked_in_one_round_trip_for_all_its_examples(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    trips: list[Sequence[Step]] = []
    original = Worker.run

    def run(worker: Worker, steps: Sequence[Step], seconds: float | None = None) -> list[Outcome]:
        trips.append(steps)
        return original(worker, steps, seconds)

    monkeypatch.setattr(Worker, "run", run)
    results = judge_classes(sandbox, {"Model": HandedClass("softmax", COURSE)})["Model"]
    assert {result.status for result in results.values()} == {"passed"}
    # The other one shows its defaults, which are not read from the text of such a hand-in.
    assert len(trips) == 2


def test_what_a_hidden_check_asks_is_not_asked_with_the_open_ones(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    trips = recorded(monkeypatch)
    handed = {"f": Handed("softmax", SOFTMAX, "right")}
    results(sandbox, handed)
    results(sandbox, handed, hidden=["stability"])
    (_, everything), (_, open_ones), (_, hidden) = trips
    payloads = everything.payloads
    assert hidden.payloads
    assert not set(hidden.payloads) & set(open_ones.payloads)
    assert {*hidden.payloads, *open_ones.payloads} == {*payloads}
