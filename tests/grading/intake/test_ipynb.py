from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.intake.ipynb import DamagedNotebookError, read_cells, without_magics
from grading.intake.limits import DEFAULT
from tests.grading.intake.making import SVM, kept, notebook, read_files


def test_cells_are_counted_from_one_over_all_kinds() -> None:
    cells = read_cells(notebook(("markdown", "# Title"), "x = 1", ("raw", "r")).encode(), DEFAULT)
    assert [(cell.label, cell.kind, cell.text) for cell in cells] == [
        ("cell 1", "markdown", "# Title"),
        ("cell 2", "code", "x = 1"),
        ("cell 3", "raw", "r"),
    ]


def test_version_3_is_converted() -> None:
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": ""},
        "worksheets": [
            {
                "metadata": {},
                "cells": [
                    {"cell_type": "heading", "level": 1, "metadata": {}, "source": ["Title"]},
                    {"cell_type": "code", "language": "python", "input": ["x = 1\n", "y"], "outputs": []},
                ],
            }
        ],
    }
    cells = read_cells(json.dumps(old).encode(), DEFAULT)
    assert [(cell.kind, cell.text) for cell in cells] == [("markdown", "# Title"), ("code", "x = 1\ny")]


def test_cells_that_lack_what_the_format_asks_for_are_read_all_the_same() -> None:
    whole = {"nbformat": 4, "cells": [{"cell_type": "code", "source": "x = 1"}, 7, {"source": [1, "y"]}, {}]}
    texts = [cell.text for cell in read_cells(json.dumps(whole).encode(), DEFAULT)]
    assert texts == ["x = 1", "y", ""]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_a_notebook_may_be_in_any_encoding(encoding: str) -> None:
    text = json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": "é"}]}, ensure_ascii=False)
    assert read_cells(text.encode(encoding), DEFAULT)[0].text == "é"


def test_halves_of_surrogates_do_not_get_through() -> None:
    data = b'{"nbformat": 4, "cells": [{"cell_type": "markdown", "source": "\\ud800"}]}'
    assert read_cells(data, DEFAULT)[0].text == "?"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 5) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "nbformat",
                    "nbformat_minor",
                    "cells",
                    "metadata",
                    "source",
                    "cell_type",
                    "worksheets",
                    "kernelspec",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_whatever_the_json_says_it_is_read_or_refused(value: object) -> None:
    try:
        cells = read_cells(json.dumps(value).encode(), DEFAULT)
    except DamagedNotebookError:
        return
    assert all(isinstance(cell.text, str) for cell in cells)


MAGICS = {
    "%matplotlib inline\nx = 1": "x = 1",
    "x = 1\n!ls -l\ny = 2": "y = 2",
    "\n\n%load_ext autoreload\n%autoreload 2\nx = 1": "x = 1",
    "if True:\n    %cd /content\n    x = 1": "x = 1",
    "%%time\nx = 1": "x = 1",
    "%%writefile softmax.py\nx = 1": "x = 1",
    "files = !ls\nx = 1": "x = 1",
    "np.dot?\nx = 1": "x = 1",
    "!pip install \\\n  numpy\nx = 1": "x = 1",
    "%time x = 1\ny = 2": "y = 2",
    "from google.colab import drive\ndrive.mount('/x')\n%cd /x\nx = 1": "x = 1",
    "%a\n" * 40 + "x = 1": "x = 1",
}


@pytest.mark.parametrize(("text", "line"), MAGICS.items())
def test_magics_become_python_and_no_line_moves(text: str, line: str) -> None:
    result = without_magics(text)
    ast.parse(result)
    assert (
        result.split("\n")[text.split("\n").index(line if "if True" not in text else "    " + line)].strip()
        == line
    )


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("%matplotlib inline\n%load_ext autoreload\n!ls\nx = 1", False),
        ("if True:\n    %cd /content\n", False),
        ("x = (7\n  % 4)", True),
        ("files = !ls", True),
        ("np.dot?", True),
        ('d = """\n%matplotlib inline\n"""', True),
    ],
)
def test_ipython_is_loaded_only_for_what_is_more_than_a_line(text: str, needed: bool) -> None:
    loaded = "import sys; print('IPython' in sys.modules)"
    code = f"from grading.intake.ipynb import without_magics; without_magics({text!r}); {loaded}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(needed)


def test_python_that_looks_like_a_magic_stays_as_it_is() -> None:
    text = 'x = (7\n  % 4)\nd = """\n!not a command\n"""\n%matplotlib inline\n'
    tree = ast.parse(without_magics(text))
    assert ast.unparse(tree).startswith("x = 7 % 4\nd = '\\n!not a command\\n'")


@pytest.mark.parametrize("magic", ["%%bash", "%%html", "%%javascript", "%%cython", "%%R"])
def test_cells_in_other_languages_are_left_out(magic: str) -> None:
    assert without_magics(f"{magic}\nthis is not Python") == ""


def test_a_cell_that_does_not_parse_costs_only_itself(tmp_path: Path) -> None:
    submission = read_files(
        tmp_path, {"work.ipynb": notebook("import numpy as np", "for x in:\n    pass", SVM)}
    )
    assert set(submission.definitions) == {"svm_loss_naive", "svm_loss_vectorized"}
    assert submission.warnings == (
        "work.ipynb, cell 2, line 1: invalid syntax. Fix it so that Python 3 can read it; the rest of it was read.",
    )


def test_a_notebook_that_mounts_a_drive_and_trains_keeps_its_definitions_only(tmp_path: Path) -> None:
    submission = read_files(
        tmp_path,
        {
            "work.ipynb": notebook(
                "from google.colab import drive\ndrive.mount('/content/drive')\n%cd /content/drive",
                "%load_ext autoreload\nimport numpy as np\n!bash get_datasets.sh",
                SVM,
                "X_train = load('data')\nloss, grad = svm_loss_naive(W, X_train, y_train, 0.0)\nprint(loss)",
                "for rate in rates:\n    LinearSVM().train(X_train, y_train)",
            )
        },
    )
    code = kept(submission)
    assert submission.warnings == ()
    assert "def svm_loss_naive" in code
    for left_out in ("mount", "get_ipython", "get_datasets", "X_train", "print", "rates"):
        assert left_out not in code
