from __future__ import annotations

import textwrap

import pytest

from grading.grades.grade import CheckResult, Diagnosis
from grading.sandbox.client import Sandbox
from reference.mistakes.right_code import DATA
from tests.checks.handins import judge_one


def diagnoses(
    sandbox: Sandbox, body: str, loss: str = "svm", reg_scale: float | str = 1.0, delta: float = 1.0
) -> dict[str, Diagnosis | None]:
    """The diagnoses of a function whose body may use ``data(W, X, y)``: by failed check."""
    lines = "\n".join("    " + line for line in body.strip().splitlines())
    code = f"{DATA[loss]}\n\ndef loss(W, X, y, reg):\n    N, D = X.shape\n    C = W.shape[1]\n{lines}\n"
    results = judge_one(sandbox, loss, code, reg_scale=reg_scale, delta=delta)
    return {check: r.diagnosis for check, r in results.items() if r.status in ("failed", "error")}


def ids(found: dict[str, Diagnosis | None]) -> dict[str, str | None]:
    return {check: d.id if d else None for check, d in found.items()}


TWO_AT_ONCE = {
    "both in dW": (
        "loss, dW = data(W, X, y)\nreturn loss + reg * np.sum(W * W), N * dW + reg * W",
        {"gradient": "svm-gradient-not-averaged+svm-reg-gradient-without-2"},
    ),
    "one in the loss, one in dW": (
        "loss, dW = data(W, X, y)\nreturn N * loss + reg * np.sum(W * W), dW + reg * W",
        {"value": "svm-loss-not-averaged", "gradient": "svm-reg-gradient-without-2"},
    ),
    "two in each": (
        "loss, dW = data(W, X, y)\nreturn N * loss + reg * np.sum(W), N * dW - 2 * reg * W",
        {
            "value": "svm-nothing-averaged+svm-reg-sums-w",
            "gradient": "svm-nothing-averaged+svm-reg-subtracted-in-gradient",
        },
    ),
    "an unknown one beside a known one": (
        "loss, dW = data(W, X, y)\nreturn 3 * loss + reg * np.sum(W), dW + 2 * reg * W",
        {"value": "factor-loss-data+svm-reg-sums-w"},
    ),
}


@pytest.mark.parametrize("kind", TWO_AT_ONCE)
def test_two_mistakes_at_once_are_both_named(sandbox: Sandbox, kind: str) -> None:
    body, expected = TWO_AT_ONCE[kind]
    assert ids(diagnoses(sandbox, body)) == expected


def test_two_parts_of_one_mistake_are_named_once(sandbox: Sandbox) -> None:
    found = diagnoses(sandbox, "loss, _ = data(W, X, y)\nreturn loss + 0.5 * reg, np.zeros_like(W)")
    assert ids(found) == {"value": None, "gradient": "svm-gradient-not-written"}


def test_the_half_convention_is_no_mistake_where_either_is_accepted(sandbox: Sandbox) -> None:
    halves = "return 3 * loss + 0.5 * reg * np.sum(W * W), dW + reg * W"
    found = diagnoses(sandbox, "loss, dW = data(W, X, y)\n" + halves, reg_scale="either")
    assert ids(found) == {"value": "factor-loss-data"}


FACTORS = {
    "loss = 3*data": (
        "loss, dW = data(W, X, y)\nreturn 3 * loss + reg * np.sum(W * W), dW + 2 * reg * W",
        {"value": "The data term of the loss is 3 times what it should be."},
    ),
    "dW = data/(N*C)": (
        "loss, dW = data(W, X, y)\nreturn loss + reg * np.sum(W * W), dW / (N * C) + 2 * reg * W",
        {"gradient": "The data term of dW is exactly N*C times too small."},
    ),
    "dW = N*data, negated": (
        "loss, dW = data(W, X, y)\nreturn loss + reg * np.sum(W * W), -N * dW + 2 * reg * W",
        {"gradient": "The data term of dW is exactly -N times what it should be."},
    ),
    "reg times D": (
        "loss, dW = data(W, X, y)\nreturn loss + reg * D * np.sum(W * W), dW + 2 * reg * W * D",
        {
            "value": "The regularization of the loss is exactly D times too large.",
            "gradient": "The regularization of dW is exactly D times too large.",
        },
    ),
    "reg times 2/3": (
        "loss, dW = data(W, X, y)\nreturn loss + reg * np.sum(W * W), dW + 2 / 3 * 2 * reg * W",
        {"gradient": "The regularization of dW is 0.666667 times what it should be."},
    ),
}


