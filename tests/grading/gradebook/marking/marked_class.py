"""A graded class with written answers to mark: notebooks in which one method and three questions stand."""

from __future__ import annotations

import json
from pathlib import Path

import grader
from grading.gradebook.marking.store import NewMark, Place, Store
from tests.grading.running.small_class import RIGHT, RUBRIC

WORTH = RUBRIC.replace(
    "seed = 231", 'seed = 231\nmanual_points = 4\nmanual = [{title = "Style", points = 5}]'
)
QUESTIONS = ("Why is the loss near $-\\log(0.1)$?", "What do the weights look like?")


def notebook(*answers: str | None, outputs: list[dict[str, object]] | None = None) -> str:
    """A hand-in with these answers; None leaves a question out."""
    cells: list[dict[str, object]] = [
        {
            "cell_type": "code",
            "metadata": {},
            "execution_count": 1,
            "source": RIGHT,
            "outputs": outputs or [],
        }
    ]
    for number, (question, answer) in enumerate(zip(QUESTIONS, answers, strict=True), start=1):
        if answer is not None:
            text = f"**Inline Question {number}**\n\n{question}\n\n**Your answer:** {answer}"
            cells.append({"cell_type": "markdown", "metadata": {}, "source": text})
    metadata = {"language_info": {"name": "python"}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells})


def graded(folder: Path, *options: str, **hand_ins: str) -> Path:
    """Grade a class into ``folder / "out"``; without hand-ins, the class that is there again."""
    work = folder / "class"
    work.mkdir(exist_ok=True)
    for name, text in hand_ins.items():
        (work / f"{name}.ipynb").write_text(text, encoding="utf-8")
    rubric, out = folder / "rubric.toml", folder / "out"
    if not rubric.exists():
        rubric.write_text(WORTH)
    command = [
        str(work),
        "--class",
        "--out",
        str(out),
        "--rubric",
        str(rubric),
        "--allow-unsafe",
        "--jobs",
        "1",
    ]
    assert grader.main([*command, *options]) == 0
    return out


def place(store: Store, name: str, question: int) -> tuple[int, Place]:
    """The number of a hand-in, and what of it belongs to a question, counted from 0."""
    (work,) = [work for work in store.works.values() if work.name == name]
    (found,) = [place for place in work.places if place.question == question]
    return work.id, found


def new_mark(
    store: Store, name: str, question: int, points: float | None, comment: str = "", based_on: int | None = 0
) -> NewMark:
    handin, at = place(store, name, question)
    return NewMark(handin, at.item.key, at.item.answer_digest, points, comment, based_on)
