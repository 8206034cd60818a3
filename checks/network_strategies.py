"""Strategies for the checks of networks, to be used and combined like Hypothesis's own.

Problems have the parameters of the two-layer network; other formulas get the same numbers in their own arrays.
Entries are multiples of a quarter, so that sums are exact in binary floating point and people can check a
counterexample by hand. In half of the problems, hidden units are exactly 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product, takewhile
from random import Random
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from grading.judging.network_training import NetworkTraining
from grading.judging.properties import Draw, composite, st
from grading.judging.shrinking import Pick, simplifies
from reference.problem import NetworkProblem

T = TypeVar("T")
Array = NDArray[np.float64]
Labels = NDArray[np.int64]

# From simple to complicated: what is drawn shrinks towards the front.
ENTRIES = np.array([0.0, *(s * k / 4.0 for k in (4, 8, 2, 6, 1, 3, 5, 7) for s in (1, -1))])
STRENGTHS = (0.0, 1.0, 0.5, 2.0)
LEARNING_RATES = (1.0, 0.5, 0.25)
DECAYS = (0.5, 0.25, 1.0)
_MOST = (5, 5, 5, 5)  # samples, features, hidden units, classes
_LEAST = (1, 1, 1, 2)
_ASSORTED = 7  # times four
_LARGEST_SEED = 2**32 - 1


def _entries(data: bytes) -> Array:
    return ENTRIES[np.frombuffer(data, dtype=np.uint8) % len(ENTRIES)]


def _array(draw: Draw, *shape: int) -> Array:
    size = int(np.prod(shape))
    return _entries(draw(st.binary(min_size=size, max_size=size))).reshape(shape)


def _fresh(numbers: Random, array: Array) -> Array:
    return _entries(numbers.getrandbits(8 * array.size).to_bytes(array.size, "big")).reshape(array.shape)


def _at_zero(parameters: dict[str, Array], X: Array) -> None:
    """Make a pre-activation of every hidden unit exactly 0, each that of another sample, by the biases."""
    W1 = parameters["W1"]
    parameters["b1"] = -np.array([X[h % len(X)] @ W1[:, h] for h in range(W1.shape[1])])


def _has_zeros(problem: NetworkProblem) -> bool:
    return bool((problem.X @ problem.parameters["W1"] + problem.parameters["b1"] == 0.0).any())


def varied_problem(numbers: Random, problem: NetworkProblem) -> NetworkProblem:
    """One of the same sizes and strength with other entries and labels; with hidden units of 0, if it has any."""
    parameters = {name: _fresh(numbers, array) for name, array in problem.parameters.items()}
    X, C = _fresh(numbers, problem.X), parameters["b2"].size
    y = np.array([int(numbers.random() * C) for _ in problem.y], dtype=np.int64)
    if _has_zeros(problem):
        _at_zero(parameters, X)
    return NetworkProblem(parameters, X, y, problem.reg)


def assorted_problems(seed: int) -> Iterator[NetworkProblem]:
    """What every exam has: the smallest first; with a penalty and without, with hidden units of 0 and without."""
    numbers = Random(f"networks {seed}")
    for sizes in ((1, 1, 1, 2), (2, 1, 2, 2)):
        for reg, zeros in product((0.0, 1.0), (False, True)):
            yield _fresh_problem(numbers, sizes, reg, zeros=zeros)
    for _ in range(_ASSORTED):
        for reg, zeros in product((0.0, STRENGTHS[1 + int(numbers.random() * 3)]), (False, True)):
            N, D, H, C = (
                least + int(numbers.random() * (most + 1 - least))
                for least, most in zip(_LEAST, _MOST, strict=True)
            )
            yield _fresh_problem(numbers, (N, D, H, C), reg, zeros=zeros)


def _fresh_problem(
    numbers: Random, sizes: tuple[int, int, int, int], reg: float, *, zeros: bool
) -> NetworkProblem:
    N, D, H, C = sizes
    shapes = {"W1": (D, H), "b1": (H,), "W2": (H, C), "b2": (C,)}
    parameters = {name: _fresh(numbers, np.zeros(shape)) for name, shape in shapes.items()}
    X = _fresh(numbers, np.zeros((N, D)))
    if zeros:
        _at_zero(parameters, X)
    y = np.array([int(numbers.random() * C) for _ in range(N)], dtype=np.int64)
    return NetworkProblem(parameters, X, y, reg)


@composite(examples=12, fixed=assorted_problems, varied=varied_problem, own=8)
def network_problems(draw: Draw) -> NetworkProblem:
    """Problems for a network's loss, scores and predict."""
    N, D, H, C = (draw(st.integers(least, most)) for least, most in zip(_LEAST, _MOST, strict=True))
    most_N, most_D, most_H, most_C = _MOST
    parameters = {
        "W1": _array(draw, most_D, most_H)[:D, :H],
        "b1": _array(draw, most_H)[:H],
        "W2": _array(draw, most_H, most_C)[:H, :C],
        "b2": _array(draw, most_C)[:C],
    }
    X = _array(draw, most_N, most_D)[:N, :D]
    y = np.array([draw(st.integers(0, C - 1)) for _ in range(N)], dtype=np.int64)
    if draw(st.booleans()):
        _at_zero(parameters, X)
    reg = draw(st.sampled_from(STRENGTHS)) if draw(st.booleans()) else 0.0
    return NetworkProblem(parameters, X, y, reg)


