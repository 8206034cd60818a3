"""Files that are not what they should be: read where that is safe, else called what they are."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from grading.intake.find import find
from grading.intake.limits import Limits
from grading.intake.read import read
from grading.intake.submission import Handin, IntakeError, Kind
from tests.grading.intake.making import (
    ASKED,
    COURSE,
    EVERYTHING,
    SVM,
    notebook,
    put,
    read_files,
    read_path,
    zipped,
)

WORK = notebook(EVERYTHING)
CONFLICT = "<<<<<<< HEAD\n{}=======\n{}>>>>>>> main\n"


def tarred(path: Path, files: Mapping[str, str | bytes], mode: str = "w:gz", **changes: Any) -> Path:
    """Write a tar of ``files``; ``changes`` are made to what it says of each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            for attribute, value in changes.items():
                setattr(info, attribute, value)
            archive.addfile(info, io.BytesIO(data))
    return path


def refusal(path: Path) -> str:
    with pytest.raises(IntakeError) as caught:
        read_path(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "name", ["svm.ipynb.txt", "svm.ipynb.json", "svm (1).ipynb.txt", "hw.py.txt", "HW.PY.TXT"]
)
def test_an_ending_that_was_put_behind_a_name_is_taken_off(tmp_path: Path, name: str) -> None:
    text = WORK if "ipynb" in name else EVERYTHING
    for files in ({name: text}, {name: text, "data_utils.py": "x = 1\n"}):
        (handin,) = find([put(tmp_path / str(len(files)), files)])
        submission = read(handin, ASKED)
        assert set(submission.definitions) == set(ASKED)
        assert f"{name} was read as {name[:-4].removesuffix('.')}: call it so." in submission.warnings


@pytest.mark.parametrize(
    ("end", "pack"), [("gz", gzip.compress), ("xz", lzma.compress), ("bz2", bz2.compress)]
)
def test_a_notebook_or_script_that_is_packed_by_itself_is_read(
    tmp_path: Path, end: str, pack: Callable[[bytes], bytes]
) -> None:
    files = {f"svm.ipynb.{end}": pack(WORK.encode()), f"more.py.{end}": pack(b"x = 1\n")}
    submission = read_files(tmp_path, files)
    assert set(submission.definitions) == set(ASKED)
    assert {source.name for source in submission.sources} == {"svm.ipynb", "more.py"}
    assert f"svm.ipynb.{end} was unpacked to svm.ipynb: hand in that." in submission.warnings
    (alone,) = find([put(tmp_path / "class", {f"ada.ipynb.{end}": files[f"svm.ipynb.{end}"]})])
    assert (alone.name, set(read(alone, ASKED).definitions)) == ("ada", set(ASKED))


def test_a_file_that_has_its_own_name_comes_before_one_that_has_not(tmp_path: Path) -> None:
    submission = read_files(tmp_path, {"hw.py": EVERYTHING, "hw.py.txt": SVM})
    assert submission.warnings == ("hw.py.txt was not read: hw.py is there, too.",)


@pytest.mark.parametrize(
    ("name", "mode"),
    {
        "ada.tar": "w",
        "ada.tar.gz": "w:gz",
        "ada.tgz": "w:xz",
        "ada.tar.xz": "w:xz",
        "ada.tbz2": "w:bz2",
        "ada.zip": "w:gz",
    }.items(),
)
def test_a_tar_is_read_whatever_it_is_called(tmp_path: Path, name: str, mode: str) -> None:
    path = tarred(tmp_path / name, COURSE, mode)
    (handin,) = find([path])
    submission = read(handin, ASKED)
    assert (handin.name, submission.kind) == ("ada", Kind.ZIP)
    assert {source.name for source in submission.sources} == set(COURSE)
    put(tmp_path / "class" / "bob", {"hw.tar.gz": path.read_bytes()})
    assert set(read_path(tmp_path / "class" / "bob").definitions) == set(ASKED)
    assert set(read_path(zipped(tmp_path / "outer.zip", {name: path.read_bytes()})).definitions) == set(ASKED)


