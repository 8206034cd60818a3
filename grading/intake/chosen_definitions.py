"""Chooses the definition of each required name, and judges it as far as possible before it runs."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from pathlib import PurePosixPath

import msgspec

from grading.intake.bindings import Candidate
from grading.intake.class_methods import base_names, find_method
from grading.intake.modules import Module
from grading.intake.safe_names import listed
from grading.intake.submission import Definition, State
from grading.intake.unfinished import METHODS, Function, unwritten_helper, why_unfinished
from grading.words import later, said_place, say

_RANK = {State.WRITTEN: 0, State.UNREADABLE: 1, State.UNFINISHED: 2}
_SPARE = re.compile(r"copy|backup|bak|old|tmp|temp|untitled|checkpoint|orig|draft", re.IGNORECASE)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


class ChosenDefinitions(msgspec.Struct):
    """The choice: a definition for each name that occurs, sentences, and statements to leave out.

    ``leave_out`` has unfinished redefinitions that would otherwise replace written ones.
    """

    definitions: dict[str, Definition] = {}
    taken: dict[str, Candidate] = {}
    warnings: list[str] = []
    leave_out: list[ast.stmt] = []


def choose_definitions(
    asked: Sequence[str], modules: Sequence[Module], is_imported: Callable[[str], bool]
) -> ChosenDefinitions:
    """Choose a definition for each of ``asked``: functions, classes, and methods as "Class.method".

    ``is_imported`` tells whether the hand-in's own notebooks import a file.
    """
    choice = ChosenDefinitions()
    elsewhere: dict[tuple[str, str], list[str]] = defaultdict(list)
    pending = list(dict.fromkeys(name.partition(".")[0] for name in asked))
    for name in pending:
        candidates = {module.name: found for module in modules if (found := module.candidates([name]))}
        if not candidates:
            continue
        taken = _pick(name, candidates, choice, is_imported)
        choice.taken[name] = taken
        for other in candidates:
            if other != taken.file:
                elsewhere[taken.file, other].append(name)
        if isinstance(taken.statement, ast.ClassDef):
            _take_patches(name, modules, choice)
            # Its base classes are chosen by the same rules, though nobody asked for them by name.
            pending += [base for base in base_names(taken.statement) if base not in pending]
    for (file, other), names in elsewhere.items():
        both = (
            later("{names} are defined both in {file} and in {other}: what is in {file} was taken.")
            if len(names) > 1
            else later("{names} is defined both in {file} and in {other}: what is in {file} was taken.")
        )
        choice.warnings.append(say(both, names=", ".join(names), file=file, other=other))
    for name in asked:
        definition = _define_method(name, choice) if "." in name else _define(name, choice, modules)
        if definition is not None:
            choice.definitions[name] = definition
    return choice


def _pick(
    name: str,
    candidates: Mapping[str, Sequence[Candidate]],
    choice: ChosenDefinitions,
    is_imported: Callable[[str], bool],
) -> Candidate:
    best: dict[str, Candidate] = {}
    for file, found in candidates.items():
        # If a name is defined several times, the last one counts, as in Python.
        best[file] = min(reversed(found), key=lambda candidate: _RANK[candidate.state])
    file = next(iter(best))
    if len(best) > 1:
        order = {f: (_RANK[best[f].state], not is_imported(f), *_file_order(f, name)) for f in best}
        file = min(order, key=order.__getitem__)
    taken, found = best[file], list(candidates[file])
    after = found[found.index(taken) + 1 :]
    choice.leave_out += [
        candidate.statement
        for candidate in after
        if candidate.statement is not None and candidate.state is State.UNFINISHED
    ]
    if len(found) > 1:
        places = listed([_short_place(candidate) for candidate in found])
        which = say("the last one")
        if after:
            which = say("the last one that is written and parses")
        choice.warnings.append(
            say(
                "{name} is defined {count} times in {file} ({places}): {which}, {taken}, was taken.",
                name=name,
                count=len(found),
                file=file,
                places=places,
                which=which,
                taken=_short_place(taken),
            )
        )
    return taken


def _short_place(candidate: Candidate) -> str:
    label = candidate.part.label
    return said_place(f"{label}, line {candidate.lines[0]}" if label else f"line {candidate.lines[0]}")


def _file_order(file: str, name: str) -> tuple[bool, bool, int, int, str]:
    """A sort key: scripts before notebooks, spare copies last, then by how well the file's name fits, depth, name."""
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


