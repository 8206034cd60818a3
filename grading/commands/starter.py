"""`grader.py starter`: write what students receive: a notebook, a package to fill in, and the public checks."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from grading import PROGRAM
from grading.commands import GRADED, NOT_GRADED, add_rubric


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    result = argparse.ArgumentParser(
        prog=f"{PROGRAM} starter",
        description="Write the folder that students get: a notebook with the tasks, a package to fill in, and the "
        "rubric without what is hidden. As it is, it is worth 0 points.",
    )
    result.add_argument("out", type=Path, metavar="OUT", help="a new folder")
    add_rubric(result, "what is asked (default: the shipped one)")
    return result


def run(options: argparse.Namespace) -> int:
    """Write the folder, list its contents, and return the exit code."""
    from grading.rubric.reading import load_rubric
    from grading.starter.write import write_starter

    try:
        files = write_starter(options.out, load_rubric(options.rubric, edition=options.edition))
    except OSError as error:
        print(f"{PROGRAM}: cannot write {error.filename or options.out}: {error.strerror}", file=sys.stderr)
        return NOT_GRADED
    for file in files:
        print(file)
    return GRADED
