"""The input of a loss function."""

from __future__ import annotations

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
