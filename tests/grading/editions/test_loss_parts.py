"""Functions that are a part of a loss: what they take and return is judged, and spoken of, as what it is."""

from __future__ import annotations

import msgspec
import pytest

from grading.editions.callings import as_called
from grading.grades.grade import CheckResult
from grading.rubric.calling import Calling
from grading.rubric.reading import load_rubric
from grading.rubric.settings import Rubric
from grading.sandbox.client import Sandbox
from tests.checks.handins import results_of, submission_of

SOFTMAX = (
    "def softmax(predictions):\n    shifted = np.exp(predictions - predictions.max(axis=1, keepdims=True))\n"
)
DIVIDED = "    return shifted / shifted.sum(axis=1, keepdims=True)\n"
BOTH = """
def softmax_with_cross_entropy(predictions, target_index):
    p = np.exp(predictions) / np.exp(predictions).sum(axis=1, keepdims=True)
    rows = np.arange(len(p))
    loss = -np.mean(np.log(p[rows, target_index]))
    p[rows, target_index] -= 1
    return loss, p / len(p)
"""


def first_failure(sandbox: Sandbox, name: str, code: str) -> CheckResult | None:
    shipped = load_rubric(edition="dlcourse").settings
    asked = {name: shipped.functions[name]}
    rubric = Rubric(settings=msgspec.structs.replace(shipped, functions=asked, calling=Calling()), sha256="0")
    submission = as_called(submission_of({name: (code, name)}), rubric)
    results = results_of(sandbox, submission, rubric)
    return next((result for result in results if result.status != "passed"), None)


def test_right_parts_pass(sandbox: Sandbox) -> None:
    assert first_failure(sandbox, "softmax", SOFTMAX + DIVIDED) is None


@pytest.mark.parametrize(
    ("code", "check", "message"),
    [
        (
            SOFTMAX + "    return shifted",
            "value",
            "The probabilities of softmax are wrong: those of the right classes have another mean of -log.",
        ),
        (
            SOFTMAX + "    return shifted.sum(axis=1)",
            "interface",
            "softmax must return an array of the shape of predictions: probabilities; it returned an array of "
            "shape (1,) and type float64.",
        ),
        (
            "def softmax(predictions):\n    predictions -= predictions.max(axis=1, keepdims=True)\n"
            "    shifted = np.exp(predictions)\n" + DIVIDED,
            "interface",
            "softmax changes its argument predictions in place; the caller still needs it. Work on a copy, or write "
            "a = a - b where it now says a -= b.",
        ),
        (
            SOFTMAX + "    return shifted / 0.0",
            "interface",
            "softmax was called with ordinary numbers, and what it returns is not finite.",
        ),
    ],
)
def test_a_wrong_softmax_is_told_what_is_wrong(sandbox: Sandbox, code: str, check: str, message: str) -> None:
    result = first_failure(sandbox, "softmax", code)
    assert result is not None
    assert (result.id, result.message) == (check, message)


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (
            "return loss, p / len(p)",
            "return loss",
            "softmax_with_cross_entropy must return two things: the loss, one real ",
        ),
        (
            "return loss, p / len(p)",
            "return loss, p.T / len(p)",
            "softmax_with_cross_entropy must return two things: the loss, one real ",
        ),
        (
            "return loss, p / len(p)",
            "return loss, p",
            "The gradient of softmax_with_cross_entropy is wrong: X.T times it ",
        ),
        ("-np.mean", "np.mean", "The loss of softmax_with_cross_entropy is wrong."),
    ],
)
def test_a_wrong_gradient_by_scores_is_told_what_is_wrong(
    sandbox: Sandbox, right: str, wrong: str, message: str
) -> None:
    result = first_failure(sandbox, "softmax_with_cross_entropy", BOTH.replace(right, wrong))
    assert result is not None
    assert result.message.startswith(message)
    if result.counterexample is not None and "must return" not in message:
        assert (
            "loss, dprediction = softmax_with_cross_entropy(predictions, y)\n" in result.counterexample.code
        )


def test_code_to_paste_runs_and_shows_what_came_back(sandbox: Sandbox) -> None:
    result = first_failure(sandbox, "softmax", SOFTMAX + "    return shifted")
    assert result is not None
    assert result.counterexample is not None
    code = "import numpy as np\n" + SOFTMAX + "    return shifted\n" + result.counterexample.code
    shown: dict[str, object] = {}
    exec(code, shown)  # noqa: S102 - our own
    assert f"loss = {float(shown['loss'])!r}" == result.got  # type: ignore[arg-type]
