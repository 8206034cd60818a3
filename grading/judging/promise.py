"""A promise: one sentence that every right submission keeps, and the code that checks whether it does."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Literal, TypeAlias

import msgspec

from grading import PREFIX
from grading.judging.properties import Body, Drawing, Strategy, given_of
from grading.rubric.checks import all_checks

Kind = Literal["loss", "train", "predict", "network", "network_train", "network_predict"]

Asks: TypeAlias = Callable[[Any], Sequence[object]]


class Promise(msgspec.Struct, frozen=True):
    """One check.

    Attributes:
        id: its name in the rubric and in every report.
        kind: the kind of function that makes it.
        title: the sentence that the student reads: the test's docstring, first paragraph.
        needs: checks of the same function without which this one means nothing; if one of them failed, this one is
            skipped.
        body: takes the candidate, and an example of each strategy; returns when the promise is kept, raises a `Failure`
            when it is not.
        strategies: what the examples are drawn from, by the name of the argument; none if it is checked once.
        afterwards: called with the candidate once it has kept the promise, for remarks that belong to no example.
        beside: what is asked of a candidate beside the examples, as far as it is known; the same objects at every call.
    """

    id: str
    kind: Kind
    title: str
    needs: tuple[str, ...]
    body: Body
    strategies: tuple[tuple[str, Strategy], ...]
    afterwards: Body | None = None
    beside: Asks | None = None

    @property
    def any_scale(self) -> bool:
        """Whether scores may be larger than the usual forms of a loss can take."""
        return any(drawing.definition.any_scale for drawing in self.drawings)

    @property
    def drawings(self) -> tuple[Drawing, ...]:
        """Everything that its examples are drawn from."""
        return tuple(drawing for _, strategy in self.strategies for drawing in strategy.drawings)


def promise(
    *, kind: Kind, needs: tuple[str, ...] = (), afterwards: Body | None = None, beside: Asks | None = None
) -> Callable[[Body], Body]:
    """Declare a pytest function ``test_<id>`` to be the check ``<id>`` of the functions of a kind."""

    def declare(test: Body) -> Body:
        check = test.__name__.removeprefix("test_")
        title = " ".join((inspect.getdoc(test) or "").split("\n\n")[0].split())
        if not title:
            raise TypeError(f"check {check!r} has no docstring; it is the sentence that the student reads")
        given = given_of(test)
        strategies = tuple(given.strategies.items())
        declared = Promise(check, kind, title, needs, given.body, strategies, afterwards, beside)
        test.promise = declared  # type: ignore[attr-defined]
        return test

    return declare


@cache
def promise_of(check: str) -> Promise:
    """The promise of a check, from its module ``checks.test_<check>``."""
    test = getattr(importlib.import_module(f"{PREFIX}checks.test_{check}"), f"test_{check}")
    promise: Promise = test.promise
    return promise


def promises() -> dict[str, Promise]:
    """Every check there is, in the order in which they are run."""
    return {check: promise_of(check) for check in all_checks()}
