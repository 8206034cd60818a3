"""What the user sees in the terminal."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Collection, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from grading import Closing
from grading.grades.grade import Grade, seems_of
from grading.reports import CLASS_WRITERS, WRITERS
from grading.reports.notebook_runs import outcome
from grading.reports.text import one_line, points
from grading.words import say, together

# Rich is imported where it has something to draw: in a file or a pipe each line stays one line.
if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

_SHOW_TABLE_FROM = 2
_MOST_ROWS = 60
_SECONDS_BETWEEN_REFRESHES = 0.1
_HEAD_WIDTH = 10
_NAME_WIDTH = 32  # and the score


class Terminal(Closing):
    """Prints a line per submission as it is graded; at the end, a table of known ones and where the reports are."""

    def __init__(self, total: int) -> None:
        self.console = _console()
        self._started = time.monotonic()
        self._unchanged: set[str] = set()
        self._new = self._failed = self._not_graded = 0
        self._total = total
        self._refreshed = 0.0
        self._progress = None if self.console is None else _progress(self.console, total)

    def close(self) -> None:
        """Remove the progress bar."""
        if self._progress is not None:
            self._progress.stop()

    def doing(self, what: str) -> None:
        """Show beside the bar what is being done."""
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], description=what)
            self._progress.refresh()

    def graded(self, grade: Grade, *, unchanged: bool = False) -> None:
        """Print one submission's line, unless its grade is known from an earlier run."""
        self._new += not unchanged
        self._failed += has_failures(grade)
        self._not_graded += grade.state == "not_graded"
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], advance=1, facts=self._facts())
        if unchanged and grade.state == "graded":
            self._unchanged.add(grade.submission.name)
        else:
            self._print_beside(*_line(grade))
        if self._progress is not None and time.monotonic() - self._refreshed > _SECONDS_BETWEEN_REFRESHES:
            self._refreshed = time.monotonic()
            self._progress.refresh()

    def _print_beside(self, head: str, colour: str, lines: list[str]) -> None:
        """Print ``head`` with the lines beside it, indented where they wrap."""
        if self.console is None:
            margin = " " * (_HEAD_WIDTH - _columns(head))
            self._print(f"{margin}{head}  " + f"\n{'':{_HEAD_WIDTH + 2}}".join(lines))
            return
        from rich.table import Column, Table
        from rich.text import Text

        grid = Table.grid(Column(width=_HEAD_WIDTH, justify="right"), Column(overflow="fold"), padding=(0, 2))
        grid.add_row(Text.assemble((head, colour)), Text("\n".join(lines)))
        self.console.print(grid)

    def _print(self, text: str) -> None:
        """Print text as it is."""
        if self.console is None:
            print(text, flush=True)
        else:
            self.console.print(text, markup=False, emoji=False)

    def _facts(self) -> str:
        """How many failed, how fast grading goes, and how long it will take."""
        done = self._new + len(self._unchanged)
        rate = self._new / max(time.monotonic() - self._started, 1e-3)
        left = (self._total - done) / rate if rate else 0.0
        return progress_facts(self._failed, self._not_graded, rate, left)

    def summary(
        self, grades: Sequence[Grade], functions: Sequence[str], out: Path, formats: Sequence[str]
    ) -> None:
        """Print the table and the last lines."""
        grades = sorted(grades, key=lambda g: g.submission.name)
        # The others have just had a line each.
        known = [grade for grade in grades if grade.submission.name in self._unchanged]
        if len(grades) >= _SHOW_TABLE_FROM and 0 < len(known) <= _MOST_ROWS:
            _print_table(self.console, known, functions)
        levels = sorted({g.isolation.level for g in grades if g.state == "graded"})
        seconds = time.monotonic() - self._started
        self._print(
            "\n" + say("Reports: {files}", files=", ".join(_to_open(one_line(str(out)), list(formats))))
        )
        said = say("{counts}, in {seconds:.1f} s", counts=counts(grades, self._unchanged), seconds=seconds)
        walls = say("(isolation: {levels})", levels=", ".join(levels)) if levels else ""
        self._print(together(said, walls))


def _console() -> Console | None:
    """The terminal, if Rich finds that there is one."""
    asked = "FORCE_COLOR" in os.environ or "TTY_COMPATIBLE" in os.environ
    if not asked and not (sys.stdout and sys.stdout.isatty()):
        return None
    from rich.console import Console

    console = Console(highlight=False)
    return console if console.is_terminal else None


