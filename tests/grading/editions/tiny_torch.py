"""As much of PyTorch as the adapter needs: arrays that are none of NumPy's, where PyTorch is not installed."""

from __future__ import annotations

from typing import Any

import numpy as np

float64 = np.float64
_state: dict[str, Any] = {"dtype": np.float32, "threads": 4}


class Tensor:
    """An array in a box, which shares its memory."""

    def __init__(self, array: Any) -> None:
        self.array = np.asarray(array)

    def detach(self) -> Tensor:
        return self

    def cpu(self) -> Tensor:
        return self

    def numpy(self) -> Any:
        return self.array


def from_numpy(array: Any) -> Tensor:
    return Tensor(array)


def get_default_dtype() -> Any:
    return _state["dtype"]


def set_default_dtype(dtype: Any) -> None:
    _state["dtype"] = dtype


def get_num_threads() -> Any:
    return _state["threads"]


def set_num_threads(threads: int) -> None:
    _state["threads"] = threads
