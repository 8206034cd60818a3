"""The results of running the notebooks, in the words of the reports."""

from __future__ import annotations

import base64

import msgspec

from grading.grades.grade import Grade
from grading.grades.notebook_execution import Claim, Execution, NotebookPicture, NotebookRun, SearchFacts
from grading.reports.pictures import Map, search
from grading.words import later, say, together, translated

_CAPTIONS = {
    "loss": later("the loss of a training"),
    "search": later("the accuracies of the search"),
    "weights": later("the weights as pictures"),
    "other": later("a picture"),
}


class Shown(msgspec.Struct, frozen=True):
    """A picture: its origin, and its source as a data URL."""

    caption: str
    source: str
    width: int
    height: int


class ShownRun(msgspec.Struct, frozen=True):
    """One notebook: how far it got, what else there is to say, claims for people to look at, pictures.

    ``searches`` are maps of the tried settings, each with the name of the model.
    """

    notebook: str
    outcome: str
    completed: bool
    sentences: list[str]
    unconfirmed: list[str]
    searches: list[tuple[str, Map]]
    pictures: list[Shown]


def shown_runs(grade: Grade) -> list[ShownRun]:
    """Each executed notebook; nothing if none was to be run."""
    return [] if grade.execution is None else [_shown_run(run) for run in grade.execution.notebooks]


def introduction(execution: Execution) -> str:
    """A sentence on the data that the notebooks were run with, or why none was run."""
    return execution.reason or say(
        "Run from the top as handed in, with {data}. A cell that fails is skipped.", data=execution.data
    )


def outcome(run: NotebookRun) -> str:
    """One sentence on how far a notebook got."""
    if run.state == "stopped":
        return say(
            "Stopped in cell {cell}, after {ended} of {cells} code cells: {reason}.",
            cell=run.stopped_at,
            ended=run.ended,
            cells=run.cells,
            reason=run.reason,
        )
    failed = len(run.failed)
    if failed:
        return say(
            "Ran to its end; {failed} of {cells} code cells failed, the first of them cell {first}.",
            failed=failed,
            cells=run.cells,
            first=run.failed[0].cell,
        )
    return say("Ran to its end: {cells} code cells, none failed.", cells=run.cells)


def _shown_run(run: NotebookRun) -> ShownRun:
    return ShownRun(
        notebook=run.notebook,
        outcome=outcome(run),
        completed=run.state == "completed" and not run.failed,
        sentences=[
            *(say("Cell {cell}: {what}", cell=failed.cell, what=failed.error) for failed in run.failed),
            *(_of_search(facts) for facts in run.searches),
            *run.remarks,
        ],
        unconfirmed=[_of_claim(claim) for claim in run.claims if not claim.reproduced],
        searches=[(facts.model, drawn) for facts in run.searches if (drawn := search(facts)) is not None],
        pictures=[_shown(picture) for picture in run.pictures],
    )


def _of_search(facts: SearchFacts) -> str:
    found = say(
        "{model}: {pairs} pairs tried, best validation accuracy {best}.",
        model=facts.model,
        pairs=len(facts.results),
        best="–" if facts.best_val is None else f"{facts.best_val:.4g}",
    )
    if facts.validation_again is None or facts.test_again is None:
        return together(found, say("It has no weights that can be scored."))
    again = say(
        "Scored by the grader: {validation} on validation, {test} on test pictures.",
        validation=f"{facts.validation_again:.4g}",
        test=f"{facts.test_again:.4g}",
    )
    return together(found, again)


def _of_claim(claim: Claim) -> str:
    said = say("Cell {cell} as handed in: “{line}”.", cell=claim.cell, line=claim.line)
    if claim.got is None:
        return together(said, say("When it was run again, there was no such line."))
    return together(said, say("When it was run again, it was {got}.", got=f"{claim.got:.4g}"))


def _shown(picture: NotebookPicture) -> Shown:
    return Shown(
        caption=say("Cell {cell}: {what}", cell=picture.cell, what=translated(_CAPTIONS[picture.kind])),
        source=f"data:image/png;base64,{base64.b64encode(picture.png).decode()}",
        width=picture.width,
        height=picture.height,
    )