@pytest.mark.parametrize("loss", ["svm", "softmax"])
@pytest.mark.parametrize("kind", FACTORS)
def test_an_unknown_mistake_is_told_by_its_factor(sandbox: Sandbox, kind: str, loss: str) -> None:
    body, expected = FACTORS[kind]
    found = diagnoses(sandbox, body, loss)
    assert {check: d.title if d else None for check, d in found.items()} == expected


PLACES = {
    "the last row": "dW[-1] = 7",
    "the first row": "dW[0] *= 3",
    "the columns of classes that are some sample's label": "dW[:, y] = 5",
    "the columns of classes that are no sample's label": (
        "for j in range(C):\n    if j not in y:\n        dW[:, j] += 1"
    ),
    "column 0": "dW[:, 0] += X.sum()",
    "the last column": "dW[:, -1] += X[0, 0] + 1",
}


@pytest.mark.parametrize("place", PLACES)
def test_an_unknown_mistake_is_told_by_its_place(sandbox: Sandbox, place: str) -> None:
    body = f"loss, dW = data(W, X, y)\n{PLACES[place]}\nreturn loss + reg * np.sum(W * W), dW + 2 * reg * W"
    found = diagnoses(sandbox, body)["gradient"]
    assert found is not None
    assert found.title == f"dW is wrong only in {place}, and there only in the data term."


NOTHING_TO_SAY = {
    "another function altogether": "return float(np.cos(W).sum() + X.sum()), np.sin(W) + 0.1",
    "known mistake with four samples only": (
        "loss, dW = data(W, X, y)\nif N == 4:\n    dW = dW * N\nreturn loss + reg * np.sum(W * W), dW + 2 * reg * W"
    ),
    "known mistake beside another for some labels": (
        "loss, dW = data(W, X, y)\nif y[0] == 1:\n    dW = dW + 1\n"
        "return loss + reg * np.sum(W * W), dW + reg * W * (1 + (y[0] == 0))"
    ),
}


@pytest.mark.parametrize("kind", NOTHING_TO_SAY)
def test_what_does_not_hold_in_further_cases_is_not_said(sandbox: Sandbox, kind: str) -> None:
    found = diagnoses(sandbox, NOTHING_TO_SAY[kind])
    assert found
    assert set(ids(found).values()) == {None}


@pytest.mark.parametrize("loss", ["svm", "softmax"])
def test_the_half_convention_is_called_so(sandbox: Sandbox, loss: str) -> None:
    body = "loss, dW = data(W, X, y)\nreturn loss + 0.5 * reg * np.sum(W * W), dW + reg * W"
    name = f"{loss}-half-convention"
    assert ids(diagnoses(sandbox, body, loss)) == {"value": name, "gradient": name}


@pytest.mark.parametrize("loss", ["svm", "softmax"])
def test_the_full_convention_is_called_so_where_the_half_is_asked_for(sandbox: Sandbox, loss: str) -> None:
    body = "loss, dW = data(W, X, y)\nreturn loss + reg * np.sum(W * W), dW + 2 * reg * W"
    found = ids(diagnoses(sandbox, body, loss, reg_scale=0.5))
    assert found == {"value": "full-convention", "gradient": "full-convention"}


def test_mistakes_are_named_in_the_half_convention_too(sandbox: Sandbox) -> None:
    body = "loss, dW = data(W, X, y)\nreturn N * loss + 0.5 * reg * np.sum(W * W), N * dW + 2 * reg * W"
    found = diagnoses(sandbox, body, reg_scale=0.5)
    assert ids(found) == {
        "value": "svm-nothing-averaged",
        "gradient": "svm-nothing-averaged+factor-gradient-regularization",
    }
    assert found["gradient"] is not None
    assert "The regularization of dW is 2 times what it should be." in found["gradient"].title


