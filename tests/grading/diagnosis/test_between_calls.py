"""Functions that keep something between calls: what they are told, and when nothing is."""

from __future__ import annotations

from functools import partial

import pytest

from grading.grades.grade import CheckResult
from grading.rubric.settings import RepairSettings
from grading.running.runner import Runner
from grading.sandbox.budget import Budget
from grading.sandbox.client import Sandbox
from tests.checks.handins import SVM, Handed, rubric_of, submission_of

RIGHT = f"""{SVM}
kept = {{}}
def loss(W, X, y, reg):"""
SAME_X = f"""{RIGHT}
    key = X.tobytes(), y.tobytes(), reg
    if key not in kept:
        kept[key] = right(W, X, y, reg)
    return kept[key]
"""
FIRST_REG = f"""{RIGHT}
    return right(W, X, y, kept.setdefault("reg", reg))
"""
SAME_SHAPES = f"""{RIGHT}
    return kept.setdefault((W.shape, X.shape), right(W, X, y, reg))
"""
SIZE_OF_THE_FIRST = f"""{RIGHT}
    out = kept.setdefault("dW", np.zeros(W.shape))
    value, out[:] = right(W, X, y, reg)
    return value, out
"""
LATER = f"""{RIGHT}
    kept["wrong"] = kept.get("wrong") or reg == 0.25
    value, dW = right(W, X, y, reg)
    return value + kept["wrong"], dW
"""
WRONG_ALONE = f"""{RIGHT}
    value, dW = right(W, X, y, reg)
    return value, 2 * dW
"""


def first_failure(sandbox: Sandbox, code: str, budget: Budget | None = None) -> CheckResult:
    """The first failed check of a function, as graded."""
    submission = submission_of({"f": (code, "loss")})
    with sandbox.start(submission) as worker:
        rubric = rubric_of({"f": Handed("svm", code)}, repair=RepairSettings(candidates=0))
        runner = Runner(
            submission, lambda _: worker, rubric, alone=partial(sandbox.start, submission, budget=budget)
        )
        return next(result for result in runner.results() if result.status == "failed")


@pytest.mark.parametrize(
    ("code", "said", "stale"),
    [
        (SAME_X, "not after a call in which only W is different. It keeps something between calls.", "W"),
        (FIRST_REG, "not after a call in which only reg is different. It keeps something", "reg"),
        (
            SAME_SHAPES,
            "not after a call with other numbers in arrays of the same sizes. It keeps",
            "W, X, y, reg",
        ),
        (SIZE_OF_THE_FIRST, "not after a call with arrays of other sizes. It keeps something", None),
        (LATER, "not after other calls. Does it keep something between calls", None),
    ],
    ids=["same X", "first reg", "same shapes", "size of the first", "later"],
)
def test_what_is_right_on_its_own_is_told_so(
    sandbox: Sandbox, code: str, said: str, stale: str | None
) -> None:
    result = first_failure(sandbox, code)
    assert "f answers this input correctly on its own, but " + said in result.message
    found = result.diagnosis
    assert (found and found.title) == (
        stale and f"It gives the answer to an earlier call again, though {stale} changed."
    )


def test_the_call_that_must_come_first_can_be_pasted_with_it(sandbox: Sandbox) -> None:
    result = first_failure(sandbox, SAME_X)
    assert result.counterexample is not None
    code = result.counterexample.code
    assert code.count("loss, dW = f(W, X, y, ") == 2
    names: dict[str, object] = {}
    exec(f"import numpy as np\n{SAME_X}\nf = loss\n{code}", names)  # noqa: S102 - it is our own
    assert result.got == f"loss = {float(names['loss'])!r}"  # type: ignore[arg-type]


def test_where_there_is_no_time_to_ask_again_nothing_is_said(sandbox: Sandbox) -> None:
    assert "on its own" not in first_failure(sandbox, SAME_X, Budget(0.0)).message


def test_what_is_wrong_on_its_own_is_told_nothing_of_it(sandbox: Sandbox) -> None:
    result = first_failure(sandbox, WRONG_ALONE)
    assert result.diagnosis is not None
    assert "on its own" not in result.message
