"""Hostile hand-ins against whatever reads them and against the rest of their class: each ends in a state of its own."""

from __future__ import annotations

import io
import json
import os
import re
import struct
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from grading.intake.find import survey
from grading.intake.read import read
from grading.intake.reader import Reader
from grading.intake.reader_process import CPU_SECONDS
from grading.intake.safe_names import unique_names
from grading.intake.submission import Handin, IntakeError, State
from grading.sandbox.inside.clearing import clear
from tests.hostile.pumping import BOUNDED, TooSlowError, patterns, seconds, texts

HONEST = "def svm_loss_naive(W, X, y, reg):\n    return X.sum() * 0.0, W\n"
ASKED = ("svm_loss_naive",)


def test_no_pattern_takes_more_than_linear_time() -> None:
    slow: list[tuple[str, str]] = []
    for name, pattern in patterns():
        for text in texts(min(BOUNDED.get(name.partition(":")[0], 2_000), 2_000)):
            if is_slow(name, pattern, text) and is_slow(name, pattern, text):
                slow.append((name, text[:30]))
                break
    assert slow == []


def is_slow(name: str, pattern: re.Pattern[str] | re.Pattern[bytes], text: str) -> bool:
    try:
        # Linear ones take less than a tenth of this; quadratic ones, some times as long.
        return seconds(name, pattern, text, 5.0) > 0.03
    except TooSlowError:
        return True


def notebook(*cells: tuple[str, str], **more: object) -> bytes:
    made = [
        {"cell_type": kind, "source": text, "metadata": {}, **({"outputs": []} if kind == "code" else {})}
        for kind, text in cells
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made, **more}).encode()


CODE = ("code", HONEST)
NOTEBOOKS: dict[str, tuple[tuple[str, str], ...]] = {
    "a heading dressed in both ways": (("markdown", "{it}" * 60 + "\nQuestion 1"), CODE),
    "a heading dressed for 200 kB": (("markdown", "#" + "\\textit{" * 25_000), CODE),
    "a question without its number": (("markdown", "q" + " " * 100_000 + "x"), CODE),
    "an answer that never closes": (("markdown", "Question 1\nAnswer:" + " " * 100_000 + "</"), CODE),
    "comments that never close": (("markdown", "Question 1\n" + "<!--" * 50_000), CODE),
    "magics upon magics": (("code", "%%time\n" * 5_000 + HONEST), CODE),
    "a magic with a long name": (("code", "%" * 200_000), CODE),
    "help without end": (("code", "a" * 200_000 + "?"), CODE),
    "assignments of magics": (("code", "a" * 100_000 + " = %b"), CODE),
    "many questions": (("markdown", "Question 1\n" * 20_000), CODE),
    "tabs and spaces": (("code", "if 1:\n" + "\t \t" * 30_000 + "x\n        y"), CODE),
    "half a surrogate": (("code", "s = '\ud800'"), CODE),
}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_that_was_made_to_be_slow_is_read_like_any_other(tmp_path: Path, name: str) -> None:
    (tmp_path / "m.ipynb").write_bytes(notebook(*NOTEBOOKS[name]))
    before = os.times()
    submission = read(Handin("m", tmp_path / "m.ipynb"), ASKED)
    assert os.times().user - before.user < CPU_SECONDS / 2
    assert submission.definitions["svm_loss_naive"].state is State.WRITTEN


