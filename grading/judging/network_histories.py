"""Judges the histories that a network's train returns: losses, and the accuracies of every epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from grading.judging.failures import Failure, WrongHistory
from grading.judging.network import Network
from grading.judging.network_steps import after_the_first, after_the_last
from grading.judging.network_training import NetworkCall, NetworkTrained, NetworkTraining
from grading.words import say
from reference.problem import NetworkProblem

Array = NDArray[np.float64]

_ROOM = 1e-12


def require_histories(
    candidate: Network, training: NetworkTraining, done: NetworkTrained, parameters: list[dict[str, Array]]
) -> None:
    """Require that the histories hold the actual losses, and the accuracies of every epoch.

    Raises:
        WrongHistory: they hold something else.
    """
    losses = done.histories["loss_history"]
    if not np.array_equal(losses, training.losses):
        raise WrongHistory(
            say(
                "loss_history of {name} must hold the loss of every step as the loss function returned it.",
                name=candidate.name,
            ),
            expected=f"{training.losses.tolist()}",
            got=f"{losses.tolist()}",
        )
    histories = {name: done.histories[name] for name in ("train_acc_history", "val_acc_history")}
    plans = {tuple(plan) for plan in _plans(training)}
    fitting = [plan for plan in plans if all(len(plan) == len(h) for h in histories.values())]
    if not fitting:
        epochs = sorted({len(plan) for plan in plans})
        raise WrongHistory(
            say(
                "train_acc_history and val_acc_history of {name} must hold one accuracy for each epoch.",
                name=candidate.name,
            ),
            expected=say("{count} each", count=epochs[-1]),
            got=", ".join(f"{name}: {len(history)}" for name, history in histories.items()),
        )
    accuracies = _Accuracies(candidate, training, done.calls or (), parameters)
    for name, history in histories.items():
        if not any(
            all(accuracies.has(name, step, value) for step, value in zip(plan, history.tolist(), strict=True))
            for plan in fitting
        ):
            what = say("of X_val") if name.startswith("val") else say("of the batch, or of all of X")
            raise WrongHistory(
                say(
                    "{history} of {name} must hold shares of right predictions {what}, by the parameters of that time.",
                    history=name,
                    name=candidate.name,
                    what=what,
                ),
                expected=str([accuracies.of(name, step)[0] for step in fitting[0]]),
                got=f"{history.tolist()}",
            )


def _plans(training: NetworkTraining) -> Iterator[list[int]]:
    """The steps after which accuracies may be recorded."""
    steps, epoch = training.num_iters, training.epoch
    first = [step for step in range(steps) if after_the_first(step, epoch)]
    last = [step for step in range(steps) if after_the_last(step, epoch)]
    yield first
    yield last
    yield sorted({0, steps - 1, *last})
    yield sorted({steps - 1, *last})


class _Accuracies:
    """The accuracies that may be recorded after each step: of the parameters before or after it, predicted or true."""

    def __init__(
        self,
        candidate: Network,
        training: NetworkTraining,
        calls: Sequence[NetworkCall],
        parameters: list[dict[str, Array]],
    ) -> None:
        self._candidate, self._training, self._calls = candidate, training, calls
        self._parameters = parameters

    def has(self, name: str, step: int, value: float) -> bool:
        """Whether ``value`` is one of them."""
        return any(low - _ROOM <= value <= high + _ROOM for low, high in self._ranges(name, step)) or any(
            abs(value - share) <= _ROOM for share in self._predicted(name, step)
        )

    def of(self, name: str, step: int) -> list[float]:
        """The true accuracies; where scores are tied, the best."""
        return [high for _, high in self._ranges(name, step)]

    def _data(self, name: str, step: int) -> list[tuple[Array, NDArray[np.generic]]]:
        training, call = self._training, self._calls[step]
        if name.startswith("val"):
            return [(training.X_val, training.y_val)]
        return [(call.X.astype(np.float64), call.y), (training.X, training.y)]

    def _problems(self, name: str, step: int) -> Iterator[NetworkProblem]:
        for at in (step + 1, step):
            for X, y in self._data(name, step):
                yield NetworkProblem(self._parameters[at], X, y.astype(np.int64), 0.0)

    def _ranges(self, name: str, step: int) -> list[tuple[float, float]]:
        ranges = []
        for problem in self._problems(name, step):
            scores, bound = self._candidate.loss.true_scores(problem)
            rows = np.arange(len(problem.y))
            own, others = (scores + bound)[rows, problem.y], scores - bound
            may = own >= others.max(axis=1)
            rest, own = scores + bound, (scores - bound)[rows, problem.y]
            rest[rows, problem.y] = -np.inf
            ranges.append((float((own > rest.max(axis=1)).mean()), float(may.mean())))
        return ranges

    def _predicted(self, name: str, step: int) -> Iterator[float]:
        """The accuracies by the network's own predict, which another check judges."""
        functions = self._candidate.standard.functions
        predict = next(
            (
                other
                for other, asked in functions.items()
                if asked.kind == "network_predict" and other.startswith(f"{self._candidate.class_name}.")
            ),
            None,
        )
        if predict is None:
            return
        other = Network(predict, self._candidate.worker, self._candidate.standard)
        for problem in self._problems(name, step):
            try:
                labels = other.labels(problem).value
            except Failure:
                return
            # Train is not to blame for a predict that returns one label for all, nor for one that is wrong.
            if isinstance(labels, np.ndarray | int | float) and np.ndim(labels) < 2:
                with suppress(ValueError):
                    yield float(np.mean(labels == problem.y))
