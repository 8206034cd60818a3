"""`from grader import check`: shows the grade's report below a cell, made in the student's own kernel."""

from __future__ import annotations

import contextlib
import linecache
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from grading.editions.callings import callings
from grading.grades.grade import Grade, IsolationFacts
from grading.intake.submission import Block, Definition, IntakeError, Kind, Source, Submission
from grading.reports.inline import inline_html, inline_text
from grading.reports.shown_repairs import told
from grading.rubric.reading import RubricError, load_rubric, require_packages
from grading.rubric.settings import Rubric
from grading.running.grade_assembly import graded
from grading.running.setup import RunSetup
from grading.sandbox.kernel import KernelSession, StudentFiles, untouched
from grading.sandbox.limits import Limits
from grading.sandbox.messages import Loaded
from grading.sandbox.worker import Worker
from grading.words import LANGUAGES, Language, later, say, speaking, translated

_WALLS = later(
    "Run here, in your own Python, without the walls that the grader has around it. Verdicts and words are those "
    "of the grade; what counts is what you hand in."
)
_PROGRESS_AFTER = 2.0


@dataclass(frozen=True)
class Report:
    """The result of `check`: shown as a page in a notebook, as text in a console.

    Attributes:
        grade: the grade of what was checked; None if nothing could be checked.
        problem: why nothing could be checked: one line on what to do.
    """

    grade: Grade | None
    problem: str = ""

    def __repr__(self) -> str:
        if self.grade is None:
            return f"check: {self.problem}"
        with speaking(self.grade.suite.language):
            return inline_text(self.grade)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        bundle = {"text/plain": repr(self)}
        if self.grade is not None:
            with speaking(self.grade.suite.language):
                bundle["text/html"] = inline_html(self.grade)
        return bundle


def report(
    things: Sequence[object],
    caller: Mapping[str, Any],
    rubric_path: str | Path | None,
    lang: Language | None = None,
) -> Report:
    """Check ``things``, found among the names of ``caller``, in the language ``lang`` or that of the rubric."""
    if lang is not None and lang not in LANGUAGES:
        return Report(None, f"lang={lang!r}: there is no such language; there are {', '.join(LANGUAGES)}")
    try:
        rubric = load_rubric(None if rubric_path is None else Path(rubric_path), lang=lang)
        require_packages(rubric)
    except RubricError as error:
        return Report(None, str(error))
    with speaking(rubric.settings.lang):
        return _report(things, caller, rubric)


def _report(things: Sequence[object], caller: Mapping[str, Any], rubric: Rubric) -> Report:
    try:
        chosen = _chosen(things, caller, rubric)
    except IntakeError as error:
        return Report(None, str(error))
    provided = _naive_functions(chosen, caller, rubric) | chosen
    try:
        with untouched(callings(rubric.settings)):
            return Report(_grade(list(chosen), provided, rubric))
    except KeyboardInterrupt:
        return Report(
            None, say("stopped while {names} was checked; nothing was changed by it", names=", ".join(chosen))
        )


def _chosen(things: Sequence[object], caller: Mapping[str, Any], rubric: Rubric) -> dict[str, Any]:
    """Return the things to check, by their requested names."""
    asked = rubric.asked_names
    if not things:
        found = {name: caller[name] for name in asked if callable(caller.get(name))}
        if not found:
            raise IntakeError(
                say(
                    "none of {names} is defined here yet; run the cell that defines it",
                    names=", ".join(asked),
                )
            )
        return found
    found = {}
    for thing in things:
        if isinstance(thing, str):
            name, value = thing, caller.get(thing)
        else:
            name = next((name for name in asked if caller.get(name) is thing), getattr(thing, "__name__", ""))
            value = thing
        if name not in asked:
            raise IntakeError(
                say(
                    "{name} is not asked for; what is: {names}",
                    name=name or repr(thing),
                    names=", ".join(asked),
                )
            )
        if not callable(value):
            raise IntakeError(say("{name} is not defined here yet; run the cell that defines it", name=name))
        found[name] = value
    return found


def _naive_functions(chosen: Mapping[str, Any], caller: Mapping[str, Any], rubric: Rubric) -> dict[str, Any]:
    """Find what else a check may need: naive functions to agree with, in the notebook or the function's own file."""
    found: dict[str, Any] = {}
    for namespace in (caller, *(getattr(value, "__globals__", {}) for value in chosen.values())):
        for name in rubric.asked_names:
            if callable(namespace.get(name)):
                found.setdefault(name, namespace[name])
    return found


def _grade(names: Sequence[str], provided: Mapping[str, Any], rubric: Rubric) -> Grade:
    from grading.running.runner import Runner

    started = time.perf_counter()
    places = {name: _Written.by(value) for name, value in provided.items()}
    definitions = _definitions(places)
    sources = {w.label: Source(w.label, w.label, (Block(w.text),)) for w in places.values() if w.text}
    files = {written.filename: written.label for written in places.values()}
    others = callings(rubric.settings)
    submission = Submission(
        "notebook", "notebook", "", Kind.NOTEBOOK, tuple(sources.values()), definitions, callings=others
    )
    setup = RunSetup(rubric)
    session = KernelSession(provided, setup.limits, files, others)
    with Worker(session, setup.limits, submission) as worker:
        opening = partial(_with_candidates, provided, setup.limits)
        runner = Runner(submission, lambda _: worker, rubric, opening=opening)
        planned = [
            (name, check)
            for name, check in runner.plan()
            if name.partition(".")[0] in names and check not in rubric.settings.functions[name].hidden
        ]
        with _progress() as tell:
            for number, (name, check) in enumerate(planned, 1):
                tell(
                    say(
                        "checking {name}: {check} ({number} of {most})",
                        name=name,
                        check=check,
                        number=number,
                        most=len(planned),
                    )
                )
                runner.result(name, check)
            tell(say("looking for the place of the mistake"))
            # Hidden checks are not run here.
            open_ = [name for name in dict(planned) if not rubric.settings.functions[name].hidden]
            repairs = told(runner.repairs_of(open_))
        results = [runner.result(name, check) for name, check in planned]
    here = IsolationFacts(level="none", detail=translated(_WALLS))
    grade = graded(submission, setup, here, results, [], [], time.perf_counter() - started, None, repairs)
    return msgspec.structs.replace(
        grade,
        isolation=IsolationFacts(level="none", detail=_WALLS),
        max_score=round(sum(result.max_points for result in results), 6),
        functions={name: grade.functions[name] for name in names},
    )


