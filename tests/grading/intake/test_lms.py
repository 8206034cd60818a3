"""Bulk downloads of learning platforms: whose work is whose, and under which names it is read."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from grading.intake.find import find
from grading.intake.read import read
from grading.intake.reader import Reader
from grading.intake.submission import Handin, IntakeError
from tests.grading.intake.making import (
    ASKED,
    CLASSIFIER,
    COURSE,
    EVERYTHING,
    SOFTMAX,
    SVM,
    notebook,
    put,
    zipped,
)

CANVAS = {
    "doejane_LATE_10231_550012_linear_svm-1.py": SVM,
    "doejane_LATE_10231_550013_softmax-1.py": SOFTMAX,
    "doejane_LATE_10231_550014_linear_classifier-1.py": "from linear_svm import *\n" + CLASSIFIER,
    "leewei_10455_550100_svm.ipynb": notebook(EVERYTHING),
}
MOODLE_FILES = {
    "Jane Doe_88231_assignsubmission_file_svm.ipynb": notebook(EVERYTHING),
    "Wei Lee_88232_assignsubmission_file_linear_svm.py": SVM,
    "Wei Lee_88232_assignsubmission_file_softmax.py": SOFTMAX,
}
MOODLE_FOLDERS = {
    "Jane Doe_88231_assignsubmission_file_/svm.ipynb": notebook(EVERYTHING),
    **{f"Wei Lee_88232_assignsubmission_file_/{name}": text for name, text in COURSE.items()},
    "Wei Lee_88232_assignsubmission_onlinetext_/onlinetext.html": "<p>Done!</p>",
}
METADATA = """---
submission_314159265:
  :submitters:
  - :name: Jane Doe
    :sid: '0012'
    :email: jane@example.org
  :created_at: 2025-10-03 08:11:12.000000000 Z
  :score: 0.0
  :status: unprocessed
  :results: {}
submission_314159266:
  :submitters:
  - :name: "Wei Lee"
    :sid: '0013'
    :email: wei@example.org
  - :name: Ada King
    :sid:
    :email: ada@example.org
  :history:
  - :id: 314159000
