"""The other inputs to grading given on the command line: data set, hand-in times and roster."""

from __future__ import annotations

import argparse
import os
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from grading import PROGRAM

if TYPE_CHECKING:
    from grading.grades.late import Lateness
    from grading.grades.roster import Matches
    from grading.intake.submission import Handin
    from grading.running.setup import RunSetup


# Their notebooks read SVHN's pictures, and PyTorch's tensors.
_OTHER_NOTEBOOKS = ("dlcourse", "eecs498")


def notebook_data(named: Path | None, edition: str) -> str:
    """The folder of CIFAR-10's batches that notebooks read: ``named``, or the one in the environment variable.

    Raises:
        DatasetError: the folder is not known or not complete, or notebooks of the ``edition`` read other data.
    """
    from grading.sandbox.walls import users
    from reference.cifar10 import FILES, locate
    from reference.datasets import CIFAR10_VARIABLE, DatasetError

    if edition in _OTHER_NOTEBOOKS:
        raise DatasetError(
            f"--execute runs notebooks that read CIFAR-10 with NumPy, which those of the edition {edition} do not: "
            "leave it out"
        )
    folder = named or os.environ.get(CIFAR10_VARIABLE)
    if not folder:
        raise DatasetError(
            f"--execute needs CIFAR-10, which notebooks read: name its folder with --data or {CIFAR10_VARIABLE}"
        )
    batches = locate(Path(folder)).resolve()
    for name in FILES:
        # Only as root: otherwise notebooks run with the rights of the user who started the grader.
        if users.can_be_given() and not (batches / name).stat().st_mode & stat.S_IROTH:
            raise DatasetError(
                f"{batches / name} can be read by root alone, and notebooks never run as root: chmod -R a+rX {batches}"
            )
    return str(batches)


def lateness(
    handins: Sequence[Handin], setup: RunSetup, options: argparse.Namespace, matches: Matches | None
) -> Lateness:
    """Find out who handed in when, and what being late costs.

    Raises:
        LateError: the given times cannot be used.
    """
    from grading.grades.late import LateError, Lateness, for_handins, read_times, times_of
    from grading.intake.safe_names import listed

    policy = setup.rubric.settings.late
    if policy is None and (options.due or options.times):
        raise LateError(
            "--due and --times need a table [late] in the rubric that says what being late costs; name it with --rubric"
        )
    times = times_of(handins)
    if options.times:
        given, unknown = for_handins(read_times(options.times), handins, matches)
        times |= given
        if unknown:
            print(f"{PROGRAM}: {options.times} names no hand-in: {listed(unknown)}", file=sys.stderr)
        if without := [handin.name for handin in handins if handin.name not in times]:
            print(f"{PROGRAM}: {options.times} has no time for: {listed(without)}", file=sys.stderr)
    return Lateness(policy, options.due, times)


def tell(matches: Matches) -> None:
    """Print who is only on the roster, and who is only among the hand-ins."""
    for sentence in matches.sentences:
        print(f"{PROGRAM}: {sentence}", file=sys.stderr)
