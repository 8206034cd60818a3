"""The input of a loss function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Problem:
    """What a loss function is called with.

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


def stacked(
    problems: Sequence[Problem],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp], NDArray[np.float64]]:
    """Problems of the same sizes side by side: W (K, D, C), X (K, N, D), y (K*N,), reg (K,)."""
    reg = np.array([problem.reg for problem in problems], dtype=np.float64)
    if len(problems) == 1:  # large ones come alone
        (problem,) = problems
        return problem.W[None], problem.X[None], problem.y.astype(np.intp), reg
    return (
        np.array([problem.W for problem in problems]),
        np.array([problem.X for problem in problems]),
        np.concatenate([problem.y for problem in problems]).astype(np.intp),
        reg,
    )
