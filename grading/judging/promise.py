"""A promise: one sentence that every right submission keeps, and the code that asks whether it does."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from grading.rubric import CHECKS_OF_KIND

Kind = Literal["loss", "train", "predict"]
Judge = Callable[[Any], None]


@dataclass(frozen=True)
class Promise:
    """One check.

    Attributes:
        id: its name in the rubric and in every report.
        kind: what it can be asked of.
        title: the sentence that the student reads: the judge's docstring, first paragraph.
        needs: checks of the same function without which this one means nothing; when one of them failed, this one is
            skipped.
        judge: takes the candidate; returns when the promise is kept, raises a `Failure` when it is not.
    """

    id: str
    kind: Kind
    title: str
    needs: tuple[str, ...]
    judge: Judge


_declared: dict[str, Promise] = {}


def promise(id: str, kind: Kind, needs: tuple[str, ...] = ()) -> Callable[[Judge], Judge]:  # noqa: A002
    """Declare a pytest function to be the check ``id`` of the functions of a kind."""

    def declare(judge: Judge) -> Judge:
        title = " ".join((inspect.getdoc(judge) or "").split("\n\n")[0].split())
        if not title:
            raise TypeError(f"check {id!r} has no docstring; it is the sentence that the student reads")
        _declared[id] = Promise(id=id, kind=kind, title=title, needs=needs, judge=judge)
        return judge

    return declare


@cache
def promise_of(check: str) -> Promise:
    """The promise of a check, from its module ``checks.test_<check>``."""
    importlib.import_module(f"checks.test_{check}")
    return _declared[check]


def promises() -> dict[str, Promise]:
    """Every check there is, in the order in which they are run."""
    return {check: promise_of(check) for checks in CHECKS_OF_KIND.values() for check in checks}
