"""The k-nearest-neighbours classifier, a baseline for linear classifiers.

It learns nothing: it stores all training data, and finds the nearest of them for every picture to classify
(T. M. Cover and P. E. Hart, Nearest Neighbor Pattern Classification, 1967).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]

_BLOCK_NUMBERS = 2**23
"""Distances in memory at once: 64 MB. For CIFAR-10, all of them would be 4 GB, the differences D times as much."""


def squared_distances(A: Matrix, B: Matrix) -> Matrix:
    """|a - b|^2 for each row of A, (M, D), and each row of B, (N, D): (M, N), without an (M, N, D) array.

    |a - b|^2 = |a|^2 - 2 a.b + |b|^2 reduces the work to one matrix product. Rounding can make it slightly negative.
    """
    distances: Matrix = A @ B.T
    distances *= -2.0
    distances += _squared_norms(A)[:, None]
    distances += _squared_norms(B)
    return distances


def predict(X_train: Matrix, y_train: Labels, X: Matrix, ks: Sequence[int]) -> list[Labels]:
    """The commonest label among the k training samples nearest to each row of X, for each of ``ks``: (M,) int64 each.

    Among equally near samples, the first in X_train count; among equally common labels, the smallest wins. All of
    ``ks`` share the distances, which take most of the time.

    Args:
        X_train: (N, D) the stored samples.
        y_train: (N,) their labels.
        X: (M, D) the samples to classify.
        ks: how many neighbours vote, each from 1 to N.

    Raises:
        ValueError: a k is not from 1 to the number of training samples.
    """
    count = len(X_train)
    if not all(1 <= k <= count for k in ks):
        raise ValueError(f"k must be from 1 to the {count} training samples, got {', '.join(map(str, ks))}")
    classes = int(y_train.max()) + 1
    predicted = [np.empty(len(X), dtype=np.int64) for _ in ks]
    rows = max(1, _BLOCK_NUMBERS // count)
    for first in range(0, len(X), rows):
        block = slice(first, first + rows)
        labels = y_train[_nearest(squared_distances(X[block], X_train), max(ks))]
        for k, answer in zip(ks, predicted, strict=True):
            answer[block] = _vote(labels[:, :k], classes)
    return predicted


def stored_bytes(X_train: Matrix, y_train: Labels) -> int:
    """The bytes that the classifier has to store: all training data. A linear classifier stores W."""
    return X_train.nbytes + y_train.nbytes


def _squared_norms(A: Matrix) -> Matrix:
    norms: Matrix = np.einsum("nd,nd->n", A, A)
    return norms


def _nearest(distances: Matrix, k: int) -> NDArray[np.intp]:
    """The k columns with the smallest distance of each row, nearest first, equal ones by column: (M, k).

    Those that have been found become infinitely far: for a few neighbours that is ten times as fast as partitioning.
    """
    rows = np.arange(len(distances))
    found = np.empty((len(distances), k), dtype=np.intp)
    for place in range(k):
        found[:, place] = nearest = distances.argmin(axis=1)
        distances[rows, nearest] = np.inf
    return found


def _vote(labels: Labels, classes: int) -> Labels:
    """The commonest label of each row of (M, k), the smallest of several."""
    rows = np.arange(len(labels))[:, None]
    votes = np.bincount((rows * classes + labels).ravel(), minlength=len(labels) * classes)
    winners: Labels = votes.reshape(-1, classes).argmax(axis=1).astype(np.int64)
    return winners
