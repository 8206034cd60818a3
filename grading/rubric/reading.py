"""Reading a rubric file, and saying in one line what is wrong with it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import msgspec

from grading.rubric.settings import CHECKS_OF_KIND, Rubric, Settings


class RubricError(Exception):
    """A rubric that cannot be used; the message is one line: what, where, what to do."""


def default_rubric_path() -> Path:
    """The rubric that is shipped with the checks."""
    return Path(__file__).resolve().parent.parent.parent / "checks" / "rubric.toml"


def load_rubric(path: Path | None = None, *, data_folder: Path | None = None) -> Rubric:
    """Read a rubric file, the shipped one by default.

    Args:
        path: the file.
        data_folder: where CIFAR-10 is, if it shall be trained on; what is there is not looked at yet.

    Raises:
        RubricError: the file cannot be read, is not TOML, or holds an unknown key or a value out of range.
    """
    path = path or default_rubric_path()
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise RubricError(
            f"rubric {path}: cannot be read ({error.strerror}); name a file with --rubric"
        ) from None
    try:
        settings = msgspec.toml.decode(raw, type=Settings)
    except msgspec.ValidationError as error:
        raise RubricError(f"rubric {path}: {_located(str(error), raw.decode())}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RubricError(f"rubric {path}: not valid TOML: {error}") from None
    rubric = Rubric(settings=settings, sha256=hashlib.sha256(raw).hexdigest(), data_folder=data_folder)
    _check_points(rubric, path)
    return rubric


def _located(complaint: str, text: str) -> str:
    """Add the line of the offending key, where the complaint names one."""
    key = re.search(r"unknown field `([^`]+)`", complaint) or re.search(r"\.([A-Za-z_]\w*)`$", complaint)
    if key is None:
        return complaint
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(rf"\s*\[?[^#]*\b{re.escape(key[1])}\b", line.split("#")[0]):
            return f"line {number}: {complaint}"
    return complaint


def _check_points(rubric: Rubric, path: Path) -> None:
    settings = rubric.settings
    for name, function in settings.functions.items():
        known = CHECKS_OF_KIND[function.kind]
        unknown = [check for check in function.points if check not in known]
        if unknown:
            raise RubricError(
                f"rubric {path}: functions.{name}.points: no check is called {unknown[0]!r}; "
                f"for a {function.kind} function there are {', '.join(known)}"
            )
        if (function.kind == "loss") == ("." in name):
            raise RubricError(
                f"rubric {path}: functions.{name}: a loss is a plain name, train and predict are "
                f'methods of a class, written "LinearSVM.train"'
            )
        if function.naive is not None and function.naive not in settings.functions:
            raise RubricError(
                f"rubric {path}: functions.{name}.naive: {function.naive!r} is not among the functions"
            )
        unasked = [check for check in function.hidden if check not in function.points]
        if unasked:
            raise RubricError(
                f"rubric {path}: functions.{name}.hidden: {unasked[0]!r} has no points here; "
                f"there are {', '.join(function.points)}"
            )
        if "agreement" in function.points and function.naive is None:
            raise RubricError(
                f"rubric {path}: functions.{name}: agreement needs naive = the function to agree with"
            )
        if "accuracy" in function.points and function.reference not in rubric.accuracy:
            raise RubricError(
                f"rubric {path}: functions.{name}: accuracy needs a table "
                f"[accuracy.{rubric.data_name}.{function.reference}]"
            )
