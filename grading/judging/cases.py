"""The inputs that the loss functions are tried on.

Entries are small dyadic numbers, so that scores and margins are exact in binary floating point and a person can check a
counterexample by hand. Each batch is drawn once per process and seed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import DTypeLike, NDArray

from grading.judging.choices import Choices, searched, strings
from reference.problem import Problem

# Ordered from simple to complicated: byte 0, which a search goes towards, is the front.
_ENTRIES = np.array(
    [0.0]
    + [sign * size for size in (1, 2, 3, 0.5, 1.5, 4, 2.5, 0.25, 0.75, 1.25, 3.5, 1.75) for sign in (1, -1)],
    dtype=np.float64,
)
_STRENGTHS = (1.0, 2.0, 0.5, 3.0, 0.25, 0.125, 10.0)
# 1 + delta * 3 / k is never 0 for dyadic numbers, so data that are multiples of 3 have no margin of exactly 0.
_OFF_KINKS = 3.0
_LARGEST_SHIFT = 26  # 2**26 is about 6.7e7
LARGEST_LEAD = 700.0
"""By how much a wrong class may lead: beyond, log(exp(s_y) / sum) is -inf or has lost its digits in right code too."""


def relabelled(problem: Problem, label_type: DTypeLike) -> Problem:
    """The same problem with labels of another integer type."""
    return Problem(problem.W, problem.X, problem.y.astype(label_type), problem.reg)


@dataclass(frozen=True)
class Batch:
    """A named set of cases: what ``make`` makes of ``count`` strings of bytes, the same for the same seed.

    ``hunted`` is for a search that gives no grade: Hypothesis draws the strings.
    """

    name: str
    count: int
    make: Callable[[Choices], Problem]
    hunted: bool = False


def _entries(data: bytes, shape: tuple[int, int]) -> NDArray[np.float64]:
    return _ENTRIES[np.frombuffer(data, dtype=np.uint8) % len(_ENTRIES)].reshape(shape)


def _problem(choices: Choices, *, regularized: bool, smallest_features: int = 1) -> Problem:
    # Small sizes first and more often: a naive function's time grows with N * C.
    n = choices.pick((1, 2, 3, 2, 4, 1, 2, 1))
    d = max(choices.pick((1, 2, 3, 4, 2, 3, 6)), smallest_features)
    c = choices.pick((2, 3, 4, 3, 5, 2, 3, 2))
    reg = choices.pick(_STRENGTHS) if regularized else 0.0
    flat = choices.number(0, 15) == 1  # all scores equal
    weights = _entries(choices.bytes(d * c), (d, c))
    if flat:
        weights = np.zeros((d, c))
    X = _entries(choices.bytes(n * d), (n, d))
    y = (np.frombuffer(choices.bytes(n), dtype=np.uint8) % c).astype(np.int64)
    return Problem(weights, X, y, reg)


def smooth_problem(choices: Choices, *, regularized: bool) -> Problem:
    """A small problem without any margin at exactly 0, for a dyadic delta."""
    problem = _problem(choices, regularized=regularized)
    return Problem(problem.W, _OFF_KINKS * problem.X, problem.y, problem.reg)


def tied_problem(choices: Choices, delta: float) -> Problem:
    """A problem in which at least one margin is exactly 0: one pair, several, repeated rows, or all pairs."""
    problem = _problem(choices, regularized=choices.pick((False, True)), smallest_features=2)
    W, X, y = problem.W.copy(), problem.X.copy(), problem.y.copy()
    n, _, c = problem.sizes
    X[:, -1] = 1.0  # a bias feature: the last row of W moves a column's scores without touching the others
    if choices.number(0, 3) == 0:  # every pair of every sample
        label = y[0]
        y[:] = label
        W[:] = W[:, :1]
        W[-1, label] += delta
        return Problem(W, X, y, problem.reg)
    if choices.pick((False, True)):  # repeated rows, so that ties come in equal groups
        X[:] = X[0]
        y[:] = y[0]
    for _ in range(choices.number(1, 3)):
        i, j = choices.number(0, n - 1), choices.number(1, c - 1)
        other = (y[i] + j) % c
        scores = X[i] @ W
        W[-1, other] -= scores[other] - scores[y[i]] + delta
    return Problem(W, X, y, problem.reg)


def shifted_problem(choices: Choices) -> Problem:
    """A problem for softmax whose scores are huge, or far apart, while the answer is an ordinary number.

    Three kinds: all scores moved by one constant; each sample's scores by its own; the right class ahead by more than
    exp can hold. A wrong class never leads by more than `LARGEST_LEAD`.
    """
    kind = choices.pick(("all", "each", "lead"))
    shift = choices.pick((1.0, -1.0)) * 2.0 ** choices.number(10, _LARGEST_SHIFT)
    problem = _problem(choices, regularized=False, smallest_features=2)
    W, X, y = problem.W.copy(), problem.X.copy(), problem.y
    X[:, -1] = 1.0
    W[-1] = shift
    if kind == "each":
        X[:, -1] = np.where(np.arange(len(y)) % 2, 1.0, -1.0)
    elif kind == "lead":
        W[-1] = 0.0
        W[-1, y[0]] = 2.0**11
        y = np.full_like(y, y[0])
    return Problem(W, X, y, problem.reg)


@cache
def sized_problems(seed: int) -> tuple[Problem, ...]:
    """Problems of the sizes and scales of real use, off the kinks with probability 1.

    Python's own generator is used because its stream is guaranteed not to change between versions.
    """
    generator = random.Random(seed)
    # N = D and N = D = C, where a transposed array still fits; one sample, one feature, two classes; N * C far above
    # 255, where an index computed in uint8 overflows; course scales. A naive function's time grows with N * C.
    sizes = [(6, 6, 4), (5, 5, 5), (1, 5, 3), (7, 1, 3), (9, 4, 2), (3, 4, 12), (40, 3, 10)]
    sizes += [(6, 48, 10), (5, 30, 10)]
    problems = []
    for k, (n, d, c) in enumerate(sizes):
        scale = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1e-3, 30.0)[k]
        W = np.array([generator.gauss(0.0, scale / math.sqrt(d)) for _ in range(d * c)]).reshape(d, c)
        X = np.array([generator.gauss(0.0, 1.0 / min(scale, 1.0)) for _ in range(n * d)]).reshape(n, d)
        y = np.array([generator.randrange(c) for _ in range(n)], dtype=np.int64)
        problems += [Problem(W, X, y, reg) for reg in (0.0, generator.uniform(0.1, 2.0))]
    return tuple(problems)


def odd_sizes(seed: int) -> tuple[Problem, ...]:
    """Those of the problems of real size that are small enough to be asked again and again."""
    return tuple(problem for problem in sized_problems(seed) if problem.W.size < 100)


def few_samples(problem: Problem) -> bool:
    """Whether it may be asked again in other ways: a naive function's time grows with the samples."""
    return len(problem.y) <= 10


