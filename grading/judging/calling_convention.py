"""Translates names: the checks use the course's, and the hand-in's worker is asked by those of the rubric.

`adapter_for` puts a translator between the checks and the worker where the rubric asks for other names of methods,
attributes or arguments, or for plain functions instead of a class:

    W, loss_history = train(X, y, W=None, learning_rate=..., reg=..., num_iters=..., batch_size=...)
    labels = predict(W, X)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

import msgspec
import numpy as np
from msgspec.structs import replace

from grading.judging.failures import WrongReturn
from grading.protocol.wire import WireCalling
from grading.rubric.settings import Names
from grading.sandbox.messages import (
    NOTHING,
    Assign,
    Call,
    Create,
    Invoke,
    Outcome,
    PluggedCalls,
    PlugLoss,
    Raised,
    Read,
    Received,
    Returned,
    Seed,
    Step,
)
from grading.words import say

if TYPE_CHECKING:
    from grading.sandbox.client import Worker


class Usage(msgspec.Struct, frozen=True):
    """The names of one train or predict and of everything that belongs to it.

    Attributes:
        name: as in the rubric, "LinearSVM.train" or "train_svm".
        names: the rubric's words.
        takes_loss: whether it is a function that takes a loss as an argument.
    """

    name: str
    names: Names = msgspec.field(default_factory=Names)
    takes_loss: bool = False

    @property
    def owner(self) -> str:
        """The class, or the plain function itself."""
        return self.name.partition(".")[0]

    @property
    def plain(self) -> bool:
        """Whether it is a plain function, not a method."""
        return "." not in self.name

    @property
    def method(self) -> str:
        """The method's name."""
        return self.name.rpartition(".")[2]

    @property
    def weights(self) -> str:
        """The name of the weights in code to paste."""
        return self.names.weights if self.plain else f"model.{self.names.weights}"

    def making(self, W: str | None = None) -> list[str]:
        """Code that makes a model, with weights W."""
        made = [] if self.plain else [f"model = {self.owner}()"]
        if W is not None:
            made.append(f"{self.weights} = {W}")
        elif self.plain:
            made.append(f"{self.weights} = None")
        return made

    @property
    def has_place_for_loss(self) -> bool:
        """Whether another loss can be plugged in; not into a plain function that takes none."""
        return not self.plain or self.takes_loss

    def plugging(self, loss: str) -> list[str]:
        """Code that plugs in another loss, written as a function of X_batch, y_batch and reg."""
        if self.takes_loss:
            return [f"loss = {loss.replace('lambda ', 'lambda W, ', 1)}"]
        return [] if self.plain else [f"model.{self.names.loss} = {loss}"]

    def training(self, arguments: Sequence[str], **settings: object) -> list[str]:
        """Code that trains once and prints the history."""
        words = [*arguments, *(f"{getattr(self.names, key)}={value}" for key, value in settings.items())]
        if self.plain:
            words.insert(len(arguments), f"{self.weights}={self.weights}")
            return [f"{self.weights}, history = {self.name}({', '.join(words)})", "print(history)"]
        return [f"print(model.{self.method}({', '.join(words)}))"]

    def predicting(self, X: str) -> str:
        """Code that predicts."""
        return f"{self.name}({self.weights}, {X})" if self.plain else f"model.{self.method}({X})"


def adapter_for(usage: Usage, worker: Worker, callings: Iterable[WireCalling]) -> Worker:
    """Return the worker, or a wrapper around it that takes the course's names.

    Args:
        usage: the hand-in's names.
        worker: takes the hand-in's names.
        callings: what the worker's process already calls by the course's names; see `Submission`.
    """
    if usage.plain:
        adapted = any(c.name == usage.name and c.kind == "train" for c in callings)
        return cast("Worker", (_FunctionWorker if adapted else _PlainWorker)(usage, worker))
    if usage.method in ("train", "predict") and usage.names == Names():
        return worker
    return cast("Worker", _RenamingWorker(usage, worker))


def _renamed(settings: Mapping[str, object], names: Names) -> dict[str, object]:
    return {getattr(names, key): value for key, value in settings.items()}


