"""Notebooks that end as they should, and notebooks that do not: each is reported up to where it came."""

from __future__ import annotations

from pathlib import Path

import pytest

from grading.grades.notebook_execution import NotebookRun
from grading.rubric.reading import load_rubric
from grading.sandbox.client import Sandbox
from tests.grading.notebook_execution.making import (
    PICTURES,
    SEARCH,
    SUBMISSIONS,
    TEST,
    cells,
    hand_in,
    hurried,
    notebook,
    run,
)


def executed(folder: Path, sandbox: Sandbox, data: Path, *code: str, **files: str) -> NotebookRun:
    """The one notebook with these cells, run."""
    work = hand_in(folder / "work", {"svm.ipynb": notebook(*cells(*code)), **files})
    [one] = run(work, sandbox, data).execution.notebooks
    return one


STOPPED = {
    "takes forever": ("while True: pass", "did not end in time"),
    "ends itself": ("import os; os._exit(7)", "exit code 7"),
    "dies": ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
    "sleeps": ("import time; time.sleep(1000)", "did not end in time"),
}


@pytest.mark.parametrize(("code", "why"), STOPPED.values(), ids=STOPPED.keys())
def test_a_notebook_that_is_lost_in_cell_5_is_reported_up_to_there(
    code: str, why: str, tmp_path: Path, notebooks: Sandbox, data: Path
) -> None:
    plot = "import matplotlib.pyplot as plt\nplt.plot([2, 1]); plt.show()"
    sandbox = hurried(notebooks, cell_seconds=4.0)
    found = executed(tmp_path, sandbox, data, "x = 1", "1 / 0", plot, code, "never = 1")
    assert (found.state, found.stopped_at, found.ended, found.cells) == ("stopped", 5, 4, 6)
    assert why in (found.reason or "")
    assert [failed.cell for failed in found.failed] == [3]
    assert [picture.cell for picture in found.pictures] == [4]


GOES_ON = {
    "needs a missing module": ("import torch", "No module named 'torch'"),
    "may not see scikit-learn": ("import sklearn", "No module named 'sklearn'"),
    "divides by zero": ("1 / 0", "ZeroDivisionError: division by zero (line 1)"),
    "does not parse": ("def f(:", "SyntaxError"),
    "asks somebody": ("input('name?')", "nobody is there to answer"),
    "leaves": ("import sys; sys.exit(1)", "SystemExit: 1"),
    "is interrupted": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
}


@pytest.mark.parametrize(("code", "error"), GOES_ON.values(), ids=GOES_ON.keys())
def test_after_a_cell_that_fails_the_notebook_goes_on(
    code: str, error: str, tmp_path: Path, notebooks: Sandbox, data: Path
) -> None:
    found = executed(tmp_path, notebooks, data, code, "assert 1 + 1 == 2")
    assert found.state == "completed"
    [failed] = found.failed
    assert failed.cell == 2
    assert error in failed.error


HARMLESS = {
    "a drive": "from google.colab import drive\ndrive.mount('/content/drive')\n%cd /content/drive/My\\ Drive/a1",
    "shell lines": "!pip install past\nfiles = !ls\nassert files == []\n%pip install x\nget_ipython().system('ls')",
    "shell cells": "%%bash\ncd cs231n/datasets\n./get_datasets.sh",
    "the usual magics": "%matplotlib inline\n%load_ext autoreload\n%autoreload 2\n%time 1\n%matplotlib notebook",
    "a folder": "import os\n%cd cs231n\n%cd ..\nassert os.path.isdir('cs231n/datasets/cifar-10-batches-py')",
    "far away": "%cd ..\n%cd ..",
    "old imports": "from past.builtins import xrange\nfrom six.moves import cPickle\n"
    "from future import standard_library\nfrom builtins import range\nfrom scipy.misc import imread\nimport tqdm, cv2",
    "helpers": "from cs231n.gradient_check import grad_check_sparse\nfrom cs231n.vis_utils import visualize_grid\n"
    "import numpy as np\ngrad_check_sparse(lambda w: np.sum(w * w), np.ones((3, 2)), 2 * np.ones((3, 2)), 3)",
    "much text": "print('x' * 100_000_000)",
    "many lines": "for k in range(20_000): print(k)",
    "a display": "from IPython.display import display, HTML, clear_output\ndisplay(HTML('<script>1</script>'))\n"
    "clear_output(wait=True)\ndisplay({'a': 1})",
    "another folder's data": "open('results.txt', 'w').write('mine')\nassert open('results.txt').read() == 'mine'",
}  # fmt: skip