SCRIPTS = {
    "names that begin as a loss": "def " + "loss" * 60_000 + "\n" + HONEST,
    "one line of half a megabyte": "x = '" + "a" * 400_000 + "'\n" + HONEST,
    "many functions": "".join(f"def f{k}(): pass\n" for k in range(10_000)) + HONEST,
    "an open bracket": HONEST + "x = (\n" * 3_000,
    "text that is no Unicode": "# coding: utf-7\ns = '+2AA-'\n" + HONEST,
    "escapes for its encoding": "# coding: unicode_escape\ns = '\\ud800'\n" + HONEST,
    "imports without end": "import " + "import " * 60_000 + "\n" + HONEST,
    "the words of Python 2": HONEST + "print a\n" * 4_000,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_that_was_made_to_be_slow_is_read_like_any_other(tmp_path: Path, name: str) -> None:
    (tmp_path / "m.py").write_text(SCRIPTS[name])
    with Reader() as reader:
        assert "svm_loss_naive" in reader.read(Handin("m", tmp_path / "m.py"), ASKED).definitions


@pytest.mark.parametrize(
    "text",
    [
        "(" * 20_000,
        "-" * 100_000 + "1",
        "f'{" * 2_000,
        "x = " + "[" * 3_000 + "]" * 3_000,
        "lambda: " * 20_000,
    ],
    ids=["brackets", "signs", "strings in strings", "lists in lists", "lambdas"],
)
def test_code_too_deep_for_the_parser_costs_no_more_than_itself(tmp_path: Path, text: str) -> None:
    (tmp_path / "m.py").write_text(f"{HONEST}x = {text}\n")
    (tmp_path / "ada.py").write_text(HONEST)
    with Reader() as reader:
        with suppress(IntakeError):
            reader.read(Handin("m", tmp_path / "m.py"), ASKED)
        assert "svm_loss_naive" in reader.read(Handin("ada", tmp_path / "ada.py"), ASKED).definitions


def zipped(**members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/"), text)
    return out.getvalue()


def with_flag(data: bytes, flag: int) -> bytes:
    """The zip with a flag set in each entry of its list."""
    changed = bytearray(data)
    position = changed.find(b"PK\x01\x02")
    while position >= 0:
        changed[position + 8 : position + 10] = struct.pack("<H", flag)
        position = changed.find(b"PK\x01\x02", position + 4)
    return bytes(changed)


def with_method(data: bytes, method: int) -> bytes:
    """The zip with another method of packing for each member."""
    changed = bytearray(data)
    for sign, offset in ((b"PK\x01\x02", 10), (b"PK\x03\x04", 8)):
        position = changed.find(sign)
        while position >= 0:
            changed[position + offset : position + offset + 2] = struct.pack("<H", method)
            position = changed.find(sign, position + 4)
    return bytes(changed)


PLAIN = zipped(**{"svm.py": HONEST, "submission_metadata.yml": ":name: ada\n"})
ZIPS: dict[str, Callable[[], bytes]] = {
    "locked in a way that nobody knows": lambda: with_flag(PLAIN, 0x2041),
    "its members are locked": lambda: with_flag(PLAIN, 0x1),
    "packed in a way that nobody knows": lambda: with_method(PLAIN, 77),
    "packed by LZMA, it says": lambda: with_method(PLAIN, 14),
    "packed by bzip2, it says": lambda: with_method(PLAIN, 12),
    "cut off": lambda: PLAIN[:-30],
    "a list beyond its end": lambda: PLAIN[:-6] + b"\xff\xff\xff\x7f" + PLAIN[-2:],
    "a list of ten megabytes": lambda: zipped(**{f"{k:0200}": "" for k in range(40_000)}),
    "nothing but a signature": lambda: b"PK\x05\x06",
    "wrong checksums": lambda: PLAIN.replace(HONEST.encode(), HONEST.upper().encode()),
}


@pytest.mark.parametrize("name", ZIPS)
def test_a_zip_that_no_program_made_is_refused_in_one_line_and_costs_nobody_else(
    tmp_path: Path, name: str
) -> None:
    paths = [tmp_path / f"{student}.zip" for student in ("ada", "mallory", "zoe")]
    for path in paths:
        path.write_bytes(ZIPS[name]() if path.stem == "mallory" else zipped(**{"svm.py": HONEST}))
    found = survey(paths)
    assert [handin.name for handin in found.handins] == ["ada", "mallory", "zoe"]
    ada, mallory, zoe = found.handins
    for alone in ([paths[1]], [tmp_path]):
        assert "mallory" in [handin.name for handin in survey(alone).handins]
    with Reader() as reader:
        with pytest.raises(IntakeError) as refused:
            reader.read(mallory, ASKED)
        assert len(str(refused.value).splitlines()) == 1
        for honest in (ada, zoe):
            assert "svm_loss_naive" in reader.read(honest, ASKED).definitions


def class_of(folder: Path, *students: str) -> Path:
    for student in students:
        (folder / student).write_text(HONEST)
    return folder


def names(*paths: Path) -> list[str]:
    return sorted(handin.name for handin in survey(paths).handins)


def test_a_zip_among_others_is_one_row_whatever_it_resembles(tmp_path: Path) -> None:
    (tmp_path / "grace.zip").write_bytes(zipped(**{"svm.py": HONEST}))
    for k, files in enumerate(
        [
            {"ada_11_1001_svm.py": HONEST, "grace_12_1002_svm.py": HONEST},
            {"submission_metadata.yml": "submission_1:\n  :name: grace\n", "submission_1__svm.py": HONEST},
            {
                "grace_1_assignsubmission_file___svm.py": HONEST,
                "ada_2_assignsubmission_file___svm.py": HONEST,
            },
            {"grace__svm.py": HONEST, "ada__svm.py": HONEST},
        ]
    ):
        (tmp_path / "mallory.zip").write_bytes(zipped(**files))
        assert names(tmp_path / "grace.zip", tmp_path / "mallory.zip") == ["grace", "mallory"], k


@pytest.mark.parametrize("theirs", ["softmax.py", "linear_svm.py", "svm.ipynb", "classifiers", "cs231n"])
def test_a_hand_in_called_like_a_part_of_the_course_does_not_make_the_class_one_student(
    tmp_path: Path, theirs: str
) -> None:
    class_of(tmp_path, "ada.py", "grace.py", "hedy.py")
    if "." in theirs:
        (tmp_path / theirs).write_text(HONEST)
    else:
        class_of_one = tmp_path / theirs
        class_of_one.mkdir()
        class_of(class_of_one, "svm.py")
    assert {"ada", "grace", "hedy"} < set(names(tmp_path))


@pytest.mark.parametrize(
    "theirs",
    [
        {"submission_metadata.yml": "submission_7:\n  :name: ada\n", "submission_7/svm.py": HONEST},
        {"submitted/grace/hw1/svm.py": HONEST, "source/svm.py": "", "gradebook.db": ""},
        {"submitted/svm.py": HONEST, "nbgrader_config.py": ""},
        {"Submitted files/grace/hw1/svm.py": HONEST},
        {"x_1_assignsubmission_file_/svm.py": HONEST},
        {"grace(grace)/Submission attachment(s)/svm.py": HONEST, "grades.csv": ""},
    ],
    ids=["gradescope", "nbgrader", "a part of nbgrader", "teams", "moodle", "sakai"],
)
def test_a_hand_in_that_resembles_a_download_drops_nobody_and_takes_nobodys_name(
    tmp_path: Path, theirs: dict[str, str]
) -> None:
    class_of(tmp_path, "ada.py", "grace.py", "hedy.py")
    for name, text in theirs.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    whose = {handin.name: handin.path for handin in survey([tmp_path]).handins}
    for student in ("ada", "grace", "hedy"):
        assert whose[student] == tmp_path / f"{student}.py"


@pytest.mark.parametrize(
    "others", [["GRACE.py"], ["Ｇrace.py", "GRACE.py"], ["GRACE.ipynb", "Grace.zip"], ["ɢrace.py"]]
)
def test_who_looks_like_another_does_not_get_the_others_name(tmp_path: Path, others: list[str]) -> None:
    class_of(tmp_path, "grace.py", *others)
    found = {handin.path.name: handin.name for handin in survey([tmp_path]).handins}
    assert found["grace.py"] == "grace"
    assert len({name.casefold() for name in found.values()}) == len(found) == 1 + len(others)


def test_of_two_hand_ins_one_may_be_called_like_a_part_of_the_course(tmp_path: Path) -> None:
    class_of(tmp_path, "ada.py", "softmax.py")
    assert names(tmp_path) == ["ada", "softmax"]
    (tmp_path / "ada.py").write_text("def softmax_loss_naive(W, X, y, reg): pass\n")
    assert names(tmp_path) == [tmp_path.name], "two parts of one student's work"


@pytest.mark.parametrize("theirs", ["m.py", "m.zip", "m.ipynb"])
def test_whoever_looks_through_a_class_does_not_wait_at_a_pipe(tmp_path: Path, theirs: str) -> None:
    class_of(tmp_path, "ada.py", "grace.py")
    os.mkfifo(tmp_path / theirs)
    began = time.monotonic()
    assert names(tmp_path) == ["ada", "grace", "m"]
    assert {"ada", "grace"} <= set(names(*tmp_path.iterdir()))
    assert time.monotonic() - began < 5


def test_a_platforms_list_of_who_handed_in_is_nobodys_work(tmp_path: Path) -> None:
    class_of(tmp_path, "ada.py", "grace.py", "submission_metadata.yml")
    found = survey([tmp_path])
    assert [handin.name for handin in found.handins] == ["ada", "grace"]
    assert "submission_metadata.yml" in found.said[0]


def test_thousands_of_one_name_are_told_apart_in_linear_time() -> None:
    # A search from 2 on for each would take minutes.
    found = unique_names(["ada"] * 20_000)
    assert len(set(found)) == 20_000
    assert found[:3] == ["ada", "ada-2", "ada-3"]


def test_a_name_that_is_no_text_is_a_row_like_any_other(tmp_path: Path) -> None:
    class_of(tmp_path, "ada.py", "grace.py")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/hh\xdf\xfe.py")).write_text(HONEST)
    found = survey([tmp_path]).handins
    assert len(found) == 3
    for handin in found:
        handin.name.encode()
    with Reader() as reader:
        assert all("svm_loss_naive" in reader.read(handin, ASKED).definitions for handin in found)


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """A folder with more folders in it than what pytest clears up with can go down."""
    here = os.open(tmp_path, os.O_RDONLY)
    try:
        for _ in range(1_500):
            os.mkdir("deep", dir_fd=here)  # the whole path would be too long to name
            below = os.open("deep", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
    finally:
        os.close(here)
    yield tmp_path / "deep"
    clear(str(tmp_path / "deep"))


def test_folders_in_folders_cost_the_others_nothing(tmp_path: Path, deep: Path) -> None:
    class_of(tmp_path, "ada.py", "grace.py")
    found = survey([tmp_path]).handins
    assert sorted(handin.name for handin in found) == ["ada", deep.name, "grace"]
    with Reader() as reader:
        for handin in found:
            if handin.name == deep.name:
                with pytest.raises(IntakeError):
                    reader.read(handin, ASKED)
            else:
                reader.read(handin, ASKED)


def test_what_was_swapped_while_it_was_read_is_known_by_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "mallory.py"
    path.write_text(HONEST)
    handin = Handin("mallory", path)
    submission = read(handin, ASKED)
    path.write_text("def svm_loss_naive(W, X, y, reg): pass\n")
    with Reader() as reader:
        assert reader.digest(handin) != submission.sha256
        path.write_text(HONEST)
        assert reader.digest(handin) == submission.sha256
