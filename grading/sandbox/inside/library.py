"""Loads the student's files: finds them by whatever name they are imported, and runs them statement by statement."""

from __future__ import annotations

import ast
import builtins
import linecache
import sys
import types
from collections.abc import Callable, Container, Iterator
from traceback import walk_tb
from typing import Any, cast

from grading.protocol.wire import WireBlock, WireDefinition, WirePlace, WireSource
from grading.sandbox.inside.absent_modules import Standin
from grading.sandbox.inside.guarded_imports import prepared
from grading.sandbox.inside.quick_compiling import filename_of, statements_of

_MAX_REMARKS = 30
_MAX_SENTENCE = 400


def where(error: BaseException, filenames: Container[str]) -> str | None:
    """The last line of student code that ``error`` passed through: "softmax.py, line 12"."""
    if isinstance(error, SyntaxError) and (error.filename or "") in filenames:
        return f"{_short(str(error.filename))}, line {error.lineno}"
    place = None
    for filename, line in lines_of(error):
        if filename in filenames:
            place = f"{_short(filename)}, line {line}"
    return place


def lines_of(error: BaseException) -> Iterator[tuple[str, int]]:
    """The file and the line of each call that ``error`` passed through, outermost first."""
    for frame, line in walk_tb(error.__traceback__):
        yield frame.f_code.co_filename, line


def describe(error: BaseException) -> str:
    """Return the type and message of an error, whatever its ``__str__`` does."""
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
    except BaseException:
        text = "(its text cannot be shown)"
    return f"{type(error).__name__}: {text}"[:_MAX_SENTENCE]


def _short(filename: str) -> str:
    return filename.rpartition("/")[2]


class StudentModule(types.ModuleType):
    """A student file as a module."""


