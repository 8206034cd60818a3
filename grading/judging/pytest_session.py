"""What `pytest checks/` asks of a hand-in: which one is meant, from which seeds, and how a failure is debugged."""

from __future__ import annotations

import linecache
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from grading.grade import CheckResult
from grading.rubric import Rubric
from grading.submission import Handin, IntakeError, Submission

if TYPE_CHECKING:
    from grading.judging.runner import Runner
    from grading.sandbox.client import Worker

HUNTED_KINDS = ("loss", "predict")
"""What is asked of inputs that may be any. The checks of training judge chance as well, at odds made for one seed."""

_SUITE = Path(__file__).resolve().parent.parent.parent
_TAKEN = (".ipynb", ".py", ".zip")


def the_handin(path: Path | None) -> Handin:
    """The one hand-in at ``path``, or, without a path, in the current folder.

    Raises:
        IntakeError: there is none, or more than one could be meant; the message is one line that says what to do.
    """
    from grading.intake import find

    where = [Path.cwd()] if path is None else [path]
    if path is None:
        here = where[0]
        if here == _SUITE or _SUITE in here.parents:
            raise IntakeError(
                "which hand-in is meant? Name it, --submission=PATH, or run this in the folder that holds it"
            )
        if here in _SUITE.parents:
            # A checkout of this suite among the student's files is not part of the hand-in.
            where = [child for child in sorted(here.iterdir()) if _may_be_handed_in(child)]
            if not where:
                raise IntakeError(
                    f"{here}: there is no notebook, .py file or zip; name one: --submission=PATH"
                )
    handins = find(where)
    if len(handins) > 1:
        names = ", ".join(handin.path.name for handin in handins[:4]) + (", ..." if len(handins) > 4 else "")
        raise IntakeError(
            f"{path or Path.cwd()}: {len(handins)} hand-ins could be meant ({names}); name one: --submission=PATH"
        )
    return handins[0]


def _may_be_handed_in(child: Path) -> bool:
    if child.name.startswith(".") or child == _SUITE or child in _SUITE.parents:
        return False
    return child.suffix.lower() in _TAKEN or (child.is_dir() and any(child.rglob("*.py")))


def random_seeds(count: int) -> list[int]:
    """Seeds that nobody has tried."""
    return [secrets.randbits(32) for _ in range(count)]


@dataclass(frozen=True)
class Asked:
    """One check of one function, with inputs drawn from ``seed``; ``hunted`` if that is not the grade's."""

    function: str
    check: str
    seed: int
    hunted: bool

    def __str__(self) -> str:
        return f"{self.function}-seed{self.seed}" if self.hunted else self.function


@dataclass(frozen=True)
class Score:
    """What the summary needs to know of a result."""

    function: str
    points: float
    max_points: float
    remarks: tuple[str, ...]

    @classmethod
    def of(cls, result: CheckResult) -> Score:
        """The score of a result."""
        return cls(result.function, result.points, result.max_points, tuple(result.remarks))

    def properties(self) -> list[tuple[str, object]]:
        """As properties of a pytest test."""
        return [
            ("function", self.function),
            ("points", self.points),
            ("max_points", self.max_points),
            *(("remark", remark) for remark in self.remarks),
        ]

    @classmethod
    def from_properties(cls, properties: Sequence[tuple[str, Any]]) -> Score | None:
        """The score that a test's properties say, None if they say none."""
        known = dict(properties)
        if "max_points" not in known:
            return None
        remarks = tuple(str(value) for name, value in properties if name == "remark")
        return cls(str(known["function"]), float(known["points"]), float(known["max_points"]), remarks)


class Asking:
    """One submission, asked with inputs from one seed or several."""

    def __init__(self, submission: Submission, worker_of: Callable[[str], Worker], rubric: Rubric) -> None:
        self._submission, self._worker_of, self._rubric = submission, worker_of, rubric
        self._runners: dict[int, Runner] = {}

    def result(self, asked: Asked) -> CheckResult:
        """The result of one check at one seed."""
        return self._runner(asked.seed).result(asked.function, asked.check)

    def _runner(self, seed: int) -> Runner:
        from grading.judging.runner import Runner

        if seed not in self._runners:
            settings = msgspec.structs.replace(self._rubric.settings, seed=seed)
            rubric = msgspec.structs.replace(self._rubric, settings=settings)
            self._runners[seed] = Runner(self._submission, self._worker_of, rubric)
        return self._runners[seed]

    def replay(self, result: CheckResult, verdict: BaseException) -> None:
        """Run a counterexample in this process, so that a debugger stops where it fails.

        Where the student's function raises, that is inside it. Elsewhere it is behind the call, where W, X, y, loss
        and dW can be looked at and the function called again.

        Raises:
            BaseException: what the student's function raises, or ``verdict``.
        """
        if result.counterexample is None or result.status == "error":
            return
        from grading.sandbox.inside.importing import Importing
        from grading.sandbox.inside.library import Library
        from grading.sandbox.requests import load

        message = load(b"", self._submission, [])
        library = Library(message.sources, message.definitions, [], lambda place: None)
        Importing(library)
        library.provide_all()
        name = f"<how {result.function} fails>"
        code = f"{result.counterexample.code.rstrip()}\nraise verdict\n"
        linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
        try:
            exec(compile(code, name, "exec"), {**library.provided, "verdict": verdict})  # noqa: S102
        except Exception as error:
            error.add_note(str(verdict))
            raise
