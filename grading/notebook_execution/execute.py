"""Runs the notebooks of one hand-in, and puts their results together."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from grading.grades.notebook_execution import Execution, FailedCell, History, NotebookRun
from grading.intake.reader import Reader
from grading.intake.submission import Handin, Submission
from grading.notebook_execution import claims, harvest
from grading.notebook_execution.confirming import RESTS_ON_TABLE, Confirmation, confirm
from grading.notebook_execution.harvest import Found
from grading.notebook_execution.plan import NotebooksAsked, notebooks, raw_files
from grading.notebook_execution.scoring import HeldOut, held_out
from grading.rubric.settings import Search
from grading.sandbox.limits import Limits
from grading.sandbox.messages import Lost, Raised
from grading.sandbox.notebook_worker import Afterwards, CellOutcome, Notebook, NotebookOutcome, Trainer
from grading.sandbox.worker_sentences import in_run_language
from grading.words import said_place, say

_MOST_FAILED = 20
_LONGEST_ERROR = 300
_MOST_REMARKS = 20


@dataclass(frozen=True, eq=False)
class NotebookResults:
    """The results of a hand-in's notebooks: for the report, and those of each of the rubric's searches by name."""

    execution: Execution
    found: Mapping[str, Found]


def execute(
    handin: Handin,
    submission: Submission,
    asked: NotebooksAsked,
    limits: Limits,
    run: Callable[[Notebook, Afterwards], NotebookOutcome],
    data: Path,
    reader: Reader,
) -> NotebookResults:
    """Run the notebooks of a hand-in, one after the other, each in a process of its own.

    Args:
        handin: where its files are.
        submission: the submission read from it.
        asked: what the rubric asks of notebooks.
        limits: the limits of each notebook.
        run: runs one notebook in a sandbox for notebooks, with ``data``.
        data: the folder of CIFAR-10's batches.
        reader: reads the files.

    Raises:
        IntakeError, ReadingError: the hand-in cannot be read any more.
        IsolationError: the sandbox broke down.
    """
    files = raw_files(handin, submission.sha256, reader)
    planned = notebooks(submission, files, asked)
    pictures = held_out(data)
    found: dict[str, Found] = {}
    runs = []
    for name, notebook in planned.items():
        began = time.perf_counter()
        confirming = _Confirming(asked.searches, limits, notebook, pictures, bytes.fromhex(submission.sha256))
        outcome = run(notebook, confirming)
        seconds = time.perf_counter() - began
        here = {
            search: replace(one, confirmation=confirming.of(search, outcome))
            for search, one in _searches(asked.searches, notebook, outcome.cells, pictures).items()
        }
        found.update(here)
        why = None if outcome.lost is None else _why(outcome.lost, limits)
        history = harvest.history_found(asked.searches.values(), outcome.cells)
        runs.append(_run(name, notebook, files[name], outcome, here, history, why, seconds))
    reason = None
    if not planned:
        reason = say("There is no notebook in the hand-in that has to do with what is asked for.")
    validation, test = len(pictures.validation.labels), len(pictures.test.labels)
    described = say(
        "CIFAR-10, {validation:,} validation and {test:,} test pictures", validation=validation, test=test
    )
    return NotebookResults(Execution(data=described, notebooks=runs, reason=reason), found)


@dataclass(frozen=True)
class _Confirming:
    """Makes the notebook train entries of each table that points depend on again."""

    searches: Mapping[str, Search]
    limits: Limits
    notebook: Notebook
    pictures: HeldOut
    digest: bytes
    found: dict[str, Confirmation] = field(default_factory=dict)

    def of(self, name: str, outcome: NotebookOutcome) -> Confirmation | None:
        """The confirmation of a search; None if no points depend on its table."""
        if not self._counts(name):
            return None
        lost = "" if outcome.lost is None else _why(outcome.lost, self.limits)
        return self.found.get(name) or Confirmation("unknown", why=lost)

    def _counts(self, name: str) -> bool:
        points = self.searches[name].points
        return any(points.get(check) for check in RESTS_ON_TABLE)

    def __call__(self, cells: Sequence[CellOutcome], train: Trainer) -> None:
        for name, one in _searches(self.searches, self.notebook, cells, self.pictures).items():
            search = self.searches[name]
            if self._counts(name):
                self.found[name] = confirm(one.facts.results, search.model, train, self.pictures, self.digest)


def _searches(
    searches: Mapping[str, Search], notebook: Notebook, cells: Sequence[CellOutcome], pictures: HeldOut
) -> dict[str, Found]:
    found = {
        name: harvest.search_found(search, notebook.cells, cells, pictures)
        for name, search in searches.items()
    }
    return {name: one for name, one in found.items() if one is not None}


def _run(
    name: str,
    notebook: Notebook,
    saved: bytes,
    outcome: NotebookOutcome,
    found: Mapping[str, Found],
    history: History | None,
    reason: str | None,
    seconds: float,
) -> NotebookRun:
    printed = {cell.number: cell.printed for cell in outcome.cells}
    pictures, refused = harvest.pictures_found(notebook.cells, outcome.cells)
    remarks = [
        say("Cell {cell}: {what}", cell=cell.number, what=remark)
        for cell in outcome.cells
        for remark in cell.remarks
    ]
    if refused:
        too = say(
            "{count} more pictures are not shown here: too many, too large, or not pictures.", count=refused
        )
        remarks.append(too)
    return NotebookRun(
        notebook=name,
        state="completed" if outcome.lost is None else "stopped",
        cells=len(notebook.cells),
        ended=len(outcome.cells),
        stopped_at=outcome.stopped_at,
        reason=reason,
        failed=[
            FailedCell(cell=cell.number, error=_one_line(cell.error)) for cell in outcome.cells if cell.error
        ][:_MOST_FAILED],
        remarks=list(dict.fromkeys(remarks))[:_MOST_REMARKS],
        claims=claims.compare(claims.saved_outputs(saved), printed),
        searches=[each.facts for each in found.values()],
        history=history,
        pictures=pictures,
        seconds=seconds,
    )


def _why(lost: Lost, limits: Limits) -> str:
    if lost.reason == "timeout":
        return say(
            "it did not end in time: a cell may take {cell:g} seconds, the notebook {notebook:g}",
            cell=limits.cell_seconds,
            notebook=limits.notebook_seconds,
        )
    return lost.detail


def _one_line(error: Raised) -> str:
    where = f" ({said_place(error.where)})" if error.where else ""
    text = f"{error.type_name}: {in_run_language(error.message)}" if error.message else error.type_name
    return " ".join(text.split())[:_LONGEST_ERROR] + where
