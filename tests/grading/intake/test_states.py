from __future__ import annotations

from pathlib import Path

import pytest

from grading.intake.submission import State
from tests.grading.intake.making import CLASSIFIER, SVM, empty, read_code, read_files, written

HEAD = "import numpy as np\n\n"


def loss(body: str) -> str:
    return HEAD + written("svm_loss_naive", "".join(f"    {line}\n" for line in body.split("\n")))


UNFINISHED = {
    "pass": "its body is still empty",
    "...": "its body is still empty",
    '"""Computes the loss."""': "its body is still empty",
    "raise NotImplementedError": "all it does is raise NotImplementedError",
    "raise NotImplementedError('later')": "all it does is raise NotImplementedError",
    "return None": "all it does is return None",
    "return": "all it does is return None",
    "return 0.0, np.zeros(W.shape)": "it never looks at X",
    "loss = 0.0\ndW = np.zeros_like(W)\npass\nreturn loss, dW": "it never looks at X",
    "dW = np.zeros(W.shape)\nnum_train = X.shape[0]\nfor i in range(num_train):\n    pass\nreturn 0.0, dW": (
        "it never looks at X"
    ),
    "raise ValueError('later')": "it never looks at X",
    "print(X)\nreturn len(X), W": "it never looks at X",
    "return 0.0, torch.zeros(W.shape, device=X.device)": "it never looks at X",
}


@pytest.mark.parametrize(("body", "why"), UNFINISHED.items())
def test_a_template_is_told_from_work(tmp_path: Path, body: str, why: str) -> None:
    definition = read_code(tmp_path, loss(body)).definitions["svm_loss_naive"]
    assert definition.state is State.UNFINISHED
    assert definition.sentence == (
        f"svm_loss_naive is not written yet: {why} (work.py, line 3). Write it, and it will be graded."
    )


WRITTEN = [
    "return X.dot(W).sum(), W",
    "return svm_loss_vectorized(W, X, y, reg)",
    "X = np.asarray(X)\nreturn 0.0, W",
    "return other(**locals())",
    "for row in X:\n    raise NotImplementedError",
    "def inner():\n    return X\nreturn inner(), W",
]


@pytest.mark.parametrize("body", WRITTEN)
def test_what_looks_at_the_data_counts_as_written(tmp_path: Path, body: str) -> None:
    assert read_code(tmp_path, loss(body)).definitions["svm_loss_naive"].state is State.WRITTEN


@pytest.mark.parametrize(
    "definition",
    [
        "svm_loss_naive = lambda W, X, y, reg: (0.0, W)",
        "def f(W, X, y, reg): pass\nsvm_loss_naive = f",
        "def make(delta): return print\nsvm_loss_naive = make(1.0)",
        "from somewhere import hinge as svm_loss_naive",
        "def svm_loss_naive(*args): return g(*args)",
        "if True:\n    def svm_loss_naive(W, X, y, reg): return X, W",
        "try:\n    import numba\nexcept ImportError:\n    def svm_loss_naive(W, X, y, reg): return X, W",
    ],
)
def test_a_function_may_be_made_in_any_way(tmp_path: Path, definition: str) -> None:
    assert read_code(tmp_path, definition).definitions["svm_loss_naive"].state is State.WRITTEN


GRADIENTS = {
    "dW = np.zeros(W.shape)\nloss = X.sum()\nreturn loss, dW": True,
    "dW = np.zeros_like(W)\nloss = X.sum()\nif reg:\n    return loss, dW\nreturn loss, dW": True,
    "dW = np.zeros(W.shape)\ndW += X.sum()\nreturn 0.0, dW": False,
    "dW = np.zeros(W.shape)\ndW[:, 0] = X[0]\nreturn 0.0, dW": False,
    "dW = np.zeros(W.shape)\nnp.add.at(dW, y, X)\nreturn 0.0, dW": False,
    "dW = np.zeros(W.shape)\ndW = X.T.dot(X)\nreturn 0.0, dW": False,
    "return X.sum(), W": False,
}


@pytest.mark.parametrize(("body", "stays_zero"), GRADIENTS.items())
def test_a_gradient_that_stays_zero_is_said(tmp_path: Path, body: str, stays_zero: bool) -> None:
    submission = read_code(tmp_path, loss(body))
    said = "svm_loss_naive computes a loss, but its gradient dW stays zero (work.py, line 3)."
    assert (said in submission.warnings) == stays_zero
    assert submission.definitions["svm_loss_naive"].state is State.WRITTEN


TEMPLATE_CLASS = """
class LinearClassifier(object):
    def train(self, X, y, learning_rate=1e-3):
        num_train, dim = X.shape
        if self.W is None:
            self.W = np.random.randn(dim, 3)
        for it in range(100):
            X_batch = None
            loss, grad = self.loss(X_batch, y, 0)
        return []

    def predict(self, X):
        y_pred = np.zeros(X.shape[0])
        return y_pred

class LinearSVM(LinearClassifier):
    def loss(self, X_batch, y_batch, reg):
        return svm_loss_vectorized(self.W, X_batch, y_batch, reg)
"""


