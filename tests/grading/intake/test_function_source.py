from __future__ import annotations

from grading.intake.function_source import written
from grading.intake.submission import Block, Definition, Kind, Source, Submission

BASE = "class Linear:\n    def train(self, X, y):\n        return []\n\n    def predict(self, X):\n        pass\n"
LOSS = (
    "import numpy as np\nDELTA = 1.0\n\n\ndef loss(W, X, y, reg):\n    total = DELTA\n    return total, W\n"
)


def a_submission() -> Submission:
    sources = (
        Source("base.py", "base", (Block(BASE),)),
        Source(
            "svm.ipynb",
            "svm",
            (Block(LOSS, "cell 2"), Block("class SVM(Linear):\n    x = 1\n", "cell 3")),
        ),
    )
    definitions = {
        "loss": Definition("loss", "svm.ipynb", "cell 2", (5, 7)),
        "SVM": Definition("SVM", "svm.ipynb", "cell 3", (1, 2)),
    }
    return Submission("a", "a", "0", Kind.NOTEBOOK, sources, definitions)


def test_a_function_is_found_with_the_names_that_mean_something_in_it() -> None:
    function = written(a_submission(), "loss")
    assert function is not None
    assert function.names == {"W", "X", "y", "reg", "total"}
    assert function.beside == {"np", "DELTA", "loss"}


def test_a_class_is_no_function() -> None:
    assert written(a_submission(), "SVM") is None
