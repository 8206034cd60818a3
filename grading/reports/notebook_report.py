"""``feedback/<notebook>.ipynb``: the student's notebook with the feedback inserted below the cell of each function."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from grading.grades.grade import Grade
from grading.intake.ipynb import OURS, DamagedNotebookError, is_ours, load_notebook
from grading.intake.safe_names import safe_name
from grading.reports.markdown_report import escape, what_helps
from grading.reports.sources import Commented, Feedback
from grading.reports.text import points, shown
from grading.words import say


class NotebookReport:
    """Writes each notebook with feedback cells inserted; the student's own cells are unchanged."""

    def render(self, grade: Grade, sources: Sequence[Commented]) -> Iterator[tuple[str, bytes]]:
        """The files, by their names in the submission's folder. Packages have none."""
        grade = shown(grade)
        for source, name in zip(sources, names_for(sources), strict=True):
            if source.is_notebook:
                notebook = with_feedback(source, grade)
                if notebook is not None:
                    yield f"feedback/{name}.ipynb", notebook


def with_feedback(source: Commented, grade: Grade) -> bytes | None:
    """The notebook with the feedback, replacing any from an earlier run; None if it cannot be read."""
    try:
        notebook = _as_it_is(source.file.data)
    except DamagedNotebookError:
        return None
    with_ids = (notebook.get("nbformat_minor") or 0) >= 5
    by_cell: dict[int | None, list[Feedback]] = {}
    for each in source.feedback:
        by_cell.setdefault(each.cell, []).append(each)
    cells: list[Any] = [_cell("summary", _summary(grade, source.feedback), with_ids)]
    for number, cell in enumerate(notebook["cells"], start=1):
        if not is_ours(cell):
            cells.append(cell)
        cells += [_cell(each.name, _said(each, grade), with_ids) for each in by_cell.get(number, [])]
    text = json.dumps({**notebook, "cells": cells}, indent=1, ensure_ascii=False)
    # JSON can hold lone surrogates, which UTF-8 cannot: they stay as JSON writes them.
    return (text.encode("utf-8", "backslashreplace")) + b"\n"


def _as_it_is(data: bytes) -> dict[str, Any]:
    """The notebook unchanged if it has format 4, else converted to it."""
    try:
        notebook = json.loads(data)
        if notebook["nbformat"] == 4 and isinstance(notebook["cells"], list):
            return dict(notebook)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    converted: dict[str, Any] = load_notebook(data)
    if not isinstance(converted.get("cells"), list):
        raise DamagedNotebookError("has no cells")
    cells = [dict(cell) for cell in converted["cells"]]
    for number, cell in enumerate(cells, start=1):
        # nbformat draws missing ones at random, but a second run must write the same.
        cell["id"] = f"cell-{number}"
    return {**converted, "cells": cells}


def _cell(name: str, lines: Sequence[str], with_ids: bool) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": "markdown"}
    if with_ids:
        cell["id"] = f"{OURS}-{name}"
    cell["metadata"] = {OURS: {"feedback": name}, "editable": False, "deletable": True}
    cell["source"] = "\n".join(lines).rstrip("\n").splitlines(keepends=True)
    return cell


def _summary(grade: Grade, feedback: Sequence[Feedback]) -> list[str]:
    summary = say(
        "{feedback}: {got} of {most} points. Cells like this one were inserted by the grader, one below each function; "
        "all others are as they were handed in.",
        feedback=f"**{say('Feedback from subgrader')}**",
        got=points(grade.score),
        most=points(grade.max_score),
    )
    lines = [f"> {summary}", ">"]
    lines += [
        f"> - {_sign(each)} `{each.name}`: "
        + say("{got} of {most}", got=points(each.score), most=points(each.max_score))
        for each in feedback
    ]
    lines += [
        f"> - ✗ `{name}`: {say('not found')}" for name, place in grade.functions.items() if place is None
    ]
    return lines


def _said(feedback: Feedback, grade: Grade) -> list[str]:
    score = say("{got} of {most} points", got=points(feedback.score), most=points(feedback.max_score))
    lines = [f"> **{say('Feedback from subgrader')}** {_sign(feedback)} `{feedback.name}`: {score}", ""]
    for check in feedback.broken:
        lines += what_helps(check, grade)
    passed = ", ".join(f"{check.function.partition('.')[2]} {check.id}".strip() for check in feedback.passed)
    if passed:
        lines += ["✓ " + say("Passed: {checks}.", checks=passed), ""]
    lines += [
        f"- {escape(remark)}"
        for remark in dict.fromkeys(remark for check in feedback.checks for remark in check.remarks)
    ]
    return lines


def _sign(feedback: Feedback) -> str:
    return "✗" if feedback.broken else "✓"


def names_for(sources: Sequence[Commented]) -> list[str]:
    """A safe and unique name for each file: that of the file, with a number if two are alike."""
    names: list[str] = []
    for source in sources:
        stem = safe_name(PurePosixPath(source.file.name).stem)
        name, number = stem, 1
        while name.casefold() in (other.casefold() for other in names):
            number += 1
            name = f"{stem}-{number}"
        names.append(name)
    return names
