"""`grader.py doctor`: say how student code would be isolated here, what is missing, and how to fix it."""

from __future__ import annotations

import argparse
import sys

from grading import PROGRAM
from grading.commands import GRADED, NOT_GRADED


def parser() -> argparse.ArgumentParser:
    """Return the command's parser, which has no options of its own."""
    return argparse.ArgumentParser(
        prog=f"{PROGRAM} doctor",
        description="Say how student code would be isolated on this machine, what is missing, and what fixes it. "
        "Exit codes: 0 fully isolated, 3 less than that.",
    )


def run(options: argparse.Namespace) -> int:
    """Examine this machine, print what was found, and return the exit code."""
    from grading.sandbox.doctor import examine
    from grading.sandbox.walls.levels import IsolationError, Level

    try:
        found = examine()
    except IsolationError as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return NOT_GRADED
    print(f"isolation: {found.isolation.level.value} ({found.isolation.detail})")
    for finding in found.findings:
        print(f"  {'works  ' if finding.works else 'missing'}  {finding.part}: {finding.detail}")
    for problem in found.problems:
        print(f"  tried and failed: {problem}")
    if found.remedy:
        print(f"To fix it: {found.remedy}")
    return GRADED if found.isolation.level is Level.FULL else NOT_GRADED
