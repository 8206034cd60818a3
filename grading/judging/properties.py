"""Hypothesis's `given`, `composite` and `st`, for checks that are graded without Hypothesis.

Grades depend on cases that were drawn once (`grading.judging.exam`), so a grader that draws nothing need not import
Hypothesis. If Hypothesis was imported before the checks, as under pytest, `given` and the strategies are Hypothesis's
own; otherwise both only record what they were given.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from grading import PREFIX

if TYPE_CHECKING:
    from hypothesis import strategies as st
    from hypothesis.strategies import SearchStrategy

__all__ = ["Body", "Drawing", "Strategy", "composite", "given", "given_of", "margin", "st"]

T = TypeVar("T")
Body = Callable[..., None]


class _OnDemand:
    """A module that is imported at the first access to one of its attributes."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(importlib.import_module(self._name), attribute)


if not TYPE_CHECKING:
    st = _OnDemand("hypothesis.strategies")


class Draw(Protocol):
    """The function that a composite strategy draws with, as in Hypothesis."""

    def __call__(self, strategy: SearchStrategy[T], /) -> T:
        """One value of ``strategy``."""
        ...


class Composite(msgspec.Struct, frozen=True, dict=True):
    """A function that draws an example, with what an exam needs to know about it.

    Attributes:
        function: ``function(draw, **arguments)``.
        examples: how many an exam draws.
        tiny: returns all examples of the smallest sizes and entries, which come first in every exam and need no
            shrinking.
        fixed: returns others that every exam has; these two may take the strategy's own arguments and ``seed``.
        varied: ``varied(numbers, example)``: another example of the same kind, from the hash of a hand-in; may take the
            strategy's own arguments.
        own: how many of those each hand-in gets.
        any_scale: whether scores are meant to be large; others are made smaller for losses with a `largest_score`.
    """

    function: Callable[..., Any]
    examples: int
    tiny: Callable[..., Iterable[Any]] | None
    fixed: Callable[..., Iterable[Any]] | None
    varied: Callable[..., Any] | None
    own: int
    any_scale: bool = False

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names of the function's arguments."""
        return _parameters_of(self.function)[1:]

    @property
    def source(self) -> str:
        """A hash of the module that defines it: its draws may depend on anything in there."""
        return _hash_of(self.function.__code__.co_filename)


@cache
def _hash_of(file: str) -> str:
    # Installed, a module differs only by this in its imports.
    text = Path(file).read_text(encoding="utf-8").replace(PREFIX, "")
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Drawing(msgspec.Struct, frozen=True):
    """A call of a composite strategy, which says what to draw."""

    definition: Composite
    arguments: tuple[tuple[str, object], ...]

    def __str__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.arguments)
        return f"{self.definition.function.__name__}({arguments})"

    def with_margin(self, delta: float) -> Drawing:
        """The same with this margin, if it takes one and none has been given."""
        given_already = dict(self.arguments)
        if "delta" not in self.definition.parameters or "delta" in given_already:
            return self
        return Drawing(self.definition, (*self.arguments, ("delta", delta)))

    def strategy(self) -> SearchStrategy[Any]:
        """Hypothesis's strategy for it."""
        return st.composite(self.definition.function)(**dict(self.arguments))

    def tiny(self, seed: int) -> list[Any]:
        """All examples of the smallest sizes and entries."""
        return self._listed(self.definition.tiny, seed)

    def fixed(self, seed: int) -> list[Any]:
        """Further examples that every exam has."""
        return self._listed(self.definition.fixed, seed)

    def varied(self, numbers: Random, example: Any) -> Any:
        """Another example of the same kind."""
        function = self.definition.varied
        assert function is not None
        return function(numbers, example, **self._of(function))

    def _listed(self, function: Callable[..., Iterable[Any]] | None, seed: int) -> list[Any]:
        return [] if function is None else list(function(**self._of(function, seed=seed)))

    def _of(self, function: Callable[..., Any], **others: object) -> dict[str, object]:
        """The arguments that a function takes."""
        known = {**dict(self.arguments), **others}
        return {name: known[name] for name in _parameters_of(function) if name in known}


