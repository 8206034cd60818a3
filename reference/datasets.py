"""The data sets to train on: digits, which are always available, and CIFAR-10, the course's own."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
from pathlib import Path

import msgspec
import numpy as np
from msgspec.structs import replace

from reference.split import Allocate, DatasetError, Pictures, Split, prepare

__all__ = [
    "CIFAR10_VARIABLE",
    "NAMES",
    "DatasetError",
    "Identity",
    "Split",
    "cifar10",
    "digits",
    "identify",
    "load",
]

NAMES = ("digits", "cifar10")
CIFAR10_VARIABLE = "SUBGRADER_CIFAR10"

# The name of the command line, in a checkout and when installed.
_PROGRAM = "grader.py" if __package__ == "reference" else "subgrader"

_DIGITS_SHA256 = "68aea062d35a127749050fa0e52dca09d6569ac08092c925610e0954e172dde2"
_DIGITS_PARTS = (1297, 1547, 1797)

# The course keeps the last 1,000 of CIFAR-10's 50,000 training pictures for validation.
_VALIDATION_SHARE = 50


class Identity(msgspec.Struct, frozen=True):
    """The identity of a data set: a hash over its files, and sentences about them for the report."""

    sha256: str
    remarks: tuple[str, ...]


def identify(name: str, folder: Path | None = None) -> Identity:
    """Identifies the data set that ``load`` would return, without preparing it; takes half a second for CIFAR-10.

    Raises:
        DatasetError: no such data set, or one of its files is missing.
    """
    if _folder_of(name, folder) is None:
        return Identity(_DIGITS_SHA256, ())
    from reference import cifar10 as batches

    files = batches.hashes(_folder_of(name, folder) or Path())
    return Identity(hashlib.sha256(repr(files).encode()).hexdigest(), _remarks(batches.unpublished(files)))


def load(name: str, folder: Path | None = None, *, allocate: Allocate = np.empty) -> Split:
    """Load the data set called ``name``.

    Args:
        name: "digits" or "cifar10".
        folder: where CIFAR-10 is; the environment variable SUBGRADER_CIFAR10 if None. Digits need none.
        allocate: makes the array that X_train is put into.

    Raises:
        DatasetError: no such data set, or it cannot be had.
    """
    where = _folder_of(name, folder)
    if where is not None:
        return cifar10(where, allocate=allocate)
    split = digits()
    X = allocate((len(split.X_train), split.X_train.shape[1]))
    X[:] = split.X_train
    X.flags.writeable = False
    return replace(split, X_train=X)


def _folder_of(name: str, folder: Path | None) -> Path | None:
    """The folder of CIFAR-10; None if the name is that of the digits."""
    if name == "digits":
        return None
    if name != "cifar10":
        raise DatasetError(f"there is no data set {name!r}: choose one of {', '.join(NAMES)}")
    where = folder or os.environ.get(CIFAR10_VARIABLE)
    if not where:
        raise DatasetError(
            f"CIFAR-10 needs its folder: give it with --data DIR, or set {CIFAR10_VARIABLE}; "
            f"`{_PROGRAM} fetch cifar10 DIR` downloads it"
        )
    return Path(where)


@functools.cache
def digits() -> Split:
    """1,797 handwritten digits of 8x8 pixels from 0 to 16, split into 1,297, 250 and 250.

    They come with scikit-learn (UCI, Optical Recognition of Handwritten Digits, Alpaydin and Kaynak 1998).

    Raises:
        DatasetError: the installed scikit-learn does not contain them, or contains different ones.
    """
    table = _digits_table()
    # Shuffled by hash: NumPy's generators may change their streams between versions, but the split must not.
    order = sorted(range(len(table)), key=lambda row: hashlib.sha256(f"digits {row}".encode()).digest())
    table = table[order]
    pictures = Pictures(table[:, :-1], table[:, -1].astype(np.int64))
    train, validation, test = _DIGITS_PARTS
    return prepare(
        pictures.part(0, train),
        pictures.part(train, validation),
        pictures.part(validation, test),
        name="digits",
        classes=tuple("0123456789"),
        picture=(8, 8),
    )


def _digits_table() -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """(1797, 65) uint8: 64 pixels and the label."""
    # Read from the installed package's folder: importing scikit-learn takes a second, reading its file 10 ms.
    package = importlib.util.find_spec("sklearn")
    if package is None or not package.submodule_search_locations:
        raise DatasetError(
            "the digits come with scikit-learn, which is not installed: pip install scikit-learn"
        )
    path = Path(package.submodule_search_locations[0]) / "datasets" / "data" / "digits.csv.gz"
    try:
        table = np.loadtxt(path, delimiter=",", dtype=np.uint8, ndmin=2)
    except (OSError, ValueError, EOFError) as error:
        raise DatasetError(f"{path} cannot be read ({error}): install scikit-learn again") from error
    if hashlib.sha256(table.tobytes()).hexdigest() != _DIGITS_SHA256:
        raise DatasetError(
            f"{path} does not hold the 1,797 digits that grades are based on: install scikit-learn again"
        )
    return table


def cifar10(folder: Path, *, allocate: Allocate = np.empty) -> Split:
    """CIFAR-10 below ``folder``, split as in the course into 49,000, 1,000 and 10,000 pictures.

    Takes about 1.5 GB: the assignment works on float64. A smaller set in the same layout is split in the same
    proportion.

    Raises:
        DatasetError: a file is missing, truncated or altered; one line.
    """
    from reference import cifar10 as batches

    content = batches.read(folder)
    count = len(content.train.labels)
    train = count - max(1, count // _VALIDATION_SHARE)
    return prepare(
        content.train.part(0, train),
        content.train.part(train, count),
        content.test,
        name="cifar10",
        classes=content.classes,
        picture=(batches.HEIGHT, batches.WIDTH, batches.COLOURS),
        remarks=_remarks(content.unpublished),
        allocate=allocate,
    )


def _remarks(unpublished: tuple[str, ...]) -> tuple[str, ...]:
    if not unpublished:
        return ()
    return (
        f"CIFAR-10: not the published files, so accuracies may differ a little: {', '.join(unpublished)}",
    )
