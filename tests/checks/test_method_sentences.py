"""What students read about a wrong train or predict that is in no catalogue."""

from __future__ import annotations

import numpy as np
import pytest

from grading.sandbox.client import Sandbox
from reference.datasets import digits
from tests.checks.classes import ACCURACY, HandedClass, judge_classes
from tests.checks.handins import Results
from tests.checks.right_classes import RIGHT_TRAINS

_COURSE = RIGHT_TRAINS["course"]
_RECORD, _UPDATE = "history.append(loss)\n", "self.W -= learning_rate * grad"
_NEXT = " " * 12


def _changed(old: str, new: str) -> HandedClass:
    assert old in _COURSE
    return HandedClass("svm", _COURSE.replace(old, new))


def _unseen(rows: str) -> HandedClass:
    """Its batches show in its losses only: it calls the function, not the method that could be replaced."""
    old = "np.random.choice(X.shape[0], batch_size)"
    assert old in _COURSE
    return HandedClass("svm", _COURSE.replace(old, rows).replace("self.loss(X", "svm_loss(self.W, X"))


WRONG: dict[str, tuple[HandedClass, str, str]] = {
    "UnseenAll": (
        _unseen("np.arange(X.shape[0])"),
        "sampling",
        "returns the same loss in every step with learning_rate = 0",
    ),
    "UnseenHalfBatches": (
        _unseen("np.repeat(np.random.choice(X.shape[0], batch_size // 2 + 1), 2)[:batch_size]"),
        "sampling",
        "not those of random batches of batch_size rows: they differ too much or too little",
    ),
    "UnseenOneMore": (
        _unseen("np.random.choice(X.shape[0], batch_size + 1)"),
        "sampling",
        "are not those of batches of batch_size = 4 rows of X",
    ),
    "UnseenNeverLast": (
        _unseen("np.random.choice(X.shape[0] - 1, batch_size)"),
        "sampling",
        "row 23 of X never came up",
    ),
    "VerboseStops": (
        _changed(_RECORD, f"{_RECORD}{_NEXT}if verbose: break\n"),
        "training",
        "With verbose=True, train must print, and otherwise do the same.",
    ),
    "VerboseRaises": (
        _changed(_RECORD, f"{_RECORD}{_NEXT}if verbose: print('%d' % 'a')\n"),
        "training",
        "With verbose=True, train must print, and otherwise do the same.",
    ),
    "Momentum": (
        _changed(_UPDATE, f"v = 0.9 * (v if it else 0) - learning_rate * grad\n{_NEXT}self.W += v"),
        "training",
        "after train, W is not what it should be",
    ),
    "Clipped": (
        _changed(_UPDATE, "self.W -= learning_rate * np.clip(grad, -1, 1)"),
        "training",
        "after train, W is not what it should be",
    ),
    "Strings": (
        _changed("append(loss)", "append(str(loss))"),
        "training",
        "must return the loss of every step",
    ),
    "HalfTheData": (
        _changed("choice(X.shape[0]", "choice(X.shape[0] // 2"),
        "sampling",
        "12 of 24 rows of X never came up",
    ),
    "HalfTheBatch": (
        _changed("batch_size)", "max(1, batch_size // 2))"),
        "training",
        "must call the loss with batch_size = 2 samples and their labels",
    ),
    "WithGradients": (
        _changed("return history", "return history, [grad]"),
        "training",
        "must return the loss history only; it returns 2 things",
    ),
    "ListOfWeights": (
        _changed("return history", "self.W = self.W.tolist()\n        return history"),
        "training",
        "self.W must be an array of shape (1, 2): features by classes",
    ),
    "ColumnOfLabels": (
        HandedClass(
            "svm", "    def predict(self, X):\n        return X.dot(self.W).argmax(1)[:, None]\n", "predict"
        ),
        "prediction",
        "It has a dimension too many: (1, 1) instead of (1,).",
    ),
    "HalfLabels": (
        HandedClass(
            "svm", "    def predict(self, X):\n        return X.dot(self.W).argmax(1) + 0.5\n", "predict"
        ),
        "prediction",
        "a label that has not the highest score",
    ),
    "TextLabels": (
        HandedClass("svm", "    def predict(self, X):\n        return ['cat' for _ in X]\n", "predict"),
        "prediction",
        "must return an array of N labels, one for each row of X",
    ),
}


@pytest.fixture(scope="module")
def results(sandbox: Sandbox) -> Results:
    return judge_classes(sandbox, {name: handed for name, (handed, _, _) in WRONG.items()})


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_method_gets_a_clear_sentence_and_code_to_paste(name: str, results: Results) -> None:
    _, check, sentence = WRONG[name]
    result = results[name][check]
    assert result.status == "failed"
    assert sentence in result.message
    assert result.counterexample is not None
    compile(result.counterexample.code, "pasted", "exec")


def test_a_class_that_learns_nothing_is_told_the_loss_of_its_weights(sandbox: Sandbox) -> None:
    handed = _changed(_UPDATE, "self.W -= 1e-6 * grad")
    result = judge_classes(sandbox, {"Slow": handed}, accuracy=ACCURACY)["Slow"]["accuracy"]
    assert result.status == "failed"
    assert "On the training pictures its weights have a loss of " in result.message
    assert "above the smallest possible" not in result.message  # for the bound is larger than the loss
    assert result.got is not None
    assert result.got.count(" of 250, so truly ") == 2
    assert result.counterexample is not None
    loading = result.counterexample.code.partition("model =")[0]
    found: dict[str, np.ndarray] = {}
    exec(loading, found)  # noqa: S102 - it is our own
    split = digits()
    for name in ("X_train", "y_train", "X_validation", "y_validation"):
        np.testing.assert_array_equal(found[name], getattr(split, name))
