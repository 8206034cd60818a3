"""The labels of a formula's problems, and what they pick out of arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from reference.traced_arrays import Term

Array = NDArray[np.float64]


class Labels:
    """The labels of K problems: ``index`` is (K, N); ``constant`` makes a term of numbers, (K, ...), for them."""

    def __init__(self, index: NDArray[np.intp], constant: Callable[[Array], Term]) -> None:
        self.index, self.constant = index, constant
        self._known: dict[tuple[int, int, int], NDArray[np.intp]] = {}

    def __len__(self) -> int:
        return int(self.index.shape[1])

    def are_in(self, rows: Any) -> bool:
        """Whether these are the numbers of all rows, so that ``scores[rows, y]`` are the entries at the labels."""
        every = range(len(self))
        return rows == every if isinstance(rows, range) else bool(np.array_equal(rows, every))

    def of(self, array: Array) -> Array:
        """(..., T, N, C) -> (..., T, N): each sample's entry at its label."""
        *several, T, N, C = array.shape
        places = self._places(T, N, C)
        if not several:
            return array.take(places).reshape(T, N)
        return array.reshape(-1, T * N * C)[:, places].reshape(*several, T, N)

    def at(self, array: Array, C: int) -> Array:
        """(..., T, N) -> (..., T, N, C): puts each entry back at its label, with 0 elsewhere."""
        placed = np.zeros((*array.shape, C))
        placed.put(self._places(array.size // len(self), len(self), C), array)
        return placed

    def without(self, array: Array) -> Array:
        """(..., T, N, C) -> the same with the value 0, of unchanged size, for each sample's entry at its label."""
        kept = array.copy()
        T, N, C = array.shape[-3:]
        kept.put(self._places(T, N, C), 0.0)
        return kept

    def _places(self, T: int, N: int, C: int) -> NDArray[np.intp]:
        """Where the entries at the labels are in T arrays (N, C): those of the problems, or of the only one T times."""
        if (T, N, C) not in self._known:
            times = T // len(self.index)
            index = self.index if times == 1 else np.concatenate([self.index] * times)
            self._known[T, N, C] = np.arange(0, T * N * C, C) + index.ravel()
        return self._known[T, N, C]
