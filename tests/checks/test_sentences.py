"""Bad input: each kind of function that is no loss function, and the one sentence that its author reads."""

from __future__ import annotations

import re

import pytest

from grading.sandbox.client import Sandbox
from tests.checks.handins import Handed, judge
from tests.grading.notebook_execution.making import hurried

# Called with the smallest input that shows it; "..." stands for the numbers of that input.
SENTENCES = {
    "no arguments": (
        "def loss(): return 0.0",
        "f raised TypeError: loss() takes 0 positional arguments but 4 were given.",
    ),
    "other arguments": (
        "def loss(W, X, y, reg, delta): return 0.0, W",
        "f raised TypeError: loss() missing 1 required positional argument: 'delta'.",
    ),
    "None": (
        "def loss(W, X, y, reg): pass",
        "f must return two things, the loss and dW. Called with ... it returned None.",
    ),
    "one value": (
        "def loss(W, X, y, reg): return 1.5",
        "f must return two things, the loss and dW. Called with ... it returned the float 1.5.",
    ),
    "three values": (
        "def loss(W, X, y, reg): return 1.5, W, X.shape[0] * 0",
        "f must return two things, the loss and dW. Called with ... it returned a tuple of 3: the float 1.5, an array "
        "of shape (1, 2) and type float64, the int 0.",
    ),
    "a list for dW": (
        "def loss(W, X, y, reg): return 1.5, [1.0, 2.0]",
        "The gradient that f returns must be a real array of W's shape. Called with ... it is a list of 2: the float "
        "1.0, the float 2.0.",
    ),
    "a complex loss": (
        "def loss(W, X, y, reg): return 1j, W",
        "The loss that f returns must be one real number. Called with ... it is the complex 1j.",
    ),
    "a complex gradient": (
        "def loss(W, X, y, reg): return 0.0, W * 1j",
        "The gradient that f returns must be a real array of W's shape. Called with ... it is an array of shape (1, 2) "
        "and type complex128.",
    ),
    "an array of objects": (
        "def loss(W, X, y, reg): return 0.0, W.astype(object)",
        "The gradient that f returns must be a real array of W's shape. Called with ... it is a numpy.ndarray.",
    ),
    "a wrong shape": (
        "def loss(W, X, y, reg): return 0.0, W[:, 0]",
        "The gradient that f returns must be a real array of W's shape. Called with ... it is an array of shape (1,) "
        "and type float64.",
    ),
    "a loss for each sample": (
        "def loss(W, X, y, reg): return X[:, 0], W",
        "The loss that f returns must be one real number. Called with ... it is an array of shape (2,) and type "
        "float64.",
    ),
    "a text for the loss": (
        "def loss(W, X, y, reg): return 'small', W",
        "The loss that f returns must be one real number. Called with ... it is the str 'small'.",
    ),
    "the loss is NaN": (
        "def loss(W, X, y, reg): return float('nan'), W",
        "f was called with ordinary numbers, and the loss is not finite.",
    ),
    "dW is infinite": (
        "def loss(W, X, y, reg): return 0.0, W + np.inf",
        "f was called with ordinary numbers, and dW has entries that are not finite.",
    ),
    "an exception": (
        "def loss(W, X, y, reg):\n    raise ValueError('shapes do not fit')",
        "f raised ValueError: shapes do not fit (f.py, line 4).",
    ),
    "an exception without a text": (
        "def loss(W, X, y, reg): raise NotImplementedError",
        "f raised NotImplementedError (f.py, line 3).",
    ),
    "changed in place": (
        "def loss(W, X, y, reg):\n    X -= 1.0\n    return 0.0, W",
        "f changes its argument X in place; the caller still needs it. Work on a copy, or write a = a - b where it now "
        "says a -= b.",
    ),
    "answers differ": (
        "calls = []\ndef loss(W, X, y, reg):\n    calls.append(1)\n    return float(len(calls)), W",
        "f was called twice with the same input and answered differently. Does it keep something between calls, in a "
        "global variable or a default argument, or use an array of np.empty before all of it is filled?",
    ),
}


@pytest.mark.parametrize("kind", SENTENCES)
def test_a_bad_function_gets_one_clear_sentence(sandbox: Sandbox, kind: str) -> None:
    code, sentence = SENTENCES[kind]
    results = judge(sandbox, {"f": Handed("svm", code)})["f"]
    message = re.sub(r"Called with W .*?, reg = \S+ it", "Called with ... it", results["interface"].message)
    assert message == sentence
    assert results["interface"].status == "failed"
    assert {result.status for check, result in results.items() if check != "interface"} == {"skipped"}


