"""Drawing all cases first and judging them in bulk gives the verdict that Hypothesis gives when it is run plainly."""

from __future__ import annotations

from collections.abc import Iterator

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, settings

from grading.judging.cases import REGULARIZED, UNREGULARIZED, Batch, tied
from grading.judging.choices import strategy
from grading.judging.failures import Failure
from grading.judging.gradients import judge_gradient
from grading.judging.loss_function import Judge as JudgeOne
from grading.judging.loss_function import LossFunction
from grading.judging.screening import Asked
from grading.sandbox.client import Sandbox
from reference.mistakes import CATALOGUE
from reference.problem import Problem
from tests.checks.handins import Handed, handed_mistake, rubric_of, submission_of
from tests.checks.mutants import mutants
from tests.checks.right_softmax import SOFTMAX_STYLES
from tests.checks.right_svm import SVM_STYLES

SAMPLE = {
    "right_svm_half_at_ties": Handed("svm", SVM_STYLES["half_at_ties"][0]),
    "right_softmax_logaddexp": Handed("softmax", SOFTMAX_STYLES["logaddexp"][0]),
    **{m.id.replace("-", "_"): handed_mistake(m) for m in CATALOGUE[::31] if "interface" not in m.checks},
    **{
        f"mutant_{k}": Handed("svm", mutant.code)
        for k, mutant in enumerate(list(mutants(SVM_STYLES["loops"][0]))[::20])
    },
}


@pytest.fixture(scope="module")
def candidates(sandbox: Sandbox) -> Iterator[dict[str, LossFunction]]:
    submission = submission_of({name: (f.code, f.entry) for name, f in SAMPLE.items()})
    with sandbox.start(submission) as worker:
        yield {name: LossFunction(name, worker, rubric_of(SAMPLE)) for name in SAMPLE}


def judges(candidate: LossFunction) -> list[tuple[Batch, JudgeOne]]:
    gradient = judge_gradient(candidate)
    batches = [UNREGULARIZED, REGULARIZED] + ([tied(1.0)] if candidate.reference == "svm" else [])
    return [(batch, gradient) for batch in batches]


def screened(candidate: LossFunction, batch: Batch, judge: JudgeOne, *, whole: bool = False) -> bool:
    try:
        asked = candidate.asked(batch)
        candidate.hold(asked, judge, None if whole else asked.doubtful_gradients)
    except Failure:
        return False
    return True


def plainly(candidate: LossFunction, batch: Batch, judge: JudgeOne) -> bool:
    """One call and one verdict per example, Hypothesis's own search and shrinker, the same number of examples."""

    @hypothesis.seed(candidate.seed)
    @settings(
        max_examples=batch.count,
        phases=[Phase.generate, Phase.shrink],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strategy(batch.make))
    def check(problem: Problem) -> None:
        failure = candidate._verdict(
            Asked(problem, candidate.truth(problem), candidate.ask([problem])[0]), judge
        )
        if failure is not None:
            raise failure

    try:
        check()
    except Failure:
        return False
    return True


@pytest.mark.parametrize("name", SAMPLE)
def test_screening_gives_the_verdict_of_plain_hypothesis(
    name: str, candidates: dict[str, LossFunction]
) -> None:
    candidate = candidates[name]
    for batch, judge in judges(candidate):
        assert screened(candidate, batch, judge) == plainly(candidate, batch, judge), batch.name


@pytest.mark.parametrize("name", SAMPLE)
def test_judging_what_is_in_doubt_gives_the_verdict_of_judging_everything(
    name: str, candidates: dict[str, LossFunction]
) -> None:
    candidate = candidates[name]
    for batch, judge in judges(candidate):
        assert screened(candidate, batch, judge) == screened(candidate, batch, judge, whole=True), batch.name
