from __future__ import annotations

import os
import stat
import struct
import warnings
import zipfile
from pathlib import Path

import pytest

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


def refusal(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(IntakeError) as caught:
        read(Handin("someone", path), ASKED, limits=limits or Limits())
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("work.pdf", b"%PDF-1.7", "work.pdf is a PDF, which cannot be graded: hand in a notebook"),
        ("work.docx", b"PK\x03\x04", "is a zip archive, which cannot be graded"),
        ("work.rar", b"Rar!\x1a\x07", "is a RAR archive"),
        ("work.tex", b"\\section", "is a .tex file"),
        ("work", b"text", "has no ending that tells what it is"),
        ("work.ipynb", b"", "work.ipynb is empty (0 bytes): save it again"),
        ("work.py", b"", "work.py is empty (0 bytes)"),
        ("work.zip", b"", "work.zip is empty (0 bytes)"),
        ("work.ipynb", b" \n", "work.ipynb is empty (2 bytes)"),
        ("work.ipynb", b'{"cells": [{"cell_ty', "work.ipynb is damaged (Unterminated string"),
        ("work.ipynb", b"[]", "work.ipynb is JSON, but not a notebook that can be read"),
        ("work.ipynb", b'{"nbformat": 9}', "work.ipynb is JSON, but not a notebook that can be read"),
        ("work.ipynb", b"[" * 100_000, "work.ipynb is nested too deeply"),
        ("work.ipynb", b"%PDF-1.7", "work.ipynb is a PDF, not a notebook"),
        ("work.ipynb", b"{" * 1_100_000, "work.ipynb has far too many parts"),
        ("work.py", b"%PDF-1.7", "work.py is a PDF, not Python"),
        ("work.py", b"x = 1\0", "work.py holds zero bytes and is no text"),
        ("work.zip", b"no zip at all", "work.zip is no zip archive that can be read"),
        ("work.zip", b"PK\x03\x04 and then nothing", "work.zip is no zip archive that can be read"),
    ],
)
def test_what_cannot_be_read_gives_one_line(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    assert said in refusal(put(tmp_path, {name: data}) / name)


def test_a_notebook_in_another_language_is_named(tmp_path: Path) -> None:
    text = notebook("x <- 1", metadata={"kernelspec": {"language": "R", "name": "ir", "display_name": "R"}})
    assert "is a notebook in R: the grader runs Python" in refusal(
        put(tmp_path, {"a.ipynb": text}) / "a.ipynb"
    )


def test_a_folder_without_python_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path / "jane", {"report.pdf": "%PDF", "data/table.csv": "1,2"})
    assert (
        "jane holds no notebook and no .py file (it holds report.pdf (a PDF), data/table.csv): hand in"
        in refusal(path)
    )


def test_what_does_not_exist_is_refused(tmp_path: Path) -> None:
    assert "nobody.py cannot be read (No such file or directory)" in refusal(tmp_path / "nobody.py")


def test_links_and_pipes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link.py").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe.py")
    assert "link.py is a link, which is not followed" in refusal(tmp_path / "link.py")
    assert "pipe.py is neither a file nor a folder" in refusal(tmp_path / "pipe.py")


def test_links_inside_a_folder_are_not_followed(tmp_path: Path) -> None:
    put(tmp_path, {"secret/answers.py": "SECRET = 1\n", "jane/svm.py": SVM})
    (tmp_path / "jane" / "answers.py").symlink_to(tmp_path / "secret" / "answers.py")
    (tmp_path / "jane" / "all").symlink_to(tmp_path / "secret")
    submission = read_path(tmp_path / "jane")
    assert [source.name for source in submission.sources] == ["svm.py"]
    assert "answers.py is a link, which is not followed." in submission.warnings


def one_member(path: Path, name: str, mode: int = 0, data: bytes = b"x = 1") -> Path:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("svm.py", SVM)
        archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return path


@pytest.mark.parametrize(
    ("name", "mode", "said"),
    [
        ("../svm.py", 0, "holds the path ../svm.py, which leads out of it"),
        ("a/../../svm.py", 0, "which leads out of it"),
        ("..\\svm.py", 0, "which leads out of it"),
        ("/etc/cron.d/x.py", 0, "holds the absolute path /etc/cron.d/x.py"),
        ("\\windows\\x.py", 0, "holds the absolute path"),
        ("C:/x.py", 0, "holds the absolute path C:/x.py"),
        ("link.py", stat.S_IFLNK | 0o777, "holds the link link.py: put the file itself in"),
        ("tape", stat.S_IFBLK | 0o600, "holds tape, which is a device"),
        ("pipe", stat.S_IFIFO | 0o600, "holds pipe, which is a device"),
    ],
)
def test_a_zip_that_leads_elsewhere_is_refused_whole(tmp_path: Path, name: str, mode: int, said: str) -> None:
    path = one_member(tmp_path / "work.zip", name, mode)
    assert said in refusal(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["work.zip"]


def test_a_zip_bomb_is_not_opened(tmp_path: Path) -> None:
    path = one_member(tmp_path / "work.zip", "zeros.bin", data=bytes(8 * 2**20))
    assert "zeros.bin, which unpacks to 8,388,608 bytes" in refusal(path)
    assert "it looks like a zip bomb and was not opened" in refusal(path)


def test_a_zip_that_lies_about_its_sizes_cannot_unpack_to_more(tmp_path: Path) -> None:
    path = one_member(tmp_path / "work.zip", "big.py", data=b"#" * 400_000)
    data = path.read_bytes()
    assert data.count(struct.pack("<I", 400_000)) == 2
    path.write_bytes(data.replace(struct.pack("<I", 400_000), struct.pack("<I", 40)))
    assert "work.zip is damaged at big.py" in refusal(path)


def test_a_zip_with_a_password_is_refused(tmp_path: Path) -> None:
    path = one_member(tmp_path / "work.zip", "x.py")
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = data.rindex(signature) + offset
        data[at] |= 1
    path.write_bytes(data)
    assert "work.zip is locked with a password" in refusal(path)


def test_a_damaged_zip_says_where(tmp_path: Path) -> None:
    path = zipped(tmp_path / "work.zip", {"svm.py": SVM})
    data = bytearray(path.read_bytes())
    data[45:60] = bytes(15)
    path.write_bytes(data)
    assert "work.zip is damaged at svm.py" in refusal(path)


def test_too_many_members_or_bytes_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "work.zip", {f"{number}.py": SVM for number in range(5)})
    assert "holds 5 files, more than the 4 that are read" in refusal(path, Limits(archive_members=4))
    assert "would unpack to more than 100 bytes" in refusal(path, Limits(unpacked_bytes=100))
    assert "work.zip has" in refusal(path, Limits(archive_bytes=10))


