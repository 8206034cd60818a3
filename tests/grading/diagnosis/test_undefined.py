from __future__ import annotations

import pytest

from grading.sandbox.client import Sandbox
from tests.checks.handins import Handed, judge

BODY = (
    "def f(W, X, y, reg):\n    num_train = X.shape[0]\n    scores = X.dot(W)\n    {line}\n    return 0.0, W\n"
)
LINES = {
    "for i in xrange(num_train): pass": ("python-2-names", "In Python 3, write range."),
    "p = unicode(scores)": ("python-2-names", "In Python 3, write str."),
    "p = np.exp(scoers)": ("undefined-name", "Is it a misspelling of scores?"),
    "p = num_trian": ("undefined-name", "Is it a misspelling of num_train?"),
    "p = lenn(X)": ("undefined-name", "Is it a misspelling of len?"),
    "p = gradient_of_everything": (
        "undefined-name",
        "Look for a line that was deleted, or give it a value inside the function.",
    ),
    "margins = margins + scores": (
        "used-before-it-has-a-value",
        "It is assigned in this function, so it is the function's own; but that line comes later, or in a branch or a "
        "loop that was not entered.",
    ),
}


@pytest.mark.parametrize("line", LINES)
def test_a_name_without_a_value_is_told_from_others(line: str, sandbox: Sandbox) -> None:
    handed = Handed("svm", BODY.format(line=line), "f")
    found = judge(sandbox, {"f": handed})["f"]["interface"].diagnosis
    assert found is not None
    assert (found.id, found.hint) == LINES[line]
