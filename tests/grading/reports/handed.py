"""Hand-ins on disk with a grade that fits them: what reports are made of that show the student's own files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from grading.grades.grade import Grade, Place
from grading.intake.files import gather
from grading.intake.limits import DEFAULT
from grading.intake.read import digest
from grading.intake.submission import Handin
from tests.grading.reports.grades import a_check, a_grade, a_passed_check

FUNCTION = "def svm_loss_naive(W, X, y, reg):\n    return 0.0, W"


def a_cell(kind: str, source: str, **more: object) -> dict[str, Any]:
    """A notebook cell; of code, with ``outputs`` if given."""
    code: dict[str, object] = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "metadata": {}, "source": source, **code, **more}


def a_notebook(cells: Sequence[dict[str, Any]], minor: int = 5) -> dict[str, Any]:
    """A notebook of format 4.``minor``."""
    if minor >= 5:
        cells = [{"id": f"c{number}", **cell} for number, cell in enumerate(cells, start=1)]
    return {"nbformat": 4, "nbformat_minor": minor, "metadata": {}, "cells": list(cells)}


def as_handed_in(path: Path, content: object, place: Place, **changes: object) -> tuple[Handin, Grade]:
    """Write the file (a notebook as JSON, or text) and grade it: a failed check of svm_loss_naive, and a passed one."""
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    handin = Handin("ada", path)
    checks = [a_check(remarks=[]), a_passed_check()]
    grade = a_grade(checks=checks, functions={"svm_loss_naive": place, "Softmax": None}, **changes)  # type: ignore[arg-type]
    sha256 = digest(gather(path, DEFAULT))
    facts = msgspec.structs.replace(grade.submission, sha256=sha256, path=str(path))
    return handin, msgspec.structs.replace(grade, submission=facts)


def a_handed_notebook(path: Path, *more: dict[str, Any], minor: int = 5) -> tuple[Handin, Grade]:
    """A notebook with the function in cell 2 and ``more`` cells below it."""
    cells = [a_cell("markdown", "# Mine"), a_cell("code", FUNCTION), *more]
    place = Place(source=f"{path.name}, cell 2", lines=(1, 2))
    return as_handed_in(path, a_notebook(cells, minor), place)
