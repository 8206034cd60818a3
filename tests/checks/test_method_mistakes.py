from __future__ import annotations

import re

import pytest

from grading.sandbox.client import Sandbox
from reference.mistakes import CATALOGUE, METHODS, Mistake
from tests.checks.classes import CHECKS, handed_mistake, judge_classes
from tests.checks.handins import Results

IN_TRAIN = [mistake for mistake in METHODS if mistake.subject == "train"]


def _class_name(mistake: Mistake) -> str:
    return "".join(word.capitalize() for word in mistake.id.split("-"))


@pytest.fixture(scope="module")
def results(sandbox: Sandbox) -> Results:
    """What the checks say of every mistake of train and predict, handed in as a student's class.

    Every other class has the one loss; what is wrong with its methods is the same with the other.
    """
    handed = {
        _class_name(mistake): handed_mistake(mistake, ("svm", "softmax")[number % 2])
        for number, mistake in enumerate(METHODS)
    }
    results = judge_classes(sandbox, handed)
    return {mistake.id: results[_class_name(mistake)] for mistake in METHODS}


def test_the_catalogue_has_at_least_25_mistakes_of_train_and_predict_with_unique_ids() -> None:
    assert len(METHODS) >= 25
    assert len({mistake.id for mistake in (*CATALOGUE, *METHODS)}) == len(CATALOGUE) + len(METHODS)


def test_a_mistake_of_a_method_is_written_so_that_a_student_can_use_it() -> None:
    for mistake in METHODS:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", mistake.id)
        assert mistake.title.endswith("."), mistake.id
        assert mistake.hint.endswith("."), mistake.id
        assert mistake.checks, mistake.id
        assert set(mistake.checks) <= set(CHECKS[mistake.subject]), mistake.id


@pytest.mark.parametrize("mistake", METHODS, ids=lambda m: m.id)
def test_every_mistake_of_a_method_is_caught_by_a_check_meant_for_it_and_called_by_its_name(
    mistake: Mistake, results: Results
) -> None:
    failed = {check: r for check, r in results[mistake.id].items() if r.status in ("failed", "error")}
    assert set(mistake.checks) & set(failed)
    assert {r.diagnosis.id for r in failed.values() if r.diagnosis} == {mistake.id}
    assert all(r.counterexample and r.got for r in failed.values())


@pytest.fixture(scope="module")
def direct_results(sandbox: Sandbox) -> Results:
    """The same for classes whose train calls the loss function itself, so that its batches cannot be seen."""
    handed = {_class_name(mistake): handed_mistake(mistake, "svm", direct=True) for mistake in IN_TRAIN}
    results = judge_classes(sandbox, handed)
    return {mistake.id: results[_class_name(mistake)] for mistake in IN_TRAIN}


@pytest.mark.parametrize("mistake", IN_TRAIN, ids=lambda m: m.id)
def test_a_mistake_is_caught_and_never_misnamed_in_a_train_that_does_not_go_through_self_loss(
    mistake: Mistake, direct_results: Results
) -> None:
    failed = [r for r in direct_results[mistake.id].values() if r.status in ("failed", "error")]
    assert failed
    assert {r.diagnosis.id for r in failed if r.diagnosis} <= {mistake.id}


def test_most_mistakes_are_named_in_such_a_train_too(direct_results: Results) -> None:
    named = [i for i, found in direct_results.items() if any(r.diagnosis for r in found.values())]
    assert len(named) >= len(IN_TRAIN) - 9
