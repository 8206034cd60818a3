"""Translates between the course's calls and an edition's functions and classes.

The grader calls every edition as it calls the course's functions, and gets the same kind of answers: the differences
are handled here, beside the student's code. The results are trusted as little as the answers themselves.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from grading.protocol.arguments import resolved, split
from grading.protocol.wire import WireCalling
from grading.sandbox.inside.edition_arrays import Form
from grading.sandbox.inside.networks import asked

# The course's defaults, for an object that must be made before a train is called.
_DEFAULTS = {"learning_rate": 1e-3, "reg": 1e-5, "num_iters": 100, "batch_size": 200}


def adapted(provided: Mapping[str, Any], callings: Iterable[WireCalling]) -> dict[str, Any]:
    """Wrap the provided functions and classes that are called differently, so that they accept the course's calls."""
    # For a loss, the part after the dot names one of several ways of calling it.
    things = [(calling, provided.get(calling.name.partition(".")[0])) for calling in callings]
    result = dict(provided)
    for calling, thing in sorted(things, key=lambda pair: pair[0].kind != "loss"):
        if thing is None:
            continue
        parts = tuple(result[name] for name in calling.minimizes if name in result)
        if calling.kind == "loss":
            result[calling.name] = AdaptedLoss(thing, calling)
        elif calling.kind.startswith("network"):
            result[calling.name] = asked(thing, calling)
        elif calling.kind == "predict":
            result[calling.name] = AdaptedPredict(thing, calling)
        elif calling.kind == "train":
            own = [provided.get(name) for name in calling.minimizes]
            result[calling.name] = partial(AdaptedTrain, thing, calling, own[-1] if own else None, parts)
        else:
            result[calling.name] = partial(AdaptedModel, thing, calling, parts)
    return result


def prepare(callings: Iterable[WireCalling]) -> Callable[[], None]:
    """Set up the library behind the students' arrays; returns a function that restores its settings.

    Tensors made without a type are then float64, like the grader's: the course, too, checks gradients with these.
    """
    if not any(calling.tensors for calling in callings):
        return lambda: None
    import torch

    before = torch.get_default_dtype(), torch.get_num_threads()

    def undo() -> None:
        torch.set_default_dtype(before[0])
        torch.set_num_threads(before[1])

    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    return undo


_ASKED_BY_NAME = ("X_batch", "y_batch", "reg")
_FEW_SAMPLES = 100
"""No training set has this few samples, and no small case of a check has more."""


class AdaptedLoss:
    """Makes one of the student's losses, or a part of one, a loss of the course: W, X, y, reg in, loss and dW out."""

    def __init__(self, function: Callable[..., Any], calling: WireCalling) -> None:
        self._function, self._returns = function, calling.returns
        self._arguments = calling.arguments or ("W", "X", "y", "reg")
        self._form = Form(calling)
        self._takes = {split(argument)[1] for argument in self._arguments}

    def __call__(self, W: Any, X: Any, y: Any, reg: Any) -> Any:
        """As for the course's loss."""
        form = self._form
        given = {
            "W": form.their_weights(W),
            "X": form.their_samples(X),
            "y": form.their_labels(y),
            "reg": reg,
        }
        made = _scores_and_probs(X, W) if self._returns or self._takes & {"scores", "probs"} else {}
        args, kwargs = _resolved(self._arguments, {**given, **made})
        kept = {name: array.copy() for name, array in made.items()}
        result = self._function(*args, **kwargs)
        form.see(W, given["W"])
        if any(not np.array_equal(kept[name], made[name], equal_nan=True) for name in made):
            # The grader checks whether the arrays that it passed have changed.
            W += 1.0
        return self._completed(result, X, y, kept) if self._returns else form.our_answer(result)

    @np.errstate(all="ignore")
    def _completed(self, result: Any, X: Any, y: Any, made: Mapping[str, Any]) -> Any:
        """Compute the loss and dW from the part of a loss that was returned; return anything else unchanged."""
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
    """Return the scores of all samples, and their softmax probabilities, (N, C)."""
    with np.errstate(all="ignore"):
        scores = X @ W
        probs = np.exp(scores - scores.max(axis=1, keepdims=True))
        return {"scores": scores, "probs": probs / probs.sum(axis=1, keepdims=True)}