def test_a_function_that_is_missing_is_said_to_be_missing_and_the_others_are_judged(sandbox: Sandbox) -> None:
    right = Handed("svm", "def loss(W, X, y, reg): return 0.0, np.zeros_like(W)")
    results = judge(sandbox, {"f": Handed("svm", "def other(): pass"), "g": right})
    assert results["f"]["interface"].status == "failed"
    assert results["f"]["interface"].message
    assert results["f"]["value"].message == "Skipped, because f cannot be run."
    assert results["g"]["interface"].status == "passed"


def test_a_function_that_kills_its_process_does_not_take_the_others_with_it(sandbox: Sandbox) -> None:
    deadly = Handed("svm", "import os\ndef loss(W, X, y, reg): os._exit(3)")
    zeros = Handed("svm", "def loss(W, X, y, reg): return 0.0, np.zeros_like(W)")
    results = judge(sandbox, {"f": deadly, "g": zeros})
    assert results["f"]["interface"].status == "error"
    assert results["f"]["interface"].message.startswith("f took the process down: ")
    assert results["g"]["interface"].status == "passed"


RIGHT = """
import os
def loss(W, X, y, reg):
    {first}
    rows, S = np.arange(len(y)), X @ W
    M = np.maximum(S - S[rows, y][:, None] + 1.0, 0.0)
    M[rows, y] = 0.0
    B = (M > 0) * 1.0
    B[rows, y] = -B.sum(axis=1)
    return M.sum() / len(y) + reg * np.sum(W * W), X.T @ B / len(y) + 2.0 * reg * W
"""


def test_a_function_that_kills_its_process_is_shown_the_input_with_which_it_does(sandbox: Sandbox) -> None:
    # Smaller inputs come after it; with those it was not tried, so they show nothing.
    code = RIGHT.format(first="if reg == 3.0: os._exit(3)")
    result = judge(sandbox, {"f": Handed("svm", code)})["f"]["value"]
    assert result.status == "error"
    assert "exit code 3" in result.message
    assert result.counterexample is not None
    assert result.counterexample.reg == 3.0


def test_a_type_of_labels_that_does_not_matter_is_not_shown(sandbox: Sandbox) -> None:
    # Only problems with labels of other types have so many classes.
    code = RIGHT.format(first="if W.shape[1] == 12: return 0.0, W")
    result = judge(sandbox, {"f": Handed("svm", code)})["f"]["value"]
    assert result.status == "failed"
    assert result.counterexample is not None
    assert "dtype" not in result.counterexample.code


def test_an_answer_that_is_no_number_is_not_the_same_as_one_that_is(sandbox: Sandbox) -> None:
    # Only samples that are given twice are so many.
    code = RIGHT.format(first="if len(y) == 8: return np.nan, W")
    results = judge(sandbox, {"f": Handed("svm", code)})["f"]
    assert {check for check, result in results.items() if result.status != "passed"} == {"symmetry"}
    assert "giving every sample twice changes the answer" in results["symmetry"].message


@pytest.mark.parametrize("number", ["1e308", "-1e308", "np.nextafter(0, 1)", "2.0 ** 600"])
@pytest.mark.parametrize("loss", ["svm", "softmax"])
def test_absurd_numbers_are_wrong_and_nothing_else(sandbox: Sandbox, loss: str, number: str) -> None:
    code = f"def loss(W, X, y, reg): return {number} * (1 if y[0] else -1), np.full(W.shape, {number}) * np.sign(W)"
    results = judge(sandbox, {"f": Handed(loss, code)})["f"]
    assert {results[check].status for check in ("value", "gradient")} == {"failed"}


NEVER_ENDS = """
def loss(W, X, y, reg):
    while W.size:
        pass
    return 0.0, W
"""


def test_a_function_that_never_ends_is_shown_with_the_smallest_input(sandbox: Sandbox) -> None:
    results = judge(hurried(sandbox, call_seconds=1.0), {"f": Handed("svm", NEVER_ENDS)})
    example = results["f"]["interface"].counterexample
    assert example is not None
    assert (example.W, example.X, example.y, example.reg) == ([[0.0, 1.0]], [[1.0]], [0], 0.0)


def test_a_vectorized_function_that_raises_is_shown_with_a_small_input(sandbox: Sandbox) -> None:
    code = RIGHT.format(first="if len(y) == 72: raise ValueError('no dozens')")
    example = judge(sandbox, {"f": Handed("svm", code, vectorized=True)})["f"]["vectorized"].counterexample
    assert example is not None
    assert example.X is not None
    assert {len(row) for row in example.X} == {1}
