"""`grader.py rubric`: check a rubric file, or show its contents in tables."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from grading import PROGRAM
from grading.commands import GRADED, WRONG_USE

SHIPPED = Path("the shipped one")


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    result = argparse.ArgumentParser(
        prog=f"{PROGRAM} rubric",
        description="Check a rubric file, or say what it asks, what that is worth and with which settings. "
        "Exit codes: 0 it can be used, 2 it cannot.",
    )
    what = result.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--check", type=Path, metavar="FILE", help="list all that is wrong with a file, with lines"
    )
    what.add_argument(
        "--explain",
        type=Path,
        nargs="?",
        const=SHIPPED,
        metavar="FILE",
        help="show what a file asks (default: the shipped one)",
    )
    return result


def run(options: argparse.Namespace) -> int:
    """Read the rubric, print what was requested, and return the exit code."""
    from grading.rubric.reading import RubricError, load_rubric

    path = options.check or (None if options.explain is SHIPPED else options.explain)
    try:
        rubric = load_rubric(path)
    except RubricError as error:
        for problem in error.problems:
            print(f"{PROGRAM}: {problem}", file=sys.stderr)
        return WRONG_USE
    if options.check:
        asked = len(rubric.settings.functions)
        print(f"{path}: {asked} {'function' if asked == 1 else 'functions'}, {rubric.max_score:g} points")
        return GRADED
    from rich.console import Console

    from grading.rubric.explaining import explain

    explain(rubric, Console())
    return GRADED
