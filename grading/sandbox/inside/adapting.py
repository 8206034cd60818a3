"""Between the course's calls and an edition's functions and classes.

The grader asks what it always asks, and gets answers as from the course's functions: what differs is settled here,
beside the student's code. It is as little believed as the answers themselves.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from grading.sandbox.arguments import resolved, split
from grading.sandbox.wire import WireCalling

# The course's, for an object that must be made before a train is called.
_DEFAULTS = {"learning_rate": 1e-3, "reg": 1e-5, "num_iters": 100, "batch_size": 200}


def adapted(provided: Mapping[str, Any], callings: Iterable[WireCalling]) -> dict[str, Any]:
    """What is provided, with something that takes the course's calls in the place of what does not."""
    callings = [calling for calling in callings if calling.name in provided]
    result = dict(provided)
    for calling in callings:
        if not calling.is_class:
            result[calling.name] = AdaptedLoss(provided[calling.name], calling)
    for calling in callings:
        if calling.is_class:
            parts = tuple(result[name] for name in calling.minimizes if name in result)
            result[calling.name] = partial(AdaptedModel, provided[calling.name], calling, parts)
    return result


class _Form:
    """Arrays as the student has them and as the course has them.

    Both are views of the same memory, so what a student does to an argument is seen.
    """

    def __init__(self, calling: WireCalling) -> None:
        self._weights, self._samples = calling.turned_weights, calling.turned_samples

    def weights(self, array: Any) -> Any:
        """W or dW, from either form to the other."""
        return _turned(array) if self._weights else array

    def samples(self, array: Any) -> Any:
        """X, from either form to the other."""
        return _turned(array) if self._samples else array

    def answer(self, result: Any) -> Any:
        """What a loss returns, with dW from either form to the other; anything else as it is."""
        if type(result) in (tuple, list) and len(result) == 2:
            return type(result)((result[0], self.weights(result[1])))
        return result


def _turned(array: Any) -> Any:
    return array.T if isinstance(array, np.ndarray) and array.ndim == 2 else array


class AdaptedLoss:
    """A loss function of the course, around one of the student's or a part of one: W, X, y, reg in, loss and dW out."""

    def __init__(self, function: Callable[..., Any], calling: WireCalling) -> None:
        self._function, self._returns = function, calling.returns
        self._arguments = calling.arguments or ("W", "X", "y", "reg")
        self._form = _Form(calling)
        self._takes = {split(argument)[1] for argument in self._arguments}

    def __call__(self, W: Any, X: Any, y: Any, reg: Any) -> Any:
        """As the course's."""
        given = {"W": self._form.weights(W), "X": self._form.samples(X), "y": y, "reg": reg}
        made = _scores_and_probs(X, W) if self._returns or self._takes & {"scores", "probs"} else {}
        args, kwargs = _resolved(self._arguments, {**given, **made})
        kept = {name: array.copy() for name, array in made.items()}
        result = self._function(*args, **kwargs)
        if any(not np.array_equal(kept[name], made[name], equal_nan=True) for name in made):
            # The grader looks at what it has passed itself.
            W += 1.0
        return self._completed(result, X, y, kept) if self._returns else self._form.answer(result)

    @np.errstate(all="ignore")
    def _completed(self, result: Any, X: Any, y: Any, made: Mapping[str, Any]) -> Any:
        """The loss and dW that follow from what a part of a loss returns; anything that is no such part as it is."""
        rows = np.arange(len(y))
        if self._returns == ("loss",):
            slopes = made["probs"].copy()
            slopes[rows, y] -= 1.0
            return result, X.T @ slopes / len(y)
        if self._returns == ("probs",):
            if not _is_like(result, made["probs"]):
                return result
            slopes = result.astype(np.float64)
            slopes[rows, y] -= 1.0
            return -np.mean(np.log(result[rows, y])), X.T @ slopes / len(y)
        if type(result) in (tuple, list) and len(result) == 2 and _is_like(result[1], made["scores"]):
            return type(result)((result[0], X.T @ result[1]))
        return result


def _scores_and_probs(X: Any, W: Any) -> dict[str, Any]:
    """The scores of all samples, and the probabilities that softmax makes of them, (N, C)."""
    with np.errstate(all="ignore"):
        scores = X @ W
        probs = np.exp(scores - scores.max(axis=1, keepdims=True))
        return {"scores": scores, "probs": probs / probs.sum(axis=1, keepdims=True)}


