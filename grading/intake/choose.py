"""Which definition of each asked-for name is taken, and what can be said of it before it runs."""

from __future__ import annotations

import ast
import difflib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from grading.intake.modules import Candidate, Module
from grading.intake.unfinished import Function, why_unfinished
from grading.submission import Definition, State

_RANK = {State.WRITTEN: 0, State.UNREADABLE: 1, State.UNFINISHED: 2}
_SPARE = re.compile(r"copy|backup|bak|old|tmp|temp|untitled|checkpoint|orig", re.IGNORECASE)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_METHODS = ("train", "predict", "loss")


@dataclass
class Choice:
    """What was taken: a definition for each name that occurs, sentences, and statements to leave out.

    ``leave_out`` holds unfinished redefinitions that would otherwise take the place of written ones.
    """

    definitions: dict[str, Definition] = field(default_factory=dict)
    taken: dict[str, Candidate] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    leave_out: list[ast.stmt] = field(default_factory=list)


def state_of(candidate: Candidate) -> tuple[State, str]:
    """What can be said of a definition, and for any state but written why, as the end of a sentence."""
    if candidate.broken is not None:
        return State.UNREADABLE, candidate.broken.sentence
    statement = candidate.statement
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        why = why_unfinished(statement)
        return (State.UNFINISHED, why) if why else (State.WRITTEN, "")
    if isinstance(statement, ast.ClassDef):
        methods = [method for name in _METHODS if (method := method_of(statement, name))]
        if methods and all(why_unfinished(method) for method in methods):
            return State.UNFINISHED, "none of its methods does anything"
        if not methods and not statement.bases:
            return State.UNFINISHED, "it has no methods"
    return State.WRITTEN, ""


def method_of(node: ast.ClassDef, name: str) -> Function | None:
    """The method ``name`` of the class itself, the last if there are several."""
    found = [
        statement
        for statement in node.body
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and statement.name == name
    ]
    return found[-1] if found else None


def base_names(node: ast.ClassDef) -> list[str]:
    """The names of the classes that ``node`` inherits from, without the modules they come from."""
    return [
        base.id if isinstance(base, ast.Name) else base.attr
        for base in node.bases
        if isinstance(base, ast.Name | ast.Attribute)
    ]


def choose_definitions(asked: Sequence[str], modules: Sequence[Module]) -> Choice:
    """The definition taken for each of ``asked``: functions, classes, and methods as "Class.method"."""
    choice = Choice()
    elsewhere: dict[tuple[str, str], list[str]] = defaultdict(list)
    plain = [name for name in asked if "." not in name]
    owners = {name.partition(".")[0] for name in asked if "." in name}
    for name in dict.fromkeys([*plain, *sorted(owners)]):
        candidates = {module.name: found for module in modules if (found := module.candidates([name]))}
        if not candidates:
            continue
        taken = _pick(name, candidates, choice)
        choice.taken[name] = taken
        if name in plain:
            choice.definitions[name] = _definition(taken)
        for other in candidates:
            if other != taken.file:
                elsewhere[taken.file, other].append(name)
    for (file, other), names in elsewhere.items():
        are = "are" if len(names) > 1 else "is"
        choice.warnings.append(
            f"{', '.join(names)} {are} defined both in {file} and in {other}: what is in {file} was taken."
        )
    for name in asked:
        if "." in name and (method := _method_definition(name, modules, choice)):
            choice.definitions[name] = method
    for name in owners.union(plain):
        _judge_methods(name, modules, choice)
    return choice


def find_method(
    owner: str, name: str, modules: Sequence[Module], choice: Choice
) -> tuple[Candidate, Function] | None:
    """The method ``name`` that objects of the class ``owner`` have, and the class that it is written in."""
    pending, seen = [owner], set[str]()
    while pending:
        current = pending.pop(0)
        if current in seen:
            continue
        seen.add(current)
        candidate = choice.taken.get(current)
        if candidate is None:
            found = {module.name: found for module in modules if (found := module.candidates([current]))}
            candidate = _pick(current, found, Choice()) if found else None
        if candidate is None or not isinstance(candidate.statement, ast.ClassDef):
            continue
        method = method_of(candidate.statement, name)
        if method is not None:
            return candidate, method
        pending += base_names(candidate.statement)
    return None


