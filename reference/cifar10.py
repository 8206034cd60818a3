"""CIFAR-10 in its original layout: a folder ``cifar-10-batches-py`` of pickles written by Python 2.

Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009. A pickle is a program, and the folder may
hold anything, so the reader below admits only what these files contain: dicts, lists, strings, whole numbers, and
arrays of uint8, which it rebuilds itself from their bytes.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from reference.split import DatasetError, Pictures

FOLDER = "cifar-10-batches-py"
META = "batches.meta"
TRAIN_BATCHES = tuple(f"data_batch_{number}" for number in range(1, 6))
TEST_BATCH = "test_batch"
FILES = (META, *TRAIN_BATCHES, TEST_BATCH)

COLOURS, HEIGHT, WIDTH = 3, 32, 32

# md5 of the files in the published archive.
PUBLISHED_MD5 = {
    "batches.meta": "5ff9c542aee3614f3951f8cda6e48888",
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}

# The published batches are 31 MB; anything much larger is a different file.
_LARGEST_FILE = 64 * 2**20


class Batches(msgspec.Struct, frozen=True, eq=False):
    """All pictures of the folder, in the order of its files.

    Attributes:
        train, test: pixels are (N, 3072) uint8 in the course's order: row, column, colour.
        classes: the names of the labels.
        unpublished: the files whose md5 is not that of the published archive.
    """

    train: Pictures
    test: Pictures
    classes: tuple[str, ...]
    unpublished: tuple[str, ...]


def locate(folder: Path) -> Path:
    """The folder that holds the batches: ``folder`` itself, or ``cifar-10-batches-py`` in it.

    Raises:
        DatasetError: any of the seven files is missing.
    """
    for candidate in (folder / FOLDER, folder):
        present = [name for name in FILES if (candidate / name).is_file()]
        if len(present) == len(FILES):
            return candidate
        if present:
            missing = ", ".join(name for name in FILES if name not in present)
            raise DatasetError(f"CIFAR-10 in {candidate} lacks {missing}: unpack the archive again")
    raise DatasetError(f"there is no CIFAR-10 in {folder}: it should hold {FOLDER}/ with {', '.join(FILES)}")


def read(folder: Path) -> Batches:
    """Read all batches below ``folder``.

    Raises:
        DatasetError: a file is missing, truncated, or does not hold what it should.
    """
    folder = locate(folder)
    files: dict[str, str] = {}
    meta = _unpickle(folder / META, files)
    count, classes = _meta(folder / META, meta)
    train = [_batch(folder / name, count, len(classes), files) for name in TRAIN_BATCHES]
    test = _batch(folder / TEST_BATCH, count, len(classes), files)
    pixels = np.concatenate([batch.pixels for batch in train])
    labels = np.concatenate([batch.labels for batch in train])
    return Batches(Pictures(pixels, labels), test, classes, unpublished(files))


def hashes(folder: Path) -> dict[str, str]:
    """The md5 of each of the seven files below ``folder``, by name.

    Raises:
        DatasetError: a file is missing or cannot be read.
    """
    folder = locate(folder)
    return {name: _md5(_content(folder / name)) for name in FILES}


def unpublished(files: Mapping[str, str]) -> tuple[str, ...]:
    """The files, given their md5 by name, that are not those of the published archive."""
    return tuple(name for name, md5 in files.items() if md5 != PUBLISHED_MD5[name])


def _meta(path: Path, meta: dict[bytes, Any]) -> tuple[int, tuple[str, ...]]:
    """The number of pictures in each batch, and the names of the classes."""
    count, names = meta.get(b"num_cases_per_batch"), meta.get(b"label_names")
    if type(count) is not int or count < 1:
        raise _not_as_published(path, "num_cases_per_batch is not a count of pictures")
    if type(names) is not list or len(names) < 2 or not all(type(name) is bytes for name in names):
        raise _not_as_published(path, "label_names is not a list of names")
    return count, tuple(name.decode("utf-8", "replace") for name in names)


def _batch(path: Path, count: int, classes: int, files: dict[str, str]) -> Pictures:
    batch = _unpickle(path, files)
    data, labels = batch.get(b"data"), batch.get(b"labels")
    shape = (count, COLOURS * HEIGHT * WIDTH)
    if not isinstance(data, _Array) or data.pixels is None or data.pixels.shape != shape:
        raise _not_as_published(path, f"data is not an array of uint8 of shape {shape}")
    if type(labels) is not list or len(labels) != count:
        raise _not_as_published(path, f"labels is not a list of {count} labels")
    if not all(type(label) is int and 0 <= label < classes for label in labels):
        raise _not_as_published(path, f"labels are not whole numbers from 0 to {classes - 1}")
    # Stored colour by colour, while the course's notebooks show W as (row, column, colour) pictures.
    pictures = data.pixels.reshape(count, COLOURS, HEIGHT, WIDTH).transpose(0, 2, 3, 1)
    return Pictures(pictures.reshape(shape), np.array(labels, dtype=np.int64))


def _unpickle(path: Path, files: dict[str, str]) -> dict[bytes, Any]:
    content = _content(path)
    files[path.name] = _md5(content)
    try:
        value = _BatchUnpickler(io.BytesIO(content), encoding="bytes").load()
    except Exception as error:
        # One altered byte turns a pickle into another program, which can raise anything.
        raise _not_as_published(path, str(error) or type(error).__name__) from error
    if type(value) is not dict:
        raise _not_as_published(path, "it holds no dictionary")
    return value


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise _not_as_published(path, f"it is larger than {_LARGEST_FILE // 2**20} MB")
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}") from error


def _md5(content: bytes) -> str:
    # The published hash; it detects altered files, and protects against nobody.
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _not_as_published(path: Path, reason: str) -> DatasetError:
    return DatasetError(
        f"{path} is truncated or altered ({' '.join(reason.split())}): unpack the archive again"
    )


class _Dtype:
    """Stands in for numpy.dtype while a batch is read: the only type is uint8."""

    def __init__(self, code: object, *_: object) -> None:
        if code not in (b"u1", "u1"):
            raise pickle.UnpicklingError("holds an array that is not uint8")

    def __setstate__(self, _: object) -> None:
        """Byte order and alignment mean nothing for single bytes."""


class _Array:
    """Stands in for numpy.ndarray while a batch is read: NumPy sees only bytes and a checked shape."""

    pixels: NDArray[np.uint8] | None = None

    def __setstate__(self, state: object) -> None:
        match state:
            case (_, (int(rows), int(columns)), _Dtype(), bool() | int() as column_major, bytes(content)):
                flat = np.frombuffer(content, dtype=np.uint8)
                self.pixels = flat.reshape((rows, columns), order="F" if column_major else "C")
            case _:
                raise pickle.UnpicklingError("holds an array that is not a table of pixels")


def _reconstruct(*_: object) -> _Array:
    return _Array()


def _encode(text: object, encoding: object) -> bytes:
    # Python 3's form of bytes that Python 2 can read, as in copies that students have saved again.
    if not isinstance(text, str) or encoding not in (b"latin1", "latin1"):
        raise pickle.UnpicklingError("holds text that is not latin1")
    return text.encode("latin1")


_ADMITTED = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
    ("_codecs", "encode"): _encode,
}


class _BatchUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in _ADMITTED:
            raise pickle.UnpicklingError(f"asks for {module}.{name}, which no batch holds")
        return _ADMITTED[module, name]
