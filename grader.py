#!/usr/bin/env python3
"""Grade linear-classifier assignments: `grader.py [PATH...]`. Arguments in, exit code out.

In a notebook: `from grader import check`, then `check(svm_loss_naive)`.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

# Nothing of ours: where this is the package, the processes that student code runs in import it, too.
if TYPE_CHECKING:
    from pathlib import Path

    from grading.entrances.notebook_check import Report
    from grading.words import Language

__all__ = ["check", "main"]

_COLLECTED_AFTER = 100_000


def check(*things: object, rubric: str | Path | None = None, lang: Language | None = None) -> Report:
    """Check functions and classes in a notebook: `check(svm_loss_naive)` in a cell shows the report below it.

    They are run in this very process, without the walls that a grader has around them; verdicts and words are those
    of the grade.

    Args:
        things: what to check, or its name; without any, all that the caller has of what the rubric asks for.
        rubric: points and settings (default: the shipped ones).
        lang: language of the report, "en" or "zh" (default: the rubric's).
    """
    from grading.entrances.notebook_check import report

    return report(things, sys._getframe(1).f_globals, rubric, lang)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    from grading import commands

    return commands.main(sys.argv[1:] if arguments is None else arguments)


def program() -> NoReturn:
    """Run the command and end with its exit code, at once: to take everything down again takes a fifth of a second."""
    # What is imported and made holds hardly a cycle: a collection for each 700 objects finds nothing.
    gc.set_threshold(_COLLECTED_AFTER)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Names are of all scripts; a terminal that cannot show one shows its number.
            stream.reconfigure(errors="backslashreplace")
    from grading import PROGRAM
    from grading.commands import NOT_GRADED, WRONG_USE

    try:
        code = main()
        for stream in (sys.stdout, sys.stderr):
            if stream:  # None where it was closed from the start
                stream.flush()
    except BrokenPipeError:
        # The reader has seen enough, as `head` does.
        code = NOT_GRADED
    except ModuleNotFoundError as error:
        print(
            f"{PROGRAM}: {sys.executable} has no package {error.name}: install what requirements.lock names, or let "
            "`make grade` do it",
            file=sys.stderr,
        )
        code = WRONG_USE
    except OSError as error:
        where = error.filename or "cannot write what it has to say"
        print(f"{PROGRAM}: {where}: {error.strerror}", file=sys.stderr)
        code = NOT_GRADED
    os._exit(code)


if __name__ == "__main__":
    program()