def hints_for_missing(asked: Sequence[str], modules: Sequence[Module], choice: Choice) -> list[str]:
    """A sentence for each name that is nowhere defined: imported from a file not handed in, or misspelt."""
    missing = [name for name in asked if "." not in name and name not in choice.definitions]
    imported = {
        alias.asname or alias.name: (node.module or ".", module.name)
        for module in modules
        for node in module.imported()
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    defined = {
        statement.name: module.name
        for module in modules
        for statement in module.statements()
        if isinstance(statement, ast.FunctionDef | ast.ClassDef) and statement.name not in asked
    }
    hints = []
    for name in missing:
        close = difflib.get_close_matches(name, defined, n=1, cutoff=0.85)
        if close:
            hints.append(
                f"{name} is not defined; {defined[close[0]]} defines {close[0]}: rename it to {name}."
            )
        elif name in imported:
            source, importer = imported[name]
            hints.append(
                f"{name} is imported by {importer} from {source}, which was not handed in: hand it in too."
            )
    return hints


def _pick(name: str, candidates: Mapping[str, Sequence[Candidate]], choice: Choice) -> Candidate:
    best: dict[str, Candidate] = {}
    for file, found in candidates.items():
        # Where one name is given several times, the last one counts, as in Python.
        best[file] = min(reversed(found), key=lambda candidate: _RANK[state_of(candidate)[0]])
    file = min(best, key=lambda file: (_RANK[state_of(best[file])[0]], *_file_order(file, name)))
    taken, found = best[file], list(candidates[file])
    later = found[found.index(taken) + 1 :]
    choice.leave_out += [
        candidate.statement
        for candidate in later
        if candidate.statement is not None and state_of(candidate)[0] is State.UNFINISHED
    ]
    if len(found) > 1:
        places = ", ".join(_short_place(candidate) for candidate in found)
        which = "the last one"
        if later:
            which = "the last one that is written and parses"
        choice.warnings.append(
            f"{name} is defined {len(found)} times in {file} ({places}): {which}, {_short_place(taken)}, "
            "was taken."
        )
    return taken


def _short_place(candidate: Candidate) -> str:
    label = candidate.part.label
    return f"{label}, line {candidate.lines[0]}" if label else f"line {candidate.lines[0]}"


def _file_order(file: str, name: str) -> tuple[bool, bool, int, int, str]:
    """Scripts before notebooks, spare copies last, then by how well the file's name fits, depth and name."""
    path = PurePosixPath(file)
    words = {word.lower() for word in _WORDS.findall(name)} & {
        word.lower() for word in _WORDS.findall(path.stem)
    }
    return (
        path.suffix.lower() != ".py",
        _SPARE.search(path.stem) is not None,
        -len(words),
        len(path.parts),
        file,
    )


def _definition(candidate: Candidate) -> Definition:
    state, why = state_of(candidate)
    sentence = ""
    if state is State.UNREADABLE:
        sentence = f"{candidate.name} cannot be read: {_in(candidate)}, {why}."
    elif state is State.UNFINISHED:
        sentence = f"{candidate.name} is not written yet: {why} ({candidate.place}). Write it, and it will be graded."
    return Definition(candidate.name, candidate.file, candidate.part.label, candidate.lines, state, sentence)


def _in(candidate: Candidate) -> str:
    return f"{candidate.file}, {candidate.part.label}" if candidate.part.label else candidate.file


def _method_definition(name: str, modules: Sequence[Module], choice: Choice) -> Definition | None:
    owner, _, method_name = name.partition(".")
    taken = choice.taken.get(owner)
    if taken is not None and taken.broken is not None:
        whole = _definition(taken)
        return Definition(name, whole.source, whole.cell, whole.lines, whole.state, whole.sentence)
    found = find_method(owner, method_name, modules, choice)
    if found is None:
        return None
    candidate, method = found
    why = why_unfinished(method)
    sentence = f"{name} is not written yet: {why} ({candidate.file}, line {method.lineno})." if why else ""
    return Definition(
        name,
        candidate.file,
        candidate.part.label,
        (method.lineno, method.end_lineno or method.lineno),
        State.UNFINISHED if why else State.WRITTEN,
        sentence,
    )


def _judge_methods(name: str, modules: Sequence[Module], choice: Choice) -> None:
    """Mark a class as unfinished if what it inherits or has for train and predict is, and say so of each."""
    taken = choice.taken.get(name)
    if taken is None or not isinstance(taken.statement, ast.ClassDef):
        return
    empty = []
    for method_name in ("train", "predict"):
        found = find_method(name, method_name, modules, choice)
        why = why_unfinished(found[1]) if found else None
        if found and why:
            empty.append(f"{found[0].name}.{method_name}")
            place = f"{found[0].file}, line {found[1].lineno}"
            sentence = f"{found[0].name}.{method_name} is not written yet: {why} ({place})."
            if sentence not in choice.warnings:
                choice.warnings.append(sentence)
    definition = choice.definitions.get(name)
    if len(empty) == 2 and definition is not None and definition.state is State.WRITTEN:
        choice.definitions[name] = Definition(
            name,
            definition.source,
            definition.cell,
            definition.lines,
            State.UNFINISHED,
            f"{name} cannot be used yet: {empty[0]} and {empty[1]} are not written. Write them, and it will "
            "be graded.",
        )
