"""Lists all edits of a program, the likeliest first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import chain

from msgspec.structs import replace

from grading.diagnosis.repair.expressions import Expressions
from grading.diagnosis.repair.function import Function, Program
from grading.diagnosis.repair.methods import METHODS, MethodExpressions, MethodStatements, method_scope
from grading.diagnosis.repair.scope import Scope, helper_scope, scope_of
from grading.diagnosis.repair.shapes import Shapes
from grading.diagnosis.repair.statements import Statements
from grading.diagnosis.repair.writing import UNKNOWN, Ranked

# For the text of all edits of one program; those of a typical solution take two.
_MOST_BYTES = 200_000_000
_AT_LEAST = 1_000  # bytes that each edit counts for, however short the function


def edits_of(program: Program, kind: str) -> list[Ranked]:
    """Every single edit with its rank, likeliest first, which is the order in which they are tried.

    No edits if listing them would take minutes and the grader's memory, as with text written to do that.

    Args:
        program: the program to edit.
        kind: "train" or "predict"; or else the loss that it should compute.
    """
    found = []
    room = _MOST_BYTES
    for number, (function, scope) in enumerate(zip(program.functions, scopes_of(program, kind), strict=True)):
        seen = {_told_by(function.text)}
        for rank, edit in _edits(function, scope, is_method=kind in METHODS and number == 0):
            room -= max(len(program.text), _AT_LEAST)
            if room < 0:
                return []
            if any(UNKNOWN in new for _, _, new in edit.replacements):
                continue
            told_by = _told_by(function.edited_text(edit))
            if told_by not in seen:
                seen.add(told_by)
                found.append((rank, replace(edit, number=number) if number else edit))
    # Among equally likely edits, a person first changes existing code, and there the last step.
    return sorted(found, key=lambda pair: (pair[0], pair[1].inserts, pair[1].number, -pair[1].at[0]))


def scopes_of(program: Program, kind: str) -> list[Scope | None]:
    """The meaning of names in each function; None where it cannot be determined."""
    main = method_scope(program.main, kind) if kind in METHODS else scope_of(program.main, kind)
    if main is None:
        return [None] * len(program.functions)
    return [main, *(helper_scope(helper, program.main, main) for helper in program.functions[1:])]


def _told_by(text: bytes) -> bytes:
    """A short hash of a text: there may be a hundred thousand of them."""
    return hashlib.blake2b(text, digest_size=16).digest()


def _edits(function: Function, scope: Scope | None, *, is_method: bool) -> Iterator[Ranked]:
    if scope is None:
        return iter(())
    makers = (
        (MethodExpressions(function, scope), Shapes(function, scope), MethodStatements(function, scope))
        if is_method
        else (Expressions(function, scope), Shapes(function, scope), Statements(function, scope))
    )
    return chain.from_iterable(maker.edits() for maker in makers)
