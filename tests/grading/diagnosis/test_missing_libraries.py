from __future__ import annotations

import pytest

from grading.sandbox.client import Sandbox
from tests.checks.handins import Handed, judge

CODE = "import numpy as np\nimport torch\n\n\ndef f(W, X, y, reg):\n    {line}\n    return loss, W\n"
LINES = {
    "loss = np.sum(torch.tensor(X))": (
        "module-not-here",
        "It computes with torch, which is not there while it is graded.",
    ),
    "loss = torch.tensor(X).sum()": (
        "module-not-here",
        "It computes with torch, which is not there while it is graded.",
    ),
    "loss = float(input())": (
        "asks-for-input",
        "It asks for input(), which nobody answers while it is graded.",
    ),
}


@pytest.mark.parametrize("line", LINES)
def test_what_is_not_there_is_named(line: str, sandbox: Sandbox) -> None:
    found = judge(sandbox, {"f": Handed("svm", CODE.format(line=line), "f")})["f"]["interface"].diagnosis
    assert found is not None
    assert (found.id, found.title) == LINES[line]
