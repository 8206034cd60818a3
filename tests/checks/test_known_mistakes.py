from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest

from grading.grades.grade import CheckResult
from grading.judging import engine
from grading.judging.failures import Failure, WrongGradient, WrongLoss
from grading.judging.shrinking import smallest
from grading.rubric.checks import checks_of
from grading.sandbox.client import Sandbox
from reference.mistakes import CATALOGUE, Mistake
from tests.checks.handins import Results, handed_mistake, in_batches, judge

MISTAKES = {mistake.id: mistake for mistake in CATALOGUE}


@pytest.fixture(scope="module")
def results(sandbox: Sandbox) -> Results:
    """What the checks say of every mistake in the catalogue, handed in as a student's function.

    Only examples of wrong losses and gradients are made smaller: of the others, no test here asks for their size.
    """

    def smaller(fails: Any, example: Any, failure: Failure) -> Failure:
        return (
            smallest(fails, example, failure) if isinstance(failure, WrongLoss | WrongGradient) else failure
        )

    handed = {_name(mistake): handed_mistake(mistake) for mistake in CATALOGUE}
    found: Results = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "smallest", smaller)
        for batch in in_batches(handed, 24):
            found |= judge(sandbox, batch)
    return {mistake.id: found[_name(mistake)] for mistake in CATALOGUE}


def _name(mistake: Mistake) -> str:
    return mistake.id.replace("-", "_")


def _failed(results: dict[str, CheckResult]) -> dict[str, CheckResult]:
    return {check: result for check, result in results.items() if result.status in ("failed", "error")}


@cache
def _loss_checks() -> frozenset[str]:
    return frozenset(checks_of("loss"))


def test_the_catalogue_has_more_than_60_mistakes_with_unique_ids() -> None:
    assert len(MISTAKES) == len(CATALOGUE) > 60


def test_a_mistake_is_written_so_that_a_student_can_use_it() -> None:
    for mistake in CATALOGUE:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", mistake.id)
        assert mistake.title.endswith((".", "?")), mistake.id
        assert mistake.hint.strip(), mistake.id
        assert set(mistake.checks) <= _loss_checks(), mistake.id


def test_every_known_mistake_is_caught_by_a_check_meant_for_it(results: Results) -> None:
    caught = {mistake.id: set(_failed(results[mistake.id])) for mistake in CATALOGUE}
    missed = {id_: by for id_, by in caught.items() if not by & set(MISTAKES[id_].checks)}
    assert missed == {}


def test_every_known_mistake_is_called_by_its_name(results: Results) -> None:
    called = {
        mistake.id: {r.diagnosis.id for r in _failed(results[mistake.id]).values() if r.diagnosis}
        for mistake in CATALOGUE
    }
    assert {id_: names for id_, names in called.items() if id_ not in names} == {}


def test_the_commonest_mistakes_are_shown_on_inputs_that_can_be_worked_out_by_hand(results: Results) -> None:
    large = {}
    for mistake in CATALOGUE:
        if "single-precision" in mistake.id:
            continue  # needs a third sample: 1/3 is the simplest mean that float32 cannot hold
        for check, result in _failed(results[mistake.id]).items():
            shown = result.counterexample
            if (
                check in ("value", "gradient")
                and shown is not None
                and shown.X is not None
                and shown.W is not None
            ):
                sizes = (len(shown.X), len(shown.W), len(shown.W[0]))
                if any(size > most for size, most in zip(sizes, (2, 3, 3), strict=True)):
                    large[mistake.id, check] = sizes
    assert large == {}
