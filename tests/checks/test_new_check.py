"""Another check is one property in one file: the one that docs/extending.md shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from grading.judging.engine import verify
from grading.judging.failures import Failure
from grading.judging.loss_function import LossFunction
from grading.judging.promise import Promise
from grading.rubric.checks import all_checks, checks_of
from grading.running.from_rubric import standard_of
from grading.sandbox.client import Sandbox
from tests.checks.handins import Handed, rubric_of, submission_of
from tests.checks.right_svm import SVM_STYLES

DOCS = (Path(__file__).parents[2] / "docs" / "extending.md").read_text(encoding="utf-8")
RIGHT = SVM_STYLES["half_at_ties"][0]
WRONG = (
    RIGHT + "\ndef other(W, X, y, reg):\n    total, dW = loss(W, X, y, min(reg, 4.0))\n    return total, dW\n"
)


@pytest.fixture
def scale() -> Any:
    """The check of the docs."""
    (code,) = re.findall(r"```python\n(\"\"\"Scale.*?)```", DOCS, re.DOTALL)
    names: dict[str, Any] = {"__name__": "checks.test_scale"}
    exec(compile(code, "test_scale.py", "exec"), names)  # noqa: S102
    return names["test_scale"].promise


def test_the_check_of_the_docs_tells_right_from_wrong(scale: Promise, sandbox: Sandbox) -> None:
    handed = {"loss": Handed("svm", RIGHT), "other": Handed("svm", WRONG, "other")}
    with sandbox.start(submission_of({name: (f.code, f.entry) for name, f in handed.items()})) as worker:
        verify(scale, LossFunction("loss", worker, standard_of(rubric_of(handed))))
        with pytest.raises(Failure, match="Twice the regularization does not add twice the penalty") as found:
            verify(scale, LossFunction("other", worker, standard_of(rubric_of(handed))))
    assert found.value.problem is not None
    assert found.value.problem.sizes == (1, 1, 2)


def test_which_checks_there_are_is_read_from_their_files() -> None:
    assert checks_of("loss")[:3] == ("interface", "value", "gradient")
    assert {file.stem for file in (Path(__file__).parents[2] / "checks").glob("test_*.py")} == {
        f"test_{check}" for check in all_checks()
    }
