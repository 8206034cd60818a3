"""Reads CIFAR-10 from the files that Krizhevsky published."""

from __future__ import annotations

import os
import pickle
from typing import Any

import numpy as np


def load_pickle(f: Any) -> Any:
    """Load an open file pickled by Python 2."""
    return pickle.load(f, encoding="latin1")  # noqa: S301 - runs where student code does, on the data that it is given


def load_CIFAR_batch(filename: str) -> tuple[Any, Any]:  # noqa: N802 - the course's name
    """Load one batch: pictures (N, 32, 32, 3) as floats, and labels (N,)."""
    with open(filename, "rb") as file:  # noqa: PTH123
        batch = load_pickle(file)
    labels = np.array(batch["labels"])
    pixels = batch["data"].reshape(len(labels), 3, 32, 32).transpose(0, 2, 3, 1)
    return pixels.astype("float"), labels


def load_CIFAR10(ROOT: str) -> tuple[Any, Any, Any, Any]:  # noqa: N802 - the course's name
    """Load all training and test pictures and labels: Xtr, Ytr, Xte, Yte."""
    names = [os.path.join(ROOT, f"data_batch_{number}") for number in range(1, 6)]  # noqa: PTH118
    batches = [load_CIFAR_batch(name) for name in names]
    Xtr = np.concatenate([pixels for pixels, _ in batches])
    Ytr = np.concatenate([labels for _, labels in batches])
    Xte, Yte = load_CIFAR_batch(os.path.join(ROOT, "test_batch"))  # noqa: PTH118
    return Xtr, Ytr, Xte, Yte
