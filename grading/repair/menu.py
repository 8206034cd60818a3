"""All edits of a function, the likeliest first."""

from __future__ import annotations

from grading.repair.expressions import Expressions
from grading.repair.function import Edit, Function
from grading.repair.scope import scope_of
from grading.repair.shapes import Shapes
from grading.repair.statements import Statements


def edits_of(function: Function, loss: str) -> list[tuple[int, Edit]]:
    """Every single edit, with how unlikely it is, in the order in which they are tried; none for no loss function."""
    scope = scope_of(function, loss)
    if scope is None:
        return []
    seen: set[bytes] = {function.text}
    found = []
    makers = Expressions(function, scope), Shapes(function, scope), Statements(function, scope)
    for rank, edit in (pair for maker in makers for pair in maker.edits()):
        text = function.edited(edit).text
        if text not in seen:
            seen.add(text)
            found.append((rank, edit))
    # Of what is equally likely, a person first changes what is there, and there the last step.
    return sorted(found, key=lambda pair: (pair[0], pair[1].inserts, -pair[1].at[0]))
