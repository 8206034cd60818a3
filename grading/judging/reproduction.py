"""A training as Python to paste, so that a student can see it for themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from grading.judging.classifier import Classifier, Scenario
from grading.judging.failures import Failure


@contextmanager
def shown_by(candidate: Classifier, scenario: Scenario) -> Iterator[None]:
    """Give a failure inside of ``with`` the scenario's code, if it has none of its own."""
    try:
        yield
    except Failure as failure:
        if failure.code is None:
            failure.code = code_of(candidate, scenario)
        raise


def code_of(candidate: Classifier, scenario: Scenario) -> str:
    """The scenario with the class of the hand-in, printing the history and W."""
    lines = [
        "import numpy as np",
        f"X = {_array(scenario.X)}",
        f"y = {_array(scenario.y)}",
        *candidate.spelling.making(None if scenario.W is None else _array(scenario.W)),
    ]
    if scenario.stand_in is not None and candidate.spelling.has_place_for_loss:
        lines += [
            "# A loss whose answers are known, in place of your own:",
            f"losses = iter({scenario.stand_in.losses.tolist()})",
            f"gradients = iter({_array(scenario.stand_in.gradients)})",
            *candidate.spelling.plugging("lambda X_batch, y_batch, reg: (next(losses), next(gradients))"),
        ]
    settings = {} if scenario.options is None else dict(scenario.options.as_arguments())
    if scenario.verbose:
        settings["verbose"] = True
    training = candidate.spelling.training(["X", "y"], **settings)
    lines += [*training, f"print({candidate.spelling.weights})"] * scenario.rounds
    return "\n".join(lines) + "\n"


def _array(array: NDArray[np.generic]) -> str:
    values = array.ravel()
    if values.size > 1 and (values == values[0]).all():
        return f"np.full({array.shape}, {values[0].item()})"
    if array.ndim > 1 and len(array) > 1 and (array == array[0]).all():
        return f"np.tile({array[0].tolist()}, ({len(array)}, 1))"
    return f"np.array({array.tolist()})"
