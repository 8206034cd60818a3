"""States what is certain about an unknown mistake: the factor that a term is off by, or where dW is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from grading.diagnosis.known_answers import same
from grading.words import later, say, translated
from reference.problem import NetworkProblem, Problem

Array = NDArray[np.float64]

_LARGEST = 1e4  # a larger constant factor does not help a student to find the slip


@dataclass(frozen=True)
class Factor:
    """A factor that may depend on the sizes.

    Attributes:
        text: "exactly N times too large"; text and hint are in the language of the run.
        of: its value for N, D, C.
        hint: the usual cause.
    """

    text: str
    of: Callable[[int, int, int], float]
    hint: str


_MEAN = later("Is the division by N, the number of samples, missing?")
_MEAN_AND_SIGN = later("Is the division by N, the number of samples, missing? And check the sign.")
_MEAN_TWICE = later("Is it divided by N, the number of samples, once too often?")
_FACTORS = (
    Factor(later("zero"), lambda n, d, c: 0.0, later("Is it never added?")),
    Factor(later("exactly N times too large"), lambda n, d, c: n, _MEAN),
    Factor(later("exactly N times too small"), lambda n, d, c: 1 / n, _MEAN_TWICE),
    Factor(later("of the wrong sign"), lambda n, d, c: -1.0, later("Check the sign in front of it.")),
    Factor(later("exactly -N times what it should be"), lambda n, d, c: -n, _MEAN_AND_SIGN),
    Factor(
        later("exactly C times too small"),
        lambda n, d, c: 1 / c,
        later("Is it divided by the number of classes?"),
    ),
    Factor(later("exactly C times too large"), lambda n, d, c: c, later("Is it added once for each class?")),
    Factor(
        later("exactly C - 1 times too small"),
        lambda n, d, c: 1 / max(c - 1, 1),
        later("Is it divided by the number of classes?"),
    ),
    Factor(
        later("exactly C - 1 times too large"),
        lambda n, d, c: c - 1,
        later("Is it added once for each wrong class?"),
    ),
    Factor(
        later("exactly N*C times too small"),
        lambda n, d, c: 1 / (n * c),
        later("Is it divided by N and by C once too often?"),
    ),
    Factor(
        later("exactly D times too small"),
        lambda n, d, c: 1 / d,
        later("Is it divided by the number of features?"),
    ),
    Factor(
        later("exactly D times too large"), lambda n, d, c: d, later("Is it added once for each feature?")
    ),
    Factor(
        later("N/D times what it should be"),
        lambda n, d, c: n / d,
        later("Divide by N, not by D, the number of features."),
    ),
    Factor(
        later("N/C times what it should be"),
        lambda n, d, c: n / c,
        later("Divide by N, not by C, the number of classes."),
    ),
)


def factor_of(
    problems: Sequence[Problem] | Sequence[NetworkProblem], values: Sequence[Array], truths: Sequence[Array]
) -> Factor | None:
    """The factor that every value is off by, if it is the same for all.

    Args:
        problems: K problems of various sizes.
        values: for each, the value of a term.
        truths: for each, the true value of the term.
    """
    usable = [k for k, truth in enumerate(truths) if np.abs(truth).max() > 0 and np.isfinite(values[k]).all()]
    if len(usable) < 3:
        return None
    value, truth = (np.concatenate([array[k].ravel() for k in usable]) for array in (values, truths))
    for factor in _FACTORS:
        sizes = np.concatenate([np.full(truths[k].size, factor.of(*problems[k].sizes)) for k in usable])
        with np.errstate(all="ignore"):
            if same(value, sizes * truth):
                return replace(factor, text=translated(factor.text), hint=translated(factor.hint))
    constant = float(value @ truth) / float(truth @ truth)
    if not abs(constant) < _LARGEST:  # nor when it is NaN
        return None
    for denominator in (1, 2, 3, 4, 10, 100):
        rational = round(constant * denominator) / denominator
        if rational not in (0.0, 1.0) and same(value, rational * truth):
            return _constant(rational)
    return None


def _constant(value: float) -> Factor:
    hint = say("It has a factor {value:g} that it should not have.", value=value)
    return Factor(say("{value:g} times what it should be", value=value), lambda n, d, c: value, hint)


_PLACES: tuple[tuple[str, Callable[[Problem], NDArray[np.bool_]]], ...] = (
    (later("the last row"), lambda p: _rows(p, [p.sizes[1] - 1])),
    (later("the first row"), lambda p: _rows(p, [0])),
    (later("column 0"), lambda p: _columns(p, [0])),
    (later("the last column"), lambda p: _columns(p, [p.sizes[2] - 1])),
    (later("the columns of classes that are some sample's label"), lambda p: _columns(p, p.y)),
    (later("the columns of classes that are no sample's label"), lambda p: ~_columns(p, p.y)),
    (
        later("the columns from N on, N being the number of samples"),
        lambda p: _columns(p, range(p.sizes[0], p.sizes[2])),
    ),
    (later("the columns from 10 on"), lambda p: _columns(p, range(10, p.sizes[2]))),
)


def _rows(problem: Problem, which: Sequence[int]) -> NDArray[np.bool_]:
    mask = np.zeros(problem.W.shape, dtype=bool)
    mask[which, :] = True
    return mask


def _columns(problem: Problem, which: Sequence[int] | NDArray[np.int64] | range) -> NDArray[np.bool_]:
    mask = np.zeros(problem.W.shape, dtype=bool)
    mask[:, list(which)] = True
    return mask


def place_of(problems: Sequence[Problem], errors: Sequence[Array]) -> str | None:
    """Which entries of dW are wrong, in English, if they are always of the same kind and the others are right.

    Args:
        problems: K problems.
        errors: for each, (D, C) the error of dW, 0 where it is right up to rounding.
    """
    wrong = [(problem, error != 0) for problem, error in zip(problems, errors, strict=True) if error.any()]
    if len(wrong) < 3:
        return None
    for text, place in _PLACES:
        inside = all(not (mask & ~place(problem)).any() for problem, mask in wrong)
        # Errors elsewhere must be possible, or the sentence says nothing.
        telling = sum(not place(problem).all() for problem, _ in wrong)
        if inside and telling >= 3:
            return text
    return None
