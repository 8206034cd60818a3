"""Hostile hand-ins against whoever opens the page on which they are shown, and against what writes it."""

from __future__ import annotations

import re
import struct
import zlib
from base64 import b64encode
from pathlib import Path

import pytest

from grading.grades.grade import Place
from grading.intake.combining_characters import unstacked
from grading.intake.png import NoPictureError
from grading.intake.rendered_cells import rendered_cells
from grading.reports import source_page
from grading.reports.source_page import SourcePage
from grading.reports.sources import commented
from tests.grading.reports.handed import FUNCTION, a_cell, a_handed_notebook, as_handed_in


def png(width: int, height: int, pixels: bytes, *more: tuple[bytes, bytes]) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), *more, (b"IDAT", zlib.compress(pixels)), (b"IEND", b"")]
    parts = [struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def page_with(folder: Path, picture: bytes, kind: str = "image/png") -> str:
    data = {kind: b64encode(picture).decode(), "text/plain": "what it shows"}
    output = {"output_type": "display_data", "metadata": {}, "data": data}
    handin, grade = a_handed_notebook(folder / "m.ipynb", a_cell("code", "plt.show()", outputs=[output]))
    return SourcePage().render(grade, commented(handin, grade)).decode()


def test_a_small_picture_is_shown_with_nothing_in_it_but_pixels(tmp_path: Path) -> None:
    page = page_with(tmp_path, png(2, 2, b"\0ab\0cd", (b"tEXt", b"secret\0text")))
    assert b64encode(png(2, 2, b"\0ab\0cd")).decode() in page


@pytest.mark.parametrize(
    ("kind", "picture"),
    [
        ("image/png", png(60_000, 60_000, b"\0" * 100_000)),
        ("image/png", png(2_000, 2_000, b"\0" * 64_000_000)),
        ("image/png", b"\x89PNG\r\n\x1a\n<script>alert(1)</script>"),
        ("image/jpeg", b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03"),
    ],
    ids=["says that it is large", "is larger than it says", "is none", "of another kind"],
)
def test_a_picture_that_a_browser_would_suffer_from_is_not_shown(
    tmp_path: Path, kind: str, picture: bytes
) -> None:
    page = page_with(tmp_path, picture, kind)
    assert "data:image" not in page
    assert "what it shows" in page


def test_no_page_piles_up_more_marks_than_a_browser_can_draw(tmp_path: Path) -> None:
    piled = {
        "acute": "a" + "\u0301" * 90_000,
        "skin": "\U0001f44b" + "\U0001f3fb" * 90_000,
        "point": "\u05b0" * 90_000,
    }
    cells = [a_cell("markdown", text) for text in piled.values()]
    handin, grade = a_handed_notebook(tmp_path / "m.ipynb", *cells)
    notebook = (tmp_path / "m.ipynb").read_bytes()
    pages = [SourcePage().render(grade, commented(handin, grade)).decode()]
    pages += [html for _, html in rendered_cells(notebook)]
    assert sum(page.count("\u0301") for page in pages) == 2 * 90_000
    for page in pages:
        assert not re.search("[\u0301\u05b0\U0001f3fb]{31}", page)
    # What scripts need is left alone.
    for text in (
        "e\u0301" * 99,
        "\u5b66" * 99,
        "\u0915\u094d" * 99,
        "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 99,
    ):
        assert unstacked(text) == text


PRINTED = {"output_type": "stream", "name": "stdout", "text": "a"}
LONG = {
    "text": [a_cell("markdown", "a" * 1_500_000) for _ in range(4)],
    "lines": [a_cell("markdown", "a\n" * 30_000) for _ in range(4)],
    "outputs": [a_cell("code", "pass", outputs=[PRINTED] * 6_000) for _ in range(4)],
}


@pytest.mark.parametrize("what", LONG)
def test_a_page_holds_no_more_than_a_browser_can_show(tmp_path: Path, what: str) -> None:
    handin, grade = a_handed_notebook(tmp_path / "m.ipynb", *LONG[what])
    page = SourcePage().render(grade, commented(handin, grade))
    assert len(page) < 4_000_000
    assert page.count(b"<") < 300_000


def test_a_script_of_too_many_lines_is_shown_where_its_functions_end(tmp_path: Path) -> None:
    text = "\n" * 100_000 + FUNCTION + "\n" * 100_000 + "x = 1"
    handin, grade = as_handed_in(tmp_path / "m.py", text, Place(source="m.py", lines=(100_001, 100_002)))
    page = SourcePage().render(grade, commented(handin, grade)).decode()
    assert "svm_loss_naive" in page
    assert page.count("\n") < 50_000


def test_pictures_that_are_not_shown_are_not_unpacked_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = b64encode(png(2_000, 2_000, b"\0" * 3_999_999)).decode() + " " * 40_000
    outputs = [{"output_type": "display_data", "metadata": {}, "data": {"image/png": bomb}}] * 60
    looked_at: list[bytes] = []

    def checked(data: bytes, *, packed_anew: bool) -> None:
        looked_at.append(data)
        raise NoPictureError

    monkeypatch.setattr(source_page, "checked", checked)
    handin, grade = a_handed_notebook(tmp_path / "m.ipynb", a_cell("code", "pass", outputs=outputs))
    SourcePage().render(grade, commented(handin, grade))
    assert 0 < sum(map(len, looked_at)) < 200_000


def test_a_notebook_of_a_million_parts_is_not_taken_apart_for_a_page(tmp_path: Path) -> None:
    parts = a_cell("markdown", "x") | {"metadata": {"a": [0] * 1_000_001}}
    assert commented(*a_handed_notebook(tmp_path / "m.ipynb", parts)) == []
