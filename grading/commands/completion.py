"""`grader.py completion`: print a script that lets a shell complete the command line."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from grading import PROGRAM
from grading.commands import COMMANDS, GRADED, command


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    result = argparse.ArgumentParser(
        prog=f"{PROGRAM} completion",
        description=f"Print a script that lets a shell complete what follows {PROGRAM}: commands, options and files.",
    )
    result.add_argument("shell", choices=("bash", "zsh", "tcsh"), help="which shell")
    return result


def run(options: argparse.Namespace) -> int:
    """Print the script and return the exit code."""
    import shtab

    print(shtab.complete(_whole_parser(), options.shell))
    return GRADED


def _whole_parser() -> argparse.ArgumentParser:
    """Build one parser for the whole command line: grading's parser, with a parser below it for each command."""
    import shtab

    whole = argparse.ArgumentParser(prog=PROGRAM, description="Grade linear-classifier hand-ins.")
    # Options before a command's name belong to grading, which has no name.
    for action in command("grade").parser()._actions:
        if action.option_strings and action.dest != "help":
            whole._add_action(action)
    commands = whole.add_subparsers()
    for name, does in COMMANDS.items():
        theirs = command(name).parser()
        commands.add_parser(name, parents=[theirs], add_help=False, help=does)
    for action in _actions(whole):
        if action.metavar in _FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif action.metavar in _FOLDERS:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
    return whole


_FILES = frozenset(("FILE", "CSV", "OUT.zip", "PATH"))
_FOLDERS = frozenset(("DIR", "OUT"))


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield all options and arguments of a parser and of those below it."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _actions(below)
