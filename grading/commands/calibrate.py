"""`grader.py calibrate`: measure the reference and propose accuracy thresholds."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from grading import PROGRAM
from grading.commands import GRADED, WRONG_USE, add_rubric, one_thread


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    result = argparse.ArgumentParser(
        prog=f"{PROGRAM} calibrate",
        description="Train the reference from many seeds with the rubric's settings and propose accuracy thresholds.",
    )
    add_rubric(result, "settings (default: the shipped ones)")
    result.add_argument(
        "--seeds", type=_seeds, default=200, metavar="N", help="how many trainings (default: 200)"
    )
    result.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="where CIFAR-10 is, to train on it (default: the rubric's data)",
    )
    return result


def _seeds(text: str) -> int:
    if not text.isdigit() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seeds; give 2 or more")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Train, print what was reached, and return the exit code."""
    # Before NumPy is loaded: small products are slower on many threads.
    one_thread()
    from grading.commands.progress import Progress
    from grading.rubric.reading import RubricError, load_rubric
    from grading.running.from_rubric import training_plan
    from grading.training.calibration import calibrate_plan, report
    from reference.datasets import DatasetError

    try:
        rubric = load_rubric(options.rubric, edition=options.edition, data_folder=options.data)
        plan = training_plan(rubric)
        print(f"training the reference on {plan.data_name} from {options.seeds} seeds", file=sys.stderr)
        with Progress("trainings", len(plan.accuracy) * options.seeds) as progress:
            for name, found in calibrate_plan(plan, options.seeds, progress.step):
                print("\n".join(report(name, found, plan.accuracy[name].threshold)), flush=True)
    except (RubricError, DatasetError) as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return WRONG_USE
    return GRADED
