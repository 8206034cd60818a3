"""What came of running the notebooks, in the words of the reports."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from grading.executed import Claim, Execution, NotebookPicture, NotebookRun, SearchFacts
from grading.grade import Grade
from grading.reports.pictures import Map, search

_CAPTIONS = {
    "loss": "the loss of a training",
    "search": "the accuracies of the search",
    "weights": "the weights as pictures",
    "other": "a picture",
}


@dataclass(frozen=True)
class Shown:
    """A picture: where it comes from, and its source as a data URL."""

    caption: str
    source: str
    width: int
    height: int


@dataclass(frozen=True)
class Told:
    """One notebook: how far it came, what else there is to say, claims for a person to look at, pictures.

    ``searches`` are maps of what was tried, each with the name of the model that was looked for.
    """

    notebook: str
    outcome: str
    completed: bool
    sentences: list[str]
    unconfirmed: list[str]
    searches: list[tuple[str, Map]]
    pictures: list[Shown]


def told(grade: Grade) -> list[Told]:
    """Each notebook that was run; nothing if none was to be."""
    return [] if grade.execution is None else [_told(run) for run in grade.execution.notebooks]


def introduction(execution: Execution) -> str:
    """With what the notebooks were run, or why none was."""
    return execution.reason or (
        f"Run from the top as handed in, with {execution.data}. A cell that fails is passed over."
    )


def outcome(run: NotebookRun) -> str:
    """How far a notebook came: one sentence."""
    if run.state == "stopped":
        return f"Stopped in cell {run.stopped_at}, after {run.ended} of {run.cells} code cells: {run.reason}."
    failed = len(run.failed)
    if failed:
        first = run.failed[0].cell
        return f"Ran to its end; {failed} of {run.cells} code cells failed, the first of them cell {first}."
    return f"Ran to its end: {run.cells} code cells, none failed."


def _told(run: NotebookRun) -> Told:
    return Told(
        notebook=run.notebook,
        outcome=outcome(run),
        completed=run.state == "completed" and not run.failed,
        sentences=[
            *(f"Cell {failed.cell}: {failed.error}" for failed in run.failed),
            *(_of_search(facts) for facts in run.searches),
            *run.remarks,
        ],
        unconfirmed=[_of_claim(claim) for claim in run.claims if not claim.reproduced],
        searches=[(facts.model, drawn) for facts in run.searches if (drawn := search(facts)) is not None],
        pictures=[_shown(picture) for picture in run.pictures],
    )


def _of_search(facts: SearchFacts) -> str:
    best = "nothing" if facts.best_val is None else f"{facts.best_val:.4g}"
    again = "it has no weights that can be scored"
    if facts.validation_again is not None and facts.test_again is not None:
        on_test = f"{facts.test_again:.4g} on test pictures"
        again = f"scored by the grader: {facts.validation_again:.4g} on validation, {on_test}"
    return f"{facts.model}: {len(facts.results)} pairs tried, best validation accuracy {best}; {again}."


def _of_claim(claim: Claim) -> str:
    got = "there was no such line" if claim.got is None else f"it was {claim.got:.4g}"
    return f"Cell {claim.cell} as handed in: “{claim.line}”. When it was run again, {got}."


def _shown(picture: NotebookPicture) -> Shown:
    return Shown(
        caption=f"Cell {picture.cell}: {_CAPTIONS[picture.kind]}",
        source=f"data:image/png;base64,{base64.b64encode(picture.png).decode()}",
        width=picture.width,
        height=picture.height,
    )
