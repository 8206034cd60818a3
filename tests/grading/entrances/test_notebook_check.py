"""`from grader import check`: the report below a cell, and a kernel that is left as it was."""

from __future__ import annotations

import contextlib
import inspect
import random
import runpy
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import grader
from grading.entrances.notebook_check import Report

Loss = tuple[float, np.ndarray[Any, Any]]


def softmax_loss_vectorized(W: Any, X: Any, y: Any, reg: float) -> Loss:
    scores = X @ W
    scores -= scores.max(axis=1, keepdims=True)
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    rows = np.arange(len(y))
    with np.errstate(all="ignore"):
        loss = float((np.log(np.exp(scores).sum(axis=1)) - scores[rows, y]).mean() + reg * (W * W).sum())
    p[rows, y] -= 1.0
    return loss, X.T @ p / len(y) + 2 * reg * W


def statuses(report: Report) -> dict[str, str]:
    assert report.grade is not None, report.problem
    return {f"{check.function}: {check.id}": check.status for check in report.grade.checks}


def test_a_right_function_passes_and_the_report_says_where_it_was_run() -> None:
    report = grader.check(softmax_loss_vectorized)
    assert set(statuses(report).values()) == {"passed"}, report
    assert "20 of 20 points" in repr(report)
    assert "without the walls" in repr(report)
    assert "Well done" in report._repr_mimebundle_()["text/html"]


def test_what_a_notebook_has_set_changes_no_verdict_and_is_as_it_was_afterwards() -> None:
    np.random.seed(5)
    random.seed(5)
    following = np.random.rand(), random.random()
    np.random.seed(5)
    random.seed(5)
    before = np.seterr(all="raise")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            report = grader.check(softmax_loss_vectorized)
        assert np.geterr()["divide"] == "raise"
    finally:
        np.seterr(**before)
    assert set(statuses(report).values()) == {"passed"}, report
    assert (np.random.rand(), random.random()) == following
    assert np.random.default_rng().random() != np.random.default_rng().random()


def test_a_wrong_function_is_shown_with_its_mistake_and_the_smallest_input() -> None:
    def softmax_loss_naive(W: Any, X: Any, y: Any, reg: float) -> Loss:
        loss, dW = softmax_loss_vectorized(W, X, y, reg)
        return loss, dW - reg * W

    report = grader.check(softmax_loss_naive)
    assert statuses(report)["softmax_loss_naive: gradient"] == "failed"
    for form in report._repr_mimebundle_().values():
        assert "dW += 2 * reg * W" in form
        assert "loss, dW = softmax_loss_naive(W, X, y, 1.0)" in form
        assert "test_notebook_check.py, lines" in form


def test_an_error_is_told_with_the_students_own_line() -> None:
    def softmax_loss_naive(W: Any, X: Any, y: Any, reg: float) -> Loss:
        raise ValueError(f"<b>{X.shape}</b>")

    report = grader.check(softmax_loss_naive)
    assert "softmax_loss_naive raised ValueError: <b>" in repr(report)
    assert "(test_notebook_check.py, line" in repr(report)
    assert "&lt;b&gt;" in report._repr_mimebundle_()["text/html"]


def test_a_template_is_told_from_work(tmp_path: Path) -> None:
    file = tmp_path / "softmax.py"
    file.write_text(
        "import numpy as np\n\ndef softmax_loss_naive(W, X, y, reg):\n    return 0.0, np.zeros_like(W)\n"
    )
    report = grader.check(runpy.run_path(str(file))["softmax_loss_naive"])
    assert "softmax_loss_naive is not written yet" in repr(report)
    assert "(softmax.py, line 3)" in repr(report)


def test_a_report_is_in_the_language_that_is_asked_for() -> None:
    def softmax_loss_naive(W: Any, X: Any, y: Any, reg: float) -> Loss:
        raise KeyError("x")

    first = grader.check(softmax_loss_naive, lang="zh")
    assert "softmax_loss_naive raised KeyError" in repr(grader.check(softmax_loss_naive, lang="en"))
    assert "softmax_loss_naive 抛出了 KeyError" in repr(first)
    said = repr(grader.check(softmax_loss_naive, lang="fr"))  # type: ignore[arg-type]
    assert said == "check: lang='fr': there is no such language; there are en, zh"


def test_a_function_that_hangs_ends_at_its_deadline(tmp_path: Path) -> None:
    def softmax_loss_naive(W: Any, X: Any, y: Any, reg: float) -> Loss:
        while X.size:
            with contextlib.suppress(Exception):
                X.sum()
        return 0.0, W

    text = (Path(grader.__file__).parent / "checks" / "rubric.toml").read_text()
    rubric = tmp_path / "rubric.toml"
    rubric.write_text(text.replace("call_seconds = 10.0", "call_seconds = 0.2"))
    report = grader.check(softmax_loss_naive, rubric=rubric)
    assert statuses(report)["softmax_loss_naive: interface"] == "error"
    assert "softmax_loss_naive did not return: No answer within 0.2 seconds." in repr(report)


def test_an_interrupt_ends_the_check_with_one_line() -> None:
    def softmax_loss_naive(W: Any, X: Any, y: Any, reg: float) -> Loss:
        if X.size:
            raise KeyboardInterrupt
        return 0.0, W

    report = grader.check(softmax_loss_naive)
    assert repr(report).startswith("check: stopped while softmax_loss_naive was checked")


def test_inputs_that_are_changed_in_place_are_the_functions_own() -> None:
    def softmax_loss_naive(W: Any, X: Any, y: Any, reg: float) -> Loss:
        answer = softmax_loss_vectorized(W, X, y, reg)
        X *= 0.0
        return answer

    report = grader.check(softmax_loss_naive)
    assert "changes its argument X in place" in repr(report)
    assert set(statuses(grader.check(softmax_loss_vectorized)).values()) == {"passed"}


@pytest.mark.parametrize(
    ("thing", "complaint"),
    [
        (len, "len is not asked for; what is: svm_loss_naive"),
        ("LinearSVM", "LinearSVM is not defined here yet"),
        (3, "3 is not asked for"),
    ],
)
def test_what_cannot_be_checked_gets_one_line(thing: object, complaint: str) -> None:
    report = grader.check(thing)
    assert repr(report).startswith(f"check: {complaint}")
    assert len(repr(report).splitlines()) == 1


def test_a_bad_rubric_gets_one_line(tmp_path: Path) -> None:
    assert "no.toml: cannot be read" in repr(grader.check("LinearSVM", rubric=tmp_path / "no.toml"))


def test_the_line_of_the_mistake_is_marked_and_nothing_is_left_in_the_notebook(tmp_path: Path) -> None:
    text = inspect.getsource(softmax_loss_vectorized).replace("2 * reg * W", "reg * W")
    file = tmp_path / "slip.py"
    file.write_text(f"import numpy as np\nfrom typing import Any\nLoss = Any\n{text}", encoding="utf-8")
    slip = runpy.run_path(str(file))["softmax_loss_vectorized"]
    before = set(slip.__globals__)
    shown = repr(grader.check(slip))
    assert "One change in slip.py, line 12 makes softmax_loss_vectorized right" in shown
    assert "12 |     return loss, X.T @ p / len(y) + reg * W\n" in shown
    assert set(slip.__globals__) == before
