"""Finds where a file or cell binds names to its own definitions, and how complete those are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property

import msgspec

from grading.intake.fragments import Broken, Fragment, first_line, last_line
from grading.intake.ipynb import Cell
from grading.intake.opened_blocks import bodies, definitions
from grading.intake.submission import State
from grading.intake.tree_walk import nodes, walk
from grading.intake.unfinished import METHODS, method_of, why_unfinished
from grading.words import said_place, say

_DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Part(msgspec.Struct, frozen=True):
    """A piece of code that runs as one: a file (``cell`` is None) or a cell."""

    cell: Cell | None
    fragment: Fragment

    @property
    def label(self) -> str | None:
        """The cell's name in messages, or None for a file."""
        return self.cell.label if self.cell else None

    def place_in(self, file: str) -> str:
        """The place in words, for messages: "svm.ipynb, cell 3" or "softmax.py"."""
        return said_place(f"{file}, {self.label}") if self.label else file


class Candidate(msgspec.Struct, frozen=True, dict=True):
    """A place where a name is defined: by ``statement``, or by lines that do not parse."""

    name: str
    file: str
    part: Part
    statement: ast.stmt | None
    broken: Broken | None

    @property
    def lines(self) -> tuple[int, int]:
        """First and last line, decorators included."""
        if self.broken is not None:
            return self.broken.lines
        assert self.statement is not None
        return first_line(self.statement), last_line(self.statement)

    @property
    def place(self) -> str:
        """The place in words, for messages: "svm.ipynb, cell 3" or "softmax.py, line 7"."""
        return said_place(f"{self.file}, {self.part.label or f'line {self.lines[0]}'}")

    @property
    def state(self) -> State:
        """The state of the definition, as far as it is known before it is run."""
        return self._judged[0]

    @property
    def why(self) -> str:
        """The reason for any state except written, as the end of a sentence."""
        return self._judged[1]

    @cached_property
    def _judged(self) -> tuple[State, str]:
        if self.broken is not None:
            return State.UNREADABLE, self.broken.sentence
        statement = self.statement
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            why = why_unfinished(statement)
            return (State.UNFINISHED, why) if why else (State.WRITTEN, "")
        if isinstance(statement, ast.ClassDef):
            methods = [method for name in METHODS if (method := method_of(statement, name))]
            # Even if loss is not written, train and predict may be inherited, and right.
            inherits = bool(statement.bases) and not any(
                method_of(statement, name) for name in ("train", "predict")
            )
            if methods and not inherits and all(why_unfinished(method) for method in methods):
                return State.UNFINISHED, say("none of its methods does anything")
            if not methods and not statement.bases:
                return State.UNFINISHED, say("it has no methods")
        if isinstance(statement, ast.Assign) and is_constant(statement.value):
            return State.UNFINISHED, say("it is a value and no function")
        return State.WRITTEN, ""


def is_constant(value: ast.expr) -> bool:
    """Whether an expression consists only of numbers and strings: no names, no calls."""
    if isinstance(value, ast.Constant):
        return True
    kinds = (ast.Name, ast.Call, ast.Lambda, ast.Attribute, ast.Await, ast.Yield, ast.YieldFrom)
    return not any(isinstance(node, kinds) for node in walk(value))


def bindings(part: Part, file: str) -> list[Candidate]:
    """All that ``part`` of ``file`` binds at its top level, in order."""
    fragment = part.fragment
    found = [
        Candidate(name, file, part, statement, None)
        for outer in fragment.statements
        for name, statement in _bound_by(outer)
    ]
    found += [
        Candidate(name, file, part, None, broken) for broken in fragment.broken for name in broken.names
    ]
    return sorted(found, key=lambda candidate: candidate.lines[0])


def _bound_by(statement: ast.stmt) -> Iterator[tuple[str, ast.stmt]]:
    """The names that a statement defines, "Class.method" for one set from outside; imports only with a new name."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name, statement
    elif isinstance(statement, ast.Assign):
        used = {node.id for node in nodes(statement.value, ast.Name)}
        for target in statement.targets:
            # `f = decorator(f)` wraps f; it is not a different f.
            if isinstance(target, ast.Name) and target.id not in used:
                yield target.id, statement
            elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                yield f"{target.value.id}.{target.attr}", statement
    elif isinstance(statement, ast.ImportFrom):
        for alias in statement.names:
            if alias.asname and alias.asname != alias.name:
                yield alias.asname, statement
    elif isinstance(statement, ast.If | ast.Try):
        chosen = set(map(id, definitions(statement)))
        for body in bodies(statement):
            for inner in body:
                if isinstance(inner, _DEFINITION):
                    if id(inner) in chosen:
                        yield from _bound_by(inner)
                elif not isinstance(inner, ast.ImportFrom):
                    yield from _bound_by(inner)
    else:
        for inner in definitions(statement):
            yield from _bound_by(inner)
