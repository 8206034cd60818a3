"""Notebooks that bring in other files of the hand-in, and names that stop meaning what they meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from grading.intake.ipynb import without_magics
from grading.intake.submission import State
from grading.sandbox.client import Sandbox
from grading.sandbox.messages import Call, Returned
from tests.grading.intake.making import EVERYTHING, SVM, kept, notebook, put, read_code, read_files, read_path

RUNS = {
    "%run losses.ipynb": "losses",
    "%run losses.py": "losses",
    "%run losses": "losses",
    "%run -i ./utils/losses.py": "losses",
    '%run "my losses.ipynb"': "my_losses",
    "%run my losses.ipynb": "my_losses",
    "%run -n '../a-b.py' 1 2": "a_b",
}


@pytest.mark.parametrize("line", RUNS)
def test_a_line_that_runs_a_file_is_the_import_of_what_it_defines(line: str) -> None:
    assert without_magics(f"x = 1\n{line}\ny = 2") == f"x = 1\nfrom {RUNS[line]} import *\ny = 2"


@pytest.mark.parametrize("line", ["%run $path", "%run {name}.py", "%run", "%runs x", "    %run x.py"])
def test_any_other_line_is_a_magic_as_ever(line: str) -> None:
    assert "import *" not in without_magics(f"if True:\n    x = 1\n{line}\n")


@pytest.mark.parametrize(
    ("name", "line", "content"),
    [
        ("losses.ipynb", "%run losses.ipynb", notebook("def helper(x):\n    return 2 * x")),
        ("my losses.ipynb", '%run "my losses.ipynb"', notebook("def helper(x):\n    return 2 * x")),
        ("lib/losses.ipynb", "from losses import helper", notebook("def helper(x):\n    return 2 * x")),
        ("lib/losses.py", "%run lib/losses.py", "def helper(x):\n    return 2 * x"),
        (
            "losses.ipynb",
            "import losses\nhelper = losses.helper",
            notebook("def helper(x):\n    return 2 * x"),
        ),
        ("losses.ipynb", "from ipynb.fs.full.losses import *", notebook("def helper(x):\n    return 2 * x")),
    ],
)
def test_what_another_file_defines_is_there(
    tmp_path: Path, sandbox: Sandbox, name: str, line: str, content: str
) -> None:
    main = notebook(line, "def svm_loss_naive(W, X, y, reg):\n    return helper(X)")
    submission = read_files(tmp_path, {"main.ipynb": main, name: content}, ["svm_loss_naive"])
    with sandbox.start(submission) as worker:
        [outcome] = worker.run([Call("svm_loss_naive", (0, 3, 0, 0))])
        assert isinstance(outcome, Returned), outcome
        assert outcome.result.value == 6


@pytest.mark.parametrize("line", ["np = 5", "np = 'x'", "np = [1, 2]", "a = np = -1"])
def test_a_module_keeps_its_name(tmp_path: Path, line: str) -> None:
    path = put(tmp_path, {"hw.ipynb": notebook(EVERYTHING, f"\n{line}\n")}) / "hw.ipynb"
    submission = read_path(path)
    assert line not in kept(submission)
    assert (
        "np is the module numpy, and cell 2, line 2 of hw.ipynb gives the name to something else: that line was left "
        "out. Call what it makes by another name."
    ) in submission.warnings


@pytest.mark.parametrize(
    "code",
    [
        "import numpy as np\nxp = np\n",
        "import cupy\ncupy = None\n",
        "plt = 5\n",
        "import numpy as np\nnp = np.asarray\n",
    ],
)
def test_what_takes_no_module_away_is_kept(tmp_path: Path, code: str) -> None:
    submission = read_code(tmp_path, code + SVM)
    assert code in kept(submission)
    assert not any("is the module" in said for said in submission.warnings)


@pytest.mark.parametrize("value", ["0.5", "None", "'x'", "[1]"])
def test_a_value_in_the_name_of_a_function_takes_no_function_away(tmp_path: Path, value: str) -> None:
    submission = read_code(tmp_path, f"{SVM}\nsvm_loss_naive = {value}\n")
    assert submission.definitions["svm_loss_naive"].state is State.WRITTEN
    assert f"= {value}" not in kept(submission)
    alone = read_code(tmp_path, f"svm_loss_naive = {value}\n").definitions["svm_loss_naive"]
    assert "it is a value and no function" in alone.sentence
