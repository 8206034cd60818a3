"""What is made before it is needed is all there, wherever its rooms have moved."""

from __future__ import annotations

import sys

from grading.rubric.reading import load_rubric
from grading.running.from_rubric import standard_of
from grading.running.preparation import prepare_for_failures


def test_all_that_a_failure_needs_can_be_prepared_in_advance() -> None:
    pieces = sum(1 for _ in prepare_for_failures(standard_of(load_rubric())))
    assert pieces > 3
    assert "hypothesis" in sys.modules
