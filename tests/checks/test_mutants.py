from __future__ import annotations

import pytest

from grading.judging.engine import verify
from grading.judging.failures import Failure
from grading.judging.loss_function import LossFunction
from grading.judging.promise import promise_of
from grading.running.from_rubric import standard_of
from grading.sandbox.client import Sandbox
from tests.checks.handins import LOSS_CHECKS, Handed, in_batches, rubric_of, submission_of
from tests.checks.mutants import Mutant, mutants
from tests.checks.right_softmax import SOFTMAX_STYLES
from tests.checks.right_svm import SVM_STYLES

ORIGINALS = {
    "svm_loops": Handed("svm", SVM_STYLES["loops"][0]),
    "svm_broadcasting": Handed("svm", SVM_STYLES["broadcasting"][0]),
    "softmax_loops": Handed("softmax", SOFTMAX_STYLES["loops"][0]),
    "softmax_course_formula": Handed("softmax", SOFTMAX_STYLES["course_formula"][0]),
    "svm_one_hot": Handed("svm", SVM_STYLES["one_hot"][0]),
    "softmax_log_sum_exp_by_hand": Handed("softmax", SOFTMAX_STYLES["log_sum_exp_by_hand"][0]),
}

# Every mutant that no check fails, and why it is as right as the original.
SURVIVORS: dict[str, dict[str, str]] = {
    "svm_loops": {
        "line 14, column 15: margin > 0: Gt -> GtE": "at a margin of 0 either gradient is a subgradient",
    },
    "svm_broadcasting": {
        "line 5, column 55: 1 -> 2": "reshape takes any negative size for the one to be worked out",
        "line 6, column 14: np.maximum(0, scores - correct + 1.0): arguments swapped": "a maximum has no order",
    },
    "svm_one_hot": {
        "line 6, column 8: np.maximum(S - (S * Y).sum(1, keepdims=True) + 1, 0): arguments swapped": (
            "a maximum has no order"
        ),
        "line 7, column 8: (M > 0) * 1.0: Mult -> Div": "dividing by 1 is multiplying by 1",
    },
    "softmax_loops": {},
    "softmax_course_formula": {},
    "softmax_log_sum_exp_by_hand": {},
}


def survivors(sandbox: Sandbox, original: str) -> tuple[int, set[str]]:
    """How many mutants there are of an original, and the names of those that no check fails."""
    made: dict[str, Mutant] = {f"mutant_{k}": m for k, m in enumerate(mutants(ORIGINALS[original].code))}
    loss = ORIGINALS[original].loss
    handed = {name: Handed(loss, mutant.code) for name, mutant in made.items()}
    alive = set()
    for batch in in_batches(handed, 40):
        submission = submission_of(
            {name: (function.code, function.entry) for name, function in batch.items()}
        )
        with sandbox.start(submission) as worker:
            for name in batch:
                candidate = LossFunction(name, worker, standard_of(rubric_of(batch)))
                if all(_passes(candidate, check) for check in LOSS_CHECKS[loss]):
                    alive.add(made[name].name)
    return len(made), alive


def _passes(candidate: LossFunction, check: str) -> bool:
    try:
        verify(promise_of(check), candidate, small=False)
    except Failure:
        return False
    return True


@pytest.mark.parametrize("original", ORIGINALS)
def test_every_single_change_is_caught_unless_it_changes_nothing(sandbox: Sandbox, original: str) -> None:
    count, alive = survivors(sandbox, original)
    assert count > 40
    assert alive == set(SURVIVORS[original])
