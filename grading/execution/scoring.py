"""The pictures that models found in notebooks are scored on, by the grader, whatever the notebook says of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reference import cifar10

#: As `reference.datasets.cifar10` splits: the last 1,000 of 50,000 training pictures are for validation.
_VALIDATION_SHARE = 50

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Validation and test pictures as the course prepares them: the mean training picture subtracted, a 1 appended.

    Attributes:
        X_validation, X_test: (N, D) float64, D with the appended 1.
        y_validation, y_test: (N,) labels.
        classes: how many there are.
        remarks: sentences on files that are not the published ones.
    """

    X_validation: Matrix
    y_validation: NDArray[np.int64]
    X_test: Matrix
    y_test: NDArray[np.int64]
    classes: int
    remarks: tuple[str, ...]

    def score(self, W: Matrix) -> tuple[int, int] | None:
        """How many validation and test pictures the weights classify rightly; None if they do not fit the pictures.

        ``W`` may lack the bias, or be (C, D) as in the course's edition of 2015.
        """
        features = self.X_test.shape[1]
        if W.ndim == 2 and W.shape[0] == self.classes and W.shape[1] in (features, features - 1):
            W = W.T
        if W.ndim != 2 or W.shape[1] != self.classes or W.shape[0] not in (features, features - 1):
            return None
        correct = [
            int(np.count_nonzero(np.argmax(X[:, : W.shape[0]] @ W, axis=1) == y))
            for X, y in ((self.X_validation, self.y_validation), (self.X_test, self.y_test))
        ]
        return correct[0], correct[1]


@cache
def held_out(folder: Path) -> HeldOut:
    """The pictures of CIFAR-10 below ``folder``, read once.

    Raises:
        DatasetError: a file is missing, truncated or altered; one line.
    """
    content = cifar10.read(folder)
    count = len(content.train.labels)
    train = count - max(1, count // _VALIDATION_SHARE)
    mean = content.train.pixels[:train].sum(axis=0, dtype=np.int64) / train
    files = ", ".join(content.unpublished)
    remarks = (
        (f"CIFAR-10: not the published files, so accuracies may differ a little: {files}",) if files else ()
    )
    return HeldOut(
        _prepared(content.train.pixels[train:], mean),
        content.train.labels[train:],
        _prepared(content.test.pixels, mean),
        content.test.labels,
        len(content.classes),
        remarks,
    )


@cache
def fingerprint(folder: Path) -> str:
    """A hash over the seven files of the data set.

    Raises:
        DatasetError: a file is missing.
    """
    digest = hashlib.sha256()
    batches = cifar10.locate(folder)
    for name in cifar10.FILES:
        with (batches / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _prepared(pixels: NDArray[np.uint8], mean: Matrix) -> Matrix:
    return np.hstack([pixels - mean, np.ones((len(pixels), 1))])