def test_a_file_that_is_too_large_is_refused_alone_and_left_out_of_a_folder(tmp_path: Path) -> None:
    put(tmp_path / "jane", {"svm.py": SVM, "weights.py": "W = [" + "0," * 1000 + "]\n"})
    limits = Limits(script_bytes=1000)
    assert "weights.py has 2,007 bytes, more than the 1,000" in refusal(
        tmp_path / "jane" / "weights.py", limits
    )
    submission = read(Handin("jane", tmp_path / "jane"), ASKED, limits=limits)
    assert "weights.py was not read: its 2,007 bytes are too many." in submission.warnings
    assert "svm_loss_naive" in submission.definitions


def test_no_more_files_and_no_more_code_than_allowed_is_read(tmp_path: Path) -> None:
    put(tmp_path / "jane", {f"{letter}.py": SVM for letter in "abcd"})
    few = read(Handin("jane", tmp_path / "jane"), ASKED, limits=Limits(files=2))
    assert "c.py was not read: the hand-in holds too many files before it." in few.warnings
    little = read(Handin("jane", tmp_path / "jane"), ASKED, limits=Limits(code=len(SVM) + 1))
    assert "b.py was not read: the hand-in holds too much code." in little.warnings
    assert (
        "Only the first 3 files and folders were looked at."
        in read(Handin("jane", tmp_path / "jane"), ASKED, limits=Limits(entries=3)).warnings
    )


def test_one_damaged_file_costs_only_itself(tmp_path: Path) -> None:
    submission = read_files(tmp_path, {**COURSE, "svm.ipynb": "{", "notes.py": b"\0"})
    assert set(submission.definitions) == set(ASKED)
    assert any(warning.startswith("svm.ipynb is damaged") for warning in submission.warnings)
    assert "notes.py holds zero bytes and is no text." in submission.warnings


def test_names_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"jane\xff\x1b[2J")
    put(folder, {os.fsdecode(b"s\xffvm\n.py"): SVM, "broken\x1b[31m.py": "def svm_loss_naive(:"})
    submission = read_path(folder)
    assert [source.name for source in submission.sources] == ["broken?[31m.py", "s?vm?.py"]
    for text in (submission.path, *submission.warnings):
        assert text.isprintable()
        assert text.encode()


def test_a_zip_of_a_zip_is_opened_once_and_not_twice(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", COURSE).read_bytes()
    once = zipped(tmp_path / "once.zip", {"a1_code_submission.zip": inner})
    twice = zipped(tmp_path / "twice.zip", {"once.zip": once.read_bytes()})
    assert read_path(once).kind is Kind.ZIP
    assert "twice.zip holds no notebook and no .py file" in refusal(twice)


def test_a_folder_with_just_a_zip_is_read_through_it(tmp_path: Path) -> None:
    zipped(tmp_path / "jane" / "a1_code_submission.zip", COURSE)
    assert set(read_path(tmp_path / "jane").definitions) == set(ASKED)


def test_a_zip_beside_work_is_not_opened_but_named(tmp_path: Path) -> None:
    zipped(tmp_path / "jane" / "old.zip", COURSE)
    put(tmp_path / "jane", {"svm.py": SVM})
    assert "Not opened, because there is work beside it: old.zip." in read_path(tmp_path / "jane").warnings


def test_installed_packages_and_hidden_folders_are_passed_by(tmp_path: Path) -> None:
    submission = read_files(
        tmp_path,
        {
            "svm.py": SVM,
            "venv/lib/site-packages/x.py": SVM,
            "my_environment/pyvenv.cfg": "",
            "my_environment/lib/x.py": SVM,
            ".ipynb_checkpoints/svm-checkpoint.py": SVM,
            "__MACOSX/._svm.py": b"\0\5",
        },
    )
    assert [source.name for source in submission.sources] == ["svm.py"]


def test_a_member_that_occurs_twice_counts_as_the_last(tmp_path: Path) -> None:
    path = tmp_path / "work.zip"
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("svm.py", "first = 1\n")
        archive.writestr("svm.py", EVERYTHING)
    assert set(read_path(path).definitions) == set(ASKED)


def test_the_hash_depends_on_names_and_bytes_and_nothing_else(tmp_path: Path) -> None:
    first = read_files(tmp_path / "1", {"a.py": SVM, "b.py": "x = 1\n"}).sha256
    assert first == read_files(tmp_path / "2", {"b.py": "x = 1\n", "a.py": SVM, "notes.txt": "?"}).sha256
    assert first != read_files(tmp_path / "3", {"a.py": SVM, "c.py": "x = 1\n"}).sha256
    assert first != read_files(tmp_path / "4", {"a.py": SVM, "b.py": "x = 2\n"}).sha256
