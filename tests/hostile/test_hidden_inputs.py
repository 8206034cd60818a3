"""Functions that tell, where a student reads it, what they were asked where a student does not."""

from __future__ import annotations

import pytest

from grading.rubric.settings import Function, Rubric, Settings
from grading.sandbox.client import Sandbox
from tests.checks.handins import results_of, submission_of

LOSS = """
import builtins
seen = builtins.seen = []
def loss(W, X, y, reg):
    seen.append((W.tolist(), X.tolist(), reg))
    return 0.0, np.zeros_like(W)
"""
TELLING = """
import builtins
class Telling:
    def predict(self, X):
        {telling}
"""


@pytest.mark.parametrize(
    "telling",
    [
        "raise ValueError(f'{len(builtins.seen)} calls: {builtins.seen[-3:]}')",
        "raise type(f'Of{len(builtins.seen)}calls', (Exception,), {{}})()",
    ],
)
def test_an_open_check_is_over_before_a_hidden_one_asks_anything(sandbox: Sandbox, telling: str) -> None:
    hidden = ("interface", "value", "gradient")
    functions = {
        "f": Function(kind="loss", reference="svm", points=dict.fromkeys(hidden, 1.0), hidden=hidden),
        "Telling.predict": Function(kind="predict", reference="svm", points={"prediction": 1.0}),
    }
    settings = Settings(title="test", seed=231, functions=functions, accuracy={})
    telling = TELLING.replace("{telling}", telling).replace("{{}}", "{}")
    submission = submission_of({"f": (LOSS, "loss"), "Telling": (telling, "Telling")})
    results = results_of(sandbox, submission, Rubric(settings=settings, sha256="0"))
    assert [result.id for result in results] == ["interface", "value", "gradient", "prediction"]
    [told] = [f"{result.message} {result.got}" for result in results if not result.hidden]
    assert "0 calls" in told or "Of0calls" in told
