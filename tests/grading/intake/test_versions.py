"""Which of several versions counts: of one file, of one folder, of a package and stray files."""

from __future__ import annotations

from pathlib import Path

import pytest

from grading.intake.submission import State, Submission
from tests.grading.intake.making import (
    ASKED,
    CLASSIFIER,
    COURSE,
    SOFTMAX,
    SVM,
    empty,
    notebook,
    read_files,
    written,
)

HALF = SVM.partition("def svm_loss_vectorized")[0]
TEMPLATE = "import numpy as np\n\n" + empty("softmax_loss_naive") + empty("softmax_loss_vectorized")


def sources(submission: Submission) -> set[str]:
    return {source.name for source in submission.sources}


@pytest.mark.parametrize(
    ("taken", "other"),
    [
        ("svm.ipynb", "svm-Copy1.ipynb"),
        ("svm.ipynb", "svm - Copy.ipynb"),
        ("svm (1).ipynb", "svm.ipynb"),
        ("svm (12).ipynb", "svm (9).ipynb"),
        ("hw(2).ipynb", "hw.ipynb"),
    ],
)
def test_of_two_versions_of_a_notebook_one_is_taken_as_a_whole(
    tmp_path: Path, taken: str, other: str
) -> None:
    both = {
        taken: notebook(SVM + SOFTMAX + CLASSIFIER),
        other: notebook(SVM + SOFTMAX + CLASSIFIER + "x = 1\n"),
    }
    submission = read_files(tmp_path, both)
    assert sources(submission) == {taken}
    assert (
        f"{taken} and {other} are versions of one file: {taken} was taken as a whole." in submission.warnings
    )


def test_the_version_with_more_in_it_is_taken_whatever_its_number(tmp_path: Path) -> None:
    half = notebook(HALF + empty("svm_loss_vectorized"))
    submission = read_files(tmp_path, {"svm.ipynb": notebook(SVM), "svm (1).ipynb": half})
    assert sources(submission) == {"svm.ipynb"}
    assert submission.definitions["svm_loss_vectorized"].state is State.WRITTEN


def test_versions_that_complete_each_other_both_stay(tmp_path: Path) -> None:
    first = notebook(HALF + empty("svm_loss_vectorized"))
    second = notebook(empty("svm_loss_naive") + written("svm_loss_vectorized"))
    submission = read_files(tmp_path, {"svm.ipynb": first, "svm (1).ipynb": second})
    assert {submission.definitions[name].state for name in ASKED[:2]} == {State.WRITTEN}


def test_different_notebooks_are_no_versions(tmp_path: Path) -> None:
    submission = read_files(tmp_path, {"svm.ipynb": notebook(SVM), "softmax (1).ipynb": notebook(SOFTMAX)})
    assert sources(submission) == {"svm.ipynb", "softmax (1).ipynb"}


def test_a_left_over_template_is_no_second_version(tmp_path: Path) -> None:
    files = {"assignment1/cs231n/classifiers/linear_svm.py": SVM, "softmax/softmax.py": SOFTMAX + CLASSIFIER}
    submission = read_files(tmp_path, {**files, "assignment1/cs231n/classifiers/softmax.py": TEMPLATE})
    assert {definition.state for definition in submission.definitions.values()} == {State.WRITTEN}
    assert set(submission.definitions) == set(ASKED)


@pytest.mark.parametrize("folder", ["Version {}", "attempt_{}", "hw1/v{}", "try{}"])
def test_of_numbered_folders_the_last_counts(tmp_path: Path, folder: str) -> None:
    files = {f"{folder.format(n)}/{name}": text for n in (2, 9, 10) for name, text in COURSE.items()}
    submission = read_files(tmp_path, files)
    assert all(name.startswith(folder.format(10)) for name in sources(submission))


@pytest.mark.parametrize(
    "line",
    [
        "from cs231n.classifiers.linear_svm import svm_loss_naive",
        "from cs231n.classifiers import *\nfrom cs231n.classifiers import linear_svm",
        "import cs231n.classifiers.linear_svm as svm",
    ],
)
def test_what_the_notebook_imports_comes_before_stray_files(tmp_path: Path, line: str) -> None:
    package = {f"work/{name}": text for name, text in COURSE.items()}
    stray = {"linear_svm.py": SVM, "softmax.py": SOFTMAX, "linear_classifier.py": CLASSIFIER}
    without = read_files(tmp_path / "1", {**package, **stray})
    assert without.definitions["svm_loss_naive"].source == "linear_svm.py"
    with_notebook = read_files(tmp_path / "2", {**package, **stray, "work/svm.ipynb": notebook(line)})
    assert with_notebook.definitions["svm_loss_naive"].source == "work/cs231n/classifiers/linear_svm.py"


def test_an_imported_package_in_which_nothing_is_written_is_not_preferred(tmp_path: Path) -> None:
    package = {"work/cs231n/classifiers/softmax.py": TEMPLATE}
    call = notebook("from cs231n.classifiers.softmax import softmax_loss_naive")
    submission = read_files(tmp_path, {**package, "work/softmax.ipynb": call, "softmax.py": SOFTMAX})
    assert submission.definitions["softmax_loss_naive"].source == "softmax.py"
