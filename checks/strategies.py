"""Strategies for the checks, to be used and combined like Hypothesis's own.

Entries are small dyadic numbers, so that scores and margins are exact in binary floating point and people can check a
counterexample by hand. All problems of the smallest sizes and entries come before drawn ones: the first of them that
fails is the smallest there is.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random

import numpy as np
from numpy.typing import NDArray

from grading.judging.properties import Draw, composite, st
from grading.judging.shrinking import Pick, simplifies
from reference.problem import Problem

# From simple to complicated: what is drawn shrinks towards the front.
ENTRIES = (
    0.0,
    *(s * e for e in (1.0, 2.0, 3.0, 0.5, 1.5, 4.0, 2.5, 0.25, 0.75, 1.25, 3.5, 1.75) for s in (1.0, -1.0)),
)
_ENTRIES = np.array(ENTRIES)
STRENGTHS = (0.0, 1.0, 2.0, 0.5, 3.0, 0.25, 0.125, 10.0)
LABEL_TYPES = (np.int64, np.int32, np.uint8)
OFF_KINKS = 3.0
"""A factor for X: 1 + delta * 3 / k is never 0 for dyadic numbers, so multiples of 3 have no margin of exactly 0."""
# Nothing of this would come about by chance. Seven of ten arrays are free.
_ALIKE = (*("",) * 7, "rows", "columns", "rows and columns")
LARGEST_SHIFT = 26  # 2**26 is about 6.7e7
LARGEST_LEAD = 700.0
"""By how much a wrong class may lead: beyond, log(exp(s_y) / sum) is -inf or has lost its digits in right code too."""

# N = D and N = D = C, where a transposed array still fits; one sample, one feature, two classes; N * C far above 255,
# where an index computed in uint8 overflows; course scales. A naive function's time grows with N * C.
SIZES = (
    (6, 6, 4),
    (5, 5, 5),
    (1, 5, 3),
    (7, 1, 3),
    (9, 4, 2),
    (3, 4, 12),
    (30, 3, 10),
    (6, 48, 10),
    (5, 30, 10),
)
SCALES = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1e-3, 30.0)
MOST_ENTRIES = 30
"""Of larger arrays no entry is made simpler on its own."""
MOST_SAMPLES_AGAIN = 10
"""Problems of more samples are not asked again in other ways: a naive function's time grows with them."""


def _problem(
    draw: Draw, min_samples: int = 1, min_features: int = 1, max_reg: int = len(STRENGTHS) - 1
) -> Problem:
    n = draw(st.integers(min_samples, max(4, min_samples)))
    d = draw(st.integers(min_features, 6))
    c = draw(st.integers(2, 5))
    # Half of all without a penalty: a mistake in the data term is then shown where there is no other.
    reg = STRENGTHS[draw(st.integers(0, max_reg))] if draw(st.booleans()) else 0.0
    W, X = _array(draw, d, c), _array(draw, n, d)
    y = np.array([draw(st.integers(0, c - 1)) for _ in range(n)], dtype=np.int64)
    return Problem(W, X, y, reg)


def _array(draw: Draw, rows: int, columns: int) -> NDArray[np.float64]:
    """Entries that have nothing to do with each other, or equal rows, equal columns, or one number everywhere."""
    alike = draw(st.sampled_from(_ALIKE))
    shape = 1 if "rows" in alike else rows, 1 if "columns" in alike else columns
    size = shape[0] * shape[1]
    entries = np.array(draw(st.lists(st.sampled_from(ENTRIES), min_size=size, max_size=size)))
    return np.broadcast_to(entries.reshape(shape), (rows, columns)).copy()


def tiny_problems(delta: float) -> Iterator[Problem]:
    """All problems of the smallest sizes and entries at which no margin is exactly 0."""
    return (problem for problem in _tiny() if not has_ties(problem, delta))


def _tiny() -> Iterator[Problem]:
    for (n, d, c), entries, samples, strengths in (
        ((1, 1, 2), (0.0, 1.0, -1.0), (1.0, 2.0, 0.0, -1.0), (0.0, 1.0)),
        ((1, 1, 3), (0.0, 1.0), (1.0, 2.0), (0.0,)),
        ((2, 1, 2), (0.0, 1.0), (0.0, 1.0, -1.0), (0.0,)),
        ((1, 2, 2), (0.0, 1.0), (1.0, 2.0), (0.0,)),
    ):
        for W in itertools.product(entries, repeat=d * c):
            for X in itertools.product(samples, repeat=n * d):
                for y in itertools.product(range(c), repeat=n):
                    for reg in strengths if any(W) else (0.0,):
                        yield Problem(np.reshape(W, (d, c)), np.reshape(X, (n, d)), np.array(y), reg)


