"""Scores the models found in notebooks on the grader's own pictures, whatever the notebook says about them."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from reference import cifar10
from reference.split import Pictures

#: As `reference.datasets.cifar10` splits: the last 1,000 of 50,000 training pictures are for validation.
_VALIDATION_SHARE = 50

Matrix = NDArray[np.float64]


Counted: TypeAlias = tuple[int, int]

# The mean of 49,000 pictures rounds differently in another order, which can flip nearly tied scores.
_LOOSE_SHARE = 1000
_ROUNDED = 1e-6

#: The factors by which notebooks scale pixels.
_SCALES = (1.0, 1 / 255)


class Score(msgspec.Struct, frozen=True):
    """How many of how many validation and test pictures the weights classify correctly."""

    validation: Counted
    test: Counted


class HeldOut(msgspec.Struct, frozen=True, eq=False):
    """Validation and test pictures.

    Attributes:
        validation, test: pixels and labels in the course's order: row, column, colour.
        mean: (3072,) the mean of the training pictures.
        classes: the number of classes.
        remarks: sentences on files that are not the published ones.
    """

    validation: Pictures
    test: Pictures
    mean: Matrix
    classes: int
    remarks: tuple[str, ...]

    def score(self, W: Matrix, best_val: float | None, test: float | None) -> Score | None:
        """The pictures that the weights classify correctly; None if their shape does not fit the pictures.

        Notebooks prepare pictures in different ways, all of them right: pixels in the course's order or in that of the
        files, the mean subtracted or not, scaled or not, with a bias or without; and in the 2015 edition, W is (C, D).
        The way in which the weights reach the notebook's claims, ``best_val`` and ``test``, counts; if there is none,
        the one in which they classify most validation pictures correctly.
        """
        features = len(self.mean)
        if W.ndim == 2 and W.shape[0] == self.classes and W.shape[1] in (features, features + 1):
            W = W.T
        if W.ndim != 2 or W.shape[1] != self.classes or W.shape[0] not in (features, features + 1):
            return None
        scores = list(self._scores(W[:features], W[features:].sum(axis=0)))
        for score in scores:
            if confirmed(best_val, score.validation) and (test is None or confirmed(test, score.test)):
                return score
        return max(scores, key=lambda score: score.validation[0])

    def _scores(self, pixels: Matrix, bias: Matrix) -> Iterator[Score]:
        of_files = pixels.reshape(cifar10.COLOURS, cifar10.HEIGHT, cifar10.WIDTH, -1).transpose(1, 2, 0, 3)
        with np.errstate(all="ignore"):
            for ordered in (pixels, of_files.reshape(pixels.shape)):
                products = [part.pixels.astype(np.float64) @ ordered for part in (self.validation, self.test)]
                for shift, scale in itertools.product((self.mean @ ordered, np.zeros(len(bias))), _SCALES):
                    validation, test = ((product - shift) * scale + bias for product in products)
                    yield Score(
                        _counted(validation, self.validation.labels), _counted(test, self.test.labels)
                    )


def confirmed(claimed: float | None, counted: Counted | None) -> bool:
    """Whether a claimed share agrees with the count, up to one picture in a thousand."""
    if claimed is None or counted is None:
        return False
    correct, total = counted
    return abs(claimed * total - correct) <= max(1, total // _LOOSE_SHARE) + _ROUNDED


def _counted(scores: Matrix, labels: NDArray[np.int64]) -> Counted:
    return int(np.count_nonzero(np.argmax(scores, axis=1) == labels)), len(labels)


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
    remark = f"CIFAR-10: not the published files, so accuracies may differ a little: {files}"
    # Copies, so that the memory of the training pictures is freed.
    validation = Pictures(content.train.pixels[train:].copy(), content.train.labels[train:].copy())
    return HeldOut(validation, content.test, mean, len(content.classes), (remark,) if files else ())


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
