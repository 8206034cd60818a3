"""Plans which notebooks of a hand-in are run, with which files, and from which cells results are collected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path, PurePosixPath

import msgspec

from grading.intake.ipynb import DamagedNotebookError, read_cells
from grading.intake.limits import DEFAULT
from grading.intake.reader import Reader
from grading.intake.safe_names import shown
from grading.intake.submission import Handin, IntakeError, Submission
from grading.rubric.settings import Search
from grading.sandbox.notebook_worker import Cell, Notebook
from grading.words import say

_MOST_NOTEBOOKS = 4
# The writable folder holds 64 MiB.
_MOST_BYTES = 24 << 20
_COURSE = Path(__file__).resolve().parent / "course" / "cs231n"
_PACKAGES = {"comp411": "comp411"}
_PACKAGE = "cs231n"


class NotebooksAsked(msgspec.Struct, frozen=True):
    """What the rubric asks of notebooks.

    Attributes:
        names: the functions and classes to define.
        searches: the searches, by name, with their settings.
        edition: the edition of the assignment, which has its own package beside its notebooks.
    """

    names: tuple[str, ...]
    searches: Mapping[str, Search]
    edition: str


def raw_files(handin: Handin, sha256: str, reader: Reader) -> dict[str, bytes]:
    """The unchanged scripts and notebooks of a hand-in, by name; only names that stay within a folder.

    Raises:
        IntakeError: it cannot be read, or no longer has the hash ``sha256``.
        ReadingError: reading it met a defect of the grader.
    """
    files = reader.files(handin, None, sha256)
    if not files:
        raise IntakeError(
            say("{where} was changed while it was graded: grade it again", where=shown(handin.path.name))
        )
    return {name: data for name, data in files.items() if _stays_within(name)}


def notebooks(
    submission: Submission, files: Mapping[str, bytes], asked: NotebooksAsked
) -> dict[str, Notebook]:
    """The notebooks to run, by name: those taken whose code mentions a required name.

    That is a function or class, or a model to search for.
    """
    searches = list(asked.searches.values())
    spoken_of = _any_of([*asked.names, *(search.model for search in searches)])
    found: dict[str, Notebook] = {}
    for source in submission.sources:
        if not source.name.endswith(".ipynb") or source.name not in files or len(found) == _MOST_NOTEBOOKS:
            continue
        try:
            cells = read_cells(files[source.name], DEFAULT)
        except DamagedNotebookError:
            continue
        code = [(cell.number, cell.text) for cell in cells if cell.kind == "code" and cell.text.strip()]
        if any(spoken_of.search(text) for _, text in code):
            folder = str(PurePosixPath(source.name).parent)
            planned = tuple(Cell(number, text, wanted(text, searches)) for number, text in code)
            package = _PACKAGES.get(asked.edition, _PACKAGE)
            found[source.name] = Notebook(laid_out(files, folder, package), folder, planned)
    return found


def wanted(code: str, searches: Iterable[Search]) -> tuple[str, ...]:
    """The variables to collect after a cell: all those of a search whose model it mentions; the last such cell has all.

    In a notebook with two searches, variables used by both still belong to the first at that point.
    """
    names: list[str] = []
    for search in searches:
        if _any_of([search.model]).search(code):
            names += search.variables
        elif _any_of([search.history]).search(code):
            names.append(search.history)
    return tuple(dict.fromkeys(names))


def laid_out(files: Mapping[str, bytes], folder: str, package: str = _PACKAGE) -> dict[str, bytes]:
    """The scripts in the student's layout, and the helpers that the course's package lacks.

    Helpers go into the ``package`` nearest to the notebook in ``folder``.
    """
    scripts: dict[str, bytes] = {}
    total = 0
    for name, content in files.items():
        total += len(content)
        if name.endswith(".py") and total <= _MOST_BYTES:
            scripts[name] = content
    above = _nearest_package(scripts, PurePosixPath(folder), package)
    for name, content in _helpers().items():
        scripts.setdefault(str(above / package / name), content)
    classifiers = above / package / "classifiers"
    if _has_no_init(scripts, classifiers):
        modules = sorted(
            PurePosixPath(name).stem for name in scripts if PurePosixPath(name).parent == classifiers
        )
        lines = [f"from {package}.classifiers.{module} import *" for module in modules]
        scripts[str(classifiers / "__init__.py")] = "\n".join(lines).encode()
    return scripts


def _nearest_package(scripts: Iterable[str], folder: PurePosixPath, package: str) -> PurePosixPath:
    """The folder that holds the package to complete; the notebook's own if there is none."""
    holders = {
        PurePosixPath(*path.parts[: path.parts.index(package)])
        for path in map(PurePosixPath, scripts)
        if package in path.parts[:-1]
    }
    if not holders or folder in holders:
        return folder
    return max(sorted(holders), key=lambda holder: len({*holder.parents} & {folder, *folder.parents}))


def _has_no_init(scripts: Mapping[str, bytes], package: PurePosixPath) -> bool:
    return str(package / "__init__.py") not in scripts and any(
        PurePosixPath(name).parent == package for name in scripts
    )


@cache
def _helpers() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(_COURSE.glob("*.py"))}


def _any_of(names: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b")


def _stays_within(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\0" not in name
