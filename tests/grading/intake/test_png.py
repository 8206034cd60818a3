"""Pictures from a student's process: real ones come through with the same pixels, all others do not."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from grading.intake.png import NoPictureError, checked

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def saved(mode: str = "RGB", size: tuple[int, int] = (7, 5)) -> bytes:
    """A PNG as Pillow writes it, with text in it."""
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 4), np.uint8)
    words = PngInfo()
    words.add_text("comment", "<script>")
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, "png", pnginfo=words)
    return file.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def made(width: int, height: int, pixels: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(pixels))
    return SIGNATURE + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "1", "P"])
def test_a_picture_comes_through_with_its_pixels_and_nothing_else(mode: str) -> None:
    original = saved(mode)
    picture = checked(original)
    assert (picture.width, picture.height) == (7, 5)
    assert b"script" in original
    assert b"script" not in picture.png
    before, after = (Image.open(io.BytesIO(data)).convert("RGBA") for data in (original, picture.png))
    assert before.tobytes() == after.tobytes()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        SIGNATURE,
        saved()[:-1],
        saved() + b"<script>",
        saved()[:60] + b"\0" + saved()[61:],
        made(3, 2, b"\0" * 7),
        made(3, 2, b"\0" * 9),
        made(2, 2, b"\0" * 10_000_000),
        made(1 << 30, 1, b"\0"),
        made(2, 1, b"\x09aa"),
        made(0, 0, b""),
    ],
)
def test_what_is_no_plot_is_refused(data: bytes) -> None:
    with pytest.raises(NoPictureError):
        checked(data)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(position=st.integers(0, 200), value=st.integers(0, 255), cut=st.integers(0, 200))
def test_an_altered_picture_raises_nothing_else(position: int, value: int, cut: int) -> None:
    data = bytearray(saved())
    data[position % len(data)] = value
    with contextlib.suppress(NoPictureError):
        checked(bytes(data[: len(data) - cut]))
