"""Reads a rubric file, and says in one line what is wrong with it."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from grading import PROGRAM, UserError
from grading.rubric.editions import USUAL, completed, path_of, shipped
from grading.rubric.places import line_of
from grading.rubric.settings import Rubric, Settings
from grading.rubric.validating import complaints, nearest, no_such
from grading.words import Language
from reference.losses import LossError, own


class RubricError(UserError):
    """A rubric that cannot be used; the message is one line: what, where, what to do.

    Attributes:
        problems: everything that is wrong, one line each; the message is the first of them.
    """

    def __init__(self, problems: list[str]) -> None:
        more = len(problems) - 1
        rest = f" (and {more} more; `{PROGRAM} rubric --check FILE` lists them)" if more else ""
        super().__init__(problems[0] + rest)
        self.problems = problems


def default_rubric_path() -> Path:
    """The rubric that is shipped with the checks."""
    return path_of(USUAL)


def load_rubric(
    path: Path | None = None,
    *,
    edition: str | None = None,
    lang: Language | None = None,
    data_folder: Path | None = None,
) -> Rubric:
    """Read a rubric file, the shipped one by default.

    Args:
        path: the file.
        edition: the edition whose rubric supplies what the file leaves out, instead of the one that the file names;
            without a file, the whole rubric is that edition's.
        lang: the language of the run, instead of the one that the file names.
        data_folder: the folder of CIFAR-10, to train on it; its content is not looked at yet.

    Raises:
        RubricError: the file cannot be read, is not TOML, or contains an unknown key or a value that is not allowed.
    """
    if edition is not None and edition not in shipped():
        raise RubricError([no_such("edition", edition, shipped())])
    path = path or path_of(edition or USUAL)
    text, content = _read(path)
    digest = hashlib.sha256(text.encode())
    named = edition or content.get("edition")
    if named is not None and named not in shipped():
        raise _unknown_edition(named, path, text)
    if named is not None and path != path_of(USUAL):
        content = completed(content, named)
        digest.update(json.dumps(content, sort_keys=True, default=str).encode())
    beside = _losses_beside(content, path.parent)
    found = complaints(content, (*own(), *beside), None if data_folder is None else "cifar10")
    problems = [(line_of(text, each.path) or 0, f"{each.where}: {each.sentence}") for each in found]
    if problems:
        problems.sort(key=lambda problem: problem[0])
        raise RubricError(
            [f"rubric {path}{f', line {line}' if line else ''}: {words}" for line, words in problems]
        )
    settings = msgspec.convert(content, Settings)
    if lang is not None:
        settings = msgspec.structs.replace(settings, lang=lang)
    for name, loss in sorted(beside.items()):
        digest.update(f"{name} {len(loss)} {loss}".encode())
    try:
        return Rubric(
            settings=settings,
            sha256=digest.hexdigest(),
            losses=beside,
            data_folder=None if data_folder is None else str(data_folder.absolute()),
        )
    except LossError as error:
        raise RubricError([f"rubric {path}: {error}"]) from None


def _unknown_edition(named: object, path: Path, text: str) -> RubricError:
    meant = nearest(named, shipped()) if isinstance(named, str) else ""
    there_are = f"there are {', '.join(shipped())}{meant}"
    line = line_of(text, ("edition",))
    return RubricError([f"rubric {path}, line {line}: edition: there is no {named!r}; {there_are}"])


def _read(path: Path) -> tuple[str, dict[str, Any]]:
    """Return a rubric's text and its content."""
    try:
        text = path.read_bytes().decode()
        return text, tomllib.loads(text)
    except OSError as error:
        raise RubricError(
            [f"rubric {path}: cannot be read ({error.strerror}); name a file with --rubric"]
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RubricError([f"rubric {path}: not valid TOML: {error}"]) from None


def require_packages(rubric: Rubric) -> None:
    """Make sure that the library behind the students' arrays is installed.

    Raises:
        RubricError: it is not.
    """
    if rubric.settings.calling.arrays == "torch" and importlib.util.find_spec("torch") is None:
        raise RubricError(
            [
                f"the edition {rubric.settings.edition} needs PyTorch, which is not installed here: "
                "pip install 'subgrader[torch]', or torch alone; its CPU build is enough"
            ]
        )


def _losses_beside(content: dict[str, Any], folder: Path) -> dict[str, str]:
    """Return the texts of the losses that a rubric names and that are not the grader's own."""
    functions = content.get("functions")
    entries = functions.values() if isinstance(functions, dict) else ()
    names = {entry.get("reference") for entry in entries if isinstance(entry, dict)}
    found = {}
    for name in sorted(name for name in names if isinstance(name, str) and name.isidentifier()):
        file = folder / f"{name}.py"
        if name not in own() and file.is_file():
            try:
                found[name] = file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise RubricError([f"the loss {file} cannot be read: {error}"]) from None
    return found
