"""The commands of ``grader.py``, one module each, imported only when needed.

A command is a module here with `parser` and `run`, and an entry in `COMMANDS`. Keep NumPy and other large libraries
out of the modules' top-level imports: ``grader.py --help`` and shell completion load the parsers. Imported only by
``grader.py``.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, cast

from grading import PROGRAM, UserError

GRADED, BELOW, WRONG_USE, NOT_GRADED = 0, 1, 2, 3
"""Exit codes: all graded; a score is below --fail-under; wrong usage; something was not graded."""

COMMANDS: dict[str, str] = {
    "calibrate": "measures which accuracy may be asked for",
    "completion": "prints a script for shell completion",
    "fetch": "downloads CIFAR-10",
    "gradebook": "lists the grades in a reports folder, and how they changed",
    "doctor": "says how student code is isolated here",
    "mark": "marks written answers, on a page in your browser",
    "pack": "makes an autograder for Gradescope, or the checks for students",
    "rubric": "checks a rubric file, or says what it asks",
    "starter": "writes what students get, to fill in",
    "test": "runs the checks on one hand-in with pytest, for its student",
    "watch": "runs the checks on one hand-in again at every save",
}
"""The command names and what each does, as ``grader.py --help`` says it. Without one of these, it grades."""


class Command(Protocol):
    """What each module of this package provides."""

    parser: Callable[[], argparse.ArgumentParser]
    run: Callable[[argparse.Namespace], int]


def command(name: str) -> Command:
    """Import the module of a command; "grade" is the one without a name."""
    return cast(Command, importlib.import_module(f"{__name__}.{name}"))


def getting_ready() -> None:
    """Say so on a terminal while large modules are imported; the first thing that is printed replaces it."""
    if sys.stdout and sys.stdout.isatty():  # None where it was closed from the start
        print("getting ready ...", end="\r", flush=True)


def _names_a_file(arguments: Sequence[str]) -> str | None:
    """Return the first option or command among the arguments that the shell may have substituted for a `*`."""
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    special = [word for k, word in enumerate(before) if word.startswith("-") or (k == 0 and word in COMMANDS)]
    return next((word for word in special if os.path.lexists(word)), None)


def _meant(word: str) -> str | None:
    """Return the command that ``word`` must be a misspelling of, if there is exactly one."""
    if word.startswith("-") or not word.replace("-", "").isalpha() or os.path.lexists(word):
        return None
    import difflib

    return next(iter(difflib.get_close_matches(word.lower(), COMMANDS, n=1)), None)


def _misspelled(arguments: Sequence[str], parser: argparse.ArgumentParser) -> tuple[str, str] | None:
    """Return the first option that the parser does not have, and the one that it must be a misspelling of."""
    known = [option for action in parser._actions for option in action.option_strings]
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    for word in before:
        option = word.partition("=")[0]
        # argparse accepts the beginning of an option for the whole.
        if option.startswith("--") and not any(each.startswith(option) for each in known):
            import difflib

            for meant in difflib.get_close_matches(option, known, n=1):
                return option, meant
    return None


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add the option that says where CIFAR-10 is."""
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="where CIFAR-10 is, to train on it (default: the rubric's data)",
    )


def add_rubric(parser: argparse.ArgumentParser, help_: str) -> None:
    """Add the options that choose the rubric."""
    from grading.rubric.editions import shipped

    parser.add_argument("--rubric", type=Path, metavar="FILE", help=help_)
    parser.add_argument(
        "--edition",
        choices=shipped(),
        metavar="NAME",
        help="the edition or course whose rubric says what FILE does not, or all: " + ", ".join(shipped()),
    )


def main(arguments: Sequence[str]) -> int:
    """Run the command given by the arguments and return its exit code."""
    word = _names_a_file(arguments)
    if word is not None:
        print(
            f"{PROGRAM}: {word} is a file or folder here, but would be taken for an option or a command: write "
            f"./{word} to have it graded, or -- before names that the shell fills in",
            file=sys.stderr,
        )
        return WRONG_USE
    name, rest = "grade", arguments
    if arguments and arguments[0] in COMMANDS:
        name, *rest = arguments
    elif arguments and (meant := _meant(arguments[0])):
        print(
            f"{PROGRAM}: there is no file {arguments[0]!r} here, and no command of that name; did you mean "
            f"{PROGRAM} {meant}?",
            file=sys.stderr,
        )
        return WRONG_USE
    chosen = command(name)
    parser = chosen.parser()
    # What follows `test` are pytest's options, which are not known here.
    wrong = None if name == "test" else _misspelled(rest, parser)
    if wrong is not None:
        print(f"{parser.prog}: there is no option {wrong[0]}; did you mean {wrong[1]}?", file=sys.stderr)
        return WRONG_USE
    options = parser.parse_args(rest)
    try:
        return chosen.run(options)
    except _wrong_use() as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return WRONG_USE


def _wrong_use() -> tuple[type[Exception], ...]:
    """The errors that the user can fix; called, and the data set's error imported, only after an error."""
    from reference.split import DatasetError

    return UserError, DatasetError
