"""Training: stochastic gradient descent, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from checks.class_strategies import trainings
from grading.judging.classifier import Classifier, Scenario
from grading.judging.failures import ChangedInputs, Failure, WrongReturn, WrongUpdate
from grading.judging.promise import promise
from grading.judging.properties import given
from grading.judging.reproduction import shown_by
from grading.judging.training_on_own_loss import follows_its_own_loss, train_with_either_loss
from grading.judging.training_record import PluggedCall, Trained, history_of, weights_of
from grading.judging.training_remarks import remark_on_habits, two_starts
from grading.words import say

Array = NDArray[np.float64]

_LARGEST_START = 0.1  # the course starts at 0.001 * randn; five sigma of that is far below


@promise(kind="train", afterwards=remark_on_habits, beside=two_starts)
@given(training=trainings())
def test_training(candidate: Classifier, training: Scenario) -> None:
    """Each step takes the loss and dW of a batch, keeps the loss and then moves W by -learning_rate * dW; train
    starts from small weights of its own only if there are none yet, and returns the loss of every step.
    """
    with shown_by(candidate, training), _told_of_printing(training):
        rounds = train_with_either_loss(candidate, training)
        for done in rounds:
            _require_untouched(candidate, training, done)
            history_of(candidate.name, done.history, training.options.num_iters)
        if all(len(done.calls) == training.options.num_iters for done in rounds):
            _require_right_steps(candidate, training, rounds)
        elif training.W is not None:
            _require_right_results(candidate, training, len(rounds[0].calls))
        elif training.options.learning_rate == 0:
            _require_kept_start(candidate, training, rounds)


@contextmanager
def _told_of_printing(training: Scenario) -> Iterator[None]:
    """Say that it takes verbose=True; where it does not, the smallest example is without."""
    try:
        yield
    except Failure as failure:
        if training.verbose and not failure.costly:
            failure.message = say(
                "With verbose=True, train must print, and otherwise do the same. {message}",
                message=failure.message,
            )
        raise


def _require_right_steps(candidate: Classifier, training: Scenario, rounds: list[Trained]) -> None:
    """The answers of the plugged-in loss are known, and so is what W must be at each of its calls, and afterwards."""
    assert training.stand_in is not None
    count = training.options.num_iters
    W = training.W if training.W is not None else _start(candidate, training, rounds[0])
    room = 0.0 if training.W is not None else _rounding(training, rounds[0].calls[0].W)
    for k, done in enumerate(rounds):
        history = history_of(candidate.name, done.history, count).tolist()
        now = slice(k * count, (k + 1) * count)
        losses, gradients = training.stand_in.losses[now].tolist(), training.stand_in.gradients[now]
        for step, (call, dW) in enumerate(zip(done.calls, gradients, strict=True)):
            _require_right_call(candidate, training, call)
            if k and not step:
                _require_going_on(candidate, W, call.W, room)
            if not _are_equal(W, call.W, room):
                raise _wrong_weights(candidate, W, call.W, say("before {at}", at=_place(k, step)))
            if history[step] != losses[step]:
                raise WrongUpdate(
                    say(
                        "{name} must keep the loss of every step as the loss function returned it, before the update. "
                        "At {at}, it kept another number.",
                        name=candidate.name,
                        at=_place(k, step),
                    ),
                    expected=f"{losses}",
                    got=f"{history}",
                )
            W = W - training.options.learning_rate * dW
        after = weights_of(candidate.name, done.W, W.shape)
        if not _are_equal(W, after, room):
            when = say("after train was called a second time") if k else say("after train")
            raise _wrong_weights(candidate, W, after, when)


def _place(k: int, step: int) -> str:
    """Words for a step of the first or a later call of train."""
    if k:
        return say("step {step} of train, called a second time on the same object", step=step + 1)
    return say("step {step} of train", step=step + 1)


def _require_right_results(candidate: Classifier, training: Scenario, calls: int) -> None:
    """Judge a train that does not evaluate the plugged-in loss once in a step by what its own loss makes of it."""
    try:
        follows_its_own_loss(candidate, training)
    except Failure as failure:
        if not (calls and failure.costly):
            raise
        raise WrongUpdate(
            say("{name} must evaluate the loss once for each of the num_iters steps.", name=candidate.name),
            expected=say("{count} evaluations", count=training.options.num_iters),
            got=say("{count} evaluations", count=calls),
        ) from None
    if calls:
        candidate.remark(
            say(
                "{name} evaluates the loss more or less often than once in a step; accepted, since W and the "
                "losses are right.",
                name=candidate.name,
            )
        )


def _start(candidate: Classifier, training: Scenario, first: Trained) -> Array:
    """The weights that train began with of its own, (D, C): those of its first call of the loss, if there is one."""
    W = weights_of(candidate.name, first.W, (training.X.shape[1], int(training.y.max()) + 1))
    if first.calls and first.calls[0].W.shape == W.shape:
        W = first.calls[0].W.astype(np.float64)
    if np.abs(W).max() > _LARGEST_START:
        raise WrongUpdate(
            say(
                "{name} must start from small weights, such as 0.001 * np.random.randn(D, C), when self.W is "
                "None.",
                name=candidate.name,
            ),
            expected=say("entries of size {size} at most", size=_LARGEST_START),
            got=say("an entry of size {size:.3g}", size=np.abs(W).max()),
        )
    return W


def _rounding(training: Scenario, start: NDArray[np.generic]) -> float:
    """How far W can be from what it must be: from a random start, of any float type, no sum is exact."""
    assert training.stand_in is not None
    steps = training.options.learning_rate * float(np.abs(training.stand_in.gradients).sum(axis=0).max())
    epsilon = np.finfo(f"f{start.dtype.itemsize}").eps if start.dtype.kind == "f" else 0.0
    return float(epsilon) * len(training.stand_in.losses) * (_LARGEST_START + steps)


def _require_right_call(candidate: Classifier, training: Scenario, call: PluggedCall) -> None:
    size = training.options.batch_size
    wanted = (size, training.X.shape[1]), (size,)
    if (call.X_batch.shape, call.y_batch.shape) != wanted:
        raise WrongUpdate(
            say(
                "{name} must call the loss with batch_size = {size} samples and their labels.",
                name=candidate.name,
                size=size,
            ),
            expected=say(
                "X_batch of shape {X_shape}, y_batch of shape {y_shape}", X_shape=wanted[0], y_shape=wanted[1]
            ),
            got=say(
                "X_batch is {X_batch}, y_batch is {y_batch}", X_batch=call.words[0], y_batch=call.words[1]
            ),
        )
    if call.reg != training.options.reg:
        raise WrongUpdate(
            say("{name} must pass the reg that it is given on to the loss.", name=candidate.name),
            expected=f"reg = {training.options.reg}",
            got=f"reg = {call.reg}",
        )


def _wrong_weights(candidate: Classifier, expected: Array, got: NDArray[np.generic], when: str) -> Failure:
    return WrongUpdate(
        say(
            "The update of {name} is not W = W - learning_rate * dW: {when}, W is not what it should be.",
            name=candidate.name,
            when=when,
        ),
        expected=f"W = {expected.tolist()}",
        got=f"W = {got.tolist()}",
    )


def _require_going_on(candidate: Classifier, W: Array, again: NDArray[np.generic], room: float) -> None:
    if not _are_equal(W, again, room):
        raise WrongUpdate(
            say(
                "{name} must go on from the weights that there are when it is called again.",
                name=candidate.name,
            ),
            expected=f"W = {W.tolist()}",
            got=f"W = {again.tolist()}",
        )


def _are_equal(expected: Array, got: NDArray[np.generic], room: float) -> bool:
    return got.shape == expected.shape and bool(
        (np.abs(got.astype(np.float64, copy=False) - expected) <= room).all()
    )


def _require_kept_start(candidate: Classifier, training: Scenario, rounds: list[Trained]) -> None:
    """With learning_rate = 0 the weights after train are those that it began with, in every call."""
    W = _start(candidate, training, rounds[0])
    for done in rounds:
        _require_going_on(candidate, W, weights_of(candidate.name, done.W, W.shape), 0.0)
        history = history_of(candidate.name, done.history, training.options.num_iters)
        if not np.isfinite(history).all():
            raise WrongReturn(
                say("{name} returned losses that are not finite.", name=candidate.name),
                expected=say("finite numbers"),
                got=f"{history.tolist()}",
            )


def _require_untouched(candidate: Classifier, training: Scenario, done: Trained) -> None:
    for letter, before, after in (("X", training.X, done.X), ("y", training.y, done.y)):
        if before.shape != after.shape or not np.array_equal(before, after):
            raise ChangedInputs(
                say(
                    "{name} changes its argument {letter} in place; the caller still needs it.",
                    name=candidate.name,
                    letter=letter,
                ),
                expected=f"{letter} = {before.tolist()}",
                got=f"{letter} = {after.tolist()}",
            )
