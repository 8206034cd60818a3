"""What is kept of a grade, once its own reports are written, is enough for the reports on the class."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from grading.grades.grade import Grade
from grading.intake.find import find
from grading.reports import CLASS_WRITERS
from grading.reports.brief import Brief
from grading.rubric.reading import load_rubric
from grading.running.run import grade_all
from grading.running.setup import RunSetup
from grading.running.work import Work
from tests.grading.reports.grades import FUNCTIONS, a_check, a_class, a_grade
from tests.grading.reports.test_repairs import CHANGE, MISSING, a_grade_with, a_repair

SUBMISSIONS = Path(__file__).resolve().parents[3] / "submissions"


def shortened(grades: list[Grade]) -> list[Grade]:
    brief = Brief()
    return [brief.of(grade) for grade in grades]


@pytest.mark.parametrize("form", CLASS_WRITERS)
def test_reports_on_a_class_are_the_same_from_shortened_grades(form: str) -> None:
    repaired = a_grade_with(a_repair("line", CHANGE, MISSING))
    grades = [*a_class(9), a_grade("zoe", checks=[a_check(diagnosis=None)]), repaired]
    for writer in CLASS_WRITERS[form]:
        assert writer.render(shortened(grades), FUNCTIONS) == writer.render(grades, FUNCTIONS)


def test_a_shortened_grade_is_small() -> None:
    with Work(RunSetup(load_rubric(), allow_unsafe=True)) as work:
        [outcome] = grade_all(find([SUBMISSIONS / "ada.ipynb"]), work, 1)
    written = msgspec.json.encode(outcome.grade)
    # Each on its own, as grades are that come out of other processes.
    many = shortened([msgspec.json.decode(written, type=Grade) for _ in range(100)])
    assert len(written) > 10_000
    assert len({id(check) for grade in many for check in grade.checks}) == len(outcome.grade.checks)
    assert many[0].checks[0].counterexample is None
    assert many[0].trainings == []