def test_a_class_whose_methods_are_templates_is_unfinished(tmp_path: Path) -> None:
    submission = read_code(tmp_path, HEAD + TEMPLATE_CLASS)
    definition = submission.definitions["LinearSVM"]
    assert definition.state is State.UNFINISHED
    assert definition.sentence == (
        "LinearSVM cannot be used yet: LinearClassifier.train and LinearClassifier.predict are not written. "
        "Write them, and it will be graded."
    )
    assert submission.warnings == (
        "LinearClassifier.train is not written yet: it never looks at X (work.py, line 5).",
        "LinearClassifier.predict is not written yet: it never looks at X (work.py, line 14).",
    )


def test_a_class_with_one_method_written_is_written_and_the_other_is_named(tmp_path: Path) -> None:
    code = HEAD + TEMPLATE_CLASS.replace("np.zeros(X.shape[0])", "X.dot(self.W).argmax(axis=1)")
    submission = read_code(tmp_path, code, ["LinearSVM", "LinearSVM.train", "LinearSVM.predict"])
    states = {name: definition.state for name, definition in submission.definitions.items()}
    assert states == {
        "LinearSVM": State.WRITTEN,
        "LinearSVM.train": State.UNFINISHED,
        "LinearSVM.predict": State.WRITTEN,
    }
    assert submission.definitions["LinearSVM.predict"].lines == (14, 16)


UPDATES = {
    "self.W = self.W - 0.1 * grad": True,
    "self.W -= 0.1 * grad": True,
    "self.W[:] = self.W - grad": True,
    "W = self.W\n            W -= grad": True,
    "np.subtract(self.W, grad, out=self.W)": True,
    "self.step(grad)": True,
    "setattr(self, 'W', grad)": True,
    "W = W - grad": False,
    "pass": False,
}


@pytest.mark.parametrize(("step", "updates"), UPDATES.items())
def test_training_that_never_changes_the_weights_is_said(tmp_path: Path, step: str, updates: bool) -> None:
    code = HEAD + TEMPLATE_CLASS.replace("X_batch = None", f"X_batch = X[:5]\n            {step}")
    said = "LinearClassifier.train never changes self.W (work.py, line 5)."
    assert (said in read_code(tmp_path, code).warnings) != updates


def test_a_class_that_inherits_from_what_does_not_parse_cannot_be_read(tmp_path: Path) -> None:
    code = HEAD + TEMPLATE_CLASS.replace("return []", "return []]")
    submission = read_code(tmp_path, code, ["LinearSVM", "LinearSVM.train"])
    for name in ("LinearSVM", "LinearSVM.train"):
        assert submission.definitions[name].state is State.UNREADABLE
        assert submission.definitions[name].sentence.startswith(
            "LinearSVM needs LinearClassifier, which cannot be read: work.py, line 12: unmatched ']'"
        )


@pytest.mark.parametrize(
    "code", ["class LinearSVM: pass", "class LinearSVM:\n    def train(self, X, y): pass"]
)
def test_an_empty_class_is_unfinished(tmp_path: Path, code: str) -> None:
    assert read_code(tmp_path, code).definitions["LinearSVM"].state is State.UNFINISHED


def test_classes_that_inherit_from_each_other_in_a_circle_are_survived(tmp_path: Path) -> None:
    code = "class A(B): pass\nclass B(A): pass\nclass LinearSVM(A): pass\nclass Softmax(Softmax): pass\n"
    assert set(read_code(tmp_path, code).definitions) == {"LinearSVM", "Softmax"}


PYTHON2 = {
    "print 'loss', X": "(the print statement), and the grader runs Python 3: write print(...)",
    "if reg: print X": "write print(...)",
    "print": None,
    "try:\n    pass\nexcept ValueError, e:\n    pass": "write except Error as name:",
    "raise ValueError, 'no'": "write raise Error(message)",
    "exec 'x = X'": "write exec(...)",
    "if X <> y: pass": "write !=",
    "return `X`": "write repr(...)",
    "return X * 10L": "(a long integer such as 10L)",
    "return X * 0755": "write 0o755",
}


@pytest.mark.parametrize(("line", "said"), [(line, said) for line, said in PYTHON2.items() if said])
def test_python_2_is_named_with_its_line_and_what_to_write(tmp_path: Path, line: str, said: str) -> None:
    definition = read_code(tmp_path, loss(line) + SVM.partition("\n\n")[2]).definitions["svm_loss_naive"]
    # The second definition of the name parses, and is taken.
    assert definition.state is State.WRITTEN
    definition = read_code(tmp_path, loss(line)).definitions["svm_loss_naive"]
    assert definition.state is State.UNREADABLE
    assert definition.sentence.startswith("svm_loss_naive cannot be read: work.py, line ")
    assert "is Python 2" in definition.sentence
    assert said in definition.sentence