def _take_patches(owner: str, modules: Sequence[Module], choice: ChosenDefinitions) -> None:
    """Add the methods of the class ``owner`` that are set from outside: `LinearSVM.train = train`."""
    for method in METHODS:
        full_name = f"{owner}.{method}"
        patches = [candidate for module in modules for candidate in module.candidates([full_name])]
        if patches:
            choice.taken[full_name] = patches[-1]


def _define(name: str, choice: ChosenDefinitions, modules: Sequence[Module]) -> Definition | None:
    candidate = choice.taken.get(name)
    if candidate is None:
        return None
    state, why = _judged(candidate, modules)
    sentence = ""
    if state is State.UNREADABLE:
        sentence = say(
            "{name} cannot be read: {place}, {why}.",
            name=name,
            place=candidate.part.place_in(candidate.file),
            why=why,
        )
    elif state is State.UNFINISHED:
        sentence = say(
            "{name} is not written yet: {why} ({place}). Write it, and it will be graded.",
            name=name,
            why=why,
            place=candidate.place,
        )
    elif isinstance(candidate.statement, ast.ClassDef):
        state, sentence = _judge_methods(name, choice)
    return Definition(name, candidate.file, candidate.part.label, candidate.lines, state, sentence)


def _judged(candidate: Candidate, modules: Sequence[Module]) -> tuple[State, str]:
    """The state of a candidate, considering a function in the same file that it delegates everything to."""
    if candidate.state is State.WRITTEN and isinstance(candidate.statement, ast.FunctionDef):
        module = next(module for module in modules if module.name == candidate.file)
        beside: dict[str, list[Function]] = defaultdict(list)
        for each in module.statements():
            if isinstance(each, ast.FunctionDef):
                beside[each.name].append(each)
        if found := unwritten_helper(candidate.statement, beside):
            data, helper = found
            why = say("it hands {data} to {helper}, which is not written", data=data, helper=helper)
            return State.UNFINISHED, why
    return candidate.state, candidate.why


def _define_method(name: str, choice: ChosenDefinitions) -> Definition | None:
    owner, _, method_name = name.partition(".")
    found = find_method(owner, method_name, choice.taken)
    if found is None:
        return None
    if found.is_unreadable:
        state, lines, sentence = State.UNREADABLE, found.owner.lines, _unreadable_base(owner, found.owner)
    elif found.function is None:
        state, lines, sentence = State.WRITTEN, found.owner.lines, ""
    else:
        why = why_unfinished(found.function)
        state = State.UNFINISHED if why else State.WRITTEN
        lines = found.function.lineno, found.function.end_lineno or found.function.lineno
        sentence = (
            say("{name} is not written yet: {why} ({place}).", name=name, why=why, place=found.place)
            if why
            else ""
        )
    return Definition(name, found.owner.file, found.owner.part.label, lines, state, sentence)


def _judge_methods(name: str, choice: ChosenDefinitions) -> tuple[State, str]:
    """The state of a class that parses, judged by its own or inherited train and predict."""
    empty = []
    for method_name in ("train", "predict"):
        found = find_method(name, method_name, choice.taken)
        if found is None:
            continue
        if found.is_unreadable:
            return State.UNREADABLE, _unreadable_base(name, found.owner)
        why = why_unfinished(found.function) if found.function else None
        if why:
            full_name = f"{found.owner.name}.{method_name}"
            empty.append(full_name)
            choice.warnings.append(
                say("{name} is not written yet: {why} ({place}).", name=full_name, why=why, place=found.place)
            )
    if len(empty) < 2:
        return State.WRITTEN, ""
    return (
        State.UNFINISHED,
        say(
            "{name} cannot be used yet: {methods} are not written. Write them, and it will be graded.",
            name=name,
            methods=reduce(lambda one, other: say("{one} and {other}", one=one, other=other), empty),
        ),
    )


def _unreadable_base(name: str, owner: Candidate) -> str:
    place = owner.part.place_in(owner.file)
    if owner.name == name:
        return say("{name} cannot be read: {place}, {why}.", name=name, place=place, why=owner.why)
    return say(
        "{name} needs {base}, which cannot be read: {place}, {why}.",
        name=name,
        base=owner.name,
        place=place,
        why=owner.why,
    )