class _RenamingWorker:
    """Asks for the rubric's methods, attributes and arguments."""

    def __init__(self, usage: Usage, worker: Worker) -> None:
        self._usage, self._worker = usage, worker

    def run(self, steps: Sequence[Step], *, seconds: float | None = None) -> list[Outcome]:
        """As a worker's."""
        return self._worker.run([self._in_rubric_words(step) for step in steps], seconds=seconds)

    def _in_rubric_words(self, step: Step) -> Step:
        names = self._usage.names
        if isinstance(step, Assign | Read) and step.attribute == "W":
            return replace(step, attribute=names.weights)
        if isinstance(step, PlugLoss):
            return replace(step, weights=names.weights, loss=names.loss)
        if isinstance(step, Invoke):
            method = names.loss if step.method == "loss" else self._usage.method
            return replace(step, method=method, kwargs=_renamed(step.kwargs, names))
        return step


class _PlainWorker:
    """Presents a plain function as a model by keeping the weights between calls."""

    def __init__(self, usage: Usage, worker: Worker) -> None:
        self._usage, self._worker = usage, worker
        self._W = Received("NoneType", None)
        self._seed: list[Step] = []

    def run(self, steps: Sequence[Step], *, seconds: float | None = None) -> list[Outcome]:
        """As a worker's; an unanswered call ends the steps."""
        outcomes: list[Outcome] = []
        for step in steps:
            outcome = self._taken(step, seconds)
            outcomes.append(outcome)
            if isinstance(step, Invoke) and step.method != "loss" and not isinstance(outcome, Returned):
                return outcomes + [outcome] * (len(steps) - len(outcomes))
        return outcomes

    def _taken(self, step: Step, seconds: float | None) -> Outcome:
        if isinstance(step, Seed):
            self._seed = [step]
        elif isinstance(step, Create):
            self._W = Received("NoneType", None)
        elif isinstance(step, Assign):
            self._W = Received("numpy.ndarray", cast("np.ndarray", step.value))
        elif isinstance(step, Read):
            return Returned(self._W)
        elif isinstance(step, PluggedCalls):
            return Returned(Received("list", ()))
        elif isinstance(step, Call):
            return self._worker.run([step], seconds=seconds)[-1]
        elif isinstance(step, Invoke):
            return self._invoked(step, seconds)
        return NOTHING

    def _invoked(self, step: Invoke[object], seconds: float | None) -> Outcome:
        name, names = self._usage.name, self._usage.names
        W = self._W.value if isinstance(self._W.value, np.ndarray) else None
        if step.method == "predict" and W is not None:
            return self._worker.run([Call(name, (W, *step.args))], seconds=seconds)[-1]
        if step.method != "train":
            return Raised("AttributeError", f"a plain function has no {step.method}")
        settings = _renamed(step.kwargs, names)
        if W is not None:
            settings[names.weights] = W
        call = Call(name, step.args, settings, return_inputs=step.return_inputs)
        outcome = self._worker.run([*self._seed, call], seconds=seconds)[-1]
        self._seed = []
        if not isinstance(outcome, Returned):
            return outcome
        self._W, history = _weights_and_history(name, outcome)
        return Returned(history, outcome.inputs[:2])


class _FunctionWorker:
    """Talks to the model that the student's process makes of a plain function: it has the weights and takes a loss."""

    def __init__(self, usage: Usage, worker: Worker) -> None:
        self._usage, self._worker = usage, worker

    def run(self, steps: Sequence[Step], *, seconds: float | None = None) -> list[Outcome]:
        """As a worker's."""
        outcomes = self._worker.run(steps, seconds=seconds)
        return [self._without_weights(*pair) for pair in zip(steps, outcomes, strict=True)]

    def _without_weights(self, step: Step, outcome: Outcome) -> Outcome:
        if isinstance(step, Invoke) and step.method == "train" and isinstance(outcome, Returned):
            _, history = _weights_and_history(self._usage.name, outcome)
            return Returned(history, outcome.inputs)
        return outcome


def _weights_and_history(name: str, outcome: Returned) -> tuple[Received, Received]:
    """The two values that a plain training function returns.

    Raises:
        WrongReturn: it returned something else.
    """
    parts = outcome.result.value
    if not isinstance(parts, tuple) or len(parts) != 2:
        raise WrongReturn(
            say("{name} must return two things: the weights, and the loss of every step.", name=name),
            expected=say("a tuple (W, loss_history)"),
            got=outcome.result.type_name,
        )
    return parts
