"""The results of running a student's notebooks from top to bottom: part of the `Grade`."""

from __future__ import annotations

from typing import Literal

import msgspec


class FailedCell(msgspec.Struct, frozen=True, kw_only=True):
    """A cell, counted from 1 over all cells, that raised an error; the notebook went on with the next one."""

    cell: int
    error: str


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """An accuracy that the notebook as handed in shows in the output of a cell.

    ``got`` is what the same line says after running it again, None if there is no such line; ``reproduced`` whether
    the two are as near as trainings from different random numbers are.
    """

    cell: int
    line: str
    claimed: float
    got: float | None
    reproduced: bool


class NotebookPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture in the output of a cell: a PNG (in JSON: base64), decoded and re-encoded by the grader.

    ``kind`` is what the code of the cell draws, as far as that can be told from it.
    """

    cell: int
    kind: Literal["loss", "search", "weights", "other"]
    width: int
    height: int
    png: bytes


class SearchPair(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of ``results``: accuracies on training and validation pictures, None where they are no numbers."""

    learning_rate: float
    reg: float
    training: float | None
    validation: float | None


class SearchFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the search for the best model left in the notebook, and what the grader makes of that model.

    ``model`` is the variable that holds it. ``best_val`` and ``test`` are what the notebook found, ``validation_again``
    and ``test_again`` the accuracies of the model's weights as the grader computes them.
    """

    model: str
    results: list[SearchPair]
    best_val: float | None
    test: float | None
    validation_again: float | None
    test_again: float | None


class History(msgspec.Struct, frozen=True, kw_only=True):
    """The losses of a training at some of its steps, counted from 0; None where one was no finite number."""

    steps: list[int]
    losses: list[float | None]


class NotebookRun(msgspec.Struct, frozen=True, kw_only=True):
    """One notebook, run from the top. ``cells`` counts its code cells, ``ended`` those that came to an end.

    It is "stopped" when its process was lost, in cell ``stopped_at`` and for ``reason``. ``seconds`` differ from run
    to run.
    """

    notebook: str
    state: Literal["completed", "stopped"]
    cells: int
    ended: int
    stopped_at: int | None
    reason: str | None
    failed: list[FailedCell]
    remarks: list[str]
    claims: list[Claim]
    searches: list[SearchFacts]
    history: History | None
    pictures: list[NotebookPicture]
    seconds: float


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """The notebooks that were run, with which data; ``reason`` says why there are none."""

    data: str
    notebooks: list[NotebookRun]
    reason: str | None = None
