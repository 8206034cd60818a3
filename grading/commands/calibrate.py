"""`grader.py calibrate`: measure the reference and propose accuracy thresholds."""

from __future__ import annotations

import argparse
import sys

from grading import PROGRAM, one_thread
from grading.commands import GRADED, add_data, add_rubric


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    result = argparse.ArgumentParser(
        prog=f"{PROGRAM} calibrate",
        description="Train the reference from many seeds with the rubric's settings and propose accuracy thresholds.",
    )
    add_rubric(result, "settings (default: the shipped ones)")
    result.add_argument(
        "--seeds", type=_seeds, default=200, metavar="N", help="how many trainings (default: 200)"
    )
    add_data(result)
    return result


def _seeds(text: str) -> int:
    if not text.isdigit() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seeds; give 2 or more")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Train, print the accuracies reached, and return the exit code."""
    one_thread()
    from grading.commands.progress import progress
    from grading.judging.training.calibration import calibrate_plan, report
    from grading.rubric.reading import load_rubric
    from grading.running.from_rubric import training_plan

    rubric = load_rubric(options.rubric, edition=options.edition, data_folder=options.data)
    plan = training_plan(rubric)
    print(f"training the reference on {plan.data_name} from {options.seeds} seeds", file=sys.stderr)
    with progress("trainings", len(plan.accuracy) * options.seeds) as update:
        for name, found in calibrate_plan(plan, options.seeds, lambda: update(advance=1)):
            print("\n".join(report(name, found, plan.accuracy[name].threshold)), flush=True)
    return GRADED