def numbered(X: Array) -> Array:
    """The same with each row's number in column 0, so that rows can be told apart."""
    return np.column_stack([np.arange(len(X), dtype=np.float64), X[:, 1:]])


def varied_training(numbers: Random, training: NetworkTraining) -> NetworkTraining:
    """One of the same sizes with other entries, labels and settings, and other answers of the loss."""
    C = training.parameters["b2"].size
    return replace(
        training,
        parameters={name: _fresh(numbers, array) for name, array in training.parameters.items()},
        X=numbered(_fresh(numbers, training.X)),
        y=_labels(numbers, len(training.y), C),
        X_val=_fresh(numbers, training.X_val),
        y_val=_labels(numbers, len(training.y_val), C),
        learning_rate=LEARNING_RATES[int(numbers.random() * len(LEARNING_RATES))],
        reg=STRENGTHS[int(numbers.random() * len(STRENGTHS))],
        losses=_fresh(numbers, training.losses),
        gradients={name: _fresh(numbers, array) for name, array in training.gradients.items()},
        seed=numbers.getrandbits(32),
    )


def _labels(numbers: Random, count: int, classes: int) -> Labels:
    """Every class is found among them."""
    free = [int(numbers.random() * classes) for _ in range(max(0, count - classes))]
    return np.array([*range(classes), *free][:count], dtype=np.int64)


def fixed_trainings(seed: int) -> Iterator[NetworkTraining]:
    """What must be among all trainings: two epochs and more, with decay and without, and batches of one sample."""
    numbers = Random(seed)
    for N, batch_size, num_iters, decay in ((12, 4, 7, 0.5), (8, 4, 5, 0.25), (6, 6, 3, 0.5), (3, 1, 4, 1.0)):
        yield varied_training(numbers, _blank((N, 3, 4, 3, 5), num_iters, batch_size, decay))


def _blank(
    sizes: tuple[int, int, int, int, int], num_iters: int, batch_size: int, decay: float
) -> NetworkTraining:
    """A training of N samples, D features, H hidden units, C classes and V samples to validate; all numbers are 0."""
    N, D, H, C, V = sizes
    shapes = {"W1": (D, H), "b1": (H,), "W2": (H, C), "b2": (C,)}
    return NetworkTraining(
        {name: np.zeros(shape) for name, shape in shapes.items()},
        np.zeros((N, D)),
        np.arange(N, dtype=np.int64) % C,
        np.zeros((V, D)),
        np.arange(V, dtype=np.int64) % C,
        1.0,
        decay,
        0.0,
        num_iters,
        batch_size,
        np.zeros(num_iters),
        {name: np.zeros((num_iters, *shape)) for name, shape in shapes.items()},
    )


@composite(examples=6, fixed=fixed_trainings, varied=varied_training, own=3)
def network_trainings(draw: Draw) -> NetworkTraining:
    """Trainings with a loss plugged in whose answers are known. The batches share the samples out evenly."""
    batch_size, batches = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    C = draw(st.integers(2, min(4, max(2, batch_size * batches))))
    sizes = (
        batch_size * batches,
        draw(st.integers(2, 4)),
        draw(st.integers(1, 4)),
        C,
        draw(st.integers(C, 6)),
    )
    num_iters = draw(st.integers(1, 7))
    blank = _blank(sizes, num_iters, batch_size, draw(st.sampled_from(DECAYS)))
    return varied_training(Random(draw(st.integers(0, _LARGEST_SEED))), blank)


