from __future__ import annotations

from pathlib import Path

import pytest

from grading.intake.copies import dotted_name, package_root
from grading.intake.submission import Kind, State, Submission
from tests.grading.intake.making import (
    ASKED,
    CLASSIFIER,
    COURSE,
    EVERYTHING,
    SOFTMAX,
    SVM,
    empty,
    kept,
    notebook,
    put,
    read_files,
    read_path,
    written,
    zipped,
)

HEAD = "import numpy as np\n\n"


def sources(submission: Submission) -> dict[str, str]:
    return {source.name: source.module for source in submission.sources}


def below(folder: str, files: dict[str, str]) -> dict[str, str]:
    return {f"{folder}/{name}": text for name, text in files.items()}


def test_the_course_layout_is_a_package(tmp_path: Path) -> None:
    submission = read_files(
        tmp_path, {**COURSE, "svm.ipynb": notebook("from cs231n.classifiers import LinearSVM")}
    )
    assert submission.kind is Kind.PACKAGE
    assert sources(submission) == {
        "cs231n/classifiers/__init__.py": "cs231n.classifiers",
        "cs231n/classifiers/linear_classifier.py": "cs231n.classifiers.linear_classifier",
        "cs231n/classifiers/linear_svm.py": "cs231n.classifiers.linear_svm",
        "cs231n/classifiers/softmax.py": "cs231n.classifiers.softmax",
        "svm.ipynb": "svm",
    }
    assert submission.definitions["svm_loss_naive"].source == "cs231n/classifiers/linear_svm.py"
    assert submission.definitions["svm_loss_naive"].cell is None
    assert submission.definitions["svm_loss_naive"].lines == (3, 4)
    assert submission.warnings == ()


@pytest.mark.parametrize("folder", ["assignment1", "cs231n/assignment1", "a/b/c", "winter1516_assignment1"])
def test_the_course_layout_is_found_at_any_depth(tmp_path: Path, folder: str) -> None:
    submission = read_files(tmp_path, below(folder, COURSE))
    assert f"{folder}/cs231n/classifiers/softmax.py" in sources(submission)
    assert sources(submission)[f"{folder}/cs231n/classifiers/softmax.py"] == "cs231n.classifiers.softmax"
    assert set(submission.definitions) == set(ASKED)


@pytest.mark.parametrize(
    ("name", "root", "dotted"),
    [
        ("cs231n/classifiers/softmax.py", ".", "cs231n.classifiers.softmax"),
        ("cs231n/assignment1/cs231n/data_utils.py", "cs231n/assignment1", "cs231n.data_utils"),
        ("cs231n/assignment1/classifiers/softmax.py", "cs231n/assignment1", "classifiers.softmax"),
        ("pkg/classifiers/loss.py", ".", "pkg.classifiers.loss"),
        ("hw1/lib/loss.py", ".", "hw1.lib.loss"),
        ("pkg/sub/loss.py", ".", "pkg.sub.loss"),
        ("pkg/sub/__init__.py", ".", "pkg.sub"),
        ("loss.v2.py", ".", "loss_v2"),
    ],
)
def test_files_go_by_the_name_that_imports_use(name: str, root: str, dotted: str) -> None:
    names = ["pkg/__init__.py", "pkg/sub/__init__.py", "hw1/__init__.py", "hw1/lib/__init__.py", name]
    found, _ = package_root(name, names)
    assert (str(found), dotted_name(name, found)) == (root, dotted)


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"work.ipynb": notebook(EVERYTHING)}, Kind.NOTEBOOK),
        ({"svm.py": SVM, "softmax.py": SOFTMAX, "linear_classifier.py": CLASSIFIER}, Kind.FILES),
        (COURSE, Kind.PACKAGE),
        ({"work.ipynb": notebook(EVERYTHING), "cs231n/data_utils.py": "x = 1"}, Kind.NOTEBOOK),
    ],
)
def test_the_kind_says_where_the_functions_are(tmp_path: Path, files: dict[str, str], kind: Kind) -> None:
    assert read_files(tmp_path, files).kind is kind
    assert read_path(zipped(tmp_path / "work.zip", files)).kind is Kind.ZIP


