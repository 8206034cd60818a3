"""A training to request of a network, and its result: histories, parameters, and the calls of the loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grading.judging.answers import describe, not_returned
from grading.judging.encoding import example_type
from grading.judging.failures import Failure, WrongReturn
from grading.protocol.plugged_loss import HISTORIES
from grading.sandbox.messages import Call, Outcome, Received, Returned, Seed, Step
from grading.words import say

Array = NDArray[np.float64]


@example_type
@dataclass(frozen=True, eq=False)
class NetworkTraining:
    """The arguments of train, and the answers of the plugged-in loss.

    Attributes:
        parameters: name -> array, to start from.
        X, y, X_val, y_val: the data; column 0 of X holds the row's number, so that batches are known.
        learning_rate, decay, reg, num_iters, batch_size: the settings; the batches share the samples out evenly.
        losses: (K,) answers of the plugged-in loss.
        gradients: name -> (K, ...) its gradients, to which the worker adds each batch's samples.
        seed: for every random number that the student draws without a seed.
        plugged: whether a loss is plugged in; if not, train calls the network's own.
    """

    parameters: Mapping[str, Array]
    X: Array
    y: NDArray[np.int64]
    X_val: Array
    y_val: NDArray[np.int64]
    learning_rate: float
    decay: float
    reg: float
    num_iters: int
    batch_size: int
    losses: Array
    gradients: Mapping[str, Array]
    seed: int = 0
    plugged: bool = True

    @property
    def epoch(self) -> int:
        """The number of steps that make an epoch."""
        return max(len(self.X) // self.batch_size, 1)

    def steps(self, name: str) -> list[Step]:
        """The steps that train with the method ``name``."""
        settings = (self.learning_rate, self.decay, self.reg, self.num_iters, self.batch_size)
        answers = (
            (self.losses, *self.gradients.values()) if self.plugged else (None,) * (1 + len(self.gradients))
        )
        given = (*self.parameters.values(), self.X, self.y, self.X_val, self.y_val, *settings, *answers)
        return [Seed(self.seed), Call(name, given, return_inputs=True)]


@dataclass(frozen=True, eq=False)
class NetworkCall:
    """One call of the plugged-in loss: the batch, reg, and the parameters at that time."""

    X: NDArray[np.generic]
    y: NDArray[np.generic]
    reg: float
    parameters: dict[str, NDArray[np.generic]]


@dataclass(frozen=True, eq=False)
class NetworkTrained:
    """The result of one training.

    Attributes:
        histories: by name, `HISTORIES`.
        parameters: the parameters afterwards.
        inputs: X, y, X_val and y_val afterwards.
        calls: the calls of the plugged-in loss; None if they are not all alike.
        asked: the number of those calls.
    """

    histories: dict[str, Array]
    parameters: dict[str, Array]
    inputs: tuple[NDArray[np.generic], ...]
    calls: tuple[NetworkCall, ...] | None
    asked: int


def trained(name: str, training: NetworkTraining, outcome: Outcome) -> NetworkTrained | Failure:
    """Read what train did, or say what is wrong with it."""
    if not isinstance(outcome, Returned):
        return not_returned(name, outcome)
    parts = outcome.result.value
    if not isinstance(parts, tuple) or len(parts) != 3:
        return WrongReturn(say("{name} returned {returned}.", name=name, returned=describe(outcome.result)))
    result, weights, record = parts
    try:
        histories = _histories(name, training, result)
        parameters = _parameters(name, training, weights)
    except WrongReturn as failure:
        return failure.with_traceback(None)
    asked, calls = _calls(training, record)
    first = len(training.parameters)
    return NetworkTrained(histories, parameters, outcome.inputs[first : first + 4], calls, asked)


def _histories(name: str, training: NetworkTraining, received: Received) -> dict[str, Array]:
    parts = received.value
    if not isinstance(parts, tuple) or len(parts) != 2 or not isinstance(parts[0].value, tuple):
        raise _no_histories(name, received)
    names = [str(part.value) for part in parts[0].value]
    missing = [history for history in HISTORIES if history not in names]
    if missing:
        raise WrongReturn(
            say(
                "{name} must return a dict with {histories}; missing: {missing}.",
                name=name,
                histories=", ".join(HISTORIES),
                missing=", ".join(missing),
            ),
            got=", ".join(names),
        )
    histories = {}
    for history, values in zip(names, parts[1].value, strict=True):
        value = values.value
        if history in HISTORIES:
            if not isinstance(value, np.ndarray) or value.ndim != 1 or value.dtype.kind not in "fiub":
                raise WrongReturn(
                    say(
                        "{history} must be a list of numbers; {name} returns {returned}.",
                        history=history,
                        name=name,
                        returned=describe(values),
                    )
                )
            histories[history] = value.astype(np.float64)
    if len(histories["loss_history"]) != training.num_iters:
        raise WrongReturn(
            say(
                "loss_history must hold the loss of every step; {name} returns {count} of {total}.",
                name=name,
                count=len(histories["loss_history"]),
                total=training.num_iters,
            )
        )
    return histories


def _no_histories(name: str, received: Received) -> WrongReturn:
    return WrongReturn(
        say(
            "{name} must return a dict with {histories}; it returned {returned}.",
            name=name,
            histories=", ".join(HISTORIES),
            returned=describe(received),
        )
    )


def _parameters(name: str, training: NetworkTraining, received: Received) -> dict[str, Array]:
    arrays = received.value if isinstance(received.value, tuple) else ()
    found = {}
    for (parameter, array), part in zip(training.parameters.items(), arrays, strict=True):
        value = part.value
        if not isinstance(value, np.ndarray) or value.shape != array.shape or value.dtype.kind not in "fiu":
            raise WrongReturn(
                say(
                    "After {name}, params[{parameter!r}] must be an array of shape {shape}; it is {returned}.",
                    name=name,
                    parameter=parameter,
                    shape=array.shape,
                    returned=describe(part),
                )
            )
        found[parameter] = value.astype(np.float64)
    return found


def _calls(training: NetworkTraining, record: Received) -> tuple[int, tuple[NetworkCall, ...] | None]:
    if not isinstance(record.value, tuple) or len(record.value) != 2:
        return 0, None
    asked, columns = record.value[0].value, record.value[1].value
    count = asked if isinstance(asked, int) else 0
    arrays = [part.value for part in columns] if isinstance(columns, tuple) else []
    if len(arrays) != 3 + len(training.parameters) or not all(
        isinstance(array, np.ndarray) and array.ndim and len(array) == count and array.dtype.kind in "fiu"
        for array in arrays
    ):
        return count, None
    return count, tuple(
        NetworkCall(X, y, float(reg), dict(zip(training.parameters, parameters, strict=True)))
        for X, y, reg, *parameters in zip(*arrays, strict=True)
        if np.ndim(reg) == 0
    )


def making(class_name: str, shapes: Mapping[str, str], parameters: Mapping[str, Array]) -> list[str]:
    """Lines that make a network with these parameters."""
    sizes: dict[str, int] = {}
    for shape, array in zip(shapes.values(), parameters.values(), strict=True):
        sizes |= zip(shape, array.shape, strict=True)
    lines = [f"net = {class_name}({', '.join(map(str, sizes.values()))})"]
    return lines + [f"net.params[{name!r}] = {_array(array)}" for name, array in parameters.items()]


def training_code(class_name: str, method: str, shapes: Mapping[str, str], training: NetworkTraining) -> str:
    """Code to paste that trains, and prints the histories and the parameters."""
    lines = ["import numpy as np", *making(class_name, shapes, training.parameters)]
    *_, last = training.parameters.values()
    lines += [f"{name} = {_array(getattr(training, name))}" for name in ("X", "y", "X_val", "y_val")]
    if training.plugged:
        lines += [
            "# A loss whose answers are known, in place of your own; they tell of the batch, too:",
            "own, answers = net.loss, iter(zip("
            + ", ".join([_array(training.losses), *map(_array, training.gradients.values())])
            + "))",
            "def loss(X, y=None, reg=0.0):",
            "    if y is None:",
            "        return own(X)",
            "    loss, *grads = next(answers)",
            "    grads[0] = grads[0] + X.sum(axis=0)[:, None]",
            f"    grads[-1] = grads[-1] + np.bincount(y, minlength={last.size})",
            f"    return loss, dict(zip({list(training.gradients)!r}, grads))",
            "net.loss = loss",
            f"np.random.seed({training.seed})",
        ]
    settings = {
        "learning_rate": training.learning_rate,
        "learning_rate_decay": training.decay,
        "reg": training.reg,
        "num_iters": training.num_iters,
        "batch_size": training.batch_size,
    }
    given = ", ".join(["X, y, X_val, y_val", *(f"{name}={value!r}" for name, value in settings.items())])
    return "\n".join([*lines, f"print(net.{method}({given}))", "print(net.params)", ""])


def _array(array: NDArray[np.generic] | Sequence[float]) -> str:
    values = np.asarray(array)
    if values.size > 1 and (values == values.flat[0]).all():
        return f"np.full({values.shape}, {values.flat[0]})"
    return f"np.array({values.tolist()})"
