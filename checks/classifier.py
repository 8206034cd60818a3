"""A student's classifier class, as the checks of train and predict see it: objects in another process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from checks.answers import describe, not_returned
from checks.failures import WrongReturn
from grading.rubric import Function, Rubric
from grading.sandbox.messages import (
    Argument,
    Assign,
    Create,
    Invoke,
    Outcome,
    PluggedCalls,
    PlugLoss,
    Read,
    Received,
    Returned,
    Seed,
    Step,
)

if TYPE_CHECKING:
    from grading.sandbox.client import Worker

_HANDLE = "classifier"


@dataclass(frozen=True)
class Options:
    """The keyword arguments of train, named as the course names them."""

    learning_rate: float
    reg: float
    num_iters: int
    batch_size: int

    def as_arguments(self) -> Mapping[str, Argument]:
        """For a call."""
        return {
            "learning_rate": self.learning_rate,
            "reg": self.reg,
            "num_iters": self.num_iters,
            "batch_size": self.batch_size,
            "verbose": False,
        }


@dataclass(frozen=True, eq=False)
class PluggedCall:
    """One call of the stand-in loss: what train handed to it, with W as it was then, (D, C)."""

    W: NDArray[np.float64]
    X_batch: NDArray[np.float64]
    y_batch: NDArray[np.int64]
    reg: float


@dataclass(frozen=True, eq=False)
class Trained:
    """What one call of train did.

    Attributes:
        history: what it returned.
        W: the classifier's weights afterwards.
        X, y: its arguments afterwards.
        calls: the calls of the stand-in loss, where one was plugged in.
    """

    history: Received
    W: Received
    X: NDArray[np.generic]
    y: NDArray[np.generic]
    calls: tuple[PluggedCall, ...] = ()


class Classifier:
    """One method, train or predict, of one class of one submission.

    Attributes:
        name: as in the rubric, "LinearSVM.train".
        class_name: "LinearSVM".
        remarks, cases: as for a `LossFunction`.
    """

    def __init__(self, name: str, worker: Worker, rubric: Rubric) -> None:
        self.name = name
        self.class_name = name.partition(".")[0]
        self.worker = worker
        self.rubric = rubric
        self.settings: Function = rubric.settings.functions[name]
        self.remarks: list[str] = []
        self.cases = 0

    @property
    def reference(self) -> str:
        """The name of the loss that the class minimizes."""
        return self.settings.reference

    @property
    def seed(self) -> int:
        """The seed of all cases."""
        return self.rubric.settings.seed

    def remark(self, sentence: str) -> None:
        """Note something that is accepted, but worth a word to the student."""
        if sentence not in self.remarks:
            self.remarks.append(sentence)

    def train(
        self,
        X: NDArray[np.float64],
        y: NDArray[np.int64],
        options: Options,
        *,
        W: NDArray[np.float64] | None = None,
        losses: NDArray[np.float64] | None = None,
        gradients: NDArray[np.float64] | None = None,
        seed: int = 0,
        rounds: int = 1,
        seconds: float | None = None,
    ) -> list[Trained]:
        """Train a new object ``rounds`` times in a row, on the student's loss or on a stand-in for it.

        Args:
            X, y: (N, D) data and (N,) labels.
            options: the settings of train.
            W: (D, C) weights to start from; None leaves the object as it was made.
            losses, gradients: (K,) and (K, D, C) for a stand-in loss; None for the student's own.
            seed: for every random number that the student draws without a seed.
            rounds: calls of train on the same object.
            seconds: the deadline of each call; None for that of a small call.

        Raises:
            Failure: a step raised, hung, or took the process down.
        """
        steps: list[Step] = [Seed(seed), Create(self.class_name, _HANDLE)]
        if W is not None:
            steps.append(Assign(_HANDLE, "W", W))
        if losses is not None and gradients is not None:
            steps.append(PlugLoss(_HANDLE, losses, gradients))
        begin = len(steps)
        for _ in range(rounds):
            steps += [
                Invoke(_HANDLE, "train", (X, y), options.as_arguments(), return_inputs=True),
                Read(_HANDLE, "W"),
            ]
            if losses is not None:
                steps.append(PluggedCalls(_HANDLE))
        self.cases += rounds
        outcomes = self._run(steps, seconds)
        each = 3 if losses is not None else 2
        return [
            self._trained(outcomes[begin + k * each : begin + (k + 1) * each], (X, y)) for k in range(rounds)
        ]

    def predict(self, W: NDArray[np.float64], Xs: Sequence[NDArray[np.float64]]) -> list[Received]:
        """What predict returns for each X, with the given weights.

        Raises:
            Failure: a step raised, hung, or took the process down.
        """
        steps: list[Step] = [Create(self.class_name, _HANDLE), Assign(_HANDLE, "W", W)]
        steps += [Invoke(_HANDLE, "predict", (X,)) for X in Xs]
        self.cases += len(Xs)
        return [outcome.result for outcome in self._run(steps, None)[2:]]

    def _run(self, steps: Sequence[Step], seconds: float | None) -> list[Returned]:
        outcomes: list[Outcome] = self.worker.run(steps, seconds=seconds)
        returned = []
        for step, outcome in zip(steps, outcomes, strict=True):
            if not isinstance(outcome, Returned):
                failure = not_returned(self._what(step), outcome)
                raise failure
            returned.append(outcome)
        return returned

    def _what(self, step: Step) -> str:
        """A step in words that begin a sentence."""
        if isinstance(step, Create):
            return f"Making a {self.class_name}()"
        if isinstance(step, Invoke):
            return f"{self.class_name}.{step.method}"
        if isinstance(step, Read):
            return f"Reading the weights of a {self.class_name} as .{step.attribute}"
        return f"{self.class_name}"

    def _trained(
        self, outcomes: Sequence[Returned], given: tuple[NDArray[np.float64], NDArray[np.int64]]
    ) -> Trained:
        trained, weights = outcomes[0], outcomes[1]
        calls = tuple(_plugged(call) for call in _parts(outcomes[2].result)) if len(outcomes) == 3 else ()
        X, y = trained.inputs if len(trained.inputs) == 2 else given
        return Trained(trained.result, weights.result, X, y, calls)


def _parts(received: Received) -> tuple[Received, ...]:
    return received.value if isinstance(received.value, tuple) else ()


def _plugged(received: Received) -> PluggedCall:
    W, X_batch, y_batch, reg = (part.value for part in _parts(received))
    empty = np.zeros((0, 0))
    return PluggedCall(
        W if isinstance(W, np.ndarray) else empty,
        X_batch if isinstance(X_batch, np.ndarray) else empty,
        y_batch if isinstance(y_batch, np.ndarray) else np.zeros(0, dtype=np.int64),
        float(reg) if isinstance(reg, int | float) else float("nan"),
    )


def weights_of(classifier: Classifier, received: Received, shape: tuple[int, int]) -> NDArray[np.float64]:
    """The weights after training, (D, C).

    Raises:
        WrongReturn: they are no real finite array of that shape.
    """
    value = received.value
    if isinstance(value, np.ndarray) and value.shape == shape and value.dtype.kind in "fiu":
        W = value.astype(np.float64)
        if np.isfinite(W).all():
            return W
    raise WrongReturn(
        f"After {classifier.name}, self.W must be a finite array of shape {shape}: features by classes.",
        expected=f"an array of shape {shape}",
        got=describe(received),
    )


def history_of(classifier: Classifier, received: Received, length: int) -> NDArray[np.float64]:
    """The loss history that train returned, (length,).

    Raises:
        WrongReturn: it is no list or array of that many real numbers.
    """
    value = received.value
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiu" and value.size == length:
        return value.astype(np.float64).reshape(length)
    if isinstance(value, tuple) and len(value) == length:
        numbers = [_number(part) for part in value]
        losses = [number for number in numbers if number is not None]
        if len(losses) == length:
            return np.array(losses, dtype=np.float64)
    raise WrongReturn(
        f"{classifier.name} must return the loss of every step: a list of num_iters = {length} numbers.",
        expected=f"a list of {length} numbers",
        got=describe(received),
    )


def _number(received: Received) -> float | None:
    value = received.value
    if isinstance(value, np.ndarray) and value.size == 1 and value.dtype.kind in "fiu":
        return float(value.reshape(())[()])
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
