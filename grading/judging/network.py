"""A student's network, as the checks see it, and the problems that it is tried on."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from grading.judging.answers import describe, not_returned
from grading.judging.failures import Failure, WrongReturn
from grading.rubric import Rubric
from grading.sandbox.messages import Call, Outcome, Received, Returned
from grading.words import say
from reference import two_layer_net
from reference.answer import Answer
from reference.bounded import Bounded
from reference.loss import Loss
from reference.problem import NetworkProblem
from reference.terms import Term

if TYPE_CHECKING:
    from grading.sandbox.client import Worker

Array = NDArray[np.float64]

NETWORK = Loss(two_layer_net.data_loss)
_COUNT = 40
_SMALLEST = 8  # problems of one or two of everything


@dataclass(frozen=True, eq=False)
class NetworkAnswer:
    """A loss, and the gradients by name."""

    loss: float
    gradients: dict[str, Array]


@cache
def problems(seed: int) -> tuple[NetworkProblem, ...]:
    """The problems that every network is tried on, the smallest first; every other one has hidden units of exactly 0.

    Entries are multiples of a quarter, so that arithmetic is exact and a person can check it.
    """
    numbers = random.Random(f"networks {seed}")

    def entries(*shape: int) -> Array:
        count = int(np.prod(shape))
        return np.array([numbers.randrange(-8, 9) / 4.0 for _ in range(count)]).reshape(shape)

    made = []
    for k in range(_COUNT):
        most = 2 if k < _SMALLEST else 5
        N, D, H, C = (numbers.randint(least, most) for least in (1, 1, 1, 2))
        W1, b1, W2, b2, X = entries(D, H), entries(H), entries(H, C), entries(C), entries(N, D)
        y = np.array([numbers.randrange(C) for _ in range(N)], dtype=np.int64)
        if k % 2:
            rows = [0] * H if k % 4 == 1 else [h % N for h in range(H)]
            b1 = -np.array([X[row] @ W1[:, h] for h, row in enumerate(rows)])
        reg = 0.0 if k % 4 < 2 else (0.5, 1.0, 2.0)[numbers.randrange(3)]
        made.append(NetworkProblem({"W1": W1, "b1": b1, "W2": W2, "b2": b2}, X, y, reg))
    return tuple(made)


@cache
def _truths(seed: int, reg_scale: float) -> tuple[Answer, ...]:
    return tuple(NETWORK.evaluate_network(problem, reg_scale=reg_scale) for problem in problems(seed))


class Network:
    """One network of one submission.

    Attributes:
        name: as in the rubric, "TwoLayerNet.loss".
        remarks: what was accepted but is worth a word.
        cases: problems judged so far.
    """

    def __init__(self, name: str, worker: Worker, rubric: Rubric) -> None:
        self.name, self.worker, self.rubric = name, worker, rubric
        self.remarks: list[str] = []
        self.cases = 0

    @property
    def problems(self) -> tuple[NetworkProblem, ...]:
        """What it is asked."""
        return problems(self.rubric.settings.seed)

    @property
    def truths(self) -> tuple[Answer, ...]:
        """The true answers, within the rubric's tolerance."""
        settings = self.rubric.settings
        scale = 1.0 if isinstance(settings.reg_scale, str) else settings.reg_scale
        return tuple(truth.within(settings.tolerance) for truth in _truths(settings.seed, scale))

    @cached_property
    def answers(self) -> list[NetworkAnswer | Failure]:
        """What it made of the problems."""
        outcomes = self.worker.run([self._call(problem) for problem in self.problems])
        return [
            self._read(problem, outcome) for problem, outcome in zip(self.problems, outcomes, strict=True)
        ]

    @cached_property
    def scores(self) -> list[Array | Failure]:
        """What it returns without labels."""
        outcomes = self.worker.run([self._call(problem, scores=True) for problem in self.problems])
        return [self._read_scores(*pair) for pair in zip(self.problems, outcomes, strict=True)]

    def as_python(self, problem: NetworkProblem, *, scores: bool = False) -> str:
        """Code to paste that shows its answer to a problem."""
        owner, _, method = self.name.partition(".")
        D, H = problem.parameters["W1"].shape
        lines = ["import numpy as np", f"net = {owner}({D}, {H}, {problem.sizes[2]})"]
        lines += [
            f"net.params[{n!r}] = np.array({array.tolist()})" for n, array in problem.parameters.items()
        ]
        lines += [f"X = np.array({problem.X.tolist()})"]
        if scores:
            return "\n".join([*lines, f"scores = net.{method}(X)", ""])
        y = f"y = np.array({problem.y.tolist()})"
        return "\n".join([*lines, y, f"loss, grads = net.{method}(X, y, {problem.reg!r})", ""])

    def _call(self, problem: NetworkProblem, *, scores: bool = False) -> Call:
        y = None if scores else problem.y
        return Call(self.name.partition(".")[0], (*problem.parameters.values(), problem.X, y, problem.reg))

    def _read(self, problem: NetworkProblem, outcome: Outcome) -> NetworkAnswer | Failure:
        if not isinstance(outcome, Returned):
            return self._with_code(not_returned(self.name, outcome), problem)
        parts = outcome.result.value
        if not isinstance(parts, tuple) or len(parts) not in (2, 3):
            return self._wrong_form(problem, describe(outcome.result))
        loss, names, arrays = parts[0].value, [*problem.parameters], parts[-1].value
        if isinstance(loss, bool) or not isinstance(loss, int | float) or not isinstance(arrays, tuple):
            return self._wrong_form(problem, describe(outcome.result))
        if len(parts) == 3:
            names = [str(name.value) for name in parts[1].value]
            missing = [name for name in problem.parameters if name not in names]
            unknown = [name for name in names if name not in problem.parameters]
            if missing or unknown:
                return self._wrong_names(problem, missing, unknown)
        elif len(arrays) != len(names):
            return self._wrong_form(problem, describe(outcome.result))
        return self._read_gradients(problem, float(loss), dict(zip(names, arrays, strict=True)))

    def _read_gradients(
        self, problem: NetworkProblem, loss: float, received: dict[str, Received]
    ) -> NetworkAnswer | Failure:
        gradients = {}
        for name, parameter in problem.parameters.items():
            value = received[name].value
            if (
                not isinstance(value, np.ndarray)
                or value.shape != parameter.shape
                or value.dtype.kind not in "fiu"
            ):
                return WrongReturn(
                    say(
                        "The gradient by {parameter} that {name} returns must be a real array of its shape, {shape}; "
                        "it is {returned}.",
                        name=self.name,
                        parameter=name,
                        shape=parameter.shape,
                        returned=describe(received[name]),
                    ),
                    code=self.as_python(problem),
                )
            gradients[name] = value.astype(np.float64)
        return NetworkAnswer(loss, gradients)

    def _read_scores(self, problem: NetworkProblem, outcome: Outcome) -> Array | Failure:
        code = self.as_python(problem, scores=True)
        if not isinstance(outcome, Returned):
            failure = not_returned(self.name, outcome)
            failure.code = code
            return failure
        value, (N, _, C) = outcome.result.value, problem.sizes
        if isinstance(value, np.ndarray) and value.shape == (N, C) and value.dtype.kind in "fiu":
            return value.astype(np.float64)
        said = say(
            "Without labels {name} must return the scores, an array of shape {shape}; it returned {returned}.",
            name=self.name,
            shape=(N, C),
            returned=describe(outcome.result),
        )
        return WrongReturn(said, code=code)

    def _wrong_form(self, problem: NetworkProblem, returned: str) -> Failure:
        said = say(
            "{name} must return two things, the loss and the gradients by {parameters}, in a dict or in this order. It "
            "returned {returned}.",
            name=self.name,
            parameters=", ".join(problem.parameters),
            returned=returned,
        )
        return WrongReturn(said, code=self.as_python(problem))

    def _wrong_names(
        self, problem: NetworkProblem, missing: Sequence[str], unknown: Sequence[str]
    ) -> Failure:
        said = say(
            "The gradients that {name} returns must be called {parameters}; missing: {missing}; unknown: {unknown}.",
            name=self.name,
            parameters=", ".join(problem.parameters),
            missing=", ".join(missing) or "-",
            unknown=", ".join(unknown) or "-",
        )
        return WrongReturn(said, code=self.as_python(problem))

    def _with_code(self, failure: Failure, problem: NetworkProblem) -> Failure:
        failure.code = self.as_python(problem)
        return failure


def true_scores(problem: NetworkProblem) -> tuple[Array, Array]:
    """(N, C) the scores of a network, and how far right float64 code can be from them."""
    terms = [Term(Bounded.exact(array[None])) for array in (*problem.parameters.values(), problem.X)]
    number = two_layer_net.scores(*terms).number
    return number.value[0], number.bound()[0]
