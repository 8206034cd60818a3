"""Prints a rubric's checks, points and settings as tables for a person."""

from __future__ import annotations

from typing import Any

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from grading.rubric.calling import Calling
from grading.rubric.checks import checks_of
from grading.rubric.settings import LatePolicy, Names, Rubric


def explain(rubric: Rubric, console: Console) -> None:
    """Print the whole rubric."""
    settings = rubric.settings
    name = ", ".join(filter(None, (settings.course, settings.title)))
    console.print(Text(f"{name}: {rubric.max_score:g} points", style="bold"))
    console.print()
    console.print(_points(rubric))
    hidden = [f"{name}: {check}" for name, asked in settings.functions.items() for check in asked.hidden]
    if hidden:
        console.print(Text(f"(h) hidden from students before the release: {', '.join(hidden)}"))
    console.print()
    console.print(_settings(rubric))
    if settings.manual or settings.manual_points:
        console.print(_manual(rubric))
    if settings.late is not None:
        console.print(_late(settings.late))


def _points(rubric: Rubric) -> Table:
    table = _table("function", "judged by", "checks and their points", title="what is asked")
    table.add_column("all", justify="right")
    for name, asked in rubric.settings.functions.items():
        worth = [
            f"{check} {asked.points[check]:g}{' (h)' if check in asked.hidden else ''}"
            for check in checks_of(asked.kind)
            if check in asked.points
        ]
        table.add_row(name, asked.reference, ", ".join(worth), f"{sum(asked.points.values()):g}")
    return table


def _settings(rubric: Rubric) -> Table:
    settings = rubric.settings
    scale = settings.reg_scale
    terms = {1.0: "reg·sum(W·W)", "either": "reg·sum(W·W) or half of it, if loss and dW agree"}
    table = _table("setting", "value", title="settings")
    table.add_row("regularization", terms.get(scale, f"{scale}·reg·sum(W·W)"))
    if any(asked.reference != "softmax" for asked in settings.functions.values()):
        table.add_row("margin (delta)", f"{settings.delta:g}")
    loops = ("" if settings.class_loops_allowed else "not ") + "allowed in vectorized functions"
    table.add_row("loops over classes", loops)
    table.add_row("seed of all cases", str(settings.seed))
    covered = {
        "functions",
        "manual",
        "manual_points",
        "late",
        "title",
        "course",
        "seed",
        "reg_scale",
        "delta",
    }
    covered |= {"class_loops_allowed"}
    covered |= {"names"} if settings.names == Names() else set()
    covered |= {"calling"} if settings.calling == Calling() else set()
    rest: dict[str, Any] = msgspec.to_builtins(settings)
    for name, value in rest.items():
        if name not in covered:
            _add(table, name, value)
    return table


def _add(table: Table, name: str, value: object) -> None:
    """Add a setting, or a table of settings, with one line for each table of plain values."""
    if isinstance(value, dict) and value and all(isinstance(part, dict) for part in value.values()):
        for key, part in value.items():
            _add(table, f"{name}.{key}", part)
    elif isinstance(value, dict):
        if value:
            said = (f"{key} = {_shown(part)}" for key, part in value.items() if part not in ((), []))
            table.add_row(name, ", ".join(said))
    elif value not in (None, [], ()):
        table.add_row(name, _shown(value))


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_shown(part)}' for key, part in value.items())} }}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _manual(rubric: Rubric) -> Table:
    table = _table("marked by a person", "points", title="not in the points above")
    if rubric.settings.manual_points:
        table.add_row("each inline question", f"{rubric.settings.manual_points:g}")
    for item in rubric.settings.manual:
        table.add_row(item.title, f"{item.points:g}")
    return table


def _late(late: LatePolicy) -> Table:
    due = late.due.isoformat(sep=" ") if late.due is not None else "as --due or the platform says"
    table = _table("handed in", "the score is multiplied by", title=f"late, due {due}")
    grace = f"up to {late.grace_minutes} minutes late" if late.grace_minutes else "in time"
    table.add_row(grace, "1")
    for step in late.steps:
        least = max(step.minutes, late.grace_minutes)
        table.add_row(f"more than {least} minutes late", f"{step.factor:g}")
    return table


def _table(*columns: str, title: str) -> Table:
    return Table(*columns, title=title, title_justify="left", box=box.SIMPLE_HEAD, title_style="bold")
