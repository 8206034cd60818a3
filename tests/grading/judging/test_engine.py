"""Asking all at once and looking only at what is in doubt gives the verdict of asking every example by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from msgspec.structs import replace

from grading.judging.engine import CheckError, plan_of, verify
from grading.judging.failures import Failure, WrongLoss
from grading.judging.loss_function import LossFunction
from grading.judging.promise import Promise, promise_of
from grading.rubric.settings import ExamSettings
from grading.running.from_rubric import standard_of
from grading.sandbox.client import Sandbox
from grading.sandbox.messages import Outcome, Returned
from grading.sandbox.worker import Worker
from reference.mistakes import CATALOGUE, Mistake
from reference.problem import Problem
from tests.checks.handins import LOSS_CHECKS, Handed, handed_mistake, judge, rubric_of, submission_of
from tests.checks.right_softmax import SOFTMAX_STYLES
from tests.checks.right_svm import SVM_STYLES

SAMPLE = {
    "right_svm_half_at_ties": Handed("svm", SVM_STYLES["half_at_ties"][0]),
    "right_softmax_logaddexp": Handed("softmax", SOFTMAX_STYLES["logaddexp"][0]),
    **{m.id.replace("-", "_"): handed_mistake(m) for m in CATALOGUE[::31]},
}


@pytest.fixture(scope="module")
def candidates(sandbox: Sandbox) -> Iterator[dict[str, LossFunction]]:
    submission = submission_of({name: (f.code, f.entry) for name, f in SAMPLE.items()})
    with sandbox.start(submission) as worker:
        yield {
            name: LossFunction(name, worker, standard_of(rubric_of(SAMPLE)), digest=b"a") for name in SAMPLE
        }


def is_kept(promise: Promise, candidate: LossFunction) -> bool:
    try:
        verify(promise, candidate, small=False)
    except Failure:
        return False
    return True


def is_kept_example_by_example(promise: Promise, candidate: LossFunction) -> bool:
    try:
        for example in plan_of(promise, candidate.setting).examples[::3]:
            promise.body(candidate, **example)
    except Failure:
        return False
    return True


@pytest.mark.parametrize("name", SAMPLE)
def test_what_is_in_doubt_is_all_that_can_be_wrong(name: str, candidates: dict[str, LossFunction]) -> None:
    candidate = candidates[name]
    for check in LOSS_CHECKS[candidate.reference]:
        promise = promise_of(check)
        # A third of the examples may miss what all of them show, and never the other way round.
        assert is_kept_example_by_example(promise, candidate) or not is_kept(promise, candidate)
        if name.startswith("right"):
            assert is_kept(promise, candidate)


def test_a_check_that_the_reference_fails_is_an_error_of_the_check(
    candidates: dict[str, LossFunction],
) -> None:
    def asks_too_much(candidate: LossFunction, problem: Problem) -> None:
        if candidate(problem).loss > 1.0:
            raise WrongLoss("no loss may be large")

    wrong = replace(promise_of("value"), id="too_much", body=asks_too_much)
    with pytest.raises(CheckError, match="check too_much fails the reference itself: no loss may be large"):
        verify(wrong, candidates["right_svm_half_at_ties"])


@pytest.mark.parametrize("mistake", [m for m in CATALOGUE[1::23] if "value" in m.checks], ids=lambda m: m.id)
def test_a_mistake_is_shown_by_the_smallest_problem_of_all_however_many_are_asked(
    mistake: Mistake, sandbox: Sandbox
) -> None:
    sizes: tuple[Literal["chosen", "full"], ...] = ("chosen", "full")
    few, all_ = (
        judge(sandbox, {"f": handed_mistake(mistake)}, exam=ExamSettings(size=size))["f"] for size in sizes
    )
    for check, result in all_.items():
        assert few[check].status == result.status
        assert few[check].counterexample == result.counterexample


@pytest.mark.parametrize("count", [0, 2])
def test_arguments_that_do_not_come_back_are_no_defect_of_the_grader(
    count: int, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Worker.run

    def hostile(self: Worker, *arguments: Any) -> list[Outcome]:
        return [
            replace(outcome, inputs=outcome.inputs[:count]) if isinstance(outcome, Returned) else outcome
            for outcome in honest(self, *arguments)
        ]

    monkeypatch.setattr(Worker, "run", hostile)
    results = judge(sandbox, {"f": Handed("svm", SVM_STYLES["loops"][0])})["f"]
    assert {result.status for result in results.values()} == {"passed"}


TABLE = """
import hashlib
TABLE = {table!r}
{code}
def answers_by_heart(W, X, y, reg):
    total, dW = loss(W, X, y, reg)
    known = hashlib.md5(W.tobytes() + X.tobytes()).hexdigest()[:10] in TABLE
    return (total, dW) if known or X.size + W.size > 48 else (total, dW + 0.5)
"""


@pytest.mark.parametrize(
    ("loss", "code"),
    [
        ("svm", SVM_STYLES["loops"][0]),
        ("svm", SVM_STYLES["half_at_ties"][0]),
        ("softmax", SOFTMAX_STYLES["loops"][0]),
        ("softmax", SOFTMAX_STYLES["logaddexp"][0]),
    ],
    ids=["svm naive", "svm vectorized", "softmax naive", "softmax vectorized"],
)
def test_a_table_of_all_answers_to_the_kept_exam_does_not_pass(
    loss: str, code: str, sandbox: Sandbox
) -> None:
    asked = Handed(loss, code)
    standard = standard_of(rubric_of({"answers_by_heart": asked}))
    setting = LossFunction("answers_by_heart", None, standard).setting  # type: ignore[arg-type]
    table = {
        hashlib.md5(problem.W.tobytes() + problem.X.tobytes()).hexdigest()[:10]
        for check in LOSS_CHECKS[loss]
        for group in plan_of(promise_of(check), setting).mine
        for problem in group.known.problems
    }
    text = TABLE.format(table=table, code=code)
    submission = submission_of({"answers_by_heart": (text, "answers_by_heart")})
    with sandbox.start(submission) as worker:
        by_heart = LossFunction("answers_by_heart", worker, standard)
        assert is_kept(promise_of("gradient"), by_heart)
        for digest in (b"this hand-in", b"another hand-in"):
            asked_more = LossFunction("answers_by_heart", worker, standard, digest=digest)
            assert not is_kept(promise_of("gradient"), asked_more)