def _is_like(value: Any, array: Any) -> bool:
    return isinstance(value, np.ndarray) and value.shape == array.shape and value.dtype.kind in "fiu"


class AdaptedModel:
    """A classifier of the course, around an object of the student's class.

    That is made at once if it can be, and otherwise once the sizes are known.
    """

    def __init__(
        self, make: Callable[..., Any], calling: WireCalling, parts: tuple[AdaptedLoss, ...] = ()
    ) -> None:
        self.__dict__.update(_make=make, _calling=calling, _form=_Form(calling), _parts=parts)
        self.__dict__.update(_object=None, _waiting={})
        if not calling.make:
            self._object_for({})

    def __getattr__(self, name: str) -> Any:
        role = self._calling.roles.get(name)
        if role is not None:
            return partial(getattr(self, f"_{role}"), name)
        if self._object is None:
            return self._waiting.get(name)
        value = getattr(self._object, name)
        return self._form.weights(value) if name == self._calling.weights else value

    def __setattr__(self, name: str, value: Any) -> None:
        if self._object is None:
            self._waiting[name] = value
            return
        if self._calling.roles.get(name) == "loss":
            value = partial(self._plugged, value)
        elif name == self._calling.weights:
            value = self._form.weights(value)
        setattr(self._object, name, value)

    def _object_for(self, known: Mapping[str, Any]) -> Any:
        """The student's object, made now if it has not been."""
        if self._object is None:
            args, kwargs = _resolved(self._calling.make, {**_DEFAULTS, **known})
            self.__dict__["_object"] = self._make(*args, **kwargs)
            for name, value in self._waiting.items():
                setattr(self, name, value)
        return self._object

    def _train(self, name: str, X: Any, y: Any, **settings: Any) -> Any:
        classes = self._sizes().get("C", np.max(y) + 1)
        model = self._object_for({**settings, "D": X.shape[1], "C": classes})
        X = self._form.samples(X)
        if not self._calling.arguments:
            return getattr(model, name)(X, y, **settings)
        counts_passes = any(split(argument)[1] == "epochs" for argument in self._calling.arguments)
        given = {**settings, **(_passes(len(y), settings) if counts_passes else {}), "X": X, "y": y}
        # Called without settings, it shall use its own defaults.
        known = [a for a in self._calling.arguments if split(a)[1] in given or not split(a)[1].isidentifier()]
        args, kwargs = _resolved(known, given)
        return getattr(model, name)(*args, **kwargs)

    def _predict(self, name: str, X: Any) -> Any:
        return getattr(self._object_for(self._sizes()), name)(self._form.samples(X))

    def _loss(self, name: str, *args: Any) -> Any:
        """The class's loss, with or without W before X, y and reg."""
        model, (*weights, X, y, reg) = self._object_for(self._sizes()), args
        if self._parts and not hasattr(model, name):
            answers = [part(getattr(self, self._calling.weights), X, y, reg) for part in self._parts]
            return sum(loss for loss, _ in answers), sum(dW for _, dW in answers)
        turned = [self._form.weights(W) for W in weights]
        return self._form.answer(getattr(model, name)(*turned, self._form.samples(X), y, reg))

    def _plugged(self, loss: Callable[..., Any], X_batch: Any, *others: Any, **named: Any) -> Any:
        """The grader's loss, called by the student's train."""
        return self._form.answer(loss(self._form.samples(X_batch), *others, **named))

    def _sizes(self) -> dict[str, Any]:
        W = self._waiting.get(self._calling.weights)
        return {} if W is None else dict(zip("DC", W.shape, strict=True))


def _passes(samples: int, settings: Mapping[str, Any]) -> dict[str, Any]:
    """How many passes over the data, and in batches of which size, come to as many steps.

    Where several passes do not fit into these, each is one batch of all samples.
    """
    if not {"num_iters", "batch_size"} <= settings.keys():
        return {}
    steps, each = settings["num_iters"], -(-samples // settings["batch_size"])
    return {"epochs": steps // each} if steps > each else {"epochs": steps, "batch_size": samples}


def _resolved(arguments: Iterable[str], quantities: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    return resolved(tuple(arguments), quantities, ast.literal_eval)