OUTDATED = {
    "for i in xrange(3): X[i]": "uses xrange (line 4), which Python 3 no longer has: write range",
    "for k, v in X.iteritems(): pass": "uses iteritems (line 4), which Python 3 no longer has: write items",
    "return X, unicode(reg)": "uses unicode (line 4), which Python 3 no longer has: write str",
    "return X.astype(np.float), W": "uses np.float (line 4), which NumPy no longer has: write float",
    "return X.astype(np.int), W": "uses np.int (line 4), which NumPy no longer has: write int",
    "return np.product(X), W": "uses np.product (line 4), which NumPy no longer has: write np.prod",
}


@pytest.mark.parametrize(("line", "said"), OUTDATED.items())
def test_names_that_are_gone_are_said_with_what_to_write(tmp_path: Path, line: str, said: str) -> None:
    assert read_code(tmp_path, loss(line)).warnings == (f"svm_loss_naive in work.py {said}.",)


@pytest.mark.parametrize(
    "code",
    [
        "from past.builtins import xrange\n" + loss("for i in xrange(3): X[i]"),
        "try:\n    xrange\nexcept NameError:\n    xrange = range\n" + loss("for i in xrange(3): X[i]"),
        loss("xrange = range\nfor i in xrange(3): X[i]"),
        loss("return X.astype(np.float64), np.bool_(1), np.inf, np.random"),
        loss("return X.astype(float), self.float"),
    ],
)
def test_names_that_are_there_are_nobodys_business(tmp_path: Path, code: str) -> None:
    assert read_code(tmp_path, code).warnings == ()


def test_mixed_tabs_are_mended_and_said(tmp_path: Path) -> None:
    code = "def svm_loss_naive(W, X, y, reg):\n        if reg:\n\t\treturn X, W\n\treturn X, W\n"
    submission = read_code(tmp_path, code)
    assert submission.definitions["svm_loss_naive"].state is State.WRITTEN
    assert submission.warnings == (
        "Tabs are mixed with spaces in work.py: they were read as Python 2 did, up to the next multiple of 8 "
        "columns. Indent with spaces only.",
    )


def test_nothing_is_said_of_clean_work(tmp_path: Path) -> None:
    files = {"linear_svm.py": SVM, "linear_classifier.py": CLASSIFIER}
    submission = read_files(tmp_path, files)
    assert submission.warnings == ()
    assert {definition.state for definition in submission.definitions.values()} == {State.WRITTEN}


def test_a_missing_name_that_is_only_misspelt_is_pointed_out(tmp_path: Path) -> None:
    submission = read_code(tmp_path, HEAD + written("svm_loss_vectorised") + empty("svm_loss_naive"))
    assert (
        "svm_loss_vectorized is not defined; work.py defines svm_loss_vectorised: rename it to svm_loss_vectorized."
        in submission.warnings
    )


def test_a_method_that_is_set_from_outside_is_written(tmp_path: Path) -> None:
    code = HEAD + TEMPLATE_CLASS + "def train(self, X, y):\n    self.W = X\nLinearClassifier.train = train\n"
    submission = read_code(tmp_path, code, ["LinearSVM", "LinearSVM.train", "LinearSVM.predict"])
    assert submission.definitions["LinearSVM"].state is State.WRITTEN
    assert submission.definitions["LinearSVM.train"].state is State.WRITTEN
    assert submission.definitions["LinearSVM.predict"].state is State.UNFINISHED


HELPED = "def svm_loss_naive(W, X, y, reg):\n    batch, _ = draw(X, y, len(X))\n    return (W @ batch).sum(), W\n\n\n"
TEMPLATE = "def draw(X, y, size):\n    batch = None\n    return batch, None\n\n\n"


def test_what_leaves_everything_to_a_function_that_is_not_written_is_not_written_either(
    tmp_path: Path,
) -> None:
    definition = read_code(tmp_path, HEAD + TEMPLATE + HELPED).definitions["svm_loss_naive"]
    assert definition.state is State.UNFINISHED
    assert (
        "not written yet: it hands X to draw, which is not written (work.py, line 8)" in definition.sentence
    )


@pytest.mark.parametrize(
    "code",
    [
        TEMPLATE.replace("None\n    return", "X[:size]\n    return") + HELPED,
        TEMPLATE + HELPED.replace("(W @ batch)", "(W @ X)"),
        TEMPLATE + "def draw(X, y, size):\n    return X, y\n\n\n" + HELPED,
        HELPED,
        "from batches import draw\n" + HELPED,
    ],
)
def test_what_does_some_of_the_work_is_written(tmp_path: Path, code: str) -> None:
    assert read_code(tmp_path, HEAD + code).definitions["svm_loss_naive"].state is State.WRITTEN