def test_a_zip_reads_like_the_folder_that_it_holds(tmp_path: Path) -> None:
    folder = read_files(tmp_path, below("jane", COURSE))
    archive = read_path(zipped(tmp_path / "jane.zip", below("jane", COURSE)))
    assert archive.sources == folder.sources
    assert archive.definitions == folder.definitions
    assert archive.sha256 == folder.sha256


def test_of_several_copies_the_one_with_most_written_is_taken_and_that_is_said(tmp_path: Path) -> None:
    older = {**COURSE, "cs231n/classifiers/softmax.py": HEAD + empty("softmax_loss_naive")}
    submission = read_files(tmp_path, {**older, **below("deep/inside/final", COURSE)})
    assert all(definition.source.startswith("deep/") for definition in submission.definitions.values())
    assert all(name.startswith("deep/") for name in sources(submission))
    assert submission.warnings == (
        "The work is there more than once: deep/inside/final/ (7 definitions written) was taken; not taken: the "
        "top folder (5).",
    )


def test_of_equal_copies_the_shallowest_and_then_the_first_is_taken(tmp_path: Path) -> None:
    submission = read_files(tmp_path, {**below("b", COURSE), **below("c", COURSE), **below("a/a", COURSE)})
    assert {definition.source.split("/")[0] for definition in submission.definitions.values()} == {"b"}
    assert "not taken: c/ (7), a/a/ (7)." in submission.warnings[0]


def test_notebooks_go_with_their_copy(tmp_path: Path) -> None:
    files = {**below("new", COURSE), **below("old", COURSE)}
    cell = "from cs231n.classifiers.softmax import *"
    files |= {
        "new/svm.ipynb": notebook(cell),
        "old/svm.ipynb": notebook(cell),
        "all.ipynb": notebook("x = 1"),
    }
    submission = read_files(tmp_path, files)
    assert [name for name in sources(submission) if name.endswith("ipynb")] == ["all.ipynb", "new/svm.ipynb"]


def test_other_assignments_stay_out(tmp_path: Path) -> None:
    other = {"assignment2/cs231n/layers.py": "x = 1", "assignment2/Dropout.ipynb": notebook("x = 1")}
    submission = read_files(tmp_path, {**below("assignment1", COURSE), **other})
    assert all(name.startswith("assignment1/") for name in sources(submission))


def test_parts_in_different_folders_are_taken_together(tmp_path: Path) -> None:
    files = {
        "svm/svm.ipynb": notebook(SVM),
        "softmax/softmax.ipynb": notebook(SOFTMAX),
        "base.py": CLASSIFIER,
    }
    submission = read_files(tmp_path, files)
    assert set(submission.definitions) == set(ASKED)
    assert submission.warnings == ()


def test_a_base_class_in_a_file_of_its_own_is_found(tmp_path: Path) -> None:
    base, _, derived = CLASSIFIER.partition("\n\n\n")
    files = {"models/losses.py": SVM + derived, "common/base.py": base, "common/unrelated.py": "x = 1"}
    submission = read_files(tmp_path, files, [*ASKED, "LinearSVM.train"])
    assert submission.definitions["LinearSVM.train"].source == "common/base.py"


def test_helpers_that_are_imported_from_elsewhere_come_along(tmp_path: Path) -> None:
    files = below("a1", COURSE) | {"shared/tricks.py": "def trick(): pass\n", "shared/other.py": "x = 1\n"}
    files["a1/cs231n/classifiers/softmax.py"] = "from shared.tricks import trick\n" + SOFTMAX
    submission = read_files(tmp_path, files)
    assert "shared/tricks.py" in sources(submission)
    assert "shared/other.py" not in sources(submission)


def test_a_notebook_and_a_script_of_one_name_have_two_module_names(tmp_path: Path) -> None:
    submission = read_files(tmp_path, {"softmax.ipynb": notebook("x = 1"), "softmax.py": SOFTMAX})
    assert sources(submission) == {"softmax.ipynb": "softmax_ipynb", "softmax.py": "softmax"}


