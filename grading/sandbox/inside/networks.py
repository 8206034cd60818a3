"""Calls a student's network as if its methods were functions: parameters in, answers out."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from grading.protocol.arguments import resolved
from grading.protocol.plugged_loss import tell
from grading.protocol.wire import WireCalling

_SETTINGS = ("learning_rate", "learning_rate_decay", "reg", "num_iters", "batch_size")


def asked(thing: Any, calling: WireCalling) -> Callable[..., Any]:
    """Return a function that calls the network, or the plain function, as ``calling`` says."""
    return partial(_KINDS[calling.kind], thing, calling)


def _made(make: Callable[..., Any], calling: WireCalling, arrays: Sequence[Any]) -> Any:
    """Make a network with these parameters, and with their sizes in order of appearance: D, H, C."""
    sizes: dict[str, int] = {}
    for shape, array in zip(calling.shapes.values(), arrays, strict=True):
        sizes |= zip(shape, array.shape, strict=True)
    network = make(*sizes.values())
    network.params = dict(zip(calling.shapes, arrays, strict=True))
    return network


def _loss(thing: Any, calling: WireCalling, *given: Any) -> Any:
    """Return the loss's result for parameters, X, y and reg; the scores, if y is None."""
    *arrays, X, y, reg = given
    method = calling.name.partition(".")[2]
    if method:
        loss = getattr(_made(thing, calling, arrays), method)
        return loss(X) if y is None else _split(loss(X, y, reg))
    quantities = {**dict(zip(calling.shapes, arrays, strict=True)), "X": X, "y": y, "reg": reg}
    if y is not None:
        quantities["signs"] = 2 * y - 1
    args, kwargs = resolved(calling.arguments or tuple(quantities)[:-1], quantities, ast.literal_eval)
    return _split(thing(*args, **kwargs))


def _split(result: Any) -> Any:
    """Split a dict of gradients into its names and the arrays, because dicts cannot be sent."""
    if type(result) in (tuple, list) and len(result) == 2 and isinstance(result[1], dict):
        return result[0], tuple(map(str, result[1])), tuple(result[1].values())
    return result


def _predict(thing: Any, calling: WireCalling, *given: Any) -> Any:
    """Return predict's result for parameters and X."""
    *arrays, X = given
    return getattr(_made(thing, calling, arrays), calling.name.partition(".")[2])(X)


class _PluggedLoss:
    """Stands in for a network's loss: returns prepared answers and records its inputs.

    The samples of the batch are added to each gradient, so that the result of training must fit the batches reported.
    Calls for scores get the network's own.
    """

    def __init__(self, network: Any, losses: Any, gradients: Mapping[str, Any], *, in_order: bool) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self._own, self._network = network.loss, network
        self._losses, self._gradients, self._in_order = losses, gradients, in_order

    def __call__(self, X: Any, y: Any = None, reg: Any = 0.0) -> Any:
        """As for the network's loss."""
        if y is None:
            return self._own(X)
        k = len(self.calls) % len(self._losses)
        kept = (X, y, reg, *(self._network.params[name] for name in self._gradients))
        self.calls.append(tuple([a.copy() if isinstance(a, np.ndarray) else a for a in kept]))
        gradients = {name: array[k].copy() for name, array in self._gradients.items()}
        tell(gradients, X, y)
        return self._losses[k], tuple(gradients.values()) if self._in_order else gradients

    def record(self) -> tuple[Any, ...]:
        """Return all calls: X, y, reg and the parameters, each side by side, if alike; otherwise only their number."""
        columns = list(zip(*self.calls, strict=True))
        try:
            return len(self.calls), tuple([np.array(column) for column in columns])
        except ValueError:
            return len(self.calls), ()


def _train(thing: Any, calling: WireCalling, *given: Any) -> Any:
    """Return the histories, the trained parameters, and the loss's inputs, if one was plugged in.

    Args:
        thing: the class.
        calling: the name of its train.
        given: parameters, X, y, X_val, y_val, learning rate, its decay, reg, steps, batch size; then the losses, and
            the gradients by each parameter, for the stand-in to return, or None for the network's own loss.
    """
    n = len(calling.shapes)
    arrays, data, numbers, (losses, *gradients) = (
        given[:n],
        given[n : n + 4],
        given[n + 4 : n + 9],
        given[n + 9 :],
    )
    network = _made(thing, calling, arrays)
    plugged = None
    if losses is not None:
        answers = dict(zip(calling.shapes, gradients, strict=True))
        in_order = _gives_tuples(network, *data[:2])
        plugged = _PluggedLoss(network, losses, answers, in_order=in_order)
        network.loss = plugged
    train = getattr(network, calling.name.partition(".")[2])
    result = train(*data, **dict(zip(_SETTINGS, numbers, strict=True)))
    if isinstance(result, dict):
        result = tuple(map(str, result)), tuple(map(_listed, result.values()))
    parameters = tuple([network.params.get(name) for name in calling.shapes])
    return result, parameters, None if plugged is None else plugged.record()


def _listed(history: Any) -> Any:
    """Return a history as an array, which is sent faster; anything else unchanged."""
    try:
        return np.array(history, dtype=np.float64) if isinstance(history, list) else history
    except (TypeError, ValueError):
        return history


def _gives_tuples(network: Any, X: Any, y: Any) -> bool:
    """Whether the network's own loss returns its gradients in order, not in a dict: the stand-in must do the same."""
    try:
        _, gradients = network.loss(X[:1].copy(), y[:1].copy(), 0.0)
    except Exception:
        return False
    return isinstance(gradients, (tuple, list))


_KINDS: dict[str, Callable[..., Any]] = {
    "network": _loss,
    "network_train": _train,
    "network_predict": _predict,
}
