"""`grader.py gradebook OUT`: list all grades in a folder of reports, or the history of one student."""

from __future__ import annotations

import argparse
import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from grading import PROGRAM
from grading.commands import GRADED
from grading.commands.arguments import a_percent

if TYPE_CHECKING:
    from grading.gradebook.listing import Row

_SHOWN = ("name", "student", "state", "score", "max_score", "points", "factor", "made", "who", "reason")
_OF_MARKS = ("rubric", "checks", "question", "max_points", "comment", "counts")
_LONGEST_QUESTION = 100


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
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
    """Print what was requested and return the exit code."""
    from grading.gradebook import listing
    from grading.gradebook.database import FILE, Database
    from grading.reports.text import in_short

    written = {"table": _as_table, "csv": _as_csv, "json": _as_json}
    with Database(options.out / FILE, only_read=True) as database:
        rows: list[Row]
        if options.marks:
            rows = [
                {**row, "question": in_short(row["question"], _LONGEST_QUESTION)}
                for row in listing.hand_marks(database, options.student)
            ]
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
    print(written[options.format](rows), end="")
    return GRADED


def _as_csv(rows: Sequence[Row]) -> str:
    """The rows as CSV, all columns; no spreadsheet will take a cell for a formula."""
    from grading.gradebook.listing import COLUMNS
    from grading.reports.gradebook import inert

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(rows[0] if rows else COLUMNS)
    for row in rows:
        writer.writerow(
            [inert(_cell(value)) if isinstance(value, str | dict) else _cell(value) for value in row.values()]
        )
    return text.getvalue()


def _as_json(rows: Sequence[Row]) -> str:
    """The rows as JSON, all columns."""
    return msgspec.json.format(msgspec.json.encode(rows), indent=1).decode() + "\n"


def _as_table(rows: Sequence[Row]) -> str:
    """The rows as a readable table, without columns that are empty for everyone."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from grading.reports.text import visible

    columns = [name for name in rows[0] if name in (*_SHOWN, *_OF_MARKS)] if rows else []
    table = Table(box=None, pad_edge=False)
    said = [name for name in columns if any(row[name] not in (None, "", {}) for row in rows)]
    for name in said:
        number = isinstance(rows[0][name], float)
        table.add_column(name.replace("_", " "), justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(visible(_cell(row[name]))) for name in said))
    text = io.StringIO()
    width = None if os.isatty(1) else 200
    Console(file=text, width=width, highlight=False).print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, dict):
        return ", ".join(f"{what} {status}" for what, status in value.items())
    return "" if value is None else str(value)