def test_the_package_comes_before_a_notebook_that_defines_the_same(tmp_path: Path) -> None:
    submission = read_files(tmp_path, {**COURSE, "svm.ipynb": notebook(SVM)})
    assert submission.definitions["svm_loss_naive"].source == "cs231n/classifiers/linear_svm.py"
    assert submission.warnings == (
        "svm_loss_naive, svm_loss_vectorized are defined both in cs231n/classifiers/linear_svm.py and in svm.ipynb: "
        "what is in cs231n/classifiers/linear_svm.py was taken.",
    )


def test_a_notebook_comes_before_a_package_that_is_still_a_template(tmp_path: Path) -> None:
    template = HEAD + empty("svm_loss_naive") + empty("svm_loss_vectorized")
    files = {**COURSE, "cs231n/classifiers/linear_svm.py": template, "svm.ipynb": notebook(SVM)}
    definition = read_files(tmp_path, files).definitions["svm_loss_naive"]
    assert (definition.source, definition.cell, definition.state) == ("svm.ipynb", "cell 1", State.WRITTEN)


def test_spare_copies_of_a_file_come_last(tmp_path: Path) -> None:
    files = {"linear_svm.py": SVM, "copy_of_linear_svm.py": SVM, "a_linear_svm_old.py": SVM}
    assert read_files(tmp_path, files).definitions["svm_loss_naive"].source == "linear_svm.py"


def test_a_function_defined_twice_is_the_last_one_and_that_is_said(tmp_path: Path) -> None:
    text = notebook(HEAD, written("svm_loss_naive"), ("markdown", "Again"), written("svm_loss_naive"))
    submission = read_files(tmp_path, {"work.ipynb": text})
    assert submission.definitions["svm_loss_naive"].cell == "cell 4"
    assert submission.warnings == (
        "svm_loss_naive is defined 2 times in work.ipynb (cell 2, line 1, cell 4, line 1): the last one, cell 4, "
        "line 1, was taken.",
    )


@pytest.mark.parametrize(
    "later", [empty("svm_loss_naive"), "def svm_loss_naive(W, X, y, reg)\n    return X\n"]
)
def test_a_later_one_that_is_no_work_does_not_take_the_place_of_work(tmp_path: Path, later: str) -> None:
    submission = read_files(tmp_path, {"work.ipynb": notebook(HEAD, written("svm_loss_naive"), later)})
    assert submission.definitions["svm_loss_naive"].cell == "cell 2"
    assert kept(submission).count("def svm_loss_naive") == 1
    assert "the last one that is written and parses, cell 2, line 1, was taken." in submission.warnings[0]


def test_a_function_that_is_wrapped_is_not_defined_twice(tmp_path: Path) -> None:
    code = (
        HEAD
        + "from numba import njit\n"
        + written("svm_loss_naive")
        + "svm_loss_naive = njit(svm_loss_naive)\n"
    )
    submission = read_files(tmp_path, {"work.py": code})
    assert submission.warnings == ()
    assert "svm_loss_naive = njit(svm_loss_naive)" in kept(submission)


def test_a_function_imported_from_a_file_that_is_missing_is_pointed_out(tmp_path: Path) -> None:
    text = notebook("from cs231n.classifiers.linear_svm import svm_loss_naive", SOFTMAX)
    assert (
        "svm_loss_naive is imported by svm.ipynb from cs231n.classifiers.linear_svm, which was not handed in: hand "
        "it in too."
    ) in read_files(tmp_path, {"svm.ipynb": text}).warnings


def test_work_without_any_of_the_functions_is_read_and_says_so(tmp_path: Path) -> None:
    submission = read_files(tmp_path, {"other.py": "def f(): pass\n"})
    assert submission.definitions == {}
    assert submission.warnings == (f"None of {', '.join(ASKED)} is defined in handin.",)


def test_definitions_come_in_the_order_asked_and_reading_twice_is_the_same(tmp_path: Path) -> None:
    put(tmp_path / "jane", {**below("b", COURSE), **below("a", COURSE)})
    first, second = read_path(tmp_path / "jane"), read_path(tmp_path / "jane")
    assert first == second
    assert tuple(first.definitions) == ASKED
    assert first.path == str(tmp_path / "jane")
