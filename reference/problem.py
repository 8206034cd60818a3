"""The input of a loss function."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray


@dataclass(frozen=True, eq=False)
class Problem:
    """The arguments of a loss function.

    Attributes:
        W: (D, C) weights.
        X: (N, D) data, one sample per row.
        y: (N,) integer labels, 0 <= y < C.
        reg: regularization strength, >= 0.
    """

    W: NDArray[np.float64]
    X: NDArray[np.float64]
    y: NDArray[np.int64]
    reg: float

    @property
    def sizes(self) -> tuple[int, int, int]:
        """N samples, D features, C classes."""
        return self.X.shape[0], self.X.shape[1], self.W.shape[1]

    def with_labels(self, label_type: DTypeLike) -> Problem:
        """The same problem with labels of another integer type."""
        return Problem(self.W, self.X, self.y.astype(label_type), self.reg)


@dataclass(frozen=True, eq=False)
class NetworkProblem:
    """The arguments of a network's loss.

    Attributes:
        parameters: name -> array, in the order of the loss's formula: W1, b1, W2, b2.
        X: (N, D) data, one sample per row.
        y: (N,) integer labels.
        reg: regularization strength, >= 0.
    """

    parameters: Mapping[str, NDArray[np.float64]]
    X: NDArray[np.float64]
    y: NDArray[np.int64]
    reg: float

    @property
    def sizes(self) -> tuple[int, int, int]:
        """N samples, D features, C classes; 1 if no parameter has an axis for them."""
        *_, last = self.parameters.values()
        has_classes = any(array.ndim == 2 for array in self.parameters.values())
        return self.X.shape[0], self.X.shape[1], last.shape[-1] if has_classes else 1


def network_problem(
    shapes: Mapping[str, str],
    sizes: Mapping[str, int],
    numbers: NDArray[np.float64],
    X: NDArray[np.float64],
    y: NDArray[np.int64],
    reg: float,
) -> NetworkProblem:
    """A problem whose parameters are filled with ``numbers``, repeated as often as necessary.

    Args:
        shapes: the parameters' shapes, a letter for each axis: {"W1": "DH", "b1": "H", "W2": "HC", "b2": "C"}.
        sizes: by letter; without a C there are two classes, and labels are taken modulo their number.
        numbers, X, y, reg: the contents of the problem.
    """
    parameters, begin = {}, 0
    for name, shape in shapes.items():
        sides = [sizes[letter] for letter in shape]
        count = math.prod(sides)
        parameters[name] = np.resize(np.roll(numbers, -begin), count).reshape(sides)
        begin += count
    classes = sizes["C"] if any("C" in shape for shape in shapes.values()) else 2
    return NetworkProblem(parameters, X, y % classes, reg)


def stacked(
    problems: Sequence[Problem], features: int | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp], NDArray[np.float64]]:
    """Stacks problems of the same sizes: W (K, D, C), X (K, N, D), y (K, N), reg (K,).

    Given ``features``, they may have different numbers of features up to that; the missing ones are 0.
    """
    reg = np.array([problem.reg for problem in problems], dtype=np.float64)
    y = np.array([problem.y for problem in problems]).astype(np.intp)
    if features is None:
        if len(problems) == 1:  # large ones come alone
            return problems[0].W[None], problems[0].X[None], y, reg
        return np.array([p.W for p in problems]), np.array([p.X for p in problems]), y, reg
    N, _, C = problems[0].sizes
    W, X = np.zeros((len(problems), features, C)), np.zeros((len(problems), N, features))
    for its_W, its_X, problem in zip(W, X, problems, strict=True):
        D = len(problem.W)
        its_W[:D] = problem.W
        its_X[:, :D] = problem.X
    return W, X, y, reg
