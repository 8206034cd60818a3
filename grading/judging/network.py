"""A student's network as the checks see it: a loss of several named parameters, and a class's train and predict.

The examples are drawn for the two-layer network; a formula with other parameters gets the same numbers in its own
arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from grading.judging import network_answers as answers
from grading.judging.candidate import Candidate
from grading.judging.encoding import decode, encode, example_type
from grading.judging.failures import Failure
from grading.judging.network_answers import NetworkAnswer
from grading.judging.network_training import (
    NetworkTrained,
    NetworkTraining,
    making,
    trained,
    training_code,
)
from grading.judging.standard import Standard
from grading.sandbox.messages import Call, Received, Step
from reference.answer import Answer
from reference.losses import loss_named
from reference.problem import NetworkProblem, network_problem

if TYPE_CHECKING:
    from grading.sandbox.client import Worker
    from reference.loss import Loss

Array = NDArray[np.float64]
Asked = NetworkProblem | NetworkTraining
E = TypeVar("E", bound=NetworkProblem | NetworkTraining)

example_type(NetworkProblem)


class Network(Candidate):
    """One function of one submission that takes several named parameters, or a method of its class.

    Attributes:
        loss: the reference that it is judged by.
        problems: those of the exam that have been asked, in the form of this formula.
    """

    def __init__(self, name: str, worker: Worker, standard: Standard, digest: bytes = b"") -> None:
        super().__init__(name, worker, standard, digest)
        self.loss: Loss = loss_named(self.settings.reference)
        self.problems: tuple[NetworkProblem, ...] = ()
        self._suited: dict[int, tuple[Asked, Asked]] = {}
        self._answers: dict[tuple[str, int], tuple[Asked, Any]] = {}
        self._foreseen: set[int] = set()

    @property
    def class_name(self) -> str:
        """The class of a method; a plain function's own name."""
        return self.name.partition(".")[0]

    @property
    def method(self) -> str:
        """The method's name in its class; "" for a plain function."""
        return self.name.partition(".")[2]

    # What a check asks

    def foresee(self, examples: Sequence[object]) -> None:
        """Fetch the answers for all ``examples`` in one round trip, except those already known."""
        asked = [self.suited(example) for example in examples if isinstance(example, Asked)]
        self.problems = self.problems or tuple(p for p in asked if isinstance(p, NetworkProblem))
        self._foreseen |= {id(example) for example in asked}
        whats = {"network": ("answer", "scores"), "network_train": ("train",), "network_predict": ("labels",)}
        for what in whats[self.settings.kind]:
            if what != "scores" or self.method:
                self._ask(what, asked)

    def suited(self, example: E) -> E:
        """An example in the form of this formula; always the same object for the same example."""
        if id(example) not in self._suited:
            problem: Asked = example
            if isinstance(example, NetworkProblem) and tuple(example.parameters) != self.loss.parameters:
                sizes = dict(zip("DH", example.parameters["W1"].shape, strict=True))
                sizes["C"] = example.parameters["b2"].size
                numbers = np.concatenate([array.ravel() for array in example.parameters.values()])
                problem = network_problem(self.loss.shapes, sizes, numbers, example.X, example.y, example.reg)
            if isinstance(problem, NetworkProblem):
                problem = self.loss.ordinary_network(problem)
            # It may be given again in that form.
            self._suited[id(example)] = self._suited[id(problem)] = (example, problem)
        return cast(E, self._suited[id(example)][1])

    def __call__(self, problem: NetworkProblem) -> NetworkAnswer:
        """The loss and the gradients.

        Raises:
            Failure: there are none of the right form.
        """
        answer = self._answer("answer", problem)
        assert isinstance(answer, NetworkAnswer)
        return answer

    def scores(self, problem: NetworkProblem) -> Array:
        """The scores that a network's loss returns without labels, (N, C).

        Raises:
            Failure: there are none of the right form.
        """
        found: Array = self._answer("scores", problem)
        return found

    def labels(self, problem: NetworkProblem) -> Received:
        """Call predict, and return its result.

        Raises:
            Failure: it raised, hung, or took the process down.
        """
        self.cases += 1
        found: Received = self._answer("labels", problem)
        return found

    def train(self, training: NetworkTraining) -> NetworkTrained:
        """Train, and return the result.

        Raises:
            Failure: it raised, hung, or took the process down, or returned no histories.
        """
        self.cases += 1
        found: NetworkTrained = self._answer("train", training)
        return found

    def attempts(self) -> list[tuple[NetworkProblem, NetworkAnswer | Failure]]:
        """Its answer to each problem of the exam."""
        self._ask("answer", self.problems)
        return [(problem, self._answers["answer", id(problem)][1]) for problem in self.problems]

    def trainings(self) -> list[tuple[NetworkTraining, NetworkTrained | Failure]]:
        """The result of each training requested so far, except those of shrinking."""
        return [
            (training, answer)
            for training, answer in self._answers.values()
            if isinstance(training, NetworkTraining) and id(training) in self._foreseen
        ]

    def truth(self, problem: NetworkProblem) -> Answer:
        """The true answer, in this function's convention and within the rubric's tolerance."""
        return self.truth_of(problem, self.reg_scale)

    def truth_of(self, problem: NetworkProblem, reg_scale: float) -> Answer:
        """The true answer in a convention of regularization, within the rubric's tolerance."""
        exact = _truth(self.reference, reg_scale, self.standard.delta, encode([problem]))
        return exact.within(self.standard.tolerance)

    @cached_property
    def reg_scale(self) -> float:
        """The regularization convention: if either is accepted, the one that fits its losses, or else its gradients."""
        scale, *others = self.standard.reg_scales
        if not others:
            return scale
        answered = [(p, a) for p, a in self.attempts() if isinstance(a, NetworkAnswer) and p.reg]

        def losses_fit(scale: float) -> bool:
            return all(self.truth_of(p, scale).accepts_loss(a.loss) for p, a in answered)

        def gradients_fit(scale: float) -> bool:
            return all(self.truth_of(p, scale).gradient.accepts(self.flattened(a)) for p, a in answered)

        ways = ((fits, scale) for fits in (losses_fit, gradients_fit) for scale in (0.5, 1.0))
        return next((scale for fits, scale in ways if fits(scale)), 1.0)

    def flattened(self, answer: NetworkAnswer) -> Array:
        """The gradients by all parameters, concatenated."""
        return self.loss.flattened(answer.gradients)

    @contextmanager
    def shown(self, training: NetworkTraining) -> Iterator[None]:
        """Add the code of the training to a failure inside the ``with`` block, unless it has code already."""
        try:
            yield
        except Failure as failure:
            failure.code = failure.code or self.as_python(training)
            raise

    # How it is asked

    def _answer(self, what: str, example: Asked) -> Any:
        suited = self.suited(example)
        if (what, id(suited)) not in self._answers:
            self._ask(what, [suited])
        answer = self._answers[what, id(suited)][1]
        if isinstance(answer, Failure):
            raise answer.with_traceback(None)
        return answer

    def _ask(self, what: str, examples: Sequence[Asked]) -> None:
        missing = [example for example in examples if (what, id(example)) not in self._answers]
        steps = [self._steps(what, example) for example in missing]
        outcomes = iter(self.worker.run([step for each in steps for step in each]))
        for example, each in zip(missing, steps, strict=True):
            *_, outcome = islice(outcomes, len(each))
            self._answers[what, id(example)] = (example, self._read(what, example, outcome))

    def _steps(self, what: str, example: Asked) -> list[Step]:
        if isinstance(example, NetworkTraining):
            return example.steps(self.name)
        given = (*example.parameters.values(), example.X)
        if what == "labels":
            return [Call(self.name, given)]
        return [Call(self.name, (*given, None if what == "scores" else example.y, example.reg))]

    def _read(self, what: str, example: Asked, outcome: Any) -> Any:
        if isinstance(example, NetworkTraining):
            answer: Any = trained(self.name, example, outcome)
        elif what == "labels":
            answer = answers.labels(self.name, outcome)
        elif what == "scores":
            N, _, C = example.sizes
            answer = answers.scores(self.name, (N, C), outcome)
        else:
            answer = answers.answer(self.name, example, outcome)
        if isinstance(answer, Failure) and answer.code is None:
            answer.code = self.as_python(example, what)
        return answer

    def as_python(self, example: Asked, what: str = "answer") -> str:
        """Code to paste that shows its answer."""
        if isinstance(example, NetworkTraining):
            return training_code(self.class_name, self.method, self.loss.shapes, example)
        X, y = f"X = np.array({example.X.tolist()})", f"y = np.array({example.y.tolist()})"
        named = {n: f"np.array({array.tolist()})" for n, array in example.parameters.items()}
        if not self.method:
            arrays = [f"{n} = {array}" for n, array in named.items()]
            call = f"loss, grads = {self.name}({', '.join(named)}, X, y, {example.reg!r})"
            if self.settings.arguments:
                signs = "signs = 2 * y - 1"
                given = ", ".join(repr(example.reg) if a == "reg" else a for a in self.settings.arguments)
                return "\n".join(
                    ["import numpy as np", *arrays, X, y, signs, f"loss, grads = {self.name}({given})", ""]
                )
            return "\n".join(["import numpy as np", *arrays, X, y, call, ""])
        lines = ["import numpy as np", *making(self.class_name, self.loss.shapes, example.parameters), X]
        if what == "scores":
            return "\n".join([*lines, f"scores = net.{self.method}(X)", ""])
        if what == "labels":
            return "\n".join([*lines, f"print(net.{self.method}(X))", ""])
        return "\n".join([*lines, y, f"loss, grads = net.{self.method}(X, y, {example.reg!r})", ""])


@lru_cache(maxsize=1024)
def _truth(reference: str, reg_scale: float, delta: float, problem: bytes) -> Answer:
    """The true answer to an encoded problem; the same for all submissions."""
    (decoded,) = decode(problem)
    return loss_named(reference).evaluate_network(decoded, reg_scale=reg_scale, delta=delta)


def largest_error(gradient: Array, nearest: Array) -> float:
    """The largest difference of entries; infinite if one is NaN."""
    error = float(np.abs(gradient - nearest).max(initial=0.0))
    return error if error <= 1e300 else float("inf")
