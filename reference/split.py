"""A data set as the assignment uses it: split in three, the training mean subtracted, a 1 appended."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
from numpy.typing import NDArray

Allocate = Callable[[tuple[int, int]], NDArray[np.float64]]
"""Makes an array of the given shape with arbitrary content."""


class DatasetError(Exception):
    """A data set is unavailable; the message is one line: what, where, what to do."""


class Split(msgspec.Struct, frozen=True, eq=False):
    """Training, validation and test data, ready for a linear classifier. The arrays are read-only.

    Attributes:
        X_train, X_validation, X_test: (N, D) float64, one picture per row; the last feature is the constant 1
            that makes the last row of W the bias. The mean picture of X_train has been subtracted from all.
        y_train, y_validation, y_test: (N,) int64 labels.
        name: "digits" or "cifar10".
        classes: the meaning of each label.
        picture: the shape of one picture, (height, width) or (height, width, colours).
        remarks: sentences for the report, such as files that are not the published ones.
    """

    X_train: NDArray[np.float64]
    y_train: NDArray[np.int64]
    X_validation: NDArray[np.float64]
    y_validation: NDArray[np.int64]
    X_test: NDArray[np.float64]
    y_test: NDArray[np.int64]
    name: str
    classes: tuple[str, ...]
    picture: tuple[int, ...]
    remarks: tuple[str, ...] = ()


class Pictures(msgspec.Struct, frozen=True, eq=False):
    """Labelled pictures as stored: ``pixels`` (N, D) uint8, one per row, and ``labels`` (N,) int64."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def part(self, first: int, stop: int) -> Pictures:
        """The pictures with numbers ``first`` to ``stop - 1``."""
        return Pictures(self.pixels[first:stop], self.labels[first:stop])


def prepare(
    train: Pictures,
    validation: Pictures,
    test: Pictures,
    *,
    name: str,
    classes: tuple[str, ...],
    picture: tuple[int, ...],
    remarks: tuple[str, ...] = (),
    allocate: Allocate = np.empty,
) -> Split:
    """Subtract the mean training picture from all three parts and appends the constant 1.

    The mean is a quotient of two whole numbers, so every machine gets the same bits.
    """
    mean = train.pixels.sum(axis=0, dtype=np.int64) / len(train.labels)
    return Split(
        _with_bias(train, mean, allocate),
        _read_only(train.labels),
        _with_bias(validation, mean, np.empty),
        _read_only(validation.labels),
        _with_bias(test, mean, np.empty),
        _read_only(test.labels),
        name,
        classes,
        picture,
        remarks,
    )


def _with_bias(part: Pictures, mean: NDArray[np.float64], allocate: Allocate) -> NDArray[np.float64]:
    # Filled in place: the training part of CIFAR-10 is 1.2 GB, and a temporary would be another.
    count, features = part.pixels.shape
    X = allocate((count, features + 1))
    np.subtract(part.pixels, mean, out=X[:, :features])
    X[:, features] = 1.0
    X.flags.writeable = False
    return X


def _read_only(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    copy = labels.copy()
    copy.flags.writeable = False
    return copy
