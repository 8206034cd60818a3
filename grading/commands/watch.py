"""`grader.py watch PATH`: run the checks again at every save, in a student's terminal."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from grading import PROGRAM, one_thread
from grading.commands import GRADED, WRONG_USE, getting_ready
from grading.commands.arguments import add_settings

if TYPE_CHECKING:
    from grading.sandbox.walls.zygote import Zygote


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    result = argparse.ArgumentParser(
        prog=f"{PROGRAM} watch",
        description="Grade a hand-in again at every save, and say what has changed and what fails first. Only what a "
        "save can have changed is asked again. Ctrl-C ends it, with exit code 0.",
    )
    result.add_argument("path", type=Path, metavar="PATH", help="the hand-in")
    add_settings(result)
    return result


def run(options: argparse.Namespace) -> int:
    """Watch until Ctrl-C and return the exit code."""
    if not options.path.exists():
        print(f"{PROGRAM}: {options.path}: there is no such file or folder", file=sys.stderr)
        return WRONG_USE
    one_thread()
    getting_ready()
    from contextlib import nullcontext

    from grading.sandbox.walls.zygote import begin

    started = time.monotonic()
    try:
        # It starts while this process is still importing everything else.
        with begin() or nullcontext() as begun:
            return _watch(options, begun, started)
    except KeyboardInterrupt:
        return GRADED


def _watch(options: argparse.Namespace, begun: Zygote | None, started: float) -> int:
    from grading.entrances.pytest_session import the_handin
    from grading.intake.reader import Reader
    from grading.rubric.reading import load_rubric, require_packages
    from grading.running.setup import RunSetup
    from grading.running.work import Work
    from grading.words import speaking

    rubric = load_rubric(options.rubric, edition=options.edition, lang=options.lang, data_folder=options.data)
    require_packages(rubric)
    # A student's own code on the student's own machine: where walls are not available, limits will do.
    setup = RunSetup(rubric, allow_unsafe=True)
    with speaking(rubric.settings.lang), Reader() as reader, Work(setup, reader) as work:
        work.begin(begun)
        handin = the_handin(options.path.absolute(), "PATH")
        from grading.entrances.watching.watch import Watch

        return Watch(handin, work, started).until_interrupted()
