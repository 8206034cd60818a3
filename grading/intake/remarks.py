"""Remarks on outdated or redefined names in a student's files: where they are and what to write instead."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Sequence
from functools import cache

from grading.intake.loaded_statements import rebound
from grading.intake.modules import Module
from grading.intake.python2 import GONE_NAMES, gone_names
from grading.intake.tree_walk import nodes
from grading.words import later, said_place, say, translated

# Replacements for names that NumPy has dropped over the years; NumPy itself shows whether it has.
_INSTEAD = {
    "float": "float", "int": "int", "bool": "bool", "object": "object", "str": "str", "complex": "complex",
    "long": "int", "unicode": "str", "float_": "np.float64", "complex_": "np.complex128", "bool8": "np.bool_",
    "int0": "np.intp", "Inf": "np.inf", "Infinity": "np.inf", "infty": "np.inf", "PINF": "np.inf",
    "NINF": "-np.inf", "NaN": "np.nan", "product": "np.prod", "cumproduct": "np.cumprod", "alltrue": "np.all",
    "sometrue": "np.any", "in1d": "np.isin", "row_stack": "np.vstack", "trapz": "np.trapezoid",
    "asscalar": later("the array's .item()"), "msort": "np.sort(..., axis=0)", "mat": "np.asmatrix",
    "round_": "np.round", "asfarray": "np.asarray(..., dtype=float)", "unicode_": "np.str_",
    "string_": "np.bytes_",
}  # fmt: skip


def outdated(node: ast.stmt, known: Callable[[], frozenset[str]], numpy_names: frozenset[str]) -> list[str]:
    """A sentence without its subject for each outdated name in ``node``: "uses xrange (line 12), which ...".

    Args:
        node: a function or class.
        known: returns the names that the module binds somewhere.
        numpy_names: names by which the module knows NumPy ("np").
    """
    found = []
    for name, line in gone_names(node, known):
        found.append(
            say(
                "uses {name} (line {line}), which Python 3 no longer has: write {instead}",
                name=name.lstrip("."),
                line=line,
                instead=GONE_NAMES[name].lstrip("."),
            )
        )
    first: dict[str, int] = {}
    for part in nodes(node, ast.Attribute):
        if (
            isinstance(part.value, ast.Name)
            and part.value.id in numpy_names
            and isinstance(part.ctx, ast.Load)
            and _has_left_numpy(part.attr)
        ):
            first[part.attr] = min(part.lineno, first.get(part.attr, part.lineno))
    for attribute, line in sorted(first.items(), key=lambda item: (item[1], item[0])):
        instead = _INSTEAD.get(attribute)
        if instead:
            gone = say(
                "uses np.{name} (line {line}), which NumPy no longer has: write {instead}",
                name=attribute,
                line=line,
                instead=translated(instead),
            )
        else:
            gone = say("uses np.{name} (line {line}), which NumPy no longer has", name=attribute, line=line)
        found.append(gone)
    return found


def said_of_rebound(modules: Sequence[Module]) -> list[str]:
    """Sentences on modules whose names are later rebound to numbers, which would take them from every function."""
    said = []
    for module in modules:
        imported: dict[str, str] = {}
        for part in module.parts:
            for statement in part.fragment.statements:
                if isinstance(statement, ast.Import):
                    imported |= {a.asname or a.name.partition(".")[0]: a.name for a in statement.names}
                name = rebound(statement, imported.keys())
                if name is not None:
                    place = (
                        f"{part.label}, line {statement.lineno}" if part.label else f"line {statement.lineno}"
                    )
                    said.append(
                        say(
                            "{name} is the module {module}, and {place} of {file} gives the name to something else: "
                            "that line was left out. Call what it makes by another name.",
                            name=name,
                            module=imported[name],
                            place=said_place(place),
                            file=module.name,
                        )
                    )
    return said


@cache
def _has_left_numpy(name: str) -> bool:
    if name not in _INSTEAD:
        return False
    # Few hand-ins use one of these; for the others, NumPy need not be imported.
    import numpy as np

    with warnings.catch_warnings():
        # NumPy warns of names that it is about to drop, but still has them.
        warnings.simplefilter("ignore")
        return not hasattr(np, name)
