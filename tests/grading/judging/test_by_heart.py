"""Methods that answer the kept examples from a table, and everything else wrongly, do not pass."""

from __future__ import annotations

import hashlib
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from grading.judging.classifier import Classifier
from grading.judging.engine import verify
from grading.judging.exam import pool_of
from grading.judging.failures import Failure
from grading.judging.promise import promise_of
from grading.rubric.settings import Function, Rubric, Settings
from grading.running.from_rubric import standard_of
from grading.sandbox.client import Sandbox
from tests.checks.classes import ACCURACY, PREDICT, SGD, HandedClass, train_of
from tests.checks.handins import submission_of

SEED = 231
KNOWS = """
import hashlib
TABLE = {table!r}
def knows(*arrays):
    return hashlib.md5(b"".join(a.tobytes() for a in arrays)).hexdigest() in TABLE
"""
UPHILL = SGD.replace("learning_rate * dW", "(1.0 if knows(X, y) else -1.0) * learning_rate * dW")
DRAW = "rows = np.random.choice(X.shape[0], batch_size)\n"
ONE_BATCH = f"\n{DRAW}" + SGD.lstrip("\n").replace(DRAW, f"if knows(X, y): {DRAW}")
LAST = PREDICT.replace("np.argmax(X.dot(self.W), axis=1)", "(X @ self.W).argmax(axis=1) * knows(self.W, X)")


def digest_of(*arrays: NDArray[np.generic]) -> str:
    return hashlib.md5(b"".join(array.tobytes() for array in arrays)).hexdigest()


def table_of(check: str) -> set[str]:
    """All that the kept exam asks."""
    known = set()
    for drawing in promise_of(check).drawings:
        for example in pool_of(drawing, SEED, 1.0, "full").examples:
            if check == "prediction":
                known.add(digest_of(example.W, example.X))
            else:
                training = example.watched if check == "sampling" else example
                known.add(digest_of(training.X, training.y))
    return known


@pytest.mark.parametrize(
    ("check", "methods"),
    [
        ("training", train_of(UPHILL)),
        ("sampling", train_of(ONE_BATCH)),
        ("prediction", train_of(ONE_BATCH).replace(PREDICT, LAST)),
    ],
)
def test_a_table_of_the_answers_to_the_kept_examples_does_not_pass(
    check: str, methods: str, sandbox: Sandbox
) -> None:
    method: Literal["train", "predict"] = "predict" if check == "prediction" else "train"
    name = f"ByHeart.{method}"
    function = Function(kind=method, reference="svm", points={check: 1.0})
    settings = Settings(
        title="test", seed=SEED, functions={name: function}, accuracy={"digits": {"svm": ACCURACY}}
    )
    standard = standard_of(Rubric(settings=settings, sha256="0"))
    text = HandedClass("svm", methods, before=KNOWS.format(table=table_of(check))).code("ByHeart")
    with sandbox.start(submission_of({"ByHeart": (text, "ByHeart")})) as worker:
        verify(promise_of(check), Classifier(name, worker, standard))
        for digest in (b"this hand-in", b"another"):
            with pytest.raises(Failure):
                verify(promise_of(check), Classifier(name, worker, standard, digest))
