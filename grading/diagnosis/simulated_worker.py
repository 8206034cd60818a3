"""Runs a known mistake in train or predict in this process: our own code in place of a student's worker.

So the checks themselves say how a mistake fails. Nothing in this module decides a verdict; it only chooses words.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grading.diagnosis.known_answers import received
from grading.protocol.plugged_loss import add_batch
from grading.sandbox.messages import (
    Assign,
    Create,
    Invoke,
    Outcome,
    PluggedCalls,
    PlugLoss,
    Raised,
    Read,
    Returned,
    Seed,
    Step,
)
from reference.losses import evaluate_of
from reference.mistakes import Mistake
from reference.problem import Problem

_LARGEST_SEED = 1 << 32


class _Model:
    """A classifier like a student's, with the mistake in one method."""

    def __init__(self, mistake: Mistake, loss: str) -> None:
        self.W: Any = None
        self._mistake = mistake
        self._loss = loss

    def loss(self, X: Any, y: Any, reg: float) -> tuple[float, Any]:
        """The true loss of a batch."""
        answer = evaluate_of(self._loss)(Problem(self.W, X, y, reg))
        return answer.loss, answer.gradient.base

    def train(
        self,
        X: Any,
        y: Any,
        learning_rate: float = 1e-3,
        reg: float = 1e-5,
        num_iters: int = 100,
        batch_size: int = 200,
        verbose: bool = False,
    ) -> Any:
        """The wrong train."""
        return self._mistake.wrong(self, X, y, learning_rate, reg, num_iters, batch_size)

    def predict(self, X: Any) -> Any:
        """The wrong predict."""
        return self._mistake.wrong(self, X)


class _PluggedLoss:
    """As the worker's: returns prepared answers and records its calls."""

    def __init__(self, model: _Model, step: PlugLoss[NDArray[np.float64]]) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self._model, self._step = model, step

    def __call__(self, X_batch: Any, y_batch: Any, reg: Any = None) -> tuple[Any, Any]:
        k = len(self.calls) % len(self._step.losses)
        self.calls.append(tuple(_copied(value) for value in (self._model.W, X_batch, y_batch, reg)))
        gradient = self._step.gradients[k].copy()
        if self._step.tells_batches:
            add_batch(gradient, X_batch, y_batch)
        return self._step.losses[k], gradient


class SimulatedWorker:
    """Answers steps like a worker whose submission has one known mistake.

    Args:
        mistake: the mistake, in train or predict.
        loss: the loss that the class is for.
        direct: whether train evaluates the loss function itself, so that none can be plugged in.
    """

    def __init__(self, mistake: Mistake, loss: str, *, direct: bool = False) -> None:
        self._mistake, self._loss, self._direct = mistake, loss, direct
        self._model = _Model(mistake, loss)
        self._plugged: _PluggedLoss | None = None

    def run(self, steps: Sequence[Step], *, seconds: float | None = None) -> list[Outcome]:
        """Run the steps in order; those of one call share one object."""
        with _own_randomness(), np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [self._outcome(step) for step in steps]

    def _outcome(self, step: Step) -> Outcome:
        try:
            return self._taken(step)
        except Exception as error:
            return Raised(type(error).__name__, str(error))

    def _taken(self, step: Step) -> Returned:
        value: Any = None
        inputs: tuple[NDArray[np.generic], ...] = ()
        if isinstance(step, Seed):
            np.random.seed(step.seed % _LARGEST_SEED)
        elif isinstance(step, Create):
            self._model, self._plugged = _Model(self._mistake, self._loss), None
        elif isinstance(step, Assign):
            setattr(self._model, step.attribute, _copied(step.value))
        elif isinstance(step, PlugLoss):
            self._plugged = _PluggedLoss(self._model, step)
            if not self._direct:
                self._model.__dict__["loss"] = self._plugged
        elif isinstance(step, PluggedCalls):
            value = list(self._plugged.calls) if self._plugged is not None else []
        elif isinstance(step, Read):
            value = _copied(getattr(self._model, step.attribute))
        elif isinstance(step, Invoke):
            arguments = [_copied(argument) for argument in step.args]
            value = getattr(self._model, step.method)(*arguments, **step.kwargs)
            inputs = tuple(a for a in arguments if isinstance(a, np.ndarray)) if step.return_inputs else ()
        else:
            raise LookupError("a simulated worker has no functions")
        return Returned(received(value), inputs)


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value


@contextmanager
def _own_randomness() -> Iterator[None]:
    """Restore the state of NumPy's global random numbers afterwards."""
    state = np.random.get_state()
    try:
        yield
    finally:
        np.random.set_state(state)
