"""Disguises the training data for each hand-in: pixels in an order of its own, and permuted class numbers.

The data sets are public, so weights for them can be handed in. Those do not fit here; to right code, neither order
matters.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import msgspec
import numpy as np
from numpy.typing import NDArray

from grading.judging.training.data import TrainingData
from grading.sandbox.shared_array import SharedArray

# Larger data sets are not copied for each hand-in: only their classes change.
_MOST_COPIED = 8 << 20


class Disguise(msgspec.Struct, frozen=True, eq=False):
    """The disguised data that train gets.

    Attributes:
        X, y: (N, D) and (N,) the data that a class is trained on.
        shared: X in memory that workers can map; None if this system has no such memory.
    """

    X: NDArray[np.float64]
    y: NDArray[np.int64]
    shared: SharedArray | None
    _features: NDArray[np.int64]
    _classes: NDArray[np.int64]

    @property
    def classes(self) -> int:
        """The number of classes, C."""
        return len(self._classes)

    def uncovered(self, W: NDArray[np.float64]) -> NDArray[np.float64]:
        """Translate weights (D, C) learned from the disguised data into weights for the original data."""
        as_known = np.empty_like(W)
        as_known[self._features] = W[:, self._classes]
        return as_known

    def covered(self, W: NDArray[np.float64]) -> NDArray[np.float64]:
        """Translate weights (D, C) for the original data into weights for the disguised data."""
        as_given = np.empty_like(W)
        as_given[:, self._classes] = W[self._features]
        return as_given


@lru_cache(maxsize=1)
def disguised(training: TrainingData, digest: bytes) -> Disguise:
    """Disguise the data for the hand-in with this ``digest``; the last feature, the bias, stays last.

    Kept until the next hand-in: both of its losses are trained on it.
    """
    X, y = training.split.X_train, training.split.y_train
    classes = _order(len(training.split.classes), b"classes" + digest)
    features = np.arange(X.shape[1])
    shared = training.shared
    if X.nbytes <= _MOST_COPIED:
        features[:-1] = _order(X.shape[1] - 1, b"features" + digest)
        X, shared = _reordered(X, features)
    return Disguise(X, classes[y], shared, features, classes)


def _reordered(
    X: NDArray[np.float64], features: NDArray[np.int64]
) -> tuple[NDArray[np.float64], SharedArray | None]:
    """Return the columns of ``X`` in this order, in memory that workers can map, if there is such memory."""
    shared = SharedArray.create()
    if shared is None:
        return X[:, features], None
    np.take(X, features, axis=1, out=shared.allocate(X.shape), mode="clip")
    return shared.seal(), shared


def _order(count: int, key: bytes) -> NDArray[np.int64]:
    """A permutation of the numbers below ``count`` that depends on ``key``."""
    keys = np.frombuffer(hashlib.shake_256(key).digest(8 * count), ">u8")
    return np.argsort(keys, kind="stable")
