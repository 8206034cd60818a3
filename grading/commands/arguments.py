"""The types of the arguments of grading."""

from __future__ import annotations

import argparse
from datetime import datetime

from grading.commands import add_data, add_rubric

FORMATS = (
    *("json", "md", "html", "csv", "notebook", "notebook-html"),
    *("gradescope", "junit", "github", "canvas", "moodle"),
)
LANGUAGES = ("en", "zh")
USUAL_FORMATS = ("json", "md", "html", "csv")


class Version(argparse.Action):
    """Prints the version, which is looked up only when requested."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print it and exit."""
        from grading.running.setup import suite_version

        print(f"subgrader {suite_version()}")
        parser.exit()


def a_moment(text: str) -> datetime:
    """Parse a time with its offset from UTC."""
    from grading.grades.late import moment

    try:
        return moment(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: {error}") from None


def a_count(text: str) -> int:
    """Parse a number of processes."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes; give 1 or more")
    return int(text)


def a_port(text: str) -> int:
    """Parse a port number."""
    if not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; give a number from 1024 to 65535")
    return int(text)


def a_percent(text: str) -> float:
    """Parse a percentage from 0 to 100."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 100.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a percentage from 0 to 100")
    return value


def some_formats(text: str) -> tuple[str, ...]:
    """Parse the names of report formats."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    unknown = [name for name in names if name not in FORMATS]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"no format is called {unknown[0]!r}; there are {', '.join(FORMATS)}"
        )
    return names


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add the settings that a student may choose when running the checks: rubric, language and data."""
    add_rubric(parser, "points and settings (default: the shipped ones)")
    parser.add_argument("--lang", choices=LANGUAGES, help="language (default: the rubric's, else English)")
    add_data(parser)