def has_ties(problem: Problem, delta: float) -> bool:
    """Whether a margin of the SVM is exactly 0."""
    scores = problem.X @ problem.W
    own = np.take_along_axis(scores, problem.y[:, None].astype(np.int64), axis=1)
    # The label's own margin is delta, and no tie.
    return bool((scores - own + delta == 0.0).any())


def varied_problem(numbers: Random, problem: Problem) -> Problem:
    """One of the same sizes and strength, with other entries and labels."""
    n, _, c = problem.sizes

    def fresh(array: NDArray[np.float64]) -> NDArray[np.float64]:
        drawn = numbers.getrandbits(8 * array.size).to_bytes(array.size, "big")
        return _ENTRIES[np.frombuffer(drawn, np.uint8) % len(_ENTRIES)].reshape(array.shape)

    y = np.array([int(numbers.random() * c) for _ in range(n)], dtype=problem.y.dtype)
    return Problem(fresh(problem.W), OFF_KINKS * fresh(problem.X), y, problem.reg)


def varied_tied_problem(numbers: Random, problem: Problem, delta: float) -> Problem:
    """One of the same sizes and strength, with other entries and labels, and a margin of exactly 0."""
    other = varied_problem(numbers, problem)
    W, X, y = other.W, other.X, other.y
    X[:, -1] = 1.0
    i, step = int(numbers.random() * len(y)), 1 + int(numbers.random() * (W.shape[1] - 1))
    _tie(W, X[i], int(y[i]), (int(y[i]) + step) % W.shape[1], delta)
    return other


def _tie(W: NDArray[np.float64], x: NDArray[np.float64], label: int, other: int, delta: float) -> None:
    """Make a margin exactly 0 by the weights of the bias, the last feature, which is 1 in all samples."""
    scores = x @ W
    W[-1, other] -= scores[other] - scores[label] + delta


@composite(examples=380, tiny=tiny_problems, varied=varied_problem, own=4)
def problems(draw: Draw, *, delta: float) -> Problem:
    """Small problems without any margin at exactly 0, for a dyadic margin ``delta``."""
    problem = _problem(draw)
    return Problem(problem.W, OFF_KINKS * problem.X, problem.y, problem.reg)


@composite(examples=2)
def problems_of_several(draw: Draw) -> Problem:
    """The same with several samples, whose order can be changed, and with scores that are not all 0."""
    from hypothesis import assume

    problem = _problem(draw, min_samples=4)
    assume((problem.X @ problem.W).any())
    return Problem(problem.W, OFF_KINKS * problem.X, problem.y, problem.reg)


def tiny_tied_problems(delta: float) -> Iterator[Problem]:
    """All problems of the smallest sizes and entries at which a margin is exactly 0."""
    for problem in _tiny():
        scaled = Problem(delta * problem.W, problem.X, problem.y, problem.reg)
        if problem.reg == 0.0 and has_ties(scaled, delta):
            yield scaled


@composite(examples=110, tiny=tiny_tied_problems, varied=varied_tied_problem, own=2)
def tied_problems(draw: Draw, *, delta: float) -> Problem:
    """Problems in which at least one margin is exactly 0: one pair, several, repeated rows, or all pairs."""
    problem = _problem(draw, min_features=2)
    W, X, y = problem.W, problem.X, problem.y
    n, _, c = problem.sizes
    X[:, -1] = 1.0  # a bias feature: the last row of W moves a column's scores without touching the others
    kind = draw(st.sampled_from(["some pairs", "repeated rows", "every pair"]))
    if kind == "every pair":
        y[:] = y[0]
        W[:] = W[:, :1]
        W[-1, y[0]] += delta
        return problem
    if kind == "repeated rows":  # so that ties come in equal groups
        X[:] = X[0]
        y[:] = y[0]
    for _ in range(draw(st.integers(1, 3))):
        i = draw(st.integers(0, n - 1))
        other = (y[i] + draw(st.integers(1, c - 1))) % c
        _tie(W, X[i], int(y[i]), int(other), delta)
    return problem


