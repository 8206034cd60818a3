#!/usr/bin/env python3
"""Grade linear-classifier assignments: `grader.py [PATH...]`. Arguments in, exit code out."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from grading import commands
from grading.commands import BELOW, COMMANDS, GRADED, NOT_GRADED, WRONG_USE

__all__ = ["BELOW", "COMMANDS", "GRADED", "NOT_GRADED", "WRONG_USE", "main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    return commands.main(sys.argv[1:] if arguments is None else arguments)


if __name__ == "__main__":
    sys.exit(main())
