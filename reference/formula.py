"""The language of losses: NumPy's own operations on terms, and functions that NumPy lacks.

A formula is a function of the parameters, X, y and delta that returns one number, written for one problem. It is
evaluated for many problems at once; gradient, kinks and bounds follow from it (`reference.traced_arrays`,
`reference.bounded`).
"""

from __future__ import annotations

import numpy as np

from reference import functions
from reference.formula_error import FormulaError, refuse
from reference.labels import Labels
from reference.traced_arrays import NUMPYS, Operand, Term, applied

__all__ = [
    "FormulaError",
    "Labels",
    "Term",
    "absolute",
    "exp",
    "log",
    "log_sum_exp",
    "maximum",
    "minimum",
    "one_hot",
    "softplus",
    "without_label",
]


def maximum(a: Operand, b: Operand) -> Term:
    """The larger of two, entry by entry; where they are equal, the slope may be that of either.

    Raises:
        TypeError: neither is a term.
    """
    if not isinstance(a, Term):
        a, b = b, a
    if not isinstance(a, Term):
        raise TypeError("a maximum of terms is needed")
    if isinstance(b, int | float) and b == 0.0:
        return a.positive()
    return maximum(0.0, a - b) + b


def minimum(a: Operand, b: Operand) -> Term:
    """The smaller of two, entry by entry; where they are equal, the slope may be that of either."""
    if not isinstance(a, Term):
        a, b = b, a
    if not isinstance(a, Term):
        raise TypeError("a minimum of terms is needed")
    return -maximum(0.0, -a + b) + b


def absolute(x: Term) -> Term:
    """The absolute value; at 0 the slope may be anything from -1 to 1."""
    return maximum(0.0, x) + maximum(0.0, -x)


def exp(x: Term) -> Term:
    """e to the power of x."""
    return applied("exp", functions.exp, x, instead="log_sum_exp or softplus, which cannot overflow")


def log(x: Term) -> Term:
    """The natural logarithm."""
    return applied(
        "log", functions.log, x, instead="log_sum_exp or softplus, or numbers that are certainly positive"
    )


def softplus(x: Term) -> Term:
    """log(1 + exp(x)), at any x."""
    return applied("softplus", functions.softplus, x)


def log_sum_exp(x: Term, axis: int = -1) -> Term:
    """log of the sum of exp(x) over the last axis, at any x: the term of softmax."""
    if axis not in (-1, x.ndim - 1):
        refuse(f"log_sum_exp over axis {axis}", "the last axis")
    return x.applied(functions.log_sum_exp)


def without_label(x: Term, y: Labels) -> Term:
    """(N, C) -> the same with 0 for each sample's entry at its label, so that only the wrong classes are left."""
    return x.changed(y.without, y.without)


def one_hot(y: Labels, C: int) -> Term:
    """(N, C) 1 for each sample's label, 0 elsewhere."""
    return y.constant(y.at(np.ones(y.index.shape), C))


NUMPYS.update(
    absolute=absolute,
    exp=exp,
    log=log,
    log1p=lambda x: log(1.0 + x),
    logaddexp=lambda a, b: a + softplus(b - a),
    maximum=maximum,
    minimum=minimum,
)
