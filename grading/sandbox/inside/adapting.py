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

from grading.sandbox.arguments import resolved
from grading.sandbox.wire import WireCalling

# The course's, for an object that must be made before a train is called.
_DEFAULTS = {"learning_rate": 1e-3, "reg": 1e-5, "num_iters": 100, "batch_size": 200}


def adapted(provided: Mapping[str, Any], callings: Iterable[WireCalling]) -> dict[str, Any]:
    """What is provided, with something that takes the course's calls in the place of what does not."""
    return {
        **provided,
        **{
            calling.name: (
                partial(AdaptedModel, provided[calling.name], calling)
                if calling.is_class
                else AdaptedLoss(provided[calling.name], calling)
            )
            for calling in callings
            if calling.name in provided
        },
    }


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
    """A loss function of the course: W, X, y and reg in, loss and dW out."""

    def __init__(self, function: Callable[..., Any], calling: WireCalling) -> None:
        self._function, self._arguments = function, calling.arguments
        self._form = _Form(calling)

    def __call__(self, W: Any, X: Any, y: Any, reg: Any) -> Any:
        """As the course's."""
        W, X = self._form.weights(W), self._form.samples(X)
        if not self._arguments:
            return self._form.answer(self._function(W, X, y, reg))
        args, kwargs = _resolved(self._arguments, {"W": W, "X": X, "y": y, "reg": reg})
        return self._form.answer(self._function(*args, **kwargs))


class AdaptedModel:
    """A classifier of the course, around an object of the student's class.

    That is made at once if it can be, and otherwise once the sizes are known.
    """

    def __init__(self, make: Callable[..., Any], calling: WireCalling) -> None:
        self.__dict__.update(_make=make, _calling=calling, _form=_Form(calling), _object=None, _waiting={})
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
        args, kwargs = _resolved(self._calling.arguments, {**settings, "X": X, "y": y})
        return getattr(model, name)(*args, **kwargs)

    def _predict(self, name: str, X: Any) -> Any:
        return getattr(self._object_for(self._sizes()), name)(self._form.samples(X))

    def _loss(self, name: str, *args: Any) -> Any:
        """The class's loss, with or without W before X, y and reg."""
        model, (*weights, X, y, reg) = self._object_for(self._sizes()), args
        turned = [self._form.weights(W) for W in weights]
        return self._form.answer(getattr(model, name)(*turned, self._form.samples(X), y, reg))

    def _plugged(self, loss: Callable[..., Any], X_batch: Any, *others: Any, **named: Any) -> Any:
        """The grader's loss, called by the student's train."""
        return self._form.answer(loss(self._form.samples(X_batch), *others, **named))

    def _sizes(self) -> dict[str, Any]:
        W = self._waiting.get(self._calling.weights)
        return {} if W is None else dict(zip("DC", W.shape, strict=True))


def _resolved(arguments: Iterable[str], quantities: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    return resolved(tuple(arguments), quantities, ast.literal_eval)
