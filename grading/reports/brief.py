"""Shortens grades to what the reports on a class need, so that thousands fit into little memory.

Content that only the reports on one hand-in show is dropped; content shared by many grades is stored once.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from grading.grades.grade import CheckResult, Diagnosis, Grade, ManualItem
from grading.grades.notebook_execution import Execution
from grading.reports.common_repairs import in_short

T = TypeVar("T")


def _claims_only(execution: Execution | None) -> Execution | None:
    if execution is None:
        return None
    runs = [
        msgspec.structs.replace(run, failed=[], remarks=[], searches=[], history=None, pictures=[])
        for run in execution.notebooks
    ]
    return msgspec.structs.replace(execution, notebooks=runs)


class Brief:
    """Shortens the grades of one class."""

    def __init__(self) -> None:
        self._kept: dict[bytes, object] = {}

    def of(self, grade: Grade) -> Grade:
        """A shorter grade with which every report on the class is the same as with ``grade``."""
        broken = {check.function.partition(".")[0] for check in grade.checks if check.message}
        return msgspec.structs.replace(
            grade,
            suite=self._once(grade.suite),
            isolation=self._once(grade.isolation),
            functions={name: place for name, place in grade.functions.items() if name in broken},
            checks=[self._check(check) for check in grade.checks],
            manual=[self._manual(item) for item in grade.manual],
            warnings=[],
            trainings=[],
            baselines=[],
            execution=_claims_only(grade.execution),
            repair=in_short(grade.repair),
            said={},
        )

    def _check(self, check: CheckResult) -> CheckResult:
        short = msgspec.structs.replace(
            check,
            remarks=[],
            counterexample=None,
            expected=None,
            got=None,
            gradient=None,
            cases=0,
            seconds=0.0,
            diagnosis=self._diagnosis(check.diagnosis),
        )
        if short.is_broken and short.diagnosis is None:
            return short  # the numbers in its message are unique
        return self._once(short)

    def _diagnosis(self, diagnosis: Diagnosis | None) -> Diagnosis | None:
        return None if diagnosis is None else self._once(diagnosis)

    def _manual(self, item: ManualItem) -> ManualItem:
        return self._once(msgspec.structs.replace(item, answer=""))

    def _once(self, value: T) -> T:
        """``value``, or an equal value stored before."""
        key = type(value).__name__.encode() + msgspec.msgpack.encode(value)
        kept: T = self._kept.setdefault(key, value)  # type: ignore[assignment]
        return kept
