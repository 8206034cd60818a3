"""A hand-in that has travelled is the hand-in that was sent."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from grading.intake.packed_handin import PackedHandinError, pack, unpack
from grading.intake.read import read
from grading.intake.submission import Handin, IntakeError, Submission
from tests.grading.running.small_class import RIGHT


def as_file(folder: Path) -> Handin:
    (folder / "ada.py").write_text(RIGHT)
    return Handin("ada", folder / "ada.py")


def as_folder(folder: Path) -> Handin:
    (folder / "ada" / "cs231n" / "__pycache__").mkdir(parents=True)
    (folder / "ada" / "cs231n" / "softmax.py").write_text(RIGHT)
    (folder / "ada" / "data.bin").write_bytes(b"12345")
    (folder / "ada" / "linked.py").symlink_to(folder / "elsewhere.py")
    (folder / "ada" / "env2").mkdir()
    (folder / "ada" / "env2" / "pyvenv.cfg").write_text("home = /")
    (folder / "ada" / "env2" / "softmax.py").write_text(RIGHT)
    with (folder / "ada" / "huge.ipynb").open("wb") as file:
        file.truncate(1 << 30)
    return Handin("ada", folder / "ada")


def as_zip(folder: Path) -> Handin:
    with zipfile.ZipFile(folder / "ada.zip", "w") as archive:
        archive.writestr("hw/softmax.py", RIGHT)
    return Handin("ada", folder / "ada.zip")


def as_part_of_a_folder(folder: Path) -> Handin:
    (folder / "ada_1_softmax.py").write_text(RIGHT)
    (folder / "zoe_2_softmax.py").write_text("")
    return Handin("ada", folder, (("ada_1_softmax.py", "softmax.py"),))


def as_part_of_a_zip(folder: Path) -> Handin:
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        archive.writestr("ada_1_softmax.py", RIGHT)
        archive.writestr("zoe_2_softmax.py", "pass\n" * 1000)
    return Handin("ada", folder / "all.zip", (("ada_1_softmax.py", "softmax.py"),))


def as_part_of_a_zip_with_too_large_a_file(folder: Path) -> Handin:
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        archive.writestr("ada_1_softmax.py", RIGHT)
        archive.writestr("ada_2_big.py", "#" * (1 << 20))
    parts = (("ada_1_softmax.py", "softmax.py"), ("ada_2_big.py", "big.py"))
    return Handin("ada", folder / "all.zip", parts)


def as_a_picture(folder: Path) -> Handin:
    (folder / "ada.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(1000))
    return Handin("ada", folder / "ada.png")


def as_an_empty_file(folder: Path) -> Handin:
    (folder / "ada.ipynb").write_bytes(b"")
    return Handin("ada", folder / "ada.ipynb")


def as_a_link(folder: Path) -> Handin:
    (folder / "ada.py").symlink_to(folder / "elsewhere.py")
    return Handin("ada", folder / "ada.py")


def as_too_large_a_notebook(folder: Path) -> Handin:
    with (folder / "ada.ipynb").open("wb") as file:
        file.truncate(2 << 30)
    return Handin("ada", folder / "ada.ipynb")


def as_a_name_that_is_no_text(folder: Path) -> Handin:
    (folder / "ada").mkdir()
    Path(os.fsdecode(os.fsencode(folder) + b"/ada/hh\xdf\xfe.py")).write_text(RIGHT)
    return Handin("ada", folder / "ada")


def what_is_read(handin: Handin) -> Submission | str:
    try:
        return replace(read(handin, ("Softmax",)), path="")
    except IntakeError as error:
        return str(error)


@pytest.mark.parametrize(
    "made",
    [
        as_file,
        as_folder,
        as_zip,
        as_part_of_a_folder,
        as_part_of_a_zip,
        as_part_of_a_zip_with_too_large_a_file,
        as_a_picture,
        as_an_empty_file,
        as_a_link,
        as_too_large_a_notebook,
        as_a_name_that_is_no_text,
    ],
)
def test_what_has_travelled_is_read_as_before(tmp_path: Path, made: Callable[[Path], Handin]) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    sent = made(tmp_path / "here")
    came, path = unpack(pack(sent), tmp_path / "there")
    assert path == str(sent.path)
    assert what_is_read(came) == what_is_read(sent)


def test_a_part_of_a_zip_travels_without_the_others(tmp_path: Path) -> None:
    handin = as_part_of_a_zip(tmp_path)
    with zipfile.ZipFile(handin.path, "a") as archive:
        archive.writestr("yan_3_softmax.py", bytes(range(256)) * 400)
    assert len(pack(handin)) < 2000


@pytest.mark.parametrize("name", ["../softmax.py", "/etc/softmax.py", "a/../../softmax.py"])
def test_nothing_is_laid_out_outside_of_the_folder(tmp_path: Path, name: str) -> None:
    packed = msgspec.msgpack.encode(["ada", b"class/ada", [], [[name.encode(), 0o100000, 4, b"pass"]]])
    with pytest.raises(PackedHandinError, match="outside"):
        unpack(packed, tmp_path)


@pytest.mark.parametrize("data", [b"", b"\xc1", msgspec.msgpack.encode(["ada"])])
def test_what_is_no_packed_handin_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(PackedHandinError, match="no packed hand-in"):
        unpack(data, tmp_path)
