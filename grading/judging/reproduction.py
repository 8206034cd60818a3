"""Writes a failing input as Python to paste, so that students can see the failure for themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np
from numpy.typing import NDArray

from grading.grades.grade import Counterexample
from grading.judging.classifier import Classifier, Model, Scenario
from grading.judging.failures import Failure
from reference.problem import Problem

_IMPORT = "import numpy as np\n"
_MOST_NUMBERS = 400  # a larger counterexample is shown only as code


@contextmanager
def shown_by(candidate: Classifier, case: Scenario | Model) -> Iterator[None]:
    """Add the code of the case to a failure inside the ``with`` block, unless it has code already."""
    try:
        yield
    except Failure as failure:
        if failure.code is None:
            failure.code = partial(code_of, candidate, case)
        raise


def code_of(candidate: Classifier, case: Scenario | Model) -> str:
    """Code that runs the case with the class of the hand-in and prints the result."""
    lines = _prediction(candidate, case) if isinstance(case, Model) else _training(candidate, case)
    return "\n".join(["import numpy as np", *lines]) + "\n"


def _prediction(candidate: Classifier, model: Model) -> list[str]:
    making = candidate.usage.making(_array(model.W))
    return [*making, f"print({candidate.usage.predicting(_array(model.X))})"]


def _training(candidate: Classifier, scenario: Scenario) -> list[str]:
    """Code that trains and prints the history and W."""
    lines = [
        f"X = {_array(scenario.X)}",
        f"y = {_array(scenario.y)}",
        *candidate.usage.making(None if scenario.W is None else _array(scenario.W)),
    ]
    if scenario.stand_in is not None and candidate.usage.has_place_for_loss:
        lines += [
            "# A loss whose answers are known, in place of your own:",
            f"losses = iter({scenario.stand_in.losses.tolist()})",
            f"gradients = iter({_array(scenario.stand_in.gradients)})",
            *candidate.usage.plugging("lambda X_batch, y_batch, reg: (next(losses), next(gradients))"),
        ]
    settings = {} if scenario.by_default else dict(scenario.options.as_arguments())
    if scenario.verbose:
        settings["verbose"] = True
    training = candidate.usage.training(["X", "y"], **settings)
    return lines + [*training, f"print({candidate.usage.weights})"] * scenario.rounds


def _array(array: NDArray[np.generic]) -> str:
    values = array.ravel()
    other_type = "" if array.dtype.type in (np.float64, np.int64) else f", dtype=np.{array.dtype}"
    if values.size > 1 and (values == values[0]).all():
        return f"np.full({array.shape}, {values[0].item()}{other_type})"
    if array.ndim > 1 and len(array) > 1 and (array == array[0]).all():
        return f"np.tile({array[0].tolist()}, ({len(array)}, 1))"
    return f"np.array({array.tolist()}{other_type})"


def counterexample_of(failure: Failure, function: str) -> Counterexample | None:
    """The input that shows a failure of ``function``; None if there is none."""
    problem = failure.problem
    if problem is None:
        code = failure.code() if callable(failure.code) else failure.code
        return None if code is None else Counterexample(code=code)
    small = problem.W.size + problem.X.size <= _MOST_NUMBERS
    first = "" if failure.before is None else call_of(failure.before, function)
    return Counterexample(
        code=first + call_of(problem, function).removeprefix(_IMPORT if first else ""),
        W=problem.W.tolist() if small else None,
        X=problem.X.tolist() if small else None,
        y=problem.y.tolist() if small else None,
        reg=problem.reg,
    )


def call_of(problem: Problem, function: str) -> str:
    """Code to paste that calls ``function`` on the problem."""
    label_type = "" if problem.y.dtype == np.int64 else f", dtype=np.{problem.y.dtype}"
    return (
        f"{_IMPORT}W = np.array({_literal(problem.W)})\n"
        f"X = np.array({_literal(problem.X)})\n"
        f"y = np.array({problem.y.tolist()}{label_type})\n"
        f"loss, dW = {function}(W, X, y, {problem.reg!r})\n"
    )


def _literal(array: NDArray[np.float64]) -> str:
    """An array as nested lists, one row a line, whole numbers with a point, as they are floats."""
    rows = ["[" + ", ".join(repr(float(entry)) for entry in row) + "]" for row in array]
    if sum(map(len, rows)) < 80:
        return "[" + ", ".join(rows) + "]"
    return "[\n    " + ",\n    ".join(rows) + ",\n]"
