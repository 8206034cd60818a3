from __future__ import annotations

from pathlib import Path

import pytest

from grading.intake.find import find, survey
from grading.intake.submission import IntakeError
from tests.grading.intake.making import CLASSIFIER, COURSE, EVERYTHING, SOFTMAX, SVM, notebook, put, zipped


def names(path: Path) -> list[str]:
    return [handin.name for handin in find([path])]


@pytest.mark.parametrize("name", ["ada.ipynb", "ada.py", "ada.zip", "ada.pdf"])
def test_a_file_is_one_hand_in(tmp_path: Path, name: str) -> None:
    path = put(tmp_path, {name: "x"}) / name
    (handin,) = find([path])
    assert (handin.name, handin.path) == ("ada", path)


def test_thirty_notebooks_named_by_student_are_thirty_hand_ins(tmp_path: Path) -> None:
    students = [f"student{number:02}" for number in range(30)]
    put(tmp_path, {f"{student}.ipynb": notebook(SVM) for student in students})
    assert names(tmp_path) == students


def test_notebooks_that_hold_nothing_yet_are_still_many(tmp_path: Path) -> None:
    put(tmp_path, {"alice.ipynb": "", "bob.ipynb": "{", "carol.pdf": "%PDF"})
    assert names(tmp_path) == ["alice", "bob", "carol"]


ONE = {
    "course's layout": {**COURSE, "svm.ipynb": notebook("x = 1"), "softmax.ipynb": notebook("x = 1")},
    "classifiers alone": {name.removeprefix("cs231n/"): text for name, text in COURSE.items()},
    "repository with several assignments": {
        **{f"assignment1/{name}": text for name, text in COURSE.items()},
        "assignment2/cs231n/layers.py": "def softmax_loss(x, y):\n    pass\n",
        "assignment3/cs231n/rnn_layers.py": "def temporal_softmax_loss(x, y):\n    pass\n",
    },
    "repository with something else in it": {
        **{f"assignment1/{name}": text for name, text in COURSE.items()},
        "thesis/chapter.tex": "",
    },
    "flat files": {"linear_svm.py": SVM, "softmax.py": SOFTMAX, "linear_classifier.py": CLASSIFIER},
    "flat files of other names": {"margins.py": SVM, "entropy.py": SOFTMAX},
    "files that import each other": {"hinge.py": EVERYTHING, "run_it.py": "from hinge import *\n"},
    "a notebook and its spare copy": {"svm.ipynb": notebook(SVM), "svm-Copy1.ipynb": notebook(SVM)},
    "a notebook of any name and a report": {"my_try.ipynb": notebook(EVERYTHING), "report.pdf": "%PDF"},
    "notebook and report": {"assignment1.ipynb": notebook(EVERYTHING), "report.pdf": "%PDF"},
    "two copies of everything": {
        **{f"final/{name}": text for name, text in COURSE.items()},
        **{f"old/{name}": text for name, text in COURSE.items()},
    },
}


@pytest.mark.parametrize("files", ONE.values(), ids=ONE.keys())
def test_one_students_folder_is_one_hand_in(tmp_path: Path, files: dict[str, str]) -> None:
    assert names(put(tmp_path / "jane", files)) == ["jane"]


MANY = {
    "scripts with everything": {"alice.py": EVERYTHING, "bob.py": EVERYTHING},
    "folders in the course's layout": {
        f"{student}/{name}": text for student in ("alice", "bob") for name, text in COURSE.items()
    },
    "repositories": {
        f"{student}/assignment1/{name}": text for student in ("alice", "bob") for name, text in COURSE.items()
    },
    "of every kind": {"alice.ipynb": notebook(EVERYTHING), "bob/svm.ipynb": notebook(SVM), "README.md": ""},
    "one student is called like a word": {"alice.ipynb": notebook(SVM), "bob.py": SVM, "test.py": ""},
}