"""
GRADESCOPE = {
    "assignment_271828_export/submission_metadata.yml": METADATA,
    "assignment_271828_export/submission_314159265/svm.ipynb": notebook(EVERYTHING),
    **{f"assignment_271828_export/submission_314159266/{name}": text for name, text in COURSE.items()},
}
NBGRADER = {
    "submitted/jdoe/ps1/svm.ipynb": notebook(EVERYTHING),
    "submitted/jdoe/ps1/timestamp.txt": "2025-10-03 08:11:12 UTC",
    "submitted/wlee/ps1/svm.ipynb": notebook(EVERYTHING),
}
CLASSROOM = {
    **{f"svm-hw-submissions/svm-hw-jdoe/{name}": text for name, text in COURSE.items()},
    "svm-hw-submissions/svm-hw-jdoe/.git/config": "[core]",
    "svm-hw-submissions/svm-hw-wlee-22/svm.ipynb": notebook(EVERYTHING),
    "svm-hw-submissions/svm-hw-wlee-22/.git/config": "[core]",
}
DOWNLOADS: dict[str, tuple[Mapping[str, str], list[str]]] = {
    "Canvas": (CANVAS, ["doejane", "leewei"]),
    "Moodle, files": (MOODLE_FILES, ["Jane Doe", "Wei Lee"]),
    "Moodle, folders": (MOODLE_FOLDERS, ["Jane Doe", "Wei Lee"]),
    "Gradescope": (GRADESCOPE, ["Jane Doe", "Wei Lee and Ada King"]),
    "nbgrader": (NBGRADER, ["jdoe", "wlee"]),
    "GitHub Classroom": (CLASSROOM, ["jdoe", "wlee-22"]),
}
FOLDERS_ONLY = ("nbgrader", "GitHub Classroom")


def defined(handin: Handin) -> set[str]:
    return set(read(handin, ASKED).definitions)


@pytest.mark.parametrize("platform", DOWNLOADS)
def test_an_unpacked_download_is_taken_apart_by_students(tmp_path: Path, platform: str) -> None:
    files, names = DOWNLOADS[platform]
    found = find([put(tmp_path / "download", files)])
    assert [handin.name for handin in found] == names
    assert all({"svm_loss_naive", "softmax_loss_naive"} <= defined(handin) for handin in found)


@pytest.mark.parametrize("platform", [name for name in DOWNLOADS if name not in FOLDERS_ONLY])
@pytest.mark.parametrize("alone_in_folder", [False, True])
def test_the_zip_of_a_download_is_taken_apart_as_if_unpacked(
    tmp_path: Path, platform: str, alone_in_folder: bool
) -> None:
    files, names = DOWNLOADS[platform]
    packed = zipped(tmp_path / "download" / "submissions.zip", files)
    found = find([packed.parent if alone_in_folder else packed])
    unpacked = find([put(tmp_path / "unpacked", files)])
    assert [handin.name for handin in found] == names
    for here, there in zip(found, unpacked, strict=True):
        assert read(here, ASKED).definitions == read(there, ASKED).definitions


def test_files_that_canvas_has_numbered_can_import_each_other(tmp_path: Path) -> None:
    jane = find([put(tmp_path / "download", CANVAS)])[0]
    assert [source.name for source in read(jane, ASKED).sources] == [
        "linear_classifier.py",
        "linear_svm.py",
        "softmax.py",
    ]


def test_a_folder_for_the_whole_course_of_nbgrader_is_one_of_its_submissions(tmp_path: Path) -> None:
    course = put(tmp_path / "course", {**NBGRADER, "nbgrader_config.py": "c = get_config()\n"})
    put(course, {"source/ps1/svm.ipynb": notebook(EVERYTHING), "submitted/wlee/ps2/x.ipynb": notebook(SVM)})
    assert [handin.name for handin in find([course])] == ["jdoe", "wlee_ps1", "wlee_ps2"]


def test_students_of_one_name_are_told_apart_by_their_numbers(tmp_path: Path) -> None:
    put(tmp_path / "d", {"doejane_101_5001_a.py": SVM, "doejane_102_5002_a.py": SVM})
    assert [handin.name for handin in find([tmp_path / "d"])] == ["doejane_101", "doejane_102"]


def test_a_zip_inside_a_download_is_opened_and_a_bad_one_costs_nobody_else_anything(tmp_path: Path) -> None:
    packed = tmp_path / "submissions.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doejane_101_5001_assignment1.zip", zipped(tmp_path / "inner", COURSE).read_bytes())
        archive.writestr("leewei_102_5002_assignment1.zip", b"no zip at all")
        archive.writestr("poezoe_103_5003_svm.py", bytes(64 << 20))
    jane, wei, zoe = find([packed])
    assert "svm_loss_naive" in defined(jane)
    for handin in (wei, zoe):
        with pytest.raises(IntakeError):
            read(handin, ASKED)


@pytest.mark.parametrize(
    "files",
    [
        {"alice.ipynb": "", "doejane_101_5001_a.py": SVM},
        {"submission_metadata.yml": "", "svm.ipynb": ""},
        {"submitted/readme_first.ipynb": "", "alice.ipynb": ""},
    ],
)
def test_what_only_resembles_a_download_is_left_as_it_is(tmp_path: Path, files: dict[str, str]) -> None:
    work = put(tmp_path / "work", files)
    assert all(not handin.parts and handin.path.is_relative_to(work) for handin in find([work]))


def test_a_student_s_part_of_a_download_has_a_hash_of_its_own(tmp_path: Path) -> None:
    def hashes(files: Mapping[str, str]) -> list[str]:
        packed = zipped(tmp_path / "submissions.zip", files)
        shutil.rmtree(tmp_path / "d", ignore_errors=True)
        return [
            str(Reader(apart=False).digest(h))
            for path in (packed, put(tmp_path / "d", files))
            for h in find([path])
        ]

    before = hashes(CANVAS)
    after = hashes({**CANVAS, "leewei_10455_550100_svm.ipynb": notebook(SVM)})
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True, False]