def _columns(text: str) -> int:
    """How many columns of a terminal text takes: two for each Chinese character."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _progress(console: Console, total: int) -> Progress:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[facts]}"),
        console=console,
        transient=True,
        # No thread for refreshing: the grader's processes are forked from this one.
        auto_refresh=False,
    )
    progress.add_task("grading", total=total, facts="")
    progress.start()
    return progress


def _to_open(out: str, formats: list[str]) -> list[str]:
    """Say what to open first: the pages, if any, of each hand-in and of the class; other forms lie beside it."""
    formats = sorted(formats, key=lambda name: name != "html")
    each = [f"{out}/<name>/{WRITERS[name].file_name}" for name in formats if name in WRITERS]
    every = [f"{out}/{CLASS_WRITERS[name][0].file_name}" for name in formats if name in CLASS_WRITERS]
    return each[:1] + every[:1]


def counts(grades: Sequence[Grade], unchanged: Collection[str]) -> str:
    """Count the grades by state: "5 graded (2 with failures), 9 unchanged (1 with failures), 1 not graded"."""
    done = [grade for grade in grades if grade.state == "graded"]
    known = [grade for grade in done if grade.submission.name in unchanged]
    new = [grade for grade in done if grade.submission.name not in unchanged]
    parts = [together(say("{count} graded", count=len(new)), _with_failures(new))]
    if unchanged:
        parts.append(together(say("{count} unchanged", count=len(known)), _with_failures(known)))
    return say(", ").join([*parts, say("{count} not graded", count=len(grades) - len(done))])


def progress_facts(failed: int, not_graded: int, rate: float, seconds_left: float) -> str:
    """The text beside the bar: "3 with failures, 1 not graded, 4.2 a second, 0:03:10 left"."""
    return say(
        "{failed} with failures, {not_graded} not graded, {rate:.1f} a second, {left} left",
        failed=failed,
        not_graded=not_graded,
        rate=rate,
        left=timedelta(seconds=round(seconds_left)),
    )


def has_failures(grade: Grade) -> bool:
    """Whether any check did not pass."""
    return any(check.is_broken for check in grade.checks)


def _with_failures(grades: Sequence[Grade]) -> str:
    failures = sum(map(has_failures, grades))
    return say("({count} with failures)", count=failures) if failures else ""


def _line(grade: Grade) -> tuple[str, str, list[str]]:
    """The beginning of a submission's line, its colour, and the rest."""
    name = one_line(grade.submission.name)
    if grade.state == "not_graded":
        return say("not graded"), "yellow", [f"{name}: {one_line(grade.reason or '')}"]
    broken = [f"{c.function}: {c.id}" for c in grade.broken]
    text = say("; ").join(
        [*broken[:4], *([say("and {count} more", count=len(broken) - 4)] if len(broken) > 4 else [])]
    )
    score = f"{points(grade.score)}/{points(grade.max_score)}"
    lines = [name + (f"  ({text})" if text else "")]
    if grade.edition is not None:
        lines.append(one_line(seems_of(grade.edition)))
    if grade.execution is not None:
        lines += [f"{one_line(run.notebook)}: {one_line(outcome(run))}" for run in grade.execution.notebooks]
    return score, colour_of(grade.score, grade.max_score), lines


def colour_of(got: float, most: float) -> str:
    """Green for the maximum, yellow for at least half of it, red for less."""
    return "green" if got == most else "yellow" if got >= most / 2 else "red"


def _print_table(console: Console | None, grades: Sequence[Grade], functions: Sequence[str]) -> None:
    if console is None:
        from rich.console import Console

        console = Console(highlight=False, soft_wrap=True)
    console.print()
    console.print(_table(grades, functions, console.width))


def _table(grades: Sequence[Grade], functions: Sequence[str], width: int) -> Table:
    """Points by function if the terminal is wide enough, otherwise by kind of function."""
    from rich.table import Table
    from rich.text import Text

    groups = {_heading(name): [name] for name in functions}
    needed = sum(max(map(len, heading.split("\n"))) + 2 for heading in groups)
    if needed + _NAME_WIDTH > width:
        groups = {}
        for name in functions:
            groups.setdefault(name.partition(".")[2] or "loss", []).append(name)
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column(say("submission"), overflow="fold", no_wrap=True)
    for heading in groups:
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column(say("score"), justify="right", no_wrap=True)
    for grade in grades:
        if grade.state == "not_graded":
            table.add_row(Text(one_line(grade.submission.name)), *["" for _ in groups], say("not graded"))
            continue
        cells = [_cell(grade, names) for names in groups.values()]
        table.add_row(Text(one_line(grade.submission.name)), *cells, points(grade.score))
    return table


def _heading(function: str) -> str:
    """A column's heading: svm_loss_naive as svm over naive, LinearSVM.train as LinearSVM over train."""
    return "\n".join(part for part in re.split(r"[_.]", function) if part != "loss")


def _cell(grade: Grade, functions: Sequence[str]) -> str:
    checks = [check for check in grade.checks if check.function in functions]
    got, most = sum(c.points for c in checks), sum(c.max_points for c in checks)
    return f"[{colour_of(got, most)}]{points(got)}[/]"
