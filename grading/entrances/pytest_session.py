"""Helpers of `pytest checks/`: find the hand-in, keep the score for the summary, replay a failure in a debugger."""

from __future__ import annotations

import linecache
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from grading import SUITE
from grading.grades.grade import CheckResult
from grading.intake.submission import Handin, IntakeError, Submission

_TAKEN = (".ipynb", ".py", ".zip")


def conftest_of_the_handin(arguments: Sequence[str]) -> Path | None:
    """Find the conftest.py that pytest would run if the hand-in is given as a separate word after ``--submission``.

    Before pytest knows our options, it takes that word for a folder of tests and loads its conftest.py.
    """
    for option, path in pairwise(arguments):
        if option == "--submission":
            folder = Path(path).absolute() if Path(path).is_dir() else Path(path).absolute().parent
            for place in (folder, *folder.parents, *sorted(folder.glob("test*"))):
                if place != SUITE and (place / "conftest.py").exists():
                    return place / "conftest.py"
    return None


def the_handin(path: Path | None, how: str = "--submission=PATH") -> Handin:
    """The one hand-in at ``path`` or, without a path, in the current folder; ``how`` says how to name one.

    Raises:
        IntakeError: there is none, or there are several candidates; the message is one line that says what to do.
    """
    from grading.intake.find import find

    where = [Path.cwd()] if path is None else [path]
    if path is None:
        here = where[0]
        if here == SUITE or SUITE in here.parents:
            raise IntakeError(
                f"which hand-in is meant? Name it, {how}, or run this in the folder that holds it"
            )
        if here in SUITE.parents:
            # A checkout of this suite among the student's files is not part of the hand-in.
            where = [child for child in sorted(here.iterdir()) if _may_be_handed_in(child)]
            if not where:
                raise IntakeError(f"{here}: there is no notebook, .py file or zip; name one: {how}")
    handins = find(where)
    if len(handins) > 1:
        names = ", ".join(handin.path.name for handin in handins[:4]) + (", ..." if len(handins) > 4 else "")
        raise IntakeError(
            f"{path or Path.cwd()}: {len(handins)} hand-ins could be meant ({names}); name one: {how}"
        )
    return handins[0]


def _may_be_handed_in(child: Path) -> bool:
    if child.name.startswith(".") or child == SUITE or child in SUITE.parents:
        return False
    return child.suffix.lower() in _TAKEN or (child.is_dir() and any(child.rglob("*.py")))


@dataclass(frozen=True)
class Score:
    """The part of a result that the summary needs."""

    function: str
    points: float
    max_points: float
    remarks: tuple[str, ...]

    @classmethod
    def of(cls, result: CheckResult) -> Score:
        """Return the score of a result."""
        return cls(result.function, result.points, result.max_points, tuple(result.remarks))

    def properties(self) -> list[tuple[str, object]]:
        """Return the score as properties of a pytest test."""
        return [
            ("function", self.function),
            ("points", self.points),
            ("max_points", self.max_points),
            *(("remark", remark) for remark in self.remarks),
        ]

    @classmethod
    def from_properties(cls, properties: Sequence[tuple[str, Any]]) -> Score | None:
        """Return the score in a test's properties; None if there is none."""
        known = dict(properties)
        if "max_points" not in known:
            return None
        remarks = tuple(str(value) for name, value in properties if name == "remark")
        return cls(str(known["function"]), float(known["points"]), float(known["max_points"]), remarks)


def replay(submission: Submission, result: CheckResult, verdict: BaseException) -> None:
    """Run a counterexample in this process, so that a debugger stops where it fails.

    If the student's function raises, the debugger stops inside it; otherwise after the call, where W, X, y, loss and dW
    can be looked at and the function called again.

    Raises:
        BaseException: whatever the student's function raises, or ``verdict``.
    """
    if result.counterexample is None or result.status == "error":
        return
    from grading.sandbox.kernel import loaded_here

    provided = loaded_here(submission)
    name = f"<how {result.function} fails>"
    code = f"{result.counterexample.code.rstrip()}\nraise verdict\n"
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    try:
        exec(compile(code, name, "exec"), {**provided, "verdict": verdict})  # noqa: S102
    except Exception as error:
        error.add_note(str(verdict))
        raise