def test_mistakes_are_named_for_another_margin_too(sandbox: Sandbox) -> None:
    code = (
        "S = X.dot(W)\nM = np.maximum(0, S - S[np.arange(N), y][:, None] + 10.0)\nM[np.arange(N), y] = 0\n"
        "A = (M > 0) * 1.0\nreturn M.sum() / N + reg * np.sum(W * W), X.T.dot(A) / N + 2 * reg * W"
    )
    assert ids(diagnoses(sandbox, code, delta=10.0)) == {"gradient": "svm-label-column-missing"}


LAYOUT_OF_2015 = """
def loss(W, X, y, reg):
    N = X.shape[1]
    scores = W.dot(X)
    margins = np.maximum(0, scores - scores[y, np.arange(N)] + 1)
    margins[y, np.arange(N)] = 0
    hit = (margins > 0).astype(float)
    hit[y, np.arange(N)] = -hit.sum(axis=0)
    return margins.sum() / N + 0.5 * reg * np.sum(W * W), hit.dot(X.T) / N + reg * W
"""


def test_the_layout_of_2015_is_recognized(sandbox: Sandbox) -> None:
    results: dict[str, CheckResult] = judge_one(sandbox, "svm", LAYOUT_OF_2015)
    found = results["interface"].diagnosis
    assert found is not None
    assert found.id == "layout-of-2015"
    assert "one sample per column" in found.title


def test_a_message_says_which_of_loss_and_gradient_is_at_fault(sandbox: Sandbox) -> None:
    known = "loss, dW = data(W, X, y)\nreturn loss + 0.5 * reg * np.sum(W * W), dW + reg * W"
    code = f"{DATA['svm']}\n\ndef loss(W, X, y, reg):\n    " + known.replace("\n", "\n    ")
    message = judge_one(sandbox, "svm", code)["gradient"].message
    assert "it is that loss that is wrong" in message


NEARLY_RIGHT = {
    "a forward difference": (
        """
        loss, _ = data(W, X, y)
        dW = np.zeros_like(W)
        for d in range(D):
            for c in range(C):
                V = W.copy()
                V[d, c] += 1e-5
                dW[d, c] = (data(V, X, y)[0] - loss) / 1e-5
        return loss + reg * np.sum(W * W), dW + 2 * reg * W
        """,
        {"gradient": "few-digits-gradient"},
    ),
    "a rounded loss": (
        """
        loss, dW = data(W, X, y)
        return round(loss + reg * np.sum(W * W), 5), dW + 2 * reg * W
        """,
        {"value": "few-digits-loss"},
    ),
}


@pytest.mark.parametrize("kind", NEARLY_RIGHT)
def test_what_is_nearly_right_is_not_called_single_precision(sandbox: Sandbox, kind: str) -> None:
    body, expected = NEARLY_RIGHT[kind]
    assert ids(diagnoses(sandbox, textwrap.dedent(body), "softmax")) == expected


SHIFTS = {
    "S": "softmax-no-shift",
    "S - S.max()": "softmax-shift-by-the-overall-maximum",
    "S - S.mean(axis=1, keepdims=True)": "softmax-shift-by-the-mean",
    "S - S.min(axis=1, keepdims=True)": None,
    "S + S.max(axis=1, keepdims=True)": None,
}


@pytest.mark.parametrize("shift", SHIFTS)
def test_a_shift_is_called_what_it_is(sandbox: Sandbox, shift: str) -> None:
    body = f"""
S = X.dot(W)
E = np.exp({shift})
P = E / E.sum(axis=1, keepdims=True)
loss = -np.log(P[np.arange(N), y]).sum() / N
P[np.arange(N), y] -= 1
return loss + reg * np.sum(W * W), X.T.dot(P) / N + 2 * reg * W
"""
    assert ids(diagnoses(sandbox, body, "softmax")) == {"stability": SHIFTS[shift]}
