"""Describes a failed check in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from grading.grades.grade import CheckResult
from grading.words import say, together

Part = Literal["title", "message", "hint", "numbers", "code"]
STYLES: dict[Part, str] = {"title": "bold", "message": "", "hint": "yellow", "numbers": "cyan", "code": "dim"}
# Parts to be pasted, and parts that must stay below others.
NEVER_BROKEN: tuple[Part, ...] = ("numbers", "code")
_WIDEST = 100


def parts_of(result: CheckResult) -> Iterator[tuple[Part, str]]:
    """The description of a failed check, piece by piece, to be separated by empty lines."""
    yield "title", f"{result.function}: {result.title}"
    yield "message", result.message
    if result.diagnosis is not None:
        yield "hint", together(result.diagnosis.title, result.diagnosis.hint)
    if result.expected is not None:
        expected, got = (
            say("expected: {expected}", expected=result.expected),
            say("got:      {got}", got=result.got),
        )
        yield "numbers", f"{expected}\n{got}"
    if result.counterexample is not None:
        yield "message", say("To see it:")
        yield "code", result.counterexample.code


def coloured(parts: Iterable[tuple[Part, str]], width: int) -> str:
    """All parts for a terminal of this width, separated by empty lines.

    Sentences are broken between words, but code is not.
    """
    from io import StringIO

    from rich.console import Console
    from rich.text import Text

    console = Console(file=StringIO(), width=min(width, _WIDEST), force_terminal=True, highlight=False)
    with console.capture() as captured:
        for number, (kind, text) in enumerate(parts):
            if number:
                console.print()
            console.print(Text(text.rstrip("\n"), STYLES[kind]), soft_wrap=kind in NEVER_BROKEN)
    return captured.get()
