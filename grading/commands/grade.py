"""`grader.py [PATH...]`: grade hand-ins."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from grading import PROGRAM, one_thread
from grading.commands import (
    BELOW,
    COMMANDS,
    GRADED,
    NOT_GRADED,
    WRONG_USE,
    add_data,
    add_rubric,
    getting_ready,
)
from grading.commands.arguments import (
    FORMATS,
    LANGUAGES,
    USUAL_FORMATS,
    Version,
    a_count,
    a_moment,
    a_percent,
    some_formats,
)
from grading.commands.grading_inputs import notebook_data

if TYPE_CHECKING:
    from grading.grades.grade import Grade
    from grading.intake.find import Found
    from grading.running.work import Work
    from grading.sandbox.walls.zygote import Zygote


def parser() -> argparse.ArgumentParser:
    """Return the parser of grading."""
    result = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Grade linear-classifier hand-ins: notebooks, packages, .py files, zips, or folders of them.",
        epilog="Also: "
        + "; ".join(f"`{PROGRAM} {name}` {does}" for name, does in COMMANDS.items())
        + ". Exit codes: 0 all graded, 1 a score is below --fail-under, 2 wrong use, 3 something was not graded.",
    )
    _add_hand_ins(result)
    _add_late_work(result)
    _add_ways_to_grade(result)
    return result


def _add_hand_ins(result: argparse.ArgumentParser) -> None:
    """Add what is graded, by which rubric, and whose work it is."""
    result.add_argument("--version", action=Version, nargs=0, help="say the version and stop")
    result.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="hand-ins (default: submissions/)"
    )
    reading = result.add_mutually_exclusive_group()
    reading.add_argument(
        "--one",
        dest="reading",
        action="store_const",
        const="one",
        help="each PATH is the work of one student",
    )
    reading.add_argument(
        "--class",
        dest="reading",
        action="store_const",
        const="class",
        help="each PATH holds a hand-in in each child",
    )
    result.add_argument(
        "--ascii-names",
        action="store_true",
        help="call hand-ins by ASCII letters only, in reports and folders: Zoe_Muller for Zoë Müller",
    )
    result.add_argument("--out", type=Path, default=Path("reports"), metavar="DIR", help="where reports go")
    add_rubric(result, "points and settings (default: the shipped one)")
    result.add_argument(
        "--roster",
        type=Path,
        metavar="FILE",
        help="who is in the class: a CSV as Canvas, Moodle or Gradescope export it, or with columns name, email, id",
    )


def _add_late_work(result: argparse.ArgumentParser) -> None:
    late = result.add_argument_group("late work, where the rubric has a [late] table")
    late.add_argument(
        "--due", type=a_moment, metavar="TIME", help="until when work is in time (default: the rubric's)"
    )
    late.add_argument(
        "--times", type=Path, metavar="CSV", help="columns submission, submitted and, for extensions, due"
    )


def _add_ways_to_grade(result: argparse.ArgumentParser) -> None:
    """Add with what, where and how it is graded, and which reports are written."""
    add_data(result)
    result.add_argument("--jobs", type=a_count, metavar="N", help="processes (default: one per core)")
    result.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="grade on the workers of the dask scheduler there, tcp://host:8786",
    )
    result.add_argument(
        "--lang", choices=LANGUAGES, help="language of reports (default: the rubric's, else English)"
    )
    result.add_argument(
        "--release", action="store_true", help="show students the checks that the rubric hides from them"
    )
    result.add_argument(
        "--anonymous",
        action="store_true",
        help="pseudonyms instead of names in what is written about the class",
    )
    result.add_argument("--force", action="store_true", help="grade again what has not changed, too")
    result.add_argument("--fail-under", type=a_percent, metavar="PERCENT", help="exit 1 if a score is lower")
    result.add_argument(
        "--format",
        type=some_formats,
        default=USUAL_FORMATS,
        metavar="LIST",
        help=f"report forms, of {','.join(FORMATS)} (default: {','.join(USUAL_FORMATS)})",
    )
    result.add_argument(
        "--execute",
        action="store_true",
        help="run the notebooks, too, and judge what their searches find (needs CIFAR-10)",
    )
    result.add_argument(
        "--allow-unsafe",
        action="store_true",
        help="grade even where student code cannot be walled in; only for code that you trust",
    )


def run(options: argparse.Namespace) -> int:
    """Grade as the command line says and return the exit code."""
    try:
        return _run(options)
    except KeyboardInterrupt:
        print(
            f"\n{PROGRAM}: stopped; what has been graded is kept in {options.out}: "
            "run the same command again to go on from there",
            file=sys.stderr,
        )
        return NOT_GRADED


def _run(options: argparse.Namespace) -> int:
    one_thread()
    _import_less()
    getting_ready()
    from contextlib import nullcontext

    from grading.sandbox.walls.zygote import begin

    # It starts while this process is still importing everything else.
    with (None if options.cluster else begin()) or nullcontext() as begun:
        return _run_with(options, begun)


def _import_less() -> None:
    """Keep libraries from importing what nobody needs here."""
    from types import ModuleType

    # NumPy's texts for help().
    sys.modules["numpy._core._add_newdocs"] = ModuleType("numpy._core._add_newdocs")
    # What msgspec takes from there, `typing` has, too; others shall find it.
    sys.modules["typing_extensions"] = ModuleType("typing_extensions")
    import msgspec  # noqa: F401

    del sys.modules["typing_extensions"]


def _run_with(options: argparse.Namespace, begun: Zygote | None) -> int:
    """Grade as the command line says, with a sandbox process that has already been started."""
    from contextlib import nullcontext

    from grading.intake.files import left_out
    from grading.intake.reader import Reader
    from grading.rubric.reading import load_rubric, require_packages
    from grading.running.setup import RunSetup
    from grading.running.work import Work
    from grading.words import speaking

    options.paths = paths = options.paths or [Path("submissions")]
    if not _are_ours(options):
        return WRONG_USE
    # A gradebook that may have been handed in is not trusted either.
    options.out_is_graded = _lies_in(options.out, paths)
    is_beside = options.out.is_dir() and options.out.resolve() not in map(Path.resolve, paths)
    aside = left_out(options.out) if options.out_is_graded and is_beside else None
    if aside is not None:
        print(f"{PROGRAM}: nothing in {options.out} is graded: reports go there", file=sys.stderr)
    try:
        rubric = load_rubric(
            options.rubric, edition=options.edition, lang=options.lang, data_folder=options.data
        )
        require_packages(rubric)
        setup = RunSetup(
            rubric,
            allow_unsafe=options.allow_unsafe,
            notebook_folder=notebook_data(options.data, rubric.settings.edition) if options.execute else None,
        )
        said = speaking(rubric.settings.lang)
        with said, aside or nullcontext(), Reader() as reader, Work(setup, reader) as work:
            if not options.cluster:
                work.begin(begun)
            found = reader.survey(paths, options.reading, ascii_names=options.ascii_names)
            for problem in found.problems:
                print(f"{PROGRAM}: {problem}", file=sys.stderr)
            for sentence in found.said:
                print(f"{PROGRAM}: {sentence}", file=sys.stderr)
            if not found.handins:
                return WRONG_USE
            options.out.mkdir(parents=True, exist_ok=True)
            grades = _grade(found, work, options)
    except BrokenPipeError:
        raise  # nobody reads what is printed any more
    except OSError as error:
        print(
            f"{PROGRAM}: cannot write {error.filename or options.out}: {error.strerror}; "
            "make room there or choose another folder with --out, and run the same command again",
            file=sys.stderr,
        )
        return NOT_GRADED
    if found.problems or any(grade.state == "not_graded" for grade in grades):
        return NOT_GRADED
    if options.fail_under is not None and any(grade.percent < options.fail_under for grade in grades):
        return BELOW
    return GRADED


def _are_ours(options: argparse.Namespace) -> bool:
    """Return whether no student can have written a file that decides grades; if one can, say so."""
    own = {"--rubric": options.rubric, "--times": options.times, "--roster": options.roster}
    for option, ours in own.items():
        if ours is not None and _lies_in(ours, options.paths):
            why = "lies in what is graded, where students may have written it: keep it somewhere else"
            print(f"{PROGRAM}: {option} {ours} {why}", file=sys.stderr)
            return False
    return True


def _lies_in(path: Path, graded: Sequence[Path]) -> bool:
    """Whether ``path`` is one of ``graded`` or inside one, following links."""
    return any(path.resolve().is_relative_to(each.resolve()) for each in graded)


def _grade(found: Found, work: Work, options: argparse.Namespace) -> list[Grade]:
    """Grade what has changed, show and write each result as it comes, then write the reports on the class."""
    from contextlib import ExitStack, closing
    from itertools import chain

    from grading.commands.graded_class import GradedClass

    with ExitStack() as stack:
        graded = GradedClass(found, work, options, stack)
        outcomes = stack.enter_context(closing(graded.outcomes()))
        # The modules for reports are imported while the first hand-in is being graded.
        first = next(outcomes)
        grades = [graded.reported(outcome) for outcome in chain([first], outcomes)]
        before = graded.from_earlier_runs()
        said = graded.said_of([*grades, *before])
    graded.report_class(grades, before, said)
    return [graded.seen(grade) for grade in grades]