@pytest.mark.parametrize("files", MANY.values(), ids=MANY.keys())
def test_a_folder_of_many_is_one_hand_in_a_child(tmp_path: Path, files: dict[str, str]) -> None:
    found = names(put(tmp_path / "class", files))
    assert found[:2] == ["alice", "bob"]
    assert len(found) == len({name.split("/")[0] for name in files} - {"README.md"})


@pytest.mark.parametrize(
    "files",
    [
        {"hw1_10234.ipynb": notebook("x = 1"), "hw1_20981.ipynb": notebook("x = 1")},
        {"submission_1/svm.py": SVM, "submission_2/svm.py": SVM},
        {"svm_张伟.ipynb": notebook(SVM), "svm_王芳.ipynb": notebook(SVM)},
        {"alice.ipynb": notebook(EVERYTHING), "bob.pdf": "%PDF"},
        {"assignment1_Alice.zip": "", "assignment1_Bob.zip": ""},
    ],
)
def test_hand_ins_with_numbers_for_names_are_many_too(tmp_path: Path, files: dict[str, str]) -> None:
    assert len(names(put(tmp_path / "class", files))) == 2


def test_the_only_hand_in_of_a_folder_keeps_its_own_name(tmp_path: Path) -> None:
    assert names(put(tmp_path, {"alice.ipynb": notebook(EVERYTHING)})) == ["alice"]


def test_zips_of_students_are_many_and_the_courses_own_zip_is_one(tmp_path: Path) -> None:
    zipped(tmp_path / "class" / "alice.zip", {"svm.py": SVM})
    zipped(tmp_path / "class" / "bob.zip", {"svm.py": SVM})
    zipped(tmp_path / "jane" / "a1_code_submission.zip", COURSE)
    assert names(tmp_path / "class") == ["alice", "bob"]
    assert names(tmp_path / "jane") == ["jane"]


def test_a_folder_around_the_folder_of_many_is_looked_through(tmp_path: Path) -> None:
    put(tmp_path, {"unpacked/class_of_24/alice.py": SVM, "unpacked/class_of_24/bob.py": SVM})
    assert names(tmp_path) == ["alice", "bob"]


def test_what_is_no_work_is_left_out_and_what_cannot_be_graded_is_not(tmp_path: Path) -> None:
    put(tmp_path, {"alice.py": SVM, "bob.py": SVM, "carol.docx": b"PK", "README.md": "", "LICENSE": ""})
    put(tmp_path, {".git/x.py": SVM, "__pycache__/x.py": "", ".DS_Store": "", "__MACOSX/x.py": ""})
    assert names(tmp_path) == ["alice", "bob", "carol"]


def test_a_folder_without_anything_to_grade_is_said_to_be_empty(tmp_path: Path) -> None:
    put(tmp_path, {"README.md": "", ".gitignore": ""})
    with pytest.raises(IntakeError, match="holds nothing but hidden files and READMEs: hand in a notebook"):
        find([tmp_path])


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match="nowhere: no such file or folder; check the spelling"):
        find([tmp_path / "nowhere"])


def test_a_survey_goes_on_past_what_is_missing(tmp_path: Path) -> None:
    put(tmp_path, {"ada.py": SVM})
    found = survey([tmp_path / "nowhere", tmp_path / "ada.py"])
    assert [handin.name for handin in found.handins] == ["ada"]
    assert len(found.problems) == 1


def test_a_path_given_twice_is_one_hand_in(tmp_path: Path) -> None:
    path = put(tmp_path, {"ada.py": SVM}) / "ada.py"
    assert len(find([path, path])) == 1


def test_a_link_asked_for_by_name_is_followed_and_one_inside_is_not(tmp_path: Path) -> None:
    put(tmp_path, {"real/alice.py": SVM, "real/bob.py": SVM})
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "carol.py").symlink_to(tmp_path / "real" / "bob.py")
    found = find([tmp_path / "link"])
    assert [handin.name for handin in found] == ["alice", "bob", "carol"]
    assert found[2].path.is_symlink()