@cache
def _parameters_of(function: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)


@dataclass(frozen=True)
class Strategy:
    """Draws from any of ``drawings``."""

    drawings: tuple[Drawing, ...]

    def __or__(self, other: Any) -> Any:
        return (
            strategy_of((*self.drawings, *other.drawings)) if isinstance(other, Strategy) else NotImplemented
        )

    def real(self) -> SearchStrategy[Any]:
        """Hypothesis's strategy for it."""
        return _united(self.drawings, margin.delta)


@cache
def _united(drawings: tuple[Drawing, ...], delta: float) -> SearchStrategy[Any]:
    return st.one_of([drawing.with_margin(delta).strategy() for drawing in drawings])


class _Margin(msgspec.Struct):
    delta: float = 1.0


margin = _Margin()
"""The SVM's margin for live draws by Hypothesis from strategies that were given none."""


def strategy_of(drawings: tuple[Drawing, ...]) -> Strategy:
    """A strategy that Hypothesis can draw from, where Hypothesis has been imported."""
    return _drawable()(drawings) if _imported() else Strategy(drawings)


def _imported() -> bool:
    return "hypothesis.strategies" in sys.modules


@cache
def _drawable() -> type[Strategy]:
    from hypothesis.strategies import SearchStrategy

    class DrawableStrategy(Strategy, SearchStrategy[Any]):
        def __init__(self, drawings: tuple[Drawing, ...]) -> None:
            Strategy.__init__(self, drawings)
            SearchStrategy.__init__(self)

        def __setattr__(self, name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        def __or__(self, other: Any) -> Any:
            return (
                Strategy.__or__(self, other)
                if isinstance(other, Strategy)
                else SearchStrategy.__or__(self, other)
            )

        def __repr__(self) -> str:
            return " | ".join(map(str, self.drawings))

        def do_draw(self, data: Any) -> Any:
            return data.draw(self.real())

    return DrawableStrategy


def composite(
    *,
    examples: int = 100,
    tiny: Callable[..., Iterable[Any]] | None = None,
    fixed: Callable[..., Iterable[Any]] | None = None,
    varied: Callable[..., Any] | None = None,
    own: int = 0,
    any_scale: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a strategy from a function that draws, as Hypothesis's decorator of this name does; see `Composite`."""

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        definition = Composite(function, examples, tiny, fixed, varied, own, any_scale)

        def strategy(**arguments: object) -> Any:
            unknown = set(arguments) - set(definition.parameters)
            if unknown:
                raise TypeError(f"{function.__name__}() takes no argument {', '.join(sorted(unknown))}")
            return strategy_of((Drawing(definition, tuple(sorted(arguments.items()))),))

        strategy.__name__, strategy.__doc__, strategy.__module__ = (
            function.__name__,
            function.__doc__,
            function.__module__,
        )
        return strategy

    return declare


class Given(msgspec.Struct, frozen=True):
    """The arguments of `given`.

    Attributes:
        body: the property.
        graded: the test as it is graded.
        strategies: what its examples are drawn from, by argument.
    """

    body: Body
    graded: Body
    strategies: Mapping[str, Any] = {}


def given(**strategies: Any) -> Callable[[Body], Body]:
    """Declare a test to be a property of all that ``strategies`` draw, as Hypothesis's decorator of this name does."""

    def declare(body: Body) -> Body:
        graded = test = _graded(body)
        if _imported():
            import hypothesis

            test = hypothesis.given(**strategies)(body)
        test.given = Given(body, graded, strategies)  # type: ignore[attr-defined]
        return test

    return declare


def _graded(body: Body) -> Body:
    """The test as it is graded."""

    def test(candidate: Any) -> None:
        from grading.judging.engine import verify
        from grading.judging.promise import promise_of

        verify(promise_of(body.__name__.removeprefix("test_")), candidate)

    test.__name__, test.__qualname__, test.__module__, test.__doc__ = (
        body.__name__,
        body.__qualname__,
        body.__module__,
        body.__doc__,
    )
    return test


def given_of(test: Body) -> Given:
    """What a test was given; nothing if it draws no examples."""
    return getattr(test, "given", Given(test, test))
