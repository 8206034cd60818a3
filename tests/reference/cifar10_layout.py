"""Writes tiny data sets in the layout of CIFAR-10, byte for byte in the way Python 2 did."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
Draw = Callable[[str, int], tuple[NDArray[np.uint8], list[int]]]
TRAIN = tuple(f"data_batch_{number}" for number in range(1, 6))


def python2_pickle(value: object) -> bytes:
    """The pickle of dicts, lists, byte strings, ints and uint8 tables as Python 2's protocol 2 writes it."""
    return b"\x80\x02" + _opcodes(value) + b"."


def _opcodes(value: object) -> bytes:
    match value:
        case bytes():
            return b"T" + struct.pack("<i", len(value)) + value
        case int():
            return b"J" + struct.pack("<i", value)
        case list():
            return b"](" + b"".join(map(_opcodes, value)) + b"e"
        case dict():
            return b"}(" + b"".join(_opcodes(key) + _opcodes(item) for key, item in value.items()) + b"u"
        case np.ndarray():
            shape = b"".join(map(_opcodes, value.shape))
            dtype = b"cnumpy\ndtype\n(" + _opcodes(value.dtype.str[1:].encode()) + b"K\x00K\x01tR"
            dtype_state = b"(K\x03" + _opcodes(b"|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
            empty = (
                b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00t" + _opcodes(b"b") + b"tR"
            )
            state = (
                b"(K\x01(" + shape + b"t" + dtype + dtype_state + b"\x89" + _opcodes(value.tobytes()) + b"t"
            )
            return empty + state + b"b"
        case _:
            raise TypeError(type(value))


def batch(pixels: NDArray[np.uint8], labels: list[int]) -> dict[bytes, object]:
    return {
        b"batch_label": b"batch",
        b"labels": labels,
        b"data": pixels,
        b"filenames": [b"x.png"] * len(labels),
    }


def pictures(name: str, count: int) -> tuple[NDArray[np.uint8], list[int]]:
    """The same noise for the same name: (count, 3072) pixels and the labels."""
    rng = np.random.default_rng(list(name.encode()))
    return rng.integers(0, 256, (count, 3072), dtype=np.uint8), rng.integers(0, 10, count).tolist()


def learnable(name: str, count: int) -> tuple[NDArray[np.uint8], list[int]]:
    """As `pictures`, but those of one class look alike under the noise, so that a classifier can learn them."""
    looks = np.random.default_rng(10).normal(0.0, 8.0, (10, 3072))
    rng = np.random.default_rng(list(name.encode()))
    labels = rng.integers(0, 10, count)
    pixels = 128.0 + looks[labels] + rng.normal(0.0, 30.0, (count, 3072))
    return pixels.clip(0, 255).astype(np.uint8), labels.tolist()


def write(folder: Path, count: int = 10, pictures: Draw = pictures) -> Path:
    """Write all seven files, each batch with ``count`` pictures, into folder/cifar-10-batches-py."""
    batches = folder / "cifar-10-batches-py"
    batches.mkdir(parents=True)
    for name in (*TRAIN, "test_batch"):
        (batches / name).write_bytes(python2_pickle(batch(*pictures(name, count))))
    meta = {
        b"num_cases_per_batch": count,
        b"label_names": [name.encode() for name in CLASSES],
        b"num_vis": 3072,
    }
    (batches / "batches.meta").write_bytes(python2_pickle(meta))
    return batches


def python3_pickle(value: object) -> bytes:
    """As somebody's own Python 3 saves it again, readable for Python 2."""
    return pickle.dumps(value, protocol=2)
