"""All edits of a program, the likeliest first."""

from __future__ import annotations

from dataclasses import replace

from grading.repair.expressions import Expressions
from grading.repair.function import Function, Program
from grading.repair.methods import METHODS, MethodExpressions, MethodStatements, method_scope
from grading.repair.scope import Scope, helper_scope, scope_of
from grading.repair.shapes import Shapes
from grading.repair.statements import Statements
from grading.repair.writing import UNKNOWN, Ranked


def edits_of(program: Program, kind: str) -> list[Ranked]:
    """Every single edit, with how unlikely it is, in the order in which they are tried.

    Args:
        program: what is edited.
        kind: "train" or "predict"; or else the loss that it should compute.
    """
    seen: set[bytes] = {program.text}
    found = []
    for number, function in enumerate(program.functions):
        scope = scopes_of(program, kind)[number]
        for rank, edit in _edits(function, scope, is_method=kind in METHODS and number == 0):
            if any(UNKNOWN in new for _, _, new in edit.replacements):
                continue
            edit = replace(edit, number=number)
            text = program.edited(edit).text
            if text not in seen:
                seen.add(text)
                found.append((rank, edit))
    # Of what is equally likely, a person first changes what is there, and there the last step.
    return sorted(found, key=lambda pair: (pair[0], pair[1].inserts, pair[1].number, -pair[1].at[0]))


def scopes_of(program: Program, kind: str) -> list[Scope | None]:
    """What names mean in each function; None where that cannot be told."""
    main = method_scope(program.main, kind) if kind in METHODS else scope_of(program.main, kind)
    if main is None:
        return [None] * len(program.functions)
    return [main, *(helper_scope(helper, program.main, main) for helper in program.functions[1:])]


def _edits(function: Function, scope: Scope | None, *, is_method: bool) -> list[Ranked]:
    if scope is None:
        return []
    makers = (
        (MethodExpressions(function, scope), Shapes(function, scope), MethodStatements(function, scope))
        if is_method
        else (Expressions(function, scope), Shapes(function, scope), Statements(function, scope))
    )
    return [pair for maker in makers for pair in maker.edits()]