def _with_candidates(provided: Mapping[str, Any], limits: Limits, submission: Submission) -> Worker:
    """Start a worker for candidates: the code that the search has added to the student's files is run in the kernel."""
    found: dict[str, Any] = {}
    for source in submission.sources:
        added = [block for block in source.blocks if block.cell is not None]
        owner = next((thing for thing in provided.values() if _Written.by(thing).label == source.name), None)
        namespace = {**provided, **_names_beside(owner), "__name__": source.module}
        for block in added:
            with contextlib.suppress(Exception):
                exec(compile(block.code, f"<{block.cell}>", "exec"), namespace)  # noqa: S102
        found |= {name: namespace[name] for name in submission.definitions if name in namespace}
    session = KernelSession(found, limits, {}, submission.callings)
    session.loaded = Loaded(failures=dict.fromkeys(submission.definitions.keys() - found.keys(), ""))
    return Worker(session, limits, submission)


def _names_beside(thing: Any) -> Mapping[str, Any]:
    """Return the global names visible where a function, or a class's methods, were written."""
    return next((part.__globals__ for part in _parts(thing) if hasattr(part, "__globals__")), {})


@dataclass(frozen=True)
class _Written:
    """The origin of a thing: the file's name for Python, its name for the student, its text, and the lines."""

    filename: str
    label: str
    text: str
    lines: tuple[int, int]

    @classmethod
    def by(cls, thing: Any) -> _Written:
        """Find the file that defines a function or class, as far as that can be known."""
        code = next(filter(None, (getattr(part, "__code__", None) for part in _parts(thing))), None)
        if code is None:
            return cls("", say("a place unknown"), "", (1, 1))
        filename, numbers = code.co_filename, [line for _, _, line in code.co_lines() if line]
        text = "".join(linecache.getlines(filename))
        return cls(filename, _label(filename), text, (code.co_firstlineno, max(numbers)))


def _parts(thing: Any) -> Iterator[Any]:
    """Yield a function without its decorators, or the functions of a class."""
    while hasattr(thing, "__wrapped__"):
        thing = thing.__wrapped__
    yield thing
    if isinstance(thing, type):
        for value in vars(thing).values():
            yield getattr(value, "__func__", value)


def _label(filename: str) -> str:
    """Name a file as the student knows it: "In[5]" for the code of a cell."""
    with contextlib.suppress(Exception):
        kind, name = _ipython().compile.format_code_name(filename)
        if kind == "Cell":
            return str(name)
    return Path(filename).name


def _ipython() -> Any:
    """Return the IPython that this runs in, or None."""
    module = sys.modules.get("IPython")
    return None if module is None else module.get_ipython()


def _definitions(places: Mapping[str, _Written]) -> dict[str, Definition]:
    """Return the definitions that would be found in a hand-in with the same texts; each text is read once."""
    unknown = {name: Definition(name, written.label, None, written.lines) for name, written in places.items()}
    by_file: dict[str, list[str]] = {}
    for name, written in places.items():
        if written.text and written.filename in StudentFiles():
            by_file.setdefault(written.filename, []).append(name)
    return unknown | {
        found.name: found for names in by_file.values() for found in _read(names, places[names[0]])
    }


def _read(names: Sequence[str], written: _Written) -> Iterator[Definition]:
    """Yield what a text defines of ``names``; nothing if it cannot be read."""
    from grading.intake.read import read
    from grading.intake.submission import Handin

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{written.label.removesuffix('.py')}.py"
        try:
            file.write_text(written.text, encoding="utf-8")
            definitions = read(Handin("notebook", file), tuple(names)).definitions
        except (IntakeError, OSError):
            return
    for name in names:
        if (found := definitions.get(name)) is not None:
            sentence = found.sentence.replace(file.name, written.label)
            yield Definition(name, written.label, None, found.lines, found.state, sentence)


@contextlib.contextmanager
def _progress() -> Iterator[Any]:
    """Show a line that says what is being checked, once it takes long; it disappears at the end."""
    began, shell = time.monotonic(), _ipython()
    handle: Any = None
    written = False

    def tell(text: str) -> None:
        nonlocal handle, written
        if time.monotonic() - began < _PROGRESS_AFTER:
            return
        if shell is not None and hasattr(shell, "kernel"):
            from IPython.display import DisplayHandle

            if handle is None:
                handle = DisplayHandle()  # type: ignore[no-untyped-call]
                handle.display({"text/plain": text}, raw=True)
            else:
                handle.update({"text/plain": text}, raw=True)
        elif sys.stderr.isatty():
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
            written = True

    try:
        yield tell
    finally:
        if handle is not None:
            handle.update({"text/plain": ""}, raw=True)
        if written:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
