"""`grader.py gradebook OUT`: everybody's grades in a folder of reports, or the history of one student."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from grading import PROGRAM
from grading.commands import GRADED, WRONG_USE
from grading.commands.arguments import a_percent


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    result = argparse.ArgumentParser(
        prog=f"{PROGRAM} gradebook",
        description="Show the gradebook in a folder of reports: everybody's grade as it is now or, with --student, "
        "all grades that one student ever had there. It is a SQLite database, gradebook.sqlite; docs/gradebook.md "
        "describes its tables for queries of your own.",
    )
    result.add_argument("out", type=Path, metavar="OUT", help="the folder that was --out")
    result.add_argument(
        "--student", metavar="NAME", help="all grades of this one, with when, by whom and what changed"
    )
    result.add_argument("--state", choices=("graded", "not_graded"), help="only these")
    result.add_argument("--below", type=a_percent, metavar="PERCENT", help="only those who have less")
    result.add_argument(
        "--failed",
        metavar="CHECK",
        help="only those who have not passed it: gradient, svm_loss_naive or svm_loss_naive:gradient",
    )
    result.add_argument("--late", action="store_true", help="only those who were late")
    result.add_argument(
        "--marks",
        action="store_true",
        help="marks that persons gave, of everybody or one --student: for what, by whom, when",
    )
    result.add_argument(
        "--format", choices=("table", "csv", "json"), default="table", help="how (default: table)"
    )
    return result


def run(options: argparse.Namespace) -> int:
    """Print what was asked for and return the exit code."""
    from grading.gradebook import listing
    from grading.gradebook.database import FILE, Database, GradebookError

    written = {"table": listing.as_table, "csv": listing.as_csv, "json": listing.as_json}
    try:
        database = Database(options.out / FILE, only_read=True)
        try:
            if options.marks:
                rows = listing.hand_marks(database, options.student)
            elif options.student is not None:
                rows = listing.history(database, options.student)
            else:
                rows = listing.marks(
                    database,
                    state=options.state,
                    below=options.below,
                    failed=options.failed,
                    late=options.late,
                )
        finally:
            database.close()
    except GradebookError as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return WRONG_USE
    print(written[options.format](rows), end="")
    return GRADED
