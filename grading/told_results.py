"""The words of a check that failed, in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from grading.grade import CheckResult
from grading.words import say, together

Part = Literal["title", "message", "hint", "numbers", "code"]


def parts_of(result: CheckResult) -> Iterator[tuple[Part, str]]:
    """What is said of a failed check, piece by piece; an empty line stands between two."""
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


def as_text(result: CheckResult) -> str:
    """All of it as plain text."""
    return "\n\n".join(text for _, text in parts_of(result))
