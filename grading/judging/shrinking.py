"""Finds the smallest counterexample: Hypothesis shrinks the failing example, calling the student's function each time.

Hypothesis draws what to leave out and what to simplify, as the example's simplification says, starting from the
example itself. So nothing has to be found again, and leaving a sample out shifts no other choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from itertools import cycle
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeVar

from grading.grades.atomic_files import user_cache
from grading.intake.parsing import parsing_alone
from grading.judging.encoding import encode
from grading.judging.failures import Failure
from grading.judging.properties import Draw, st

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")

_MOST_CALLS = 600
_MOST_COSTLY = 2  # each takes a deadline or a process


class Pick(Protocol):
    """Makes the choices of a simplification."""

    def keep(self) -> bool:
        """Whether something stays."""
        ...

    def one_of(self, options: Sequence[T]) -> T:
        """One of ``options``: the simplest comes first, and the example's own value last."""
        ...

    def reject(self) -> NoReturn:
        """Give up: these choices together make no example."""
        ...


Simplification = Callable[[Pick, Any], Any]

_simplifications: dict[type, list[Simplification]] = {}


def simplifies(kind: type[T]) -> Callable[[Callable[[Pick, T], T]], Callable[[Pick, T], T]]:
    """Declare that ``simpler(pick, example)`` simplifies examples of a type.

    If a type has several, each starts where the one before it ended: first those that leave much out, then those that
    pick entry by entry, from an example that is small by then.
    """

    def declare(simpler: Callable[[Pick, T], T]) -> Callable[[Pick, T], T]:
        _simplifications.setdefault(kind, []).append(simpler)
        return simpler

    return declare


class _StillFails(Exception):
    pass


class _Unchanged:
    """Picks the example itself, and records the choices by which Hypothesis would."""

    def __init__(self) -> None:
        self.choices: list[bool | int] = []

    def keep(self) -> bool:
        self.choices.append(True)
        return True

    def one_of(self, options: Sequence[T]) -> T:
        if len(options) > 1:
            self.choices.append(len(options) - 1)
        return options[-1]

    def reject(self) -> NoReturn:
        raise AssertionError("an example is rejected by its own simplification")


class _Drawn:
    """Picks what Hypothesis draws."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw

    def keep(self) -> bool:
        return bool(self._draw(_booleans()))

    def one_of(self, options: Sequence[T]) -> T:
        return options[self._draw(_up_to(len(options) - 1))] if len(options) > 1 else options[0]

    def reject(self) -> NoReturn:
        from hypothesis import reject

        reject()


@cache
def _booleans() -> SearchStrategy[bool]:
    return st.booleans()


@cache
def _up_to(most: int) -> SearchStrategy[int]:
    return st.integers(0, most)


def smallest(
    fails: Callable[[Mapping[str, Any]], Failure | None], example: Mapping[str, Any], failure: Failure
) -> Failure:
    """Return the failure of the smallest example that shows the same defect.

    Args:
        fails: runs the property on an example, live.
        example: a failing one, by argument.
        failure: how it fails.
    """
    if failure.costly:
        return failure
    search = _Search(fails, example, failure)
    stages = max(len(_simplifications.get(type(value), ())) for value in example.values())
    unchanged = 0
    # Where one has ended, the other may find more to drop.
    for stage in cycle(range(stages)):
        # Hypothesis parses the source of what it is given, and takes over the whole process's random numbers.
        with parsing_alone():
            unchanged = 0 if search.shrink(stage) else unchanged + 1
        if unchanged >= stages:
            break
    return search.failure


class _Search:
    """The search for the smallest example.

    Attributes:
        failure: that of the smallest example found so far.
    """

    def __init__(
        self,
        fails: Callable[[Mapping[str, Any]], Failure | None],
        example: Mapping[str, Any],
        failure: Failure,
    ) -> None:
        self.failure = failure
        self._fails, self._example, self._first = fails, example, failure
        self._seen: dict[bytes, Failure | None] = {_key(example): failure}
        self._costly = 0

    def shrink(self, stage: int) -> bool:
        """Let Hypothesis simplify; return whether it found anything simpler."""
        import hypothesis
        from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
        from hypothesis.configuration import set_hypothesis_home_dir
        from hypothesis.database import ExampleDatabase, choices_to_bytes

        set_hypothesis_home_dir(user_cache())  # not in the graded folder
        unchanged, begin = _Unchanged(), self._example
        self._simpler(unchanged, begin, stage)
        # One choice too many: Hypothesis does not shrink an example that it finds exactly as stored.
        start = choices_to_bytes([*unchanged.choices, True])

        class Start(ExampleDatabase):
            """Returns the start, whatever key it is asked for."""

            def fetch(self, key: bytes) -> Iterable[bytes]:
                return [start]

            def save(self, key: bytes, value: bytes) -> None: ...

            def delete(self, key: bytes, value: bytes) -> None: ...

        # Outside the seed, which disables the database.
        @settings(
            phases=[Phase.reuse, Phase.shrink],
            database=Start(),
            deadline=None,
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
        )
        @seed(0)
        @hypothesis.given(st.composite(lambda draw: self._simpler(_Drawn(draw), begin, stage))())
        def test(simpler: Mapping[str, Any]) -> None:
            failure = self._ask(simpler)
            if failure is not None:
                self._example, self.failure = simpler, failure
                raise _StillFails

        # The last one that it tries is the smallest.
        with suppress(_StillFails):
            test()
        return _key(self._example) != _key(begin)

    def _simpler(self, pick: Pick, example: Mapping[str, Any], stage: int) -> dict[str, Any]:
        def of(value: Any) -> Any:
            known = _simplifications.get(type(value), [])
            return known[stage](pick, value) if stage < len(known) else value

        return {name: of(value) for name, value in example.items()}

    def _ask(self, example: Mapping[str, Any]) -> Failure | None:
        """Return how an example fails, if it shows the same defect; none is tried twice."""
        key = _key(example)
        if key not in self._seen:
            if len(self._seen) >= _MOST_CALLS or self._costly >= _MOST_COSTLY:
                return None
            failure = self._fails(example)
            self._costly += failure is not None and failure.costly
            same = failure is not None and self._first.is_like(failure)
            self._seen[key] = failure if same else None
        return self._seen[key]


def _key(example: Mapping[str, Any]) -> bytes:
    return b"".join(encode([value]) for value in example.values())
