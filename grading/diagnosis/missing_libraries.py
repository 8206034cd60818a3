"""Names what a function needs and does not have during grading: a library, or someone to answer `input`."""

from __future__ import annotations

import re

from grading.grades.grade import Diagnosis
from grading.judging.failures import Failure
from grading.words import say

_MODULE = re.compile(
    r"ModuleNotFoundError: (?P<raised>[\w.]{1,80}) is not here|stand-in for (?P<returned>[\w.]{1,80})"
)
_INPUT = "EOFError: it asks for input()"


def absent(failure: Failure) -> Diagnosis | None:
    """Say what is missing, if ``failure`` shows that something is."""
    text = f"{failure.message}\n{failure.got or ''}"
    if _INPUT in text:
        return Diagnosis(
            id="asks-for-input",
            title=say("It asks for input(), which nobody answers while it is graded."),
            hint=say("Take the value from a parameter, or write it into the code."),
        )
    found = _MODULE.search(text)
    if found is None:
        return None
    module = (found["raised"] or found["returned"]).partition(".")[0]
    return Diagnosis(
        id="module-not-here",
        title=say("It computes with {module}, which is not there while it is graded.", module=module),
        hint=say("Only Python's own modules, NumPy and SciPy are there: write it with NumPy."),
    )