def _is_like(value: Any, array: Any) -> bool:
    return isinstance(value, np.ndarray) and value.shape == array.shape and value.dtype.kind in "fiu"


class AdaptedModel:
    """Makes an object of the student's class a classifier of the course.

    The object is created at once if possible, and otherwise once the sizes are known.
    """

    def __init__(
        self, make: Callable[..., Any], calling: WireCalling, parts: tuple[AdaptedLoss, ...] = ()
    ) -> None:
        self.__dict__.update(_make=make, _calling=calling, _form=Form(calling), _parts=parts)
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
        return self._form.our_weights(value) if name == self._calling.weights else value

    def __setattr__(self, name: str, value: Any) -> None:
        if self._object is None:
            self._waiting[name] = value
            return
        if self._calling.roles.get(name) == "loss":
            value = partial(self._plugged, value)
        elif name == self._calling.weights:
            value = self._form.their_weights(value)
        setattr(self._object, name, value)

    def _object_for(self, known: Mapping[str, Any]) -> Any:
        """Return the student's object, creating it if necessary."""
        if self._object is None:
            args, kwargs = _resolved(self._calling.make, {**_DEFAULTS, **known})
            self.__dict__["_object"] = self._make(*args, **kwargs)
            for name, value in self._waiting.items():
                setattr(self, name, value)
        return self._object

    def _train(self, name: str, X: Any, y: Any, **settings: Any) -> Any:
        classes = self._sizes().get("C", np.max(y) + 1)
        model = self._object_for({**settings, "D": X.shape[1], "C": classes})
        samples, X, y = len(y), self._form.their_samples(X), self._form.their_labels(y)
        train = getattr(model, name)
        if self._calling.arguments:
            history = _called(train, self._calling.arguments, {**settings, "X": X, "y": y}, samples)
        else:
            history = train(X, y, **settings)
        return self._form.our_history(history)

    def _predict(self, name: str, X: Any) -> Any:
        predict = getattr(self._object_for(self._sizes()), name)
        return self._form.ours(predict(self._form.their_samples(X)))

    def _loss(self, name: str, *args: Any) -> Any:
        """Call the class's loss, with or without W before X, y and reg."""
        model, (*weights, X, y, reg) = self._object_for(self._sizes()), args
        if self._parts and not hasattr(model, name):
            answers = [part(getattr(self, self._calling.weights), X, y, reg) for part in self._parts]
            return sum(loss for loss, _ in answers), sum(dW for _, dW in answers)
        form = self._form
        given = [*map(form.their_weights, weights), form.their_samples(X), form.their_labels(y), reg]
        loss = getattr(model, name)
        return form.our_answer(loss(*given, **_constants_of(loss, self._calling.arguments)))

    def _plugged(self, loss: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """Call the grader's loss for the student's train, with or without W."""
        return _plugged(self._form, loss, *args, **named)

    def _sizes(self) -> dict[str, Any]:
        W = self._waiting.get(self._calling.weights)
        return {} if W is None else dict(zip("DC", W.shape, strict=True))


class AdaptedTrain:
    """Makes a function that trains a classifier of the course: the function gets W, and returns W and the history.

    Args:
        function: the student's.
        calling: how it is called.
        own: the student's loss, for a function that is called with one.
        parts: the same loss, in the course's form.
    """

    def __init__(
        self, function: Callable[..., Any], calling: WireCalling, own: Any, parts: tuple[AdaptedLoss, ...]
    ) -> None:
        self.W: Any = None
        self._function, self._own, self._parts = function, own, parts
        self._arguments = calling.arguments
        self._form = Form(calling)
        self._plugged: Callable[..., Any] | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__("_plugged" if name == "loss" else name, value)

    def train(self, X: Any, y: Any, **settings: Any) -> Any:
        """Return the weights and the history, or whatever else the function returns."""
        form = self._form
        given = {
            "loss": self._own if self._plugged is None else self._loss_for_train,
            "W": None if self.W is None else form.their_weights(self.W),
            "X": form.their_samples(X),
            "y": form.their_labels(y),
            **settings,
        }
        arguments = self._arguments or ("X", "y", "W=W", *(f"{name}={name}" for name in settings))
        result = _called(self._function, arguments, given, len(y))
        if type(result) not in (tuple, list) or len(result) != 2:
            return form.ours(result)
        self.W = form.our_weights(result[0])
        return self.W, form.our_history(result[1])

    def loss(self, *args: Any) -> Any:
        """Return the student's loss of the weights, or of those given before X, y and reg."""
        *weights, X, y, reg = args
        return self._parts[-1](weights[0] if weights else self.W, X, y, reg)

    def _loss_for_train(self, W: Any, *args: Any, **named: Any) -> Any:
        assert self._plugged is not None
        # The stand-in looks for it here.
        self.W = self._form.our_weights(W)
        return _plugged(self._form, self._plugged, *args, **named)


class AdaptedPredict:
    """Makes the student's function a predict of the course: W and X in, labels out."""

    def __init__(self, function: Callable[..., Any], calling: WireCalling) -> None:
        self._function = function
        self._form = Form(calling)

    def __call__(self, W: Any, X: Any) -> Any:
        """As for the course's predict."""
        form = self._form
        return form.ours(self._function(form.their_weights(W), form.their_samples(X)))


def _plugged(form: Form, loss: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """Call the grader's loss for the student: with X, y and reg, whatever is passed before and after them."""
    is_labels = [getattr(form.ours(value), "ndim", 0) == 1 for value in args]
    labels = is_labels.index(True) if True in is_labels else len(args) - 2
    samples, *others = args[max(labels - 1, 0) : labels + 2]
    given = {name: form.ours(value) for name, value in named.items() if name in _ASKED_BY_NAME}
    return form.their_answer(loss(form.our_samples(samples), *map(form.ours, others), **given))


def _called(
    train: Callable[..., Any], arguments: Iterable[str], given: Mapping[str, Any], samples: int
) -> Any:
    """Call a train with ``arguments``, and return its result."""
    wanted = {split(argument)[1] for argument in arguments}
    if "epochs" in wanted:
        given = {**given, **_passes(samples, given)}
    # Called without settings, it uses its own defaults.
    known = [a for a in arguments if split(a)[1] in given or (not split(a)[0] and _is_constant(a))]
    args, kwargs = _resolved(known, given)
    return train(*args, **kwargs, **_constants_of(train, arguments))


def _constants_of(function: Callable[..., Any], arguments: Iterable[str]) -> dict[str, Any]:
    """The constants passed by name, if the function accepts them: only some years of a course have them."""
    constants = [argument for argument in arguments if split(argument)[0] and _is_constant(argument)]
    if not constants:
        return {}
    try:
        taken = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}
    return _resolved([argument for argument in constants if split(argument)[0] in taken], {})[1]


def _is_constant(argument: str) -> bool:
    what = split(argument)[1]
    return what in ("None", "True", "False") or not what.isidentifier()


def _passes(samples: int, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the number of passes over the data, and the batch size, that give this number of steps.

    With few samples, each pass is one batch: then a pass is a step, and the history has a value for each.
    """
    if not {"num_iters", "batch_size"} <= settings.keys():
        return {}
    steps, each = settings["num_iters"], -(-samples // settings["batch_size"])
    if samples <= _FEW_SAMPLES or steps <= each:
        return {"epochs": steps, "batch_size": samples}
    return {"epochs": steps // each}


def _resolved(arguments: Iterable[str], quantities: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    return resolved(tuple(arguments), quantities, ast.literal_eval)