def tiny_shifted_problems() -> Iterator[Problem]:
    """One sample, one feature, two classes, and scores that are huge or far apart."""
    for size in (2.0**10, 2.0**18, 2.0**LARGEST_SHIFT):
        for scores in ((size, size), (-size, -size), (size, 0.0), (0.0, size), (0.0, -size), (-size, 0.0)):
            for label in (0, 1):
                problem = Problem(np.array([scores]), np.ones((1, 1)), np.array([label]), 0.0)
                if is_survivable(problem):
                    yield problem


@composite(examples=120, tiny=tiny_shifted_problems, any_scale=True)
def shifted_problems(draw: Draw) -> Problem:
    """Problems for softmax whose scores are huge, or far apart, while the answer is an ordinary number.

    Three kinds: all scores moved by one constant; each sample's scores by its own; the right class ahead by more than
    exp can hold. A wrong class never leads by more than `LARGEST_LEAD`.
    """
    kind = draw(st.sampled_from(["all", "each", "lead"]))
    shift = draw(st.sampled_from([1.0, -1.0])) * 2.0 ** draw(st.integers(10, LARGEST_SHIFT))
    problem = _problem(draw, min_features=2, max_reg=0)
    W, X, y = problem.W, problem.X, problem.y
    X[:, -1] = 1.0
    W[-1] = shift
    if kind == "each":
        X[:, -1] = np.where(np.arange(len(y)) % 2, 1.0, -1.0)
    elif kind == "lead":
        W[-1] = 0.0
        W[-1, y[0]] = 2.0**11
        y[:] = y[0]
    return problem


def is_survivable(problem: Problem) -> bool:
    """Whether log(exp(s_y) / sum), the course's own formula, can give the answer once the scores are shifted.

    It cannot where a wrong class leads by more than exp can hold.
    """
    scores = problem.X @ problem.W
    own = scores[np.arange(len(problem.y)), problem.y]
    return bool((scores.max(axis=1) - own).max() <= LARGEST_LEAD)


def _sized(number: int, reg: float, numbers: Random) -> Problem:
    """A problem of the sizes and scales of real use, off the kinks with probability 1."""
    (n, d, c), scale = SIZES[number], SCALES[number]
    W = np.array([numbers.gauss(0.0, scale / math.sqrt(d)) for _ in range(d * c)]).reshape(d, c)
    X = np.array([numbers.gauss(0.0, 1.0 / min(scale, 1.0)) for _ in range(n * d)]).reshape(n, d)
    y = np.array([numbers.randrange(c) for _ in range(n)], dtype=np.int64)
    return Problem(W, X, y, reg)


def one_of_each_size(seed: int) -> Iterator[Problem]:
    """A problem of each size without a penalty, and the same with one."""
    numbers = Random(seed)
    for number in range(len(SIZES)):
        plain = _sized(number, 0.0, numbers)
        yield plain
        yield Problem(plain.W, plain.X, plain.y, numbers.uniform(0.1, 2.0))


def with_many_weights(seed: int) -> Iterator[Problem]:
    """Those of many weights, only with a penalty: a naive function's time grows with them."""
    return (problem for problem in one_of_each_size(seed) if problem.reg and not _has_few_weights(problem))


def _has_few_weights(problem: Problem) -> bool:
    return problem.W.size < 100


def _is_largest(problem: Problem) -> bool:
    """Whether an index into all scores overflows in uint8."""
    n, _, c = problem.sizes
    return n * c > 256


@composite(examples=0, fixed=with_many_weights)
def sized_problems(draw: Draw) -> Problem:
    """Problems of the sizes and scales of real use."""
    reg = draw(st.sampled_from(STRENGTHS))
    number = draw(st.integers(0, len(SIZES) - 1))
    return _sized(number, reg, Random(draw(st.integers(0, 2**32 - 1))))


def one_change_at_a_time(seed: int) -> Iterator[Problem]:
    """Problems of which each differs from the one before in one argument alone."""
    numbers, nothing = Random(seed), Problem(np.zeros((2, 3)), np.zeros((2, 2)), np.array([0, 0]), 0.5)
    problem, other = varied_problem(numbers, nothing), varied_problem(numbers, nothing)
    yield problem
    yield (problem := replace(problem, W=other.W))
    yield (problem := replace(problem, X=other.X))
    yield (problem := replace(problem, y=(problem.y + 1) % 3))
    yield replace(problem, reg=1.0)


@composite(examples=0, fixed=one_change_at_a_time)
def changed_problems(draw: Draw) -> Problem:
    """Problems for functions that keep their answers and do not look at every argument to find them again."""
    problem: Problem = draw(problems_of_several())
    return problem


