"""Finds the methods of a student's classes, own and inherited, without importing anything."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

import msgspec

from grading.intake.bindings import Candidate
from grading.intake.submission import MethodText
from grading.intake.unfinished import Function, method_of
from grading.words import said_place


class Method(msgspec.Struct, frozen=True):
    """A method of a class's objects.

    Attributes:
        owner: the class whose text contains it, which may be a base class, or the code that sets it from outside.
        function: the method; None if ``owner`` does not parse, and so may or may not have it, or sets it.
    """

    owner: Candidate
    function: Function | None

    @property
    def is_unreadable(self) -> bool:
        """Whether the class does not parse."""
        return self.owner.broken is not None

    @property
    def place(self) -> str:
        """The place in words, for messages."""
        if self.function is None:
            return self.owner.place
        label = self.owner.part.label
        return said_place(f"{self.owner.file}, {label + ', ' if label else ''}line {self.function.lineno}")


def base_names(node: ast.ClassDef) -> list[str]:
    """The names of the base classes of ``node``, without their modules."""
    return [
        base.id if isinstance(base, ast.Name) else base.attr
        for base in node.bases
        if isinstance(base, ast.Name | ast.Attribute)
    ]


def find_method(owner: str, name: str, classes: Mapping[str, Candidate]) -> Method | None:
    """Look up the method ``name`` of the class ``owner``, including its bases.

    Args:
        owner: the name of a class.
        name: the name of the method.
        classes: the chosen definition of each class, and of each "Class.method" that is set from outside.
    """
    pending, seen = [owner], set[str]()
    unreadable: Method | None = None
    while pending:
        current = pending.pop(0)
        candidate = classes.get(current)
        if candidate is None or current in seen:
            continue
        seen.add(current)
        if f"{current}.{name}" in classes:
            return Method(classes[f"{current}.{name}"], None)
        if candidate.broken is not None:
            unreadable = unreadable or Method(candidate, None)
        elif isinstance(candidate.statement, ast.ClassDef):
            method = method_of(candidate.statement, name)
            if method is not None:
                return Method(candidate, method)
            pending += base_names(candidate.statement)
    return unreadable


def texts_of_methods(owner: str, classes: Mapping[str, Candidate]) -> Iterator[tuple[str, MethodText]]:
    """The methods of the class ``owner``, as "LinearSVM.train", as far as ``classes`` has them."""
    names = {
        node.name
        for candidate in classes.values()
        if isinstance(candidate.statement, ast.ClassDef)
        for node in candidate.statement.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    for name in sorted(names):
        method = find_method(owner, name, classes)
        if method is not None and (function := method.function) is not None:
            label = method.owner.part.label
            place = method.owner.file + (f", {label}" if label else "")
            lines = function.lineno, function.end_lineno or function.lineno
            yield f"{owner}.{name}", MethodText(place, lines, _numbers_by_default(function.args))


def _numbers_by_default(arguments: ast.arguments) -> dict[str, float]:
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [
        *zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return {
        argument.arg: float(value.value)
        for argument, value in pairs
        if isinstance(value, ast.Constant)
        and isinstance(value.value, int | float)
        and not isinstance(value.value, bool)
    }
