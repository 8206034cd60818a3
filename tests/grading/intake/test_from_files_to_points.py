"""What hand-ins get that are put together, packed or named otherwise than expected: from the files to the points.

Each stands for its whole kind. All of them are graded in one run, as a teacher would.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import grader
from tests.grading.intake.making import notebook, put
from tests.grading.intake.right_work import (
    CELLS,
    CLASSES,
    CLASSIFIER,
    LINEAR_SVM,
    NUMPY,
    SOFTMAX,
    SOFTMAX_LOSSES,
    SOFTMAX_NAIVE,
    SOFTMAX_VECTORIZED,
    SVM_LOSSES,
    SVM_NAIVE,
    SVM_VECTORIZED,
    changed,
    template,
)

WORK = notebook(*CELLS)
Files = Mapping[str, str | bytes]


def indented(text: str) -> str:
    return "".join(f"    {line}".rstrip() + "\n" for line in text.splitlines())


def in_softmax_vectorized(old: str, new: str, before: str = "") -> str:
    return NUMPY + before + SVM_LOSSES + SOFTMAX_NAIVE + changed(old, new, SOFTMAX_VECTORIZED) + CLASSES


def replaced(whole: str, new: str) -> str:
    return changed(whole, new)


PACKAGE = "a1/cs231n/classifiers"
# The files of a hand-in -> its points (None: not graded), and what must be said of it.
HAND_INS: dict[str, tuple[Files, float | None, tuple[str, ...]]] = {
    # The functions are never run where they stand, so that they can get nothing; but pressing one key changes that.
    "cells_of_other_types": (
        {"hw.ipynb": notebook(*CELLS[:2], ("markdown", CELLS[2]), ("raw", CELLS[3]), *CELLS[4:])},
        60,
        (
            "svm_loss_vectorized is in hw.ipynb, cell 3, which is a Markdown cell and is never run: change its "
            "type to Code.",
            "softmax_loss_naive is in hw.ipynb, cell 4, which is a raw cell",
        ),
    ),
    "asks_for_input": (
        {"hw.ipynb": notebook(NUMPY, SVM_NAIVE.replace("total = 0.0", "total = float(input())"), *CELLS[2:])},
        85,
        ("It asks for input(), which nobody answers",),
    ),
    "several_notebooks": (
        {
            "svm.ipynb": notebook(NUMPY, SVM_LOSSES, CLASSIFIER, LINEAR_SVM),
            "softmax.ipynb": notebook(NUMPY, SOFTMAX_LOSSES, CLASSIFIER, SOFTMAX),
            "softmax (1).ipynb": notebook(
                NUMPY, template("softmax_loss_vectorized"), SOFTMAX_NAIVE, CLASSIFIER, SOFTMAX
            ),
            "svm-Copy1.ipynb": notebook(NUMPY, SVM_LOSSES.replace("2 * reg", "reg"), CLASSIFIER, LINEAR_SVM),
            "knn.ipynb": notebook(NUMPY, "def distances(a, b):\n    return a - b\n"),
            "Untitled.ipynb": notebook("1+1"),
        },
        100,
        ("softmax (1).ipynb", "svm-Copy1.ipynb"),
    ),
    "np_is_rebound": (
        {"hw.ipynb": notebook(*CELLS, "np = 5  # number of passes\n")},
        100,
        ("np is the module numpy",),
    ),
    "computes_with_jax": (
        {
            "hw.py": "import jax\nimport jax.numpy as jnp\n"
            + replaced(
                SOFTMAX_VECTORIZED,
                "\ndef softmax_loss_vectorized(W, X, y, reg):\n    def f(W):\n        s = X @ W\n"
                "        return jnp.mean(jax.nn.logsumexp(s, axis=1) - s[jnp.arange(len(y)), y])\n"
                "    l, g = jax.value_and_grad(f)(W)\n    return float(l), np.asarray(g)\n",
            )
        },
        75,
        ("It computes with jax, which is not there while it is graded.",),
    ),
    "computes_with_torch": (
        {
            "hw.py": "import torch\nimport torch.nn.functional as F\n"
            + replaced(
                SOFTMAX_VECTORIZED,
                "\ndef softmax_loss_vectorized(W, X, y, reg):\n    V = torch.tensor(W, requires_grad=True)\n"
                "    l = F.cross_entropy(torch.tensor(X) @ V, torch.tensor(y)) + reg * (V * V).sum()\n"
                "    l.backward()\n    return l.item(), V.grad.numpy()\n",
            )
        },
        75,
        ("It computes with torch, which is not there while it is graded.",),
    ),
    # There is no LinearSVM in it.
    "in_two_folders": (
        {
            f"{PACKAGE}/__init__.py": "",
            f"{PACKAGE}/linear_svm.py": NUMPY + SVM_LOSSES,
            f"{PACKAGE}/softmax.py": NUMPY
            + template("softmax_loss_naive")
            + template("softmax_loss_vectorized"),
            "softmax/softmax.py": NUMPY + SOFTMAX_LOSSES,
            "softmax/classifier.py": "from softmax import *\n" + NUMPY + CLASSIFIER + SOFTMAX,
        },
        85,
        ("LinearSVM was not found in the hand-in. It must be defined under exactly this name.",),
    ),
    "none_by_default": (
        {
            "hw.py": NUMPY
            + SVM_LOSSES
            + SOFTMAX_NAIVE
            + SOFTMAX_VECTORIZED.replace("y, reg)", "y, reg, reg_l1=0.0)").replace(
                "2 * reg * W\n", "2 * reg * W + reg_l1 * np.sign(W)\n"
            )
            + CLASSIFIER.replace("verbose=False", "verbose=False, reg_l1=None")
            .replace("y[pick], reg)", "y[pick], reg, reg_l1)")
            .replace("y_batch, reg)", "y_batch, reg, reg_l1=None)")
            + LINEAR_SVM.replace("y_batch, reg):", "y_batch, reg, reg_l1=None):")
            + SOFTMAX.replace("y_batch, reg):", "y_batch, reg, reg_l1=None):").replace(
                "reg)\n", "reg, reg_l1)\n"
            )
        },
        89,
        ("reg_l1 is None in this line.",),
    ),
    "penalty_without_w": (
        {
            "hw.py": replaced(
                SOFTMAX_VECTORIZED,
                SOFTMAX_VECTORIZED.replace(
                    "reg * np.sum(W * W), X.T @ p / N + 2 * reg * W", "0.5 * reg, np.zeros_like(W)"
                ),
            )
        },
        77,
        (),
    ),
    "value_from_a_cell_that_loads": (
        {
            "hw.ipynb": notebook(
                NUMPY,
                'X_train = np.load("cifar.npy")\nnum_classes = len(np.unique(X_train))\n',
                SVM_NAIVE.replace("W.shape[1]\n", "num_classes\n", 1),
                *CELLS[2:],
            )
        },
        85,
        ("num_classes gets its value in cell 2, line 2, which is not run",),
    ),
}


# Thought of by ourselves.
HAND_INS |= {
    # What the notebook imports is graded, not the right file beside it.
    "stray_right_file": (
        {
            "svm.ipynb": notebook("from pkg.losses import svm_loss_naive"),
            "pkg/__init__.py": "",
            "pkg/losses.py": changed("X.T @ hot / N + 2 * reg * W", "X.T @ hot / N + reg * W"),
            "losses.py": NUMPY + SVM_LOSSES,
        },
        90,
        ("what is in pkg/losses.py was taken",),
    ),
    "defined_in_a_file_that_is_not_imported": (
        {"linear_svm.py": NUMPY + SVM_LOSSES, "rest.py": NUMPY + SOFTMAX_LOSSES + CLASSES},
        95,
        ("It is defined in linear_svm.py: import it from there.",),
    ),
    "computes_with_pandas": (
        {
            "hw.py": "import pandas as pd\n"
            + changed(
                "    s = s - s.max(axis=1, keepdims=True)\n",
                "    s = pd.DataFrame(s).values\n    s = s - s.max(axis=1, keepdims=True)\n",
            )
        },
        75,
        ("It computes with pandas, which is not there while it is graded.",),
    ),
    "merge_conflict_in_a_cell": (
        {"svm.ipynb": notebook(NUMPY, "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> main", *CELLS[1:])},
        100,
        ("svm.ipynb, cell 2, line 1: a merge conflict was left here.",),
    ),
    "two_endings_behind_the_name": (
        {"svm.ipynb.json.txt": WORK},
        100,
        ("was read as svm.ipynb: call it so.",),
    ),
}


# Full marks, and nothing to be said.
RIGHT: dict[str, Files] = {
    "runs_another_notebook": {
        "losses.ipynb": notebook(*CELLS[:5]),
        "main.ipynb": notebook(NUMPY, "%run losses.ipynb", *CELLS[5:]),
    },
    "shuffles_with_sklearn": {
        "hw.py": "from sklearn.utils import shuffle\n"
        + changed(
            "pick = np.random.choice(n, batch_size)\n            loss, grad = self.loss(X[pick], y[pick], reg)",
            "A, b = shuffle(X, y)\n            loss, grad = self.loss(A[:batch_size], b[:batch_size], reg)",
        )
    },
    "normalizes_with_sklearn": {
        "hw.py": in_softmax_vectorized(
            "p = e / z", "p = normalize(e, norm='l1')", "from sklearn.preprocessing import normalize\n"
        )
    },
    "scipy_of_old": {
        "hw.py": "from scipy.misc import logsumexp\n"
        + changed("total += np.log(z) -", "total += logsumexp(s) -")
    },
    "under_an_if": {"hw.py": replaced(SVM_VECTORIZED, "\nif True:\n" + indented(SVM_VECTORIZED))},
    "optional_import": {
        "hw.py": "import numpy as np\ntry:\n    import cupy as xp\nexcept ImportError:\n    xp = np\n"
        + changed(SVM_VECTORIZED, SVM_VECTORIZED.replace("np.", "xp."))
    },
    "is_torch_available": {
        "hw.py": "try:\n    import torch\n    HAS_TORCH = torch.cuda.is_available()\n"
        "except Exception:\n    HAS_TORCH = False\n"
        + changed(
            "def svm_loss_vectorized(W, X, y, reg):\n",
            "def svm_loss_vectorized(W, X, y, reg):\n    if HAS_TORCH:\n        return torch_svm(W, X, y, reg)\n",
        )
    },
    "chooses_by_labels": {
        "hw.py": changed("s - s[r, y][:, None] + 1.0", "s - np.choose(y, s.T)[:, None] + 1.0")
    },
    "written_to_a_file": {
        "hw.ipynb": notebook(
            NUMPY,
            "%%writefile losses.py\n" + NUMPY + SVM_LOSSES + SOFTMAX_LOSSES,
            "from losses import *",
            *CELLS[5:],
        )
    },
    "runs_a_script": {
        "utils/losses.py": NUMPY + SVM_LOSSES + SOFTMAX_LOSSES,
        "main.ipynb": notebook(NUMPY, "%run ./utils/losses.py", *CELLS[5:]),
    },
    "only_when_run_as_a_program": {
        "hw.py": replaced(SOFTMAX_VECTORIZED, '\nif __name__ == "__main__":\n' + indented(SOFTMAX_VECTORIZED))
    },
}
HAND_INS |= {name: (files, 100, ()) for name, files in RIGHT.items()}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("hand_ins")
    for name, (files, _, _) in HAND_INS.items():
        put(folder / name, files)
    return graded(folder, [folder / name for name in HAND_INS])


def graded(folder: Path, paths: list[Path], *options: str) -> dict[str, dict[str, Any]]:
    """The reports by name, made without the search for repairs."""
    rubric = folder / "rubric.toml"
    rubric.write_text('edition = "cs231n"\n[repair]\ncandidates = 0\n', encoding="utf-8")
    words = ["--rubric", str(rubric), "--out", str(folder / "out"), "--allow-unsafe", "--jobs", "1"]
    grader.main([*map(str, paths), *words, "--format", "json", *options])
    return {path.parent.name: json.loads(path.read_bytes()) for path in folder.glob("out/*/report.json")}


@pytest.mark.parametrize("name", HAND_INS)
def test_a_hand_in_gets_its_points_and_the_sentence_that_it_needs(
    name: str, reports: dict[str, dict[str, Any]]
) -> None:
    _, points, said = HAND_INS[name]
    report = reports[name]
    assert (report["score"] if report["state"] == "graded" else None) == points, [
        (check["function"], check["id"], check["message"])
        for check in report["checks"]
        if check["status"] == "failed"
    ]
    text = json.dumps(report, ensure_ascii=False)
    assert [sentence for sentence in said if sentence not in text] == []
