from __future__ import annotations

import msgspec
import pytest

from grading.diagnosis.repair.agreement import contradicts
from grading.grades.grade import Diagnosis
from tests.grading.reports.test_repairs import CHANGE, a_repair


@pytest.mark.parametrize(
    ("name", "kind", "doubtful"),
    [
        ("softmax-no-shift", "sign", True),
        ("softmax-no-shift", "insert", False),
        ("softmax-shift-by-the-mean", "function", False),
        ("softmax-shift-by-the-mean", "sign", True),
        ("svm-reg-missing-in-gradient", "term", False),
        ("svm-reg-missing-in-gradient", "name", True),
        ("svm-threshold-1", "number", False),
    ],
)
def test_a_name_is_doubted_where_the_repair_does_something_else(name: str, kind: str, doubtful: bool) -> None:
    repair = a_repair("line", msgspec.structs.replace(CHANGE, kind=kind))
    assert contradicts(Diagnosis(id=name, title="A.", hint="B."), repair) == doubtful
