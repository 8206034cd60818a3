"""`grader.py test [PATH]`: run the checks in a student's terminal, with one short command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grading import PREFIX, PROGRAM, SUITE, one_thread
from grading.commands import WRONG_USE, getting_ready
from grading.commands.arguments import add_settings


class _Parser(argparse.ArgumentParser):
    """Leaves everything after the hand-in to pytest."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> argparse.Namespace:  # type: ignore[override]
        """Split the arguments into a leading path, if there is one, and the rest."""
        words: Sequence[str] = args or ()
        if {"-h", "--help"} & set(words):
            self.print_help()
            self.exit()
        named = [word for word in words[:1] if not word.startswith("-")]
        rest = [*words[len(named) :]]
        for word in rest:
            # pytest would look for tests in it, and so run it.
            if word.endswith((".ipynb", ".py", ".zip")) and os.path.lexists(word):
                self.error(f"name one hand-in, before all options: {self.prog} {word}")
        return argparse.Namespace(path=Path(named[0]) if named else None, options=rest)


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    result = _Parser(
        prog=f"{PROGRAM} test",
        usage=f"{PROGRAM} test [PATH] [--rubric FILE] [--edition NAME] [--lang en|zh] [--data DIR] [--hunt] ...",
        description="Run the grade's checks on one hand-in with pytest, and say in the same words what is wrong. What "
        "follows PATH goes to pytest: -k gradient for only these checks, -x to stop at the first failure, --pdb for "
        "the debugger.",
    )
    result.add_argument(
        "path", nargs="?", metavar="PATH", help="the hand-in (default: the one in this folder)"
    )
    # pytest reads these (grading/entrances/pytest_checks.py); here, --help lists them and shells complete them.
    add_settings(result)
    result.add_argument(
        "--hunt",
        action="store_true",
        help="let Hypothesis search on, with other inputs than the grade's",
    )
    result.add_argument(
        "--hunt-seconds",
        metavar="N",
        help="for how long in each check of each function (default: 10)",
    )
    return result


def run(options: argparse.Namespace) -> int:
    """Run the checks and return pytest's exit code."""
    path: Path | None = options.path
    if path is not None and not path.exists():
        print(f"{PROGRAM}: {path}: there is no such file or folder", file=sys.stderr)
        return WRONG_USE
    one_thread()
    # Importing pytest takes a second on a busy machine.
    getting_ready()
    import pytest

    named = [] if path is None else [f"--submission={path}"]
    return int(pytest.main([str(SUITE / "checks"), *_settings(), *named, *options.options]))


def _settings() -> list[str]:
    """Options for pytest that keep out settings which a project around installed checks has for tests of its own."""
    if not PREFIX:
        return []
    from grading.grades.atomic_files import user_cache

    kept = f"cache_dir={user_cache() / 'pytest'}"
    # These checks do not need the assertions that pytest rewrites in the packages it loads.
    quiet = "-Wignore::pytest.PytestAssertRewriteWarning"
    # Nor anyio's plugin, installed with another of our libraries: importing it takes as long as importing pytest.
    options = ["--import-mode=importlib", "-p", "no:anyio"]
    return ["-c", os.devnull, f"--rootdir={SUITE}", *options, quiet, "-o", kept]