def other_sizes(seed: int) -> Iterable[Problem]:
    """Others of every second size but the largest, with a penalty."""
    others = (problem for problem in one_of_each_size(seed + 1) if problem.reg and not _is_largest(problem))
    return itertools.islice(others, 0, None, 2)


@composite(examples=0, fixed=other_sizes)
def other_sized_problems(draw: Draw) -> Problem:
    """The same, others than the value and the gradient are judged by."""
    problem: Problem = draw(sized_problems())
    return problem


def every_label_type(seed: int) -> Iterator[Problem]:
    """Problems of odd sizes, each without a penalty and with one, the types of their labels taken in turn."""
    # A function that never ends is shown with the input that it was called with: nobody waits for it again.
    yield Problem(np.array([[0.0, 1.0]]), np.array([[1.0]]), np.array([0]), 0.0)
    small = filter(_has_few_weights, one_of_each_size(seed))
    types = itertools.cycle(LABEL_TYPES)
    for problem in sorted(small, key=lambda problem: problem.W.size + problem.X.size):
        if not _is_largest(problem):
            yield problem.with_labels(next(types))
        elif not problem.reg:
            # A naive function's time grows with it: the one type is asked for whose sake it is there.
            yield problem.with_labels(LABEL_TYPES[-1])


@composite(examples=0, fixed=every_label_type)
def labelled_problems(draw: Draw) -> Problem:
    """Problems of odd sizes with labels of any integer type that the course uses."""
    problem: Problem = draw(sized_problems())
    return problem.with_labels(draw(st.sampled_from(LABEL_TYPES)))


@simplifies(Problem)
def fewer_samples(pick: Pick, problem: Problem) -> Problem:
    """The first samples, as few as will do: one number finds two of seven where three of them would not fail."""
    count = pick.one_of(range(1, len(problem.y) + 1))
    return replace(problem, X=problem.X[:count], y=problem.y[:count])


@simplifies(Problem)
def smaller_problem(pick: Pick, problem: Problem) -> Problem:
    """A part of a problem: fewer samples, features and classes."""
    n, d, c = problem.sizes
    samples, features, classes = _kept(pick, n, 1), _kept(pick, d, 1), _kept(pick, c, 2)
    reg = pick.one_of(
        [0.0, 1.0, problem.reg] if problem.reg not in (0.0, 1.0) else [0.0, 1.0][: 1 + int(problem.reg)]
    )
    new = {label: k for k, label in enumerate(classes)}
    samples = [i for i in samples if problem.y[i] in new]
    if not samples:
        pick.reject()
    y = np.array([new[label] for label in problem.y[samples].tolist()], dtype=problem.y.dtype)
    return Problem(problem.W[np.ix_(features, classes)], problem.X[np.ix_(samples, features)], y, reg)


@simplifies(Problem)
def simpler_problem(pick: Pick, problem: Problem) -> Problem:
    """A problem with simpler numbers: 0, 1 and whole ones."""
    W, X = _simpler_array(pick, problem.W), _simpler_array(pick, problem.X)
    y = np.array([pick.one_of(range(label + 1)) for label in problem.y.tolist()], dtype=problem.y.dtype)
    if y.dtype != np.int64:
        y = y.astype(pick.one_of([np.dtype(np.int64), y.dtype]))
    return Problem(W, X, y, problem.reg)


def _kept(pick: Pick, count: int, least: int) -> list[int]:
    """The numbers of those that stay, the first ones if nothing else does."""
    kept = [pick.keep() for _ in range(count)]
    missing = iter([k for k in range(count) if not kept[k]][: max(0, least - sum(kept))])
    return sorted([*(k for k in range(count) if kept[k]), *missing])


def _simpler_array(pick: Pick, array: NDArray[np.float64]) -> NDArray[np.float64]:
    if array.size > MOST_ENTRIES:
        return pick.one_of([np.zeros_like(array), np.ones_like(array), np.trunc(array), array])
    kept = pick.keep()
    entries = [pick.one_of(_simpler(entry)) for entry in array.ravel().tolist()]
    return np.array(entries).reshape(array.shape) if kept else np.zeros_like(array)


def _simpler(entry: float) -> list[float]:
    """0, then 1, then small whole numbers, then the number itself."""
    options = [*(0.0, 1.0, 2.0, 3.0, -1.0), abs(math.trunc(entry)), float(math.trunc(entry)), abs(entry)]
    return [option for option in options if _complexity(option) < _complexity(entry)] + [entry]


def _complexity(entry: float) -> tuple[bool, float, bool]:
    return entry != math.trunc(entry), abs(entry), entry < 0