@pytest.mark.parametrize(
    ("files", "changes", "said"),
    [
        ({"../svm.py": SVM}, {}, "holds the path ../svm.py, which leads out of it"),
        ({"/etc/svm.py": SVM}, {}, "holds the path /etc/svm.py"),
        ({"svm.py": b""}, {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}, "holds the link svm.py"),
        ({"svm.py": b""}, {"type": tarfile.LNKTYPE, "linkname": "x"}, "holds the link svm.py"),
        ({"zeros": bytes(64 << 20)}, {}, "unpacks to more than"),
    ],
)
def test_a_tar_that_no_honest_program_writes_is_refused(
    tmp_path: Path, files: dict[str, str | bytes], changes: dict[str, Any], said: str
) -> None:
    assert said in refusal(tarred(tmp_path / "work.tar.gz", files, **changes))


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("work.tar.gz", gzip.compress(b"no tar", mtime=0), "work.tar.gz is no tar archive that can be read"),
        (
            "work.tar.gz",
            gzip.compress(bytes(9999), mtime=0)[:20],
            "work.tar.gz is no tar archive that can be read",
        ),
        (
            "work.zip",
            b"Rar!\x1a\x07\1",
            "work.zip is a RAR archive, which is not opened: pack your files as a zip",
        ),
        ("work.tgz", b"7z\xbc\xaf\x27", "work.tgz is a 7-Zip archive, which is not opened"),
        ("work.tar.xz", b"\xfd7zXZ\0", "work.tar.xz is no tar archive that can be read"),
        ("svm.ipynb.gz", b"\x1f\x8b\x08", "(svm.ipynb.gz is damaged (Compressed file ended before"),
        ("svm.ipynb.xz", b"no xz", "svm.ipynb"),
        (
            "hw.py.gz",
            gzip.compress(bytes(9 << 20), mtime=0),
            "hw.py.gz was not read: it unpacks to more than 524,288",
        ),
        (
            "svm.ipynb",
            b"[InternetShortcut]\r\nURL=https://x",
            "svm.ipynb is a shortcut to a web page, not a notebook",
        ),
        ("svm.ipynb", b"https://colab.research.google.com/drive/1", "svm.ipynb is a link to a web page"),
        ("svm.ipynb", b"\n<!DOCTYPE html><html>", "svm.ipynb is a web page, not a notebook"),
        ("svm.ipynb", b'{"doc_id": "1", "email": "x"}', "svm.ipynb is a link to a document of Google's"),
        ("svm.ipynb", b"version https://git-lfs.github.com/spec/v1", "a pointer that Git LFS has left"),
        ("svm.url", b"x", "svm.url is a shortcut to a web page, which cannot be graded"),
        ("svm.gdoc", b"", "svm.gdoc is empty"),
        ("svm.webloc", b"<?xml", "svm.webloc is a shortcut to a web page"),
        ("svm.ipynb", CONFLICT.format("{\n", "{\n").encode(), "holds the marks of a merge conflict (line 1)"),
        (
            "svm.ipynb",
            WORK.replace("[", "[\n" + CONFLICT.format("", ""), 1).encode(),
            "merge conflict (line 2)",
        ),
        (
            "svm.ipynb",
            WORK.replace("[", "[\n " + CONFLICT.format("", ""), 1).encode(),
            "merge conflict (line 2)",
        ),
    ],
)
def test_what_cannot_be_read_is_called_what_it_is(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    assert said in refusal(put(tmp_path, {name: data}) / name)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        (
            "hw.rar",
            b"Rar!\x1a\x07",
            "bob holds no notebook and no .py file (it holds hw.rar (a RAR archive))",
        ),
        ("hw.7z", b"7z\xbc\xaf", "(it holds hw.7z (a 7-Zip archive))"),
        ("report.pdf", b"%PDF-1.7", "(it holds report.pdf (a PDF))"),
        (".svm.ipynb.icloud", b"bplist00", "(svm.ipynb is only a placeholder of iCloud: download the file"),
    ],
)
def test_a_folder_without_work_is_said_to_hold_what_it_holds(
    tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    put(tmp_path / "bob", {name: data, "README.md": ""})
    assert [handin.name for handin in find([tmp_path / "bob"])] == ["bob"] or name == "report.pdf"
    assert said in refusal(tmp_path / "bob")


def test_students_who_packed_their_work_in_other_ways_are_a_class(tmp_path: Path) -> None:
    tarred(tmp_path / "ann" / "hw.tar.gz", COURSE)
    put(tmp_path, {"bob/hw.rar": b"Rar!", "cyd/hw.7z": b"7z\xbc\xaf"})
    assert [handin.name for handin in find([tmp_path])] == ["ann", "bob", "cyd"]


def test_an_archive_beside_work_is_named_and_a_large_one_is_data(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"svm.py": SVM, "old.7z": b"7z\xbc\xaf", "old.tgz": b"\x1f\x8b"}
    submission = read_files(tmp_path, {**files, "cifar-10-python.tar.gz": bytes(65 << 20)})
    assert submission.warnings == ("Not opened, because there is work beside it: old.tgz, old.7z.",)


def test_a_merge_conflict_in_a_script_is_said_where_it_is(tmp_path: Path) -> None:
    body = CONFLICT.format("    return 1, X\n", "    return 2, X\n")
    submission = read_files(tmp_path, {"svm.py": f"def svm_loss_naive(W, X, y, reg):\n{body}"})
    assert "line 2: a merge conflict was left here" in submission.definitions["svm_loss_naive"].sentence


def test_a_tar_counts_no_more_than_its_limits(tmp_path: Path) -> None:
    path = tarred(tmp_path / "ada.tgz", {"svm.py": SVM, "big.py": "x = 1\n" * 1000})
    submission = read(Handin("ada", path), ASKED, limits=Limits(script_bytes=1000))
    assert "big.py was not read: its 6,000 bytes are too many." in submission.warnings
