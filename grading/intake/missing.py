"""Explains required names that are not found where they should be."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from msgspec.structs import replace

from grading.intake.bindings import Candidate
from grading.intake.chosen_definitions import ChosenDefinitions
from grading.intake.modules import Module
from grading.intake.submission import Definition, State
from grading.words import later, said_place, say

_ALIKE = 0.85
_VARIANTS = {
    "naive": "naive",
    "loop": "naive",
    "loops": "naive",
    "vectorized": "vectorized",
    "vec": "vectorized",
}
_VARIANTS |= {"vectorised": "vectorized", "vectorize": "vectorized"}
_LOSSES = ("svm", "softmax")
_OTHER_CELLS = {"markdown": later("a Markdown cell"), "raw": later("a raw cell")}


def found_elsewhere(
    asked: Sequence[str], choice: ChosenDefinitions, left: Iterable[Module], modules: Iterable[Module]
) -> dict[str, Definition]:
    """Find definitions elsewhere for names that are unfinished or missing in the files taken.

    Args:
        asked: the required names.
        choice: the definitions taken.
        left: the files that were searched and not taken.
        modules: the files that were taken.
    """
    left = list(left)
    found: dict[str, Definition] = {}
    for name in asked:
        taken = choice.definitions.get(name)
        if "." in name or (taken is not None and taken.state is not State.UNFINISHED):
            continue
        other = _written_in(name, left)
        if taken is not None and other is not None:
            sentence = say(
                "{name} is only a template in {file}; it is defined in {other}, which was not taken, since more of the "
                "work is in the other files. Hand in one copy of each file.",
                name=name,
                file=taken.source,
                other=other.place,
            )
            found[name] = replace(taken, sentence=sentence)
        elif taken is None and other is not None:
            sentence = say(
                "{name} is defined in {other}, which was not taken, since more of the work is in other files. "
                "Hand in one copy of each file.",
                name=name,
                other=other.place,
            )
            found[name] = Definition(
                name, other.file, other.part.label, other.lines, State.UNFINISHED, sentence
            )
        elif taken is None:
            in_text = _in_text(name, modules)
            if in_text is not None:
                found[name] = in_text
    return found


def _written_in(name: str, modules: Iterable[Module]) -> Candidate | None:
    candidates = (candidate for module in modules for candidate in module.candidates([name]))
    return next((candidate for candidate in candidates if candidate.state is State.WRITTEN), None)


def _in_text(name: str, modules: Iterable[Module]) -> Definition | None:
    """A definition in a cell that is not code."""
    pattern = re.compile(rf"^[ \t]*(?:def|class)[ \t]+{re.escape(name)}\b", re.MULTILINE)
    for module in modules:
        for cell in module.cells:
            match = pattern.search(cell.text) if cell.kind in _OTHER_CELLS else None
            if match is not None:
                line = cell.text.count("\n", 0, match.start()) + 1
                sentence = say(
                    "{name} is in {place}, which is {kind} and is never run: change its type to Code.",
                    name=name,
                    place=said_place(f"{module.name}, {cell.label}"),
                    kind=say(_OTHER_CELLS[cell.kind]),
                )
                lines = (line, cell.text.rstrip().count("\n") + 1)
                return Definition(name, module.name, cell.label, lines, State.UNREADABLE, sentence)
    return None


def hints_for_missing(
    asked: Sequence[str], modules: Sequence[Module], choice: ChosenDefinitions
) -> list[str]:
    """A sentence for each name that is defined nowhere: imported from a file not handed in, or misspelt."""
    missing = [name for name in asked if "." not in name and name not in choice.definitions]
    if not missing:
        return []
    imported = {
        alias.asname or alias.name: (node.module or ".", module.name)
        for module in modules
        for node in module.imported
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    defined = {
        statement.name: (module.name, statement)
        for module in modules
        for statement in module.statements()
        if isinstance(statement, ast.FunctionDef | ast.ClassDef) and statement.name not in asked
    }
    hints = []
    for name in missing:
        other = _meant(name, missing, {known: statement for known, (_, statement) in defined.items()})
        if other is not None and _is_class(name) and not isinstance(defined[other][1], ast.ClassDef):
            hints.append(
                say(
                    "The class {name} is not defined; {other} in {file} is a function. Write the class {name} with "
                    "train, predict and loss, as the course's linear_classifier.py does.",
                    name=name,
                    other=other,
                    file=defined[other][0],
                )
            )
        elif other is not None:
            hints.append(
                say(
                    "{name} is not defined; {file} defines {other}: rename it to {name}.",
                    name=name,
                    file=defined[other][0],
                    other=other,
                )
            )
        elif name in imported:
            hints.append(_said_of_import(name, *imported[name], modules))
    return hints


def _said_of_import(name: str, source: str, importer: str, modules: Sequence[Module]) -> str:
    stem = source.rpartition(".")[2]
    there = next((m.name for m in modules if PurePosixPath(m.name).stem == stem), None)
    if there is not None:
        return say(
            "{name} is imported by {importer} from {file}, which does not define it.",
            name=name,
            importer=importer,
            file=there,
        )
    return say(
        "{name} is imported by {importer} from {source}, which was not handed in: hand it in too.",
        name=name,
        importer=importer,
        source=source,
    )


def _is_class(name: str) -> bool:
    return name[:1].isupper()


def _meant(
    name: str, missing: Sequence[str], defined: dict[str, ast.FunctionDef | ast.ClassDef]
) -> str | None:
    """The definition that a missing name seems to mean: similarly spelt, or a loss of the same kind."""
    import difflib

    close = difflib.get_close_matches(name, defined, n=1, cutoff=_ALIKE)
    if close:
        return close[0]
    if _is_class(name):
        return next((other for other in defined if other.casefold() == name.casefold()), None)
    mine = _marks(name)
    if not mine & set(_VARIANTS.values()):
        return None
    rivals = [other for other in missing if other != name and _marks(other) >= mine - set(_LOSSES)]
    for other, statement in defined.items():
        theirs = _marks(other)
        if not isinstance(statement, ast.FunctionDef) or len(statement.args.args) < _FEWEST_ARGUMENTS:
            continue
        if theirs == mine or (theirs and theirs == mine - set(_LOSSES) and not rivals):
            return other
    return None


_FEWEST_ARGUMENTS = 3  # W, X, y


def _marks(name: str) -> set[str]:
    """What a name reveals about a loss: which one it is, and whether it is naive or vectorized."""
    words = name.lower().split("_")
    return {_VARIANTS[word] for word in words if word in _VARIANTS} | {
        word for word in words if word in _LOSSES
    }
