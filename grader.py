#!/usr/bin/env python3
"""Grade linear-classifier assignments: `grader.py [PATH...]`. Arguments in, exit code out."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grading.grade import Grade
    from grading.notebook import Report
    from grading.run import Suite
    from grading.submission import Handin

GRADED, BELOW, WRONG_USE, NOT_GRADED = 0, 1, 2, 3
__all__ = ["check", "main"]

FORMATS = ("json", "md", "html", "csv", "gradescope", "junit", "github", "canvas", "moodle")
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
USUAL_FORMATS = ("json", "md", "html", "csv")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        prog="grader.py",
        description="Grade linear-classifier hand-ins: notebooks, packages, .py files, zips, or folders of them.",
        epilog="Also: `grader.py doctor` says how student code is isolated here; `grader.py calibrate` measures which "
        "accuracy may be asked for. "
        "Exit codes: 0 all graded, 1 a score is below --fail-under, 2 wrong use, 3 something was not graded.",
    )
    result.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="hand-ins (default: submissions/)"
    )
    result.add_argument("--out", type=Path, default=Path("reports"), metavar="DIR", help="where reports go")
    result.add_argument(
        "--rubric", type=Path, metavar="FILE", help="points and settings (default: the shipped one)"
    )
    result.add_argument("--jobs", type=_count, metavar="N", help="processes (default: one per core)")
    result.add_argument("--force", action="store_true", help="grade again what has not changed, too")
    result.add_argument("--fail-under", type=_percent, metavar="PERCENT", help="exit 1 if a score is lower")
    result.add_argument(
        "--format",
        type=_formats,
        default=USUAL_FORMATS,
        metavar="LIST",
        help=f"report forms, of {','.join(FORMATS)} (default: {','.join(USUAL_FORMATS)})",
    )
    result.add_argument(
        "--allow-unsafe",
        action="store_true",
        help="grade even where student code cannot be walled in; only for code that you trust",
    )
    return result


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes; give 1 or more")
    return int(text)


def _percent(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 100.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a percentage from 0 to 100")
    return value


def _formats(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    unknown = [name for name in names if name not in FORMATS]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"no format is called {unknown[0]!r}; there are {', '.join(FORMATS)}"
        )
    return names


def check(*things: object, rubric: str | Path | None = None) -> Report:
    """Check functions and classes in a notebook: `check(svm_loss_naive)` in a cell shows the report below it.

    They are run in this very process, without the walls that a grader has around them; verdicts and words are those
    of the grade.

    Args:
        things: what to check, or its name; without any, all that the caller has of what the rubric asks for.
        rubric: points and settings (default: the shipped ones).
    """
    for name in THREADS:
        os.environ.setdefault(name, "1")
    from grading.notebook import report

    caller = sys._getframe(1).f_globals
    return report(things, caller, None if rubric is None else Path(rubric))


def calibrate(arguments: Sequence[str]) -> int:
    """`grader.py calibrate`: measure the reference and propose accuracy thresholds."""
    command = argparse.ArgumentParser(
        prog="grader.py calibrate",
        description="Train the reference from many seeds with the rubric's settings and propose accuracy thresholds.",
    )
    command.add_argument("--rubric", type=Path, metavar="FILE", help="settings (default: the shipped ones)")
    command.add_argument(
        "--seeds", type=_seeds, default=200, metavar="N", help="how many trainings (default: 200)"
    )
    options = command.parse_args(arguments)
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


def _seeds(text: str) -> int:
    if not text.isdigit() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seeds; give 2 or more")
    return int(text)


def doctor(arguments: Sequence[str]) -> int:
    """`grader.py doctor`: how student code would be walled in here, what is missing, and what mends it."""
    argparse.ArgumentParser(
        prog="grader.py doctor",
        description="Say how student code would be isolated on this machine, what is missing, and what mends it. "
        "Exit codes: 0 fully isolated, 3 less than that.",
    ).parse_args(arguments)
    from grading.sandbox.doctor import examine
    from grading.sandbox.levels import IsolationError, Level

    try:
        found = examine()
    except IsolationError as error:
        print(f"grader.py: {error}", file=sys.stderr)
        return NOT_GRADED
    print(f"isolation: {found.isolation.level.value} ({found.isolation.detail})")
    for finding in found.findings:
        print(f"  {'works  ' if finding.works else 'missing'}  {finding.part}: {finding.detail}")
    for problem in found.problems:
        print(f"  tried and failed: {problem}")
    if found.remedy:
        print(f"To mend it: {found.remedy}")
    return GRADED if found.isolation.level is Level.FULL else NOT_GRADED


COMMANDS = {"calibrate": calibrate, "doctor": doctor}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and arguments[0] in COMMANDS:
        return COMMANDS[arguments[0]](arguments[1:])
    options = parser().parse_args(arguments)
    try:
        return _run(options)
    except KeyboardInterrupt:
        print(
            f"\ngrader.py: stopped; what has been graded is kept in {options.out}: "
            "run the same command again to go on from there",
            file=sys.stderr,
        )
        return NOT_GRADED


def _run(options: argparse.Namespace) -> int:
    """Grade as the command line says and return the exit code."""
    # Before NumPy is loaded: the grader's own small products are slower on many threads, and forks must find none.
    for name in THREADS:
        os.environ.setdefault(name, "1")
    from grading.intake import survey
    from grading.rubric import RubricError, load_rubric
    from grading.run import Suite
    from grading.sandbox.levels import IsolationError

    try:
        suite = Suite(load_rubric(options.rubric), allow_unsafe=options.allow_unsafe)
        found = survey(options.paths or [Path("submissions")])
        for problem in found.problems:
            print(f"grader.py: {problem}", file=sys.stderr)
        if not found.handins:
            return WRONG_USE
        options.out.mkdir(parents=True, exist_ok=True)
        grades = _grade(found.handins, suite, options)
    except (RubricError, IsolationError) as error:
        print(f"grader.py: {error}", file=sys.stderr)
        return WRONG_USE
    except OSError as error:
        print(
            f"grader.py: cannot write {error.filename or options.out}: {error.strerror}; "
            "make room there or choose another folder with --out, and run the same command again",
            file=sys.stderr,
        )
        return NOT_GRADED
    if found.problems or any(grade.state == "not_graded" for grade in grades):
        return NOT_GRADED
    if options.fail_under is not None and any(grade.percent < options.fail_under for grade in grades):
        return BELOW
    return GRADED


def _cores() -> int:
    """The cores that this process may use, which in a container are fewer than the machine has."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _grade(handins: Sequence[Handin], suite: Suite, options: argparse.Namespace) -> list[Grade]:
    """Grade what has changed, show and write, one by one; then the reports on the whole class."""
    from contextlib import closing

    from grading.reports import write_class, write_reports
    from grading.resume import Records
    from grading.run import grade_all, suite_facts, unwritten
    from grading.terminal import Terminal

    functions = list(suite.rubric.settings.functions)
    grades: list[Grade] = []
    with (
        Records(options.out, suite_facts(suite.rubric), force=options.force) as records,
        Terminal(len(handins)) as terminal,
        closing(grade_all(handins, suite, options.jobs or _cores(), records.find)) as outcomes,
    ):
        for outcome in outcomes:
            grade = outcome.grade
            try:
                write_reports(grade, options.out, options.format)
                if not outcome.unchanged:
                    records.keep(grade)
            except OSError as error:
                grade = unwritten(grade, error)
            grades.append(grade)
            terminal.graded(grade, unchanged=outcome.unchanged)
    try:
        write_class(grades, functions, options.out, options.format)
    finally:
        terminal.summary(grades, functions, options.out, options.format)
    return grades


if __name__ == "__main__":
    sys.exit(main())
