"""What is said of a formula that cannot be evaluated."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path
from typing import NoReturn

_HERE = frozenset(
    str(Path(__file__).with_name(name))
    for name in (
        "formula.py",
        "formula_error.py",
        "traced_arrays.py",
        "plain_terms.py",
        "bounded.py",
        "functions.py",
    )
)


class FormulaError(Exception):
    """A formula cannot be evaluated; the message is one line: where, which operation, what to use instead."""


def refuse(operation: str, instead: str) -> NoReturn:
    """Raise a `FormulaError` that names the line of the formula.

    Raises:
        FormulaError: always.
    """
    frame = sys._getframe(1)
    while frame.f_code.co_filename in _HERE and frame.f_back is not None:
        frame = frame.f_back
    where = f"line {frame.f_lineno} of {Path(frame.f_code.co_filename).name}"
    raise FormulaError(f"{where}: {operation} is not known here; use {instead}")


_INSTEAD = {
    "where": "numpy.maximum, numpy.abs or without_label",
    "max": "numpy.maximum of two, or log_sum_exp",
    "amax": "numpy.maximum of two, or log_sum_exp",
    "dot": "@",
    "einsum": "@, * and sum",
    "clip": "numpy.maximum and numpy.minimum",
    "sqrt": "another formula: it has no slope at 0",
    "linalg.norm": "(W * W).sum()",
}
_OPERATORS = frozenset(("add", "subtract", "multiply", "divide", "negative", "matmul"))


def refuse_unknown(name: str, known: Collection[str]) -> NoReturn:
    """Refuse a function of NumPy; those that are ``known`` are named.

    Raises:
        FormulaError: always.
    """
    functions = "+ - * / @ **, sum, mean, " + ", ".join(sorted({*known} - _OPERATORS))
    refuse(f"numpy.{name}", _INSTEAD.get(name, f"what is: {functions}, log_sum_exp, softplus"))
