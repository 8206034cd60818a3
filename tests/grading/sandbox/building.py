"""Submissions made of a few lines of text, and what came of steps with them."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping, Sequence

from grading.intake.submission import Block, Definition, Kind, Source, Submission
from grading.sandbox.client import Sandbox
from grading.sandbox.messages import Lost, Outcome, Returned, Step


def submission_of(files: Mapping[str, str | Sequence[str]], *asked: str) -> Submission:
    """``files`` by name: text for a file, a list of texts for a notebook's cells.

    The last definition of each name in ``asked`` is meant; without ``asked``, every function and class.
    """
    sources = tuple(_source(name, content) for name, content in files.items())
    definitions: dict[str, Definition] = {}
    for source in sources:
        for block in source.blocks:
            for name, lines in _defined(block):
                if not asked or name in asked:
                    definitions[name] = Definition(name, source.name, block.cell, lines)
    return Submission("someone", "someone", "", Kind.FILES, sources, definitions)


def one_file(code: str, *asked: str) -> Submission:
    """A submission that is one file, ``work.py``."""
    return submission_of({"work.py": code}, *asked)


def _source(name: str, content: str | Sequence[str]) -> Source:
    module = name.rpartition(".")[0].replace("/", ".")
    if isinstance(content, str):
        return Source(name, module, (Block(textwrap.dedent(content)),))
    cells = tuple(Block(textwrap.dedent(code), f"cell {k}") for k, code in enumerate(content, start=1))
    return Source(name, module, cells)


def _defined(block: Block) -> list[tuple[str, tuple[int, int]]]:
    try:
        tree = ast.parse(block.code)
    except SyntaxError:
        return []
    return [
        (statement.name, (statement.lineno, statement.end_lineno or statement.lineno))
        for statement in tree.body
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef))
    ]


def value(outcome: Outcome) -> object:
    """What a step returned."""
    assert isinstance(outcome, Returned), outcome
    return outcome.result.value


def results(sandbox: Sandbox, code: str, *steps: Step) -> list[Outcome]:
    """The outcomes of steps in one worker."""
    with sandbox.start(one_file(code)) as worker:
        return worker.run(steps)


def reasons(outcomes: list[Outcome]) -> list[str]:
    """ "Returned", "Raised", or why the outcome was lost, of each."""
    return [outcome.reason if isinstance(outcome, Lost) else type(outcome).__name__ for outcome in outcomes]