@simplifies(NetworkProblem)
def smaller_problem(pick: Pick, problem: NetworkProblem) -> NetworkProblem:
    """With fewer samples, features, hidden units and classes, and no penalty or a simple one."""
    if "W2" not in problem.parameters:
        pick.reject()
    W1, b1, W2, b2 = problem.parameters.values()
    (D, H), C = W1.shape, len(b2)
    samples, features = _kept(pick, len(problem.X), 1), _kept(pick, D, 1)
    hidden, classes = _kept(pick, H, 1), _kept(pick, C, 2)
    reg = pick.one_of(_up_to(problem.reg, (0.0, 1.0)))
    new = {label: k for k, label in enumerate(classes)}
    samples = [i for i in samples if problem.y[i] in new]
    if not samples:
        pick.reject()
    parameters = {
        "W1": W1[np.ix_(features, hidden)],
        "b1": b1[hidden],
        "W2": W2[np.ix_(hidden, classes)],
        "b2": b2[classes],
    }
    y = np.array([new[label] for label in problem.y[samples].tolist()], dtype=np.int64)
    return NetworkProblem(parameters, problem.X[np.ix_(samples, features)], y, reg)


@simplifies(NetworkProblem)
def simpler_problem(pick: Pick, problem: NetworkProblem) -> NetworkProblem:
    """With simpler entries and labels."""
    parameters = {name: _simpler(pick, array) for name, array in problem.parameters.items()}
    y = np.array([pick.one_of(range(label + 1)) for label in problem.y.tolist()], dtype=np.int64)
    return NetworkProblem(parameters, _simpler(pick, problem.X), y, problem.reg)


@simplifies(NetworkTraining)
def smaller_training(pick: Pick, training: NetworkTraining) -> NetworkTraining:
    """With fewer samples, steps and hidden units."""
    size = pick.one_of(range(1, training.batch_size + 1))
    N = size * pick.one_of(range(1, training.epoch + 1))
    steps = pick.one_of(range(1, training.num_iters + 1))
    hidden = _kept(pick, training.parameters["b1"].size, 1)
    rows = _kept(pick, len(training.y_val), 1)

    def cut(arrays: dict[str, Array]) -> dict[str, Array]:
        return {
            "W1": arrays["W1"][..., hidden],
            "b1": arrays["b1"][..., hidden],
            "W2": arrays["W2"][..., hidden, :],
            "b2": arrays["b2"],
        }

    return replace(
        training,
        parameters=cut(dict(training.parameters)),
        X=training.X[:N],
        y=training.y[:N],
        X_val=training.X_val[rows],
        y_val=training.y_val[rows],
        batch_size=size,
        num_iters=steps,
        losses=training.losses[:steps],
        gradients={name: array[:steps] for name, array in cut(dict(training.gradients)).items()},
        seed=pick.one_of((0, training.seed)),
    )


@simplifies(NetworkTraining)
def simpler_training(pick: Pick, training: NetworkTraining) -> NetworkTraining:
    """With simpler settings, and arrays of which most are 0: there are too many entries to look at each."""
    return replace(
        training,
        parameters={name: _zero_or_kept(pick, array) for name, array in training.parameters.items()},
        X=numbered(_zero_or_kept(pick, training.X)),
        X_val=_zero_or_kept(pick, training.X_val),
        learning_rate=pick.one_of(_up_to(training.learning_rate, LEARNING_RATES)),
        reg=pick.one_of(_up_to(training.reg, STRENGTHS)),
        losses=_zero_or_kept(pick, training.losses),
        gradients={name: _zero_or_kept(pick, array) for name, array in training.gradients.items()},
    )


def _zero_or_kept(pick: Pick, array: Array) -> Array:
    return array if pick.keep() else np.zeros_like(array)


def _kept(pick: Pick, count: int, least: int) -> list[int]:
    """The numbers of those that stay, the first ones if nothing else does."""
    kept = [pick.keep() for _ in range(count)]
    missing = iter([k for k in range(count) if not kept[k]][: max(0, least - sum(kept))])
    return sorted([*(k for k in range(count) if kept[k]), *missing])


def _simpler(pick: Pick, array: Array) -> Array:
    """All of it 0, or some entries simpler."""
    kept = pick.keep()
    entries = [pick.one_of(_up_to(entry, ENTRIES.tolist())) for entry in array.ravel().tolist()]
    return np.array(entries).reshape(array.shape) if kept else np.zeros_like(array)


def _up_to(own: T, options: Sequence[T]) -> Sequence[T]:
    """Those that are simpler, and itself."""
    return [*takewhile(lambda option: option != own, options), own]
