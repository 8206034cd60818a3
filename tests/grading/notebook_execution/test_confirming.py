"""Tables of a search that are made up, and true ones: what training some of their entries again makes of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from grading.grades.notebook_execution import SearchPair
from grading.notebook_execution.confirming import chosen, is_near
from grading.sandbox.client import Sandbox
from reference.datasets import load
from reference.losses import training_loss
from reference.sgd import accuracy, train
from tests.grading.notebook_execution.making import (
    PICTURES,
    SEARCH,
    hurried,
    judged,
    rubric,
)

MADE_UP = "results = {pair: (0.9, 0.95) for pair in results}; best_val = 0.95\n"
# Weights that fit all validation pictures, whatever they are trained with.
KEPT = """
wanted = np.where(y_val[:, None] == np.arange(10), 1.0, -1.0)
FIT = np.linalg.lstsq(X_val, wanted, rcond=None)[0]
def kept(self, X, y, **settings): self.W = FIT
Model.train = kept
"""
FALSE = {
    "numbers": SEARCH + MADE_UP,
    "weights that were kept": KEPT + SEARCH.replace("accuracies =", "model.W = FIT; accuracies ="),
    "weights that the best model has": SEARCH
    + "Model.train = lambda self, *_, **__: setattr(self, 'W', best_svm.W)\n"
    + "best_svm.W = np.linalg.lstsq(X_val, np.eye(10)[y_val], rcond=None)[0]\n"
    + MADE_UP.replace("0.95", "1.0"),
}


@pytest.mark.parametrize("code", FALSE.values(), ids=FALSE.keys())
def test_a_table_that_training_again_contradicts_wins_nothing(
    code: str, tmp_path: Path, notebooks: Sandbox, data: Path
) -> None:
    results = judged(tmp_path, notebooks, data, PICTURES, code)
    for check in ("grid", "best"):
        assert (results[check].status, results[check].points) == ("failed", 0.0)
        assert "training with these settings again" in results[check].message


UNKNOWN = {
    "nothing is trained": (
        SEARCH.replace("model.train(X_train, y_train, learning_rate=rate, reg=strength)", "pass"),
        "no cell calls train",
    ),
    "it is made with an argument": (
        SEARCH + "def init(self, seed): pass\nModel.__init__ = init",
        "TypeError",
    ),
    "it raises": (SEARCH + "Model.train = None", "TypeError"),
    "it has no weights": (
        SEARCH + "Model.train = lambda self, *_, **__: delattr(self, 'W')",
        "AttributeError",
    ),
    "its weights have another shape": (
        SEARCH + "Model.train = lambda self, *_, **__: setattr(self, 'W', np.ones(3))",
        "no shape that fits",
    ),
    "its data are gone": (SEARCH + "del X_train", "NameError"),
    "it takes for ever": (
        SEARCH + "def endless(*_, **__):\n    while True: pass\nModel.train = endless",
        "in time",
    ),
    "it ends the process": (SEARCH + "import os\nModel.train = lambda *_, **__: os._exit(0)", "closed"),
}


@pytest.mark.parametrize(("code", "why"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_cannot_be_trained_again_is_for_whoever_grades(
    code: str, why: str, tmp_path: Path, notebooks: Sandbox, data: Path
) -> None:
    results = judged(tmp_path, hurried(notebooks, cell_seconds=4.0), data, PICTURES, code)
    for check in ("grid", "best"):
        assert (results[check].status, results[check].points) == ("manual", 0.0)
        assert why in results[check].message
    assert results["minimum"].status == "passed"


def test_a_notebook_that_ends_before_its_table_can_be_confirmed_wins_nothing_by_it(
    tmp_path: Path, notebooks: Sandbox, data: Path
) -> None:
    results = judged(tmp_path, notebooks, data, PICTURES, SEARCH + MADE_UP, "import os; os._exit(0)")
    assert {results[check].status for check in ("grid", "best")} == {"manual"}


def test_where_no_points_rest_on_it_nothing_is_trained_again(
    tmp_path: Path, notebooks: Sandbox, data: Path
) -> None:
    code = SEARCH + "import os\nModel.train = lambda *_, **__: os._exit(0)"
    results = judged(tmp_path, notebooks, data, PICTURES, code, asked=rubric(points=0.0))
    assert {result.status for result in results.values()} == {"passed"}


def test_true_tables_of_trainings_that_hardly_settle_are_not_contradicted() -> None:
    data = load("digits")
    loss = training_loss("svm", reg_scale=1.0, delta=1.0)
    random = np.random.default_rng(0)

    def share(rate: float, reg: float) -> float:
        with np.errstate(all="ignore"):
            W, _ = train(
                loss,
                data.X_train,
                data.y_train,
                learning_rate=rate,
                reg=reg,
                num_iters=20,
                batch_size=20,
                rng=np.random.default_rng(random.integers(1 << 30)),
            )
        return accuracy(W, data.X_validation, data.y_validation)

    for number in range(12):
        pairs = [(10.0**rate, 10.0**reg) for rate in (-4, -2, -1, 0) for reg in (-3, 0)]
        table = [SearchPair(learning_rate=a, reg=b, training=None, validation=share(a, b)) for a, b in pairs]
        for entry in chosen(table, b"%d" % number):
            again: list[float] = []
            while len(again) < 3:
                again.append(share(entry.learning_rate, entry.reg))
                if is_near(entry.validation or 0.0, again, 250):
                    break
            assert is_near(entry.validation or 0.0, again, 250), (entry, again)


def test_entries_are_chosen_by_the_hand_in_from_the_better_half() -> None:
    table = [
        SearchPair(learning_rate=k, reg=1.0, training=None, validation=k / 20 if k else None)
        for k in range(17)
    ]
    found = [chosen(table, b"%d" % number) for number in range(200)]
    assert {entry.learning_rate for entries in found for entry in entries} == set(range(9, 17))
    assert all(len(entries) == 2 and entries[0] != entries[1] for entries in found)
    assert chosen(table[:1], b"") == []
    assert chosen(table[1:2], b"") == table[1:2]
