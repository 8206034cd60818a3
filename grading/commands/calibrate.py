"""`grader.py calibrate`: measure the reference and propose accuracy thresholds."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from grading.commands import GRADED, WRONG_USE


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    result = argparse.ArgumentParser(
        prog="grader.py calibrate",
        description="Train the reference from many seeds with the rubric's settings and propose accuracy thresholds.",
    )
    result.add_argument("--rubric", type=Path, metavar="FILE", help="settings (default: the shipped ones)")
    result.add_argument(
        "--seeds", type=_seeds, default=200, metavar="N", help="how many trainings (default: 200)"
    )
    return result


def _seeds(text: str) -> int:
    if not text.isdigit() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seeds; give 2 or more")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Train, print what was reached, and return the exit code."""
    from grading.calibrate import calibrate_rubric, report
    from grading.rubric import RubricError, load_rubric
    from reference.datasets import DatasetError

    try:
        rubric = load_rubric(options.rubric)
        print(f"training the reference from {options.seeds} seeds", file=sys.stderr)
        for name, found in calibrate_rubric(rubric, "digits", options.seeds):
            print("\n".join(report(name, found, rubric.settings.accuracy[name])), flush=True)
    except (RubricError, DatasetError) as error:
        print(f"grader.py: {error}", file=sys.stderr)
        return WRONG_USE
    return GRADED
