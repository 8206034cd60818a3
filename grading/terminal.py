"""What the person at the terminal sees."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from grading.grade import Grade
from grading.reports.markdown_report import points

_SHOW_TABLE_FROM = 2
_MOST_ROWS = 60


class Terminal:
    """A line per submission as it is graded, a table at the end, and where the reports are."""

    def __init__(self, total: int) -> None:
        self.console = Console(highlight=False, soft_wrap=True)
        self._started = time.monotonic()
        self._progress = Progress(
            TextColumn("grading"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self._task = self._progress.add_task("grading", total=total)

    def __enter__(self) -> Terminal:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def graded(self, grade: Grade) -> None:
        """Print one submission's line."""
        self._progress.advance(self._task)
        self.console.print(_line(grade))

    def summary(self, grades: Sequence[Grade], functions: Sequence[str], out: Path) -> None:
        """Print the table and the last lines."""
        grades = sorted(grades, key=lambda g: g.submission.name)
        if _SHOW_TABLE_FROM <= len(grades) <= _MOST_ROWS:
            self.console.print()
            self.console.print(_table(grades, functions))
        done = [g for g in grades if g.state == "graded"]
        levels = sorted({g.isolation.level for g in done})
        seconds = time.monotonic() - self._started
        self.console.print(
            f"\n{len(done)} graded, {len(grades) - len(done)} not graded, in {seconds:.1f} s"
            + (f" (isolation: {', '.join(levels)})" if levels else "")
        )
        self.console.print(f"Reports: {escape(str(out))}/<name>/report.md, {escape(str(out))}/gradebook.csv")


def _line(grade: Grade) -> str:
    name = escape(grade.submission.name)
    if grade.state == "not_graded":
        return f"[yellow]not graded[/]  {name}: {escape(grade.reason or '')}"
    broken = [f"{c.function}: {c.id}" for c in grade.checks if c.status in ("failed", "error")]
    text = "; ".join(broken[:4]) + (f"; and {len(broken) - 4} more" if len(broken) > 4 else "")
    colour = "green" if grade.score == grade.max_score else "red"
    score = f"{points(grade.score)}/{points(grade.max_score)}"
    return f"[{colour}]{score:>10}[/]  {name}" + (f"  ({text})" if text else "")


def _table(grades: Sequence[Grade], functions: Sequence[str]) -> Table:
    table = Table(show_edge=False, pad_edge=False)
    table.add_column("submission", overflow="fold")
    for name in functions:
        table.add_column(name.replace("_", " ").replace(".", " "), justify="right", overflow="fold")
    table.add_column("score", justify="right")
    for grade in grades:
        if grade.state == "not_graded":
            table.add_row(escape(grade.submission.name), *["" for _ in functions], "not graded")
            continue
        cells = []
        for name in functions:
            checks = [c for c in grade.checks if c.function == name]
            got, most = sum(c.points for c in checks), sum(c.max_points for c in checks)
            cells.append(points(got) if got == most else f"[red]{points(got)}[/]")
        table.add_row(escape(grade.submission.name), *cells, points(grade.score))
    return table