class Library:
    """All files of a submission, each loaded when it is first needed.

    Args:
        sources: the files.
        definitions: the requested names, and which file's definition is meant.
        skip: statements to skip because they did not end last time.
        reached: called with every top-level statement just before it runs.
    """

    def __init__(
        self,
        sources: list[WireSource],
        definitions: list[WireDefinition],
        skip: list[WirePlace],
        reached: Callable[[WirePlace], None],
    ) -> None:
        self.sources = sources
        self.filenames = {
            filename_of(source.name, block.cell) for source in sources for block in source.blocks
        }
        self.remarks: list[str] = []
        self.failures: dict[str, str] = {}
        self.provided: dict[str, Any] = {}
        self.builtins: dict[str, Any] = dict(vars(builtins))
        self.builtins.update(
            get_ipython=Standin("get_ipython"), display=Standin("display"), input=_nobody_answers
        )
        self._definitions = {definition.name: definition for definition in definitions}
        self._defined_in: dict[tuple[str, str | None], list[WireDefinition]] = {}
        for definition in definitions:
            self._defined_in.setdefault((definition.source, definition.cell), []).append(definition)
        self._skip = skip
        self._reached = reached
        self._prepared: dict[str, list[range]] = {}
        self._modules: dict[int, StudentModule] = {}
        self._running: set[int] = set()
        self._bound: dict[int, frozenset[str]] = {}

    def remark(self, sentence: str) -> None:
        """Keep ``sentence`` for the report, once."""
        if sentence not in self.remarks and len(self.remarks) < _MAX_REMARKS:
            self.remarks.append(sentence)

    def provide_all(self) -> None:
        """Load what the requested names need; afterwards each is in ``provided`` or in ``failures``."""
        for name in self._definitions:
            self.provide(name)

    def provide(self, name: str) -> Any:
        """Return the object with a requested name, or None (and a sentence in ``failures``)."""
        definition = self._definitions[name]
        number = next((k for k, source in enumerate(self.sources) if source.name == definition.source), None)
        if number is None:
            self.failures[name] = f"{definition.source} is not among the files that could be read."
            return None
        self.module(number)
        if name not in self.provided and name not in self.failures and number not in self._running:
            self.failures[name] = (
                f"{_short(definition.source)}: {name} is not there once the file has been run."
            )
        return self.provided.get(name)

    def is_asked(self, name: str) -> bool:
        """Whether the rubric asks for ``name`` and the submission defines it."""
        return name in self._definitions

    def expects_failure(self, filename: str, line: int) -> bool:
        """Whether the import on this line is in a `try` that says what to do without the module."""
        return any(line in lines for lines in self._prepared.get(filename, ()))

    # Finding files

    def find(self, dotted: str, importer: str) -> int | None:
        """Return the number of the file that ``dotted`` means to the module ``importer``, whatever the folders.

        The whole name has priority, then a name that ends in ``dotted``, then one that ``dotted`` ends in; among
        several copies, the one nearest to the importer.
        """
        best: tuple[int, int, int] | None = None
        for number, source in enumerate(self.sources):
            if source.module == dotted:
                rank = 3
            elif source.module.endswith("." + dotted):
                rank = 2
            elif dotted.endswith("." + source.module):
                rank = 1
            else:
                continue
            score = (rank, _shared(source.module, importer), -number)
            best = score if best is None else max(best, score)
        return None if best is None else -best[2]

    def is_folder(self, dotted: str) -> bool:
        """Whether some file is in a folder that ``dotted`` can mean."""
        return any(
            f".{source.module.rpartition('.')[0]}.".find(f".{dotted}.") >= 0 for source in self.sources
        )

    def within(self, dotted: str) -> Iterator[int]:
        """The files directly in a folder that ``dotted`` can mean."""
        for number, source in enumerate(self.sources):
            if f".{source.module.rpartition('.')[0]}".endswith(f".{dotted}"):
                yield number

    def binds(self, number: int) -> frozenset[str]:
        """The names that a file defines or assigns at its top level, found without running it."""
        if number not in self._bound:
            names: set[str] = set()
            for block in self.sources[number].blocks:
                for statement in _parsed(block)[0]:
                    names |= _names(statement)
            self._bound[number] = frozenset(names)
        return self._bound[number]

    # Running files

    def module(self, number: int) -> StudentModule:
        """Return the module of a file, running it if it has not been run; while it runs, return it as it is."""
        if number in self._modules:
            return self._modules[number]
        source = self.sources[number]
        module = self._modules[number] = StudentModule(source.module)
        module.__dict__.update(
            __builtins__=self.builtins,
            __file__=source.name,
            __package__=source.module.rpartition(".")[0],
        )
        # dataclasses and typing look modules up here; the names of real modules remain theirs.
        sys.modules.setdefault(source.module, module)
        self._running.add(number)
        for k, block in enumerate(source.blocks):
            self._run_block(number, k, block, module.__dict__)
        self._running.discard(number)
        return module

    def _run_block(self, number: int, k: int, block: WireBlock, namespace: dict[str, Any]) -> None:
        source = self.sources[number]
        filename = filename_of(source.name, block.cell)
        here = self._defined_in.get((source.name, block.cell), [])
        if block.whole:
            place = WirePlace(number, k, block.first_line)
            self._provide_from(here, self._run(block.code, place, filename, namespace), namespace)
            return
        padded = "\n" * (block.first_line - 1) + block.code
        linecache.cache[filename] = (len(padded), None, padded.splitlines(keepends=True), filename)
        compiled = statements_of(block, filename)
        if compiled is None or not all(any(s.has(definition) for s in compiled) for definition in here):
            self._run_parsed(number, k, block, namespace)
            return
        for statement in compiled:
            place = WirePlace(number, k, statement.lines[0])
            mine = [definition for definition in here if statement.has(definition)]
            self._provide_from(mine, self._run(statement.code, place, filename, namespace), namespace)
            if statement.imports_names:
                self._undo_shadowing(source, namespace)

    def _run_parsed(self, number: int, k: int, block: WireBlock, namespace: dict[str, Any]) -> None:
        """Run a block whose statements cannot be told by its lines alone."""
        source = self.sources[number]
        filename = filename_of(source.name, block.cell)
        here = self._defined_in.get((source.name, block.cell), [])
        statements, problem = _parsed(block)
        if problem is not None:
            line = (problem.lineno or 1) + block.first_line - 1
            sentence = f"{_short(filename)}, line {line}: this does not parse and was skipped: {problem.msg}."
            self.remark(sentence)
            self.failures.update({d.name: sentence for d in here})
            return
        if "except" in block.code:
            self._prepared[filename] = [lines for statement in statements for lines in prepared(statement)]
        future = any(
            isinstance(s, ast.ImportFrom)
            and s.module == "__future__"
            and any(a.name == "annotations" for a in s.names)
            for s in statements
        )
        for statement in statements:
            if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
                continue
            place = WirePlace(number, k, statement.lineno)
            mine = [
                d
                for d in here
                # A definition may be inside the statement: under an `if`, or in a `try`.
                if d.first_line <= (statement.end_lineno or statement.lineno)
                and statement.lineno <= d.last_line
                and d.name in _names(statement)
            ]
            flags = 0x1000000 if future else 0  # CO_FUTURE_ANNOTATIONS
            problem_text = self._run(ast.Module([statement], []), place, filename, namespace, flags)
            self._provide_from(mine, problem_text, namespace)
            if isinstance(statement, ast.ImportFrom):
                self._undo_shadowing(source, namespace)

    def _run(
        self,
        code: str | ast.Module | types.CodeType,
        place: WirePlace,
        filename: str,
        namespace: dict[str, Any],
        flags: int = 0,
    ) -> str | None:
        """Run one statement, or a block as a whole; return a sentence about it if it failed."""
        if place in self._skip:
            sentence = (
                f"{_short(filename)}, line {place.line}: this statement did not end, or ended the program, "
                "and was skipped."
            )
            self.remark(sentence)
            return sentence
        self._reached(place)
        try:
            if not isinstance(code, types.CodeType):
                code = cast("types.CodeType", compile(code, filename, "exec", flags, dont_inherit=True))
            exec(code, namespace)  # noqa: S102 - running student code is what this process is for
        except BaseException as error:
            place_text = where(error, self.filenames) or f"{_short(filename)}, line {place.line}"
            sentence = f"{place_text}: skipped while loading: {describe(error)}"
            self.remark(sentence)
            return sentence
        return None

    def _provide_from(
        self, definitions: list[WireDefinition], problem: str | None, namespace: dict[str, Any]
    ) -> None:
        """Record the result of ``definitions``, which have just been run."""
        for definition in definitions:
            if problem is not None:
                self.failures[definition.name] = problem
            elif definition.name in namespace:
                self.provided[definition.name] = namespace[definition.name]
                self.failures.pop(definition.name, None)

    def _undo_shadowing(self, source: WireSource, namespace: dict[str, Any]) -> None:
        """Make a chosen definition keep its name in its file, whatever is imported over it."""
        for name, definition in self._definitions.items():
            if definition.source == source.name and name in self.provided and name in namespace:
                namespace[name] = self.provided[name]


def _nobody_answers(prompt: object = "", /) -> str:
    raise EOFError("it asks for input()")


def _shared(module: str, importer: str) -> int:
    count = 0
    for mine, theirs in zip(module.split("."), importer.split("."), strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _parsed(block: WireBlock) -> tuple[list[ast.stmt], SyntaxError | None]:
    try:
        tree = ast.parse(block.code)
    except SyntaxError as error:
        return [], error
    except (ValueError, RecursionError, MemoryError) as error:
        return [], SyntaxError(str(error) or "it is nested too deeply")
    if block.first_line > 1:
        ast.increment_lineno(tree, block.first_line - 1)
    return tree.body, None


def _names(statement: ast.stmt) -> set[str]:
    """The names that a top-level statement binds by definition or assignment, not by import."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return set()
    names = {
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return names | {
        node.name for node in ast.walk(statement) if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    }
