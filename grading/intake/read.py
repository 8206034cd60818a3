"""Reads a hand-in on disk into a `Submission`; no student code is run."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import PurePosixPath

from grading.intake.chosen_definitions import ChosenDefinitions, choose_definitions
from grading.intake.class_methods import base_names, find_method, texts_of_methods
from grading.intake.compiled_blocks import compiled_for_workers
from grading.intake.copies import (
    Copy,
    belongs_to,
    choose,
    dotted_name,
    make_copies,
    package_root,
    roots_of,
)
from grading.intake.file_types import NOTEBOOK, ending
from grading.intake.files import Gathered, StudentFile, gather
from grading.intake.limits import DEFAULT, Limits
from grading.intake.loaded_statements import StatementFilter, with_origins
from grading.intake.missing import found_elsewhere, hints_for_missing
from grading.intake.modules import Module, UnreadableFileError, may_define, read_module
from grading.intake.questions import find_questions
from grading.intake.remarks import outdated, said_of_rebound
from grading.intake.safe_names import clean, listed, module_name, shown
from grading.intake.side_effects import are_independent
from grading.intake.submission import Block, Handin, IntakeError, Kind, Question, Source, State, Submission
from grading.intake.unfinished import keeps_zero_gradient, never_updates_weights, why_unfinished
from grading.intake.versions import current_versions
from grading.words import say
from grading.words.origins import kept_of

_MOST_BROKEN_SAID = 12
_MOST_WARNINGS = 200
_MOST_QUESTIONS = 60
_DEEPEST_INHERITANCE = 5


def read(handin: Handin, asked: Sequence[str], *, limits: Limits = DEFAULT) -> Submission:
    """Read the hand-in as text, and choose a definition for each of the names ``asked``.

    Args:
        handin: from `find`.
        asked: functions ("svm_loss_naive"), classes ("LinearSVM") and methods ("LinearSVM.train", which may
            be inherited).
        limits: caps on how much is read.

    Raises:
        IntakeError: if nothing in it can be graded; one line says what, where, and what to do.
    """
    gathered = gather(handin.path, limits, handin.parts)
    reader = _Reader(gathered.files, asked, limits)
    copies, left = reader.choose_copies()
    modules = reader.take(copies, left)
    if not modules:
        raise IntakeError(next(iter(reader.unreadable.values())))
    questions = _questions(reader, modules)
    modules, said_of_versions = current_versions(modules, reader.wanted)
    choice = choose_definitions(asked, modules, reader.is_imported)
    choice.definitions |= found_elsewhere(asked, choice, reader.not_among(modules), modules)
    warnings = [
        *gathered.warnings,
        *reader.unreadable.values(),
        *_said_of_copies(copies, left),
        *said_of_versions,
        *choice.warnings,
        *hints_for_missing(asked, modules, choice),
        *_said_of_text(modules, choice),
        *said_of_rebound(modules),
        *_said_of_work(modules, choice),
    ]
    if not choice.definitions:
        warnings.append(
            say("None of {names} is defined in {file}.", names=", ".join(asked), file=shown(handin.path.name))
        )
    definitions = {name: choice.definitions[name] for name in asked if name in choice.definitions}
    remarks = _not_too_many(list(dict.fromkeys(warnings)))
    keepers = [StatementFilter(with_origins(asked, (part.fragment for part in m.parts))) for m in modules]
    sources = tuple(_source(module, keeper, choice) for module, keeper in zip(modules, keepers, strict=True))
    return Submission(
        name=handin.name,
        path=clean(str(handin.path)),
        sha256=digest(gathered),
        kind=Kind.ZIP if gathered.is_zip else _kind(modules, choice),
        sources=sources,
        definitions=definitions,
        methods={name: text for owner in asked for name, text in texts_of_methods(owner, choice.taken)},
        warnings=remarks,
        questions=questions,
        unparsed=(*reader.unreadable.values(), *_unparsed(modules)),
        said=kept_of((*remarks, *(each.sentence for each in definitions.values() if each.sentence))),
        compiled=compiled_for_workers(sources, modules),
        independent=are_independent([statement for keeper in keepers for statement in keeper.loaded]),
    )


def _not_too_many(warnings: list[str]) -> tuple[str, ...]:
    more = len(warnings) - _MOST_WARNINGS
    if more > 0:
        warnings[_MOST_WARNINGS:] = [say("There are {n} more remarks like these.", n=more)]
    return tuple(warnings)


class _Reader:
    """The files of one hand-in, each read at most once and only if it may matter."""

    def __init__(self, files: Sequence[StudentFile], asked: Sequence[str], limits: Limits) -> None:
        self.files = {file.name: file for file in files}
        self.asked = asked
        self.limits = limits
        self.code_left = limits.code
        self.modules: dict[str, Module] = {}
        self.unreadable: dict[str, str] = {}
        self.wanted = {name.partition(".")[0] for name in asked}

    def module(self, name: str) -> Module | None:
        """The file ``name`` as a module, or None if it cannot be read, which is recorded."""
        if name not in self.modules and name not in self.unreadable:
            root, _ = package_root(name, self.files)
            try:
                self.modules[name] = read_module(
                    self.files[name], dotted_name(name, root), self.limits, self.code_left
                )
                self.code_left -= self.modules[name].size
            except UnreadableFileError as error:
                self.unreadable[name] = say("{name} {is_something}.", name=name, is_something=error)
        return self.modules.get(name)

    def choose_copies(self) -> tuple[list[Copy], list[Copy]]:
        """Return the copies of the work that are taken, and those that are not."""
        searched: set[str] = set()
        # The base classes of required ones are required as well, wherever they are.
        for _ in range(_DEEPEST_INHERITANCE):
            new = self.wanted - searched
            searched |= new
            for name, file in self.files.items():
                if may_define(file, new):
                    self.module(name)
            self.wanted |= {
                base
                for module in self.modules.values()
                for candidate in module.candidates(self.wanted)
                if isinstance(candidate.statement, ast.ClassDef)
                for base in base_names(candidate.statement)
            } - {"object", "ABC"}
        found = {name: module.candidates(self.wanted) for name, module in self.modules.items()}
        defining = sorted(name for name, candidates in found.items() if candidates)
        return choose(
            make_copies(
                roots_of(defining, self.files),
                lambda name: frozenset(candidate.name for candidate in found[name]),
                lambda name: frozenset(
                    candidate.name for candidate in found[name] if candidate.state is State.WRITTEN
                ),
                self._imported_by_notebooks,
            ),
            {name.partition(".")[0] for name in self.asked},
        )

    def take(self, copies: Sequence[Copy], left: Sequence[Copy]) -> list[Module]:
        """The modules of the copies, those that go with them and those that they import, sorted by name."""
        rejected = {file for copy in left for file in copy.files}
        root_of = {file: copy.root for copy in copies for file in copy.files}
        for name in self.files:
            if name not in root_of and name not in rejected:
                if not copies:
                    root_of[name] = package_root(name, self.files)[0]
                elif belongs_to(name, copies, left, self.files):
                    root_of[name] = self._root_for(name, copies)
        taken = {name: module for name in sorted(root_of) if (module := self.module(name))}
        missing = self._imported_elsewhere(taken.values(), rejected)
        for name in missing:
            root_of[name] = package_root(name, self.files)[0]
        taken |= {name: module for name in missing if (module := self.module(name))}
        dotted: set[str] = set()
        modules = []
        # Scripts get their names first: with a notebook beside softmax.py, others mean the script by "softmax".
        for name in sorted(taken, key=lambda name: (taken[name].is_notebook, name)):
            own = dotted_name(name, root_of[name])
            while own in dotted:
                own += "_" + PurePosixPath(name).suffix.removeprefix(".")
            dotted.add(own)
            taken[name].dotted = own
            modules.append(taken[name])
        return sorted(modules, key=lambda module: module.name)

    def not_among(self, modules: Sequence[Module]) -> list[Module]:
        """The files that were read but are not among ``modules``, by name."""
        taken = {module.name for module in modules}
        return [module for name, module in sorted(self.modules.items()) if name not in taken]

    def _imported_by_notebooks(self, files: Collection[str]) -> int:
        """How many notebooks import one of these scripts, from their own folder or from one above."""
        return sum(any(file in files for file in imports) for imports in self._imports_of_notebooks)

    def is_imported(self, name: str) -> bool:
        """Whether a notebook imports the script ``name``, from its own folder or from one above."""
        return any(name in imports for imports in self._imports_of_notebooks)

    @cached_property
    def _imports_of_notebooks(self) -> list[frozenset[str]]:
        """The scripts that each notebook imports."""
        notebooks = [m for name in self.files if ending(name) == NOTEBOOK and (m := self.module(name))]
        return [frozenset(self._imports_of(notebook)) for notebook in notebooks]

    def _imports_of(self, notebook: Module) -> Iterator[str]:
        for node in notebook.imported:
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            within = [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                path = name.replace(".", "/")
                for folder in (
                    PurePosixPath(notebook.name).parent,
                    *PurePosixPath(notebook.name).parent.parents,
                ):
                    found = [
                        file
                        for stem in (path, f"{path}/__init__", *(f"{path}/{each}" for each in within))
                        if (file := str(folder / f"{stem}.py")) in self.files
                    ]
                    if found:
                        yield from found
                        break

    def _root_for(self, name: str, copies: Sequence[Copy]) -> PurePosixPath:
        folder = PurePosixPath(name).parent
        roots = [copy.root for copy in copies if folder.is_relative_to(copy.root)]
        return max(roots, key=lambda root: len(root.parts), default=folder)

    def _imported_elsewhere(self, modules: Iterable[Module], rejected: set[str]) -> list[str]:
        """Files outside the copies taken that these import by name, if nothing inside could be meant."""
        modules = list(modules)
        present = {module.name for module in modules}
        others = self.files.keys() - present - rejected
        if not others:
            return []
        inside = {module.dotted.rpartition(".")[2] for module in modules}
        wanted = set()
        for module in modules:
            for node in module.imported:
                if isinstance(node, ast.ImportFrom) and node.module:
                    wanted.add(node.module.rpartition(".")[2])
                elif isinstance(node, ast.Import):
                    wanted |= {alias.name.rpartition(".")[2] for alias in node.names}
        found: dict[str, str] = {}
        order = sorted(others, key=lambda name: (ending(name) == NOTEBOOK, name.count("/"), name))
        for name in order:
            stem = module_name(PurePosixPath(name).stem)
            if stem in wanted - inside:
                found.setdefault(stem, name)
        return sorted(found.values())


def _source(module: Module, keeper: StatementFilter, choice: ChosenDefinitions) -> Source:
    loaded = [(keeper.code(part.fragment, choice.leave_out, part.label), part.label) for part in module.parts]
    blocks = tuple(Block(code, label) for code, label in loaded if code)
    return Source(module.name, module.dotted, blocks, keeper.left_out)


def _said_of_copies(taken: Sequence[Copy], left: Sequence[Copy]) -> list[str]:
    if not left:
        return []
    what = listed(
        [say("{copy} ({n} definitions written)", copy=copy.shown, n=len(copy.written)) for copy in taken]
    )
    rest = listed([f"{copy.shown} ({len(copy.written)})" for copy in left])
    return [
        say("The work is there more than once: {what} was taken; not taken: {rest}.", what=what, rest=rest)
    ]


def _said_of_text(modules: Sequence[Module], choice: ChosenDefinitions) -> list[str]:
    """Sentences on what is wrong with files as text: parts that do not parse, mixed tabs."""
    said, tabs = [], []
    for module in modules:
        for part in module.parts:
            where = part.place_in(module.name)
            if part.fragment.tabs_expanded:
                tabs.append(where)
            # Definitions that were taken all the same have this sentence already.
            said += [
                say("{where}, {problem}; the rest of it was read.", where=where, problem=broken.sentence)
                for broken in part.fragment.broken
                if not any(candidate.broken is broken for candidate in choice.taken.values())
            ]
    if len(said) > _MOST_BROKEN_SAID:
        more = len(said) - _MOST_BROKEN_SAID
        said[_MOST_BROKEN_SAID:] = [say("{n} more places do not parse.", n=more)]
    if tabs:
        said.append(
            say(
                "Tabs are mixed with spaces in {places}: they were read as "
                "Python 2 did, up to the next multiple of 8 columns. Indent with spaces only.",
                places=listed(tabs),
            )
        )
    return said


def _unparsed(modules: Sequence[Module]) -> Iterator[str]:
    """Each place that does not parse, and why."""
    for module in modules:
        for part in module.parts:
            where = part.place_in(module.name)
            for broken in part.fragment.broken:
                yield say("{where}, {problem}.", where=where, problem=broken.sentence)


def _said_of_work(modules: Sequence[Module], choice: ChosenDefinitions) -> list[str]:
    """Sentences on faults that show in the functions taken before they run."""
    said = []
    defining = {definition.source for definition in choice.definitions.values()}
    by_name = {module.name: module for module in modules}
    for name, candidate in choice.taken.items():
        statement = candidate.statement
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            gradient = keeps_zero_gradient(statement)
            if gradient and candidate.state is State.WRITTEN:
                said.append(
                    say(
                        "{name} computes a loss, but its gradient {gradient} stays zero ({where}).",
                        name=name,
                        gradient=gradient,
                        where=candidate.place,
                    )
                )
        elif isinstance(statement, ast.ClassDef):
            train = find_method(name, "train", choice.taken)
            if train is None or train.function is None or why_unfinished(train.function):
                continue
            defining.add(train.owner.file)
            if never_updates_weights(train.function):
                said.append(
                    say(
                        "{name}.train never changes self.W ({where}).",
                        name=train.owner.name,
                        where=train.place,
                    )
                )
    for file in sorted(defining & by_name.keys()):
        said += _said_of_outdated(by_name[file])
    return said


def _said_of_outdated(module: Module) -> list[str]:
    numpy_names = frozenset(
        alias.asname or alias.name
        for node in module.imported
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "numpy"
    ) or frozenset(("np",))
    said = []
    for part in module.parts:
        for statement in part.fragment.statements:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                where = part.place_in(module.name)
                said += [
                    say("{name} in {where} {sentence}.", name=statement.name, where=where, sentence=sentence)
                    for sentence in outdated(statement, module.bound_names, numpy_names)
                ]
    return said


def _questions(reader: _Reader, modules: Sequence[Module]) -> tuple[Question, ...]:
    """The inline questions of the notebooks that concern the required names; of all notebooks, if none does."""
    notebooks = [module for module in modules if module.is_notebook]
    related = [module for module in notebooks if may_define(reader.files[module.name], reader.asked)]
    found = [question for module in related or notebooks for question in find_questions(module.cells)]
    answered = {question.question for question in found if question.answer}
    kept = [question for question in found if question.answer or question.question not in answered]
    return tuple(dict.fromkeys(kept))[:_MOST_QUESTIONS]


def _kind(modules: Sequence[Module], choice: ChosenDefinitions) -> Kind:
    used = {definition.source for definition in choice.definitions.values()}
    scripts = [module for module in modules if not module.is_notebook and (module.name in used or not used)]
    if not scripts:
        return Kind.NOTEBOOK
    return Kind.PACKAGE if any("." in module.dotted for module in scripts) else Kind.FILES


def digest(gathered: Gathered) -> str:
    """The SHA-256 of all that a grade may depend on: names and bytes of files, and the remarks on omitted ones."""
    result = hashlib.sha256()
    texts = [(warning, b"") for warning in gathered.warnings]
    for text, data in (*texts, *((file.name, file.data) for file in gathered.files)):
        name = text.encode()
        # Lengths first, so that no two sets of files concatenate to the same bytes.
        result.update(len(name).to_bytes(8, "big") + name + len(data).to_bytes(8, "big"))
        result.update(data)
    return result.hexdigest()
