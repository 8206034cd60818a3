"""How it is done: from what a student handed in to a grade report."""

import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = __name__.removesuffix("grading")
"""What stands before the names of our modules: nothing in a checkout, ``subgrader.`` where that is installed."""

PROGRAM = "subgrader" if PREFIX else "grader.py"
"""What the command line is called here."""

SUITE: "Path"
"""The folder that `reference`, `checks` and `grading` lie in."""

HOME: "Path"
"""The folder in which Python finds us."""

if not TYPE_CHECKING:

    def __getattr__(name):
        """Make `SUITE` and `HOME` when they are first needed: the processes that run student code do without paths."""
        if name not in ("SUITE", "HOME"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from pathlib import Path

        globals()["SUITE"] = suite = Path(__file__).resolve().parent.parent
        globals()["HOME"] = suite.parent if PREFIX else suite
        return globals()[name]


ROOMS = ("reference", "checks", "grading")
"""The folders there that grades depend on."""


class UserError(Exception):
    """What whoever runs the program can fix; the message is one line: what, where, what to do."""


class Closing(ABC):
    """Something that has to be closed; ``with`` does it."""

    @abstractmethod
    def close(self) -> None:
        """End everything that was started."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def one_thread() -> None:
    """Before NumPy is loaded: our own small products are slower on many threads, and forks must find none."""
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
