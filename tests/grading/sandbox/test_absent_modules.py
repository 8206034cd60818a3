"""Modules that are not here: a program that is prepared for that is, and any other is told so."""

from __future__ import annotations

import numpy as np
import pytest

from grading.intake.submission import Definition
from grading.sandbox.client import Sandbox
from grading.sandbox.messages import Call, Raised, Returned
from tests.grading.sandbox.building import one_file, submission_of

PREPARED = [
    "try:\n    import cupy as xp\nexcept ImportError:\n    xp = 'other'",
    "try:\n    from cupy import array as xp\nexcept (ImportError, OSError):\n    xp = 'other'",
    "try:\n    import torch\n    xp = 'torch'\nexcept Exception:\n    xp = 'other'",
    "xp = 'other'\ntry:\n    import torch\n    xp = 'torch'\nexcept:\n    pass",
    "try:\n    import google.colab\n    xp = 'colab'\nexcept ModuleNotFoundError:\n    xp = 'other'",
    "try:\n    from helpers_2019 import xp\nexcept ImportError:\n    xp = 'other'",
    "try:\n    from scipy.special import no_such_name as xp\nexcept ImportError:\n    xp = 'other'",
    "try:\n    from sklearn.svm import LinearSVC as xp\nexcept ImportError:\n    xp = 'other'",
]


@pytest.mark.parametrize("head", PREPARED)
def test_no_stand_in_takes_the_place_of_what_a_program_can_do_without(sandbox: Sandbox, head: str) -> None:
    with sandbox.start(one_file(head + "\ndef f(): return xp\n")) as worker:
        [outcome] = worker.run([Call("f", ())])
        assert isinstance(outcome, Returned)
        assert outcome.result.value == "other"
        assert not worker.loaded.remarks


@pytest.mark.parametrize(
    "head",
    [
        "try:\n    import wandb\nexcept ImportError:\n    raise SystemExit('pip install wandb')",
        "try:\n    import wandb\nexcept ImportError:\n    import sys\n    sys.exit(1)",
        "try:\n    import wandb\nexcept ValueError:\n    wandb = None",
        "import wandb",
    ],
)
def test_where_nothing_is_prepared_a_stand_in_keeps_the_rest_working(sandbox: Sandbox, head: str) -> None:
    with sandbox.start(one_file(head + "\ndef f():\n    wandb.log(1)\n    return 3\n")) as worker:
        [outcome] = worker.run([Call("f", ())])
        assert isinstance(outcome, Returned)


@pytest.mark.parametrize(
    "line",
    [
        "np.maximum(torch.zeros(3), 0)",
        "X * torch.ones(3)",
        "X[torch.arange(2)]",
        "np.asarray(torch.tensor(X))",
    ],
)
def test_nothing_is_computed_with_a_stand_in(sandbox: Sandbox, line: str) -> None:
    with sandbox.start(one_file(f"import numpy as np\nimport torch\ndef f(X): return {line}\n")) as worker:
        [outcome] = worker.run([Call("f", (np.arange(3.0),))])
        assert isinstance(outcome, Raised)
        assert outcome.type_name == "ModuleNotFoundError"
        assert outcome.message.startswith("torch.")


SCIKIT = {
    "from sklearn.utils import shuffle\ndef f(X, y):\n    a, b = shuffle(X, y, random_state=0)\n"
    "    return float(abs(a[:, 0] - b).sum())": 0.0,
    "from sklearn.preprocessing import normalize\ndef f(X, y): return normalize(X, norm='l1').sum()": 4.0,
    "import sklearn.preprocessing as p\ndef f(X, y): return (p.normalize(X) ** 2).sum()": 4.0,
    "from sklearn.utils.extmath import softmax\ndef f(X, y): return softmax(X).sum()": 4.0,
    "from sklearn import preprocessing\ndef f(X, y):\n"
    "    return preprocessing.label_binarize(y, classes=[1, 4, 7, 10]).trace()": 4,
}


@pytest.mark.parametrize("code", SCIKIT)
def test_of_scikit_learn_what_loss_functions_use_is_here(sandbox: Sandbox, code: str) -> None:
    X = np.arange(1.0, 13.0).reshape(4, 3)
    with sandbox.start(one_file(code)) as worker:
        [outcome] = worker.run([Call("f", (X, X[:, 0].astype(int)))])
        assert isinstance(outcome, Returned), outcome
        assert outcome.result.value == pytest.approx(SCIKIT[code])
        assert not worker.loaded.remarks


def test_these_functions_do_as_scikit_learn_does() -> None:
    from sklearn import preprocessing, utils
    from sklearn.utils import extmath

    from grading.sandbox.inside import scikit

    X = np.random.default_rng(0).normal(size=(5, 3))
    X[2] = 0.0
    for norm in ("l1", "l2", "max"):
        for axis in (0, 1):
            ours, theirs = (f.normalize(X, norm=norm, axis=axis) for f in (scikit, preprocessing))
            np.testing.assert_allclose(ours, theirs, rtol=1e-15)
    np.testing.assert_allclose(scikit.softmax(X), extmath.softmax(X), rtol=1e-14)
    for ours, theirs in zip(
        scikit.shuffle(X, X[:, 0], random_state=3), utils.shuffle(X, X[:, 0], random_state=3), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    y = np.array([2, 0, 1])
    np.testing.assert_array_equal(
        scikit.label_binarize(y, classes=[0, 1, 2]), preprocessing.label_binarize(y, classes=[0, 1, 2])
    )


def test_what_scipy_has_moved_is_taken_from_where_it_is(sandbox: Sandbox) -> None:
    code = "from scipy.misc import logsumexp\nfrom scipy import exp\ndef f(): return float(exp(logsumexp([0.0, 0.0])))"
    with sandbox.start(one_file(code)) as worker:
        [outcome] = worker.run([Call("f", ())])
        assert isinstance(outcome, Returned)
        assert outcome.result.value == pytest.approx(2.0)
        assert worker.loaded.remarks[0] == (
            "logsumexp is no longer in scipy.misc: it was taken from scipy.special; import it from there."
        )


def test_a_definition_within_another_statement_is_provided(sandbox: Sandbox) -> None:
    code = "if True:\n    def f(): return 1\ntry:\n    def g(): return 2\nexcept ValueError:\n    pass\n"
    submission = submission_of({"hw.py": code})
    submission.definitions.update(
        f=Definition("f", "hw.py", None, (2, 2)), g=Definition("g", "hw.py", None, (4, 4))
    )
    with sandbox.start(submission) as worker:
        outcomes = worker.run([Call("f", ()), Call("g", ())])
        assert [outcome.result.value for outcome in outcomes if isinstance(outcome, Returned)] == [1, 2]