# A thousand for each function: these two, and the ties of an SVM or the shifts of a softmax.
UNREGULARIZED = Batch("unregularized", 425, partial(smooth_problem, regularized=False))
REGULARIZED = Batch("regularized", 425, partial(smooth_problem, regularized=True))
SHIFTED = Batch("shifted", 150, shifted_problem)


@cache
def tied(delta: float) -> Batch:
    """The batch of tied problems for a margin delta."""
    return Batch("tied", 150, partial(tied_problem, delta=delta))


@cache
def drawn(batch: Batch, seed: int) -> tuple[Problem, ...]:
    """The cases of a batch: always the same ones for the same seed."""
    drawn_from = searched(seed, batch.count) if batch.hunted else strings(batch.name, seed, batch.count)
    return tuple(batch.make(Choices(string)) for string in drawn_from)


def as_python(problem: Problem, function: str) -> str:
    """Code to paste that calls ``function`` on the problem."""
    label_type = "" if problem.y.dtype == np.int64 else f", dtype=np.{problem.y.dtype}"
    return (
        "import numpy as np\n"
        f"W = np.array({_literal(problem.W)})\n"
        f"X = np.array({_literal(problem.X)})\n"
        f"y = np.array({problem.y.tolist()}{label_type})\n"
        f"loss, dW = {function}(W, X, y, {problem.reg!r})\n"
    )


def _literal(array: NDArray[np.float64]) -> str:
    """An array as nested lists, on one line each row, whole numbers with a point: they are floats."""
    rows = ["[" + ", ".join(repr(float(entry)) for entry in row) + "]" for row in array]
    if sum(map(len, rows)) < 80:
        return "[" + ", ".join(rows) + "]"
    return "[\n    " + ",\n    ".join(rows) + ",\n]"
