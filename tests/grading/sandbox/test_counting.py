from __future__ import annotations

import numpy as np
import pytest

from grading.sandbox.client import Sandbox
from grading.sandbox.messages import Call, Returned
from tests.grading.sandbox.building import one_file

SIZES = (5, 50, 5, 200)
# The first call of a function may have NumPy import something.
FIRST = 4


def counts(sandbox: Sandbox, body: str) -> list[int | None]:
    code = f"import numpy as np, operator, functools\ndef row(x): return x.sum()\ndef f(X):\n    {body}"
    calls = [Call("f", (np.ones((n, 3)),), count_bytecodes=True) for n in (FIRST, *SIZES)]
    with sandbox.start(one_file(code)) as worker:
        outcomes = worker.run(calls)
    assert all(isinstance(outcome, Returned) for outcome in outcomes), outcomes
    return [outcome.bytecodes for outcome in outcomes[1:] if isinstance(outcome, Returned)]


@pytest.mark.parametrize(
    "body",
    [
        "return np.maximum(0, X @ X.T).sum()",
        "return (X - X.max(axis=1, keepdims=True)).mean(axis=0)",
        "print(X); print(X.shape); return np.linalg.norm(X)",
        "y = np.zeros_like(X); y[np.arange(X.shape[0]), 0] = 1; return np.einsum('ij,ij->j', X, y)",
        "return np.where(X > 0, X, 0).sum() + np.add.reduce(X, axis=None)",
        "s = 0\n    for c in range(3): s += X[:, c].sum()\n    return s",
    ],
)
def test_a_vectorized_function_takes_as_many_bytecodes_for_any_number_of_rows(
    sandbox: Sandbox, body: str
) -> None:
    first, many, again, most = counts(sandbox, body)
    assert first == many == again == most


@pytest.mark.parametrize(
    "body",
    [
        "s = 0.0\n    for x in X: s += x.sum()\n    return s",
        "i = 0\n    while i < len(X): i += 1\n    return i",
        "return sum([row(x) for x in X])",
        "return sum(x[0] for x in X)",
        "return [x[0] for x in X][0]",
        "return {k: 1 for k in range(len(X))}[0]",
        "return sum(map(row, X))",
        "return np.vectorize(lambda v: v + 1)(X[:, 0])",
        "return np.apply_along_axis(row, 1, X)",
        "return np.apply_along_axis(np.sum, 1, X)",
        "return np.fromiter((row(x) for x in X), float)",
        "return functools.reduce(lambda a, b: a + b, X[:, 0])",
        "return np.frompyfunc(lambda v: v + 1, 1, 1)(X[:, 0]).astype(float)",
        "return sorted(X[:, 0], key=lambda v: -v)[0]",
    ],
)
def test_a_loop_over_rows_takes_more_bytecodes_for_more_rows(sandbox: Sandbox, body: str) -> None:
    first, many, again, most = counts(sandbox, body)
    assert first == again
    assert first is not None
    assert many is not None
    assert most is not None
    assert many - first >= 45
    assert most - many >= 150


def test_bytecodes_are_not_counted_unless_asked_for(sandbox: Sandbox) -> None:
    with sandbox.start(one_file("def f(): return 1")) as worker:
        [outcome] = worker.run([Call("f", ())])
    assert isinstance(outcome, Returned)
    assert outcome.bytecodes is None


def test_counting_ends_with_the_call_even_if_it_raises(sandbox: Sandbox) -> None:
    code = "import sys\ndef f(): raise ValueError\ndef g(): return sys.gettrace() is None"
    with sandbox.start(one_file(code)) as worker:
        outcomes = worker.run([Call("f", (), count_bytecodes=True), Call("g", ())])
    assert isinstance(outcomes[1], Returned)
    assert outcomes[1].result.value is True
