"""What is said of a name that is not where it is looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from grading.intake.submission import State
from tests.grading.intake.making import (
    CLASSIFIER,
    COURSE,
    SOFTMAX,
    SVM,
    empty,
    notebook,
    read_code,
    read_files,
    written,
)

SVM_HALF = "import numpy as np\n\n" + written("svm_loss_naive") + empty("svm_loss_vectorized")


def test_a_template_is_not_unwritten_where_the_written_one_lies_beside_it(tmp_path: Path) -> None:
    package = {f"a1/{name}": text for name, text in COURSE.items()}
    package["a1/cs231n/classifiers/linear_svm.py"] = SVM_HALF
    submission = read_files(tmp_path, {**package, "linear_svm.py": SVM})
    definition = submission.definitions["svm_loss_vectorized"]
    assert definition.state is State.UNFINISHED
    assert definition.sentence.startswith(
        "svm_loss_vectorized is only a template in a1/cs231n/classifiers/linear_svm.py; it is defined in "
        "linear_svm.py, line 6, which was not taken"
    )


def test_what_lies_in_the_copy_that_was_not_taken_is_not_called_missing(tmp_path: Path) -> None:
    old = {"old/svm.py": SVM, "old/linear_classifier.py": CLASSIFIER.partition("class Softmax")[0]}
    submission = read_files(tmp_path, {**old, "new/svm.py": SVM, "new/softmax.py": SOFTMAX})
    definition = submission.definitions["LinearSVM"]
    assert (definition.state, definition.source) == (State.UNFINISHED, "old/linear_classifier.py")
    assert (
        "LinearSVM is defined in old/linear_classifier.py, line 10, which was not taken"
        in definition.sentence
    )


@pytest.mark.parametrize(("kind", "said"), [("markdown", "a Markdown cell"), ("raw", "a raw cell")])
@pytest.mark.parametrize("text", ["{}", "# SVM\n\n```python\n{}```\n", "    {}"])
def test_a_function_in_a_cell_that_is_no_code_is_said_to_be_there(
    tmp_path: Path, kind: str, said: str, text: str
) -> None:
    cell = (kind, text.format(written("svm_loss_vectorized")))
    definition = read_files(tmp_path, {"hw.ipynb": notebook(SVM_HALF[:60], cell)}).definitions[
        "svm_loss_vectorized"
    ]
    assert definition.cell == "cell 2"
    assert definition.sentence == (
        f"svm_loss_vectorized is in hw.ipynb, cell 2, which is {said} and is never run: change its type to Code."
    )


RENAME = "{0} is not defined; work.py defines {1}: rename it to {0}."
HINTS = {
    "compute_loss_naive": (
        SOFTMAX + written("svm_loss_vectorized") + written("compute_loss_naive"),
        "svm_loss_naive",
    ),
    "svm_naive": (SOFTMAX + written("svm_loss_vectorized") + written("svm_naive"), "svm_loss_naive"),
    "naive_softmax": (
        SVM + written("softmax_loss_vectorized") + written("naive_softmax"),
        "softmax_loss_naive",
    ),
    "svm_loss_vec": (written("svm_loss_naive") + written("svm_loss_vec"), "svm_loss_vectorized"),
    "softmax_loss_vectorised": (SVM + written("softmax_loss_vectorised"), "softmax_loss_vectorized"),
    "LinearSvm": ("class LinearSvm:\n    def train(self, X): return X\n", "LinearSVM"),
}


@pytest.mark.parametrize("name", HINTS)
def test_a_function_under_another_name_is_to_be_renamed(tmp_path: Path, name: str) -> None:
    code, asked = HINTS[name]
    assert RENAME.format(asked, name) in read_code(tmp_path, "import numpy as np\n" + code).warnings


@pytest.mark.parametrize(
    "code",
    [
        SVM + written("compute_loss_naive"),  # softmax's, or a helper: both softmax functions are missing
        SVM + "def naive(x): return x\n",
        written("softmax_loss_naive") + written("softmax_accuracy_naive").replace("W, X, y, reg", "p, q"),
    ],
)
def test_a_name_that_may_mean_something_else_is_no_hint(tmp_path: Path, code: str) -> None:
    said = " ".join(read_code(tmp_path, code).warnings)
    assert "rename it to svm" not in said
    assert "accuracy" not in said


@pytest.mark.parametrize("name", ["softmax", "Softmax_", "linear_svm", "LinearSVM_"])
def test_a_function_is_not_to_be_renamed_to_a_class(tmp_path: Path, name: str) -> None:
    said = read_code(tmp_path, SVM + f"def {name}(z):\n    return z\n").warnings
    assert not any("rename it to Softmax" in each or "rename it to LinearSVM" in each for each in said)


def test_the_class_that_is_missing_is_named(tmp_path: Path) -> None:
    assert (
        "The class Softmax is not defined; softmax in work.py is a function. Write the class Softmax with train, "
        "predict and loss, as the course's linear_classifier.py does."
    ) in read_code(tmp_path, SVM + "def softmax(z):\n    return z\n").warnings


def test_a_file_that_is_there_is_not_called_not_handed_in(tmp_path: Path) -> None:
    files = {"hw.ipynb": notebook("from softmax import softmax_loss_naive"), "softmax.py": "x = 1\n"}
    said = read_files(tmp_path, files).warnings
    assert "softmax_loss_naive is imported by hw.ipynb from softmax.py, which does not define it." in said
    said = read_files(tmp_path / "2", {"hw.ipynb": files["hw.ipynb"], "svm.py": SVM}).warnings
    assert any("from softmax, which was not handed in" in each for each in said)