@pytest.mark.parametrize("code", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_notebooks_usually_hold_does_not_fail(
    code: str, tmp_path: Path, notebooks: Sandbox, data: Path
) -> None:
    found = executed(tmp_path, notebooks, data, code, "import os\nassert os.path.isdir('cs231n/datasets')")
    assert (found.state, found.failed) == ("completed", [])


def test_the_whole_flow_of_the_course_runs_and_everything_is_brought_out(
    tmp_path: Path, notebooks: Sandbox, data: Path
) -> None:
    drawn = """
import matplotlib.pyplot as plt
svm_loss = loss_hist = [2.0, 1.5, float('nan')]
plt.plot(loss_hist); plt.show()
plt.scatter([pair[0] for pair in results], [pair[1] for pair in results]); plt.show()
"""
    templates = "w = best_svm.W[:-1].reshape(32, 32, 3, 10)\nplt.imshow(w[:, :, :, 0] > 0)"
    code = ["%matplotlib inline", PICTURES, SEARCH, drawn, TEST, templates]
    work = hand_in(tmp_path / "work", {"a1/svm.ipynb": notebook(*code)})
    execution = run(work, notebooks, data).execution
    [one] = execution.notebooks
    assert (one.state, one.failed) == ("completed", [])
    assert execution.data.startswith("CIFAR-10, 20 validation and 200 test pictures")
    assert [(picture.cell, picture.kind) for picture in one.pictures] == [
        *((4, "search"), (4, "search"), (6, "weights")),
    ]
    [found] = one.searches
    assert found.model == "best_svm"
    assert len(found.results) == 6
    assert found.best_val == found.validation_again
    assert found.test == found.test_again


def test_a_package_beside_the_notebook_is_imported_as_it_was_laid_out(
    tmp_path: Path, notebooks: Sandbox, data: Path
) -> None:
    files = {
        "cs231n/__init__.py": "",
        "cs231n/classifiers/__init__.py": "from .k_nearest_neighbor import *\nfrom .svm import *\n",
        "cs231n/classifiers/svm.py": "from ..helper import two\ndef one(): return two() / 2\n",
        "cs231n/helper.py": "def two(): return 2\ndef fails():\n    raise ValueError('here')\n",
    }
    code = "from cs231n.classifiers import one\nassert one() == 1\nfrom cs231n.helper import fails\nfails()"
    found = executed(tmp_path, notebooks, data, code, **files)
    assert [failed.error for failed in found.failed] == ["ValueError: here (cs231n/helper.py, line 3)"]
    assert any("k_nearest_neighbor is not here" in remark for remark in found.remarks)


def test_a_file_that_lies_elsewhere_in_the_hand_in_is_found(
    tmp_path: Path, notebooks: Sandbox, data: Path
) -> None:
    code = "from cs231n.classifiers.linear_svm import one\nassert one() == 1"
    assert (
        executed(tmp_path, notebooks, data, code, **{"linear_svm.py": "def one(): return 1\n"}).failed == []
    )


def test_a_hand_in_without_a_notebook_says_so(tmp_path: Path, notebooks: Sandbox, data: Path) -> None:
    work = hand_in(tmp_path / "work", {"svm.py": "def svm_loss_naive(W, X, y, reg): pass\n"})
    execution = run(work, notebooks, data).execution
    assert execution.notebooks == []
    assert "no notebook" in (execution.reason or "")


def test_notebooks_of_other_parts_of_the_assignment_are_not_run(
    tmp_path: Path, notebooks: Sandbox, data: Path
) -> None:
    files = {"knn.ipynb": notebook("while True: pass"), "svm.ipynb": notebook("# svm_loss_naive", "1")}
    execution = run(hand_in(tmp_path / "work", files), notebooks, data).execution
    assert [one.notebook for one in execution.notebooks] == ["svm.ipynb"]


def test_running_a_notebook_twice_gives_the_same(tmp_path: Path, notebooks: Sandbox, data: Path) -> None:
    code = PICTURES + "best_svm = Model(np.random.randint(1000)); best_val = np.random.rand()"
    work = hand_in(tmp_path / "work", {"svm.ipynb": notebook(code)})
    first, second = (run(work, notebooks, data).execution.notebooks[0].searches for _ in range(2))
    assert first == second


def test_the_sample_notebook_runs_to_its_end_on_a_small_set(
    tmp_path: Path, notebooks: Sandbox, data: Path
) -> None:
    text = (SUBMISSIONS / "ada.ipynb").read_text(encoding="utf-8")
    work = hand_in(tmp_path, {"ada.ipynb": text.replace("num_iters=1500", "num_iters=20")})
    [one] = run(work, notebooks, data).execution.notebooks
    assert (one.state, one.failed) == ("completed", [])
    assert [picture.kind for picture in one.pictures] == ["loss"]
    assert one.history is not None


def test_a_notebook_of_comp411_finds_its_package_and_its_pictures(
    tmp_path: Path, notebooks: Sandbox, data: Path
) -> None:
    own = [
        text.replace("cs231n", "comp411") for text in (PICTURES, SEARCH.replace("best_svm", "best_softmax"))
    ]
    files = {"softmax.ipynb": notebook(*own), "comp411/classifiers/softmax.py": "x = 1\n"}
    work = hand_in(tmp_path / "work", {**files, "comp411/__init__.py": ""})
    asked = load_rubric(edition="comp411")
    [found] = run(work, notebooks, data, asked).execution.notebooks
    assert [failed.error for failed in found.failed] == []
    assert [search.best_val for search in found.searches] != []
